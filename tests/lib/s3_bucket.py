# SPDX-License-Identifier: BSD-2-Clause
"""A bucket of a real S3 server, and the settings of a daemon that uses it."""
import contextlib
import glob
import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile

import daemon

HERE = os.path.dirname(os.path.abspath(__file__))


class Bucket:
    def __init__(self, prefix="a/b"):
        self.dir = tempfile.mkdtemp(prefix="moniker-s3-")
        self.prefix = prefix
        self.key_file = self.dir + "/key"
        with open(self.key_file, "w") as f:
            f.write("moniker:key\nsecret\n")
        with open(self.dir + "/log", "wb") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", HERE + "/s3_server.py", self.dir],
                stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            daemon.wait_for(self.up, self.log)
        except AssertionError:
            self.close()
            raise
        with open(self.dir + "/port") as f:
            self.port = int(f.read())

    def up(self):
        assert self.process.poll() is None, self.log()
        return os.path.exists(self.dir + "/port")

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def settings(self, more="", key_file=None):
        return (f's3_url = "http://127.0.0.1:{self.port}/pictures/'
                f'{self.prefix}"\ns3_key_file = "'
                f'{key_file or self.key_file}"\ns3_timeout_ms = 1000\n{more}')

    def curl(self, path, *args, body=b""):
        """Asks as another client would, one that signs for itself."""
        return subprocess.run(
            ["curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", *args,
             "-H", "x-amz-content-sha256: " + hashlib.sha256(body).hexdigest(),
             f"http://moniker%3Akey:secret@127.0.0.1:{self.port}/pictures"
             + path], input=body, stdout=subprocess.PIPE, check=True).stdout

    def names(self):
        """Of what it holds."""
        text = self.curl("?list-type=2").decode()
        return [n.removeprefix(self.prefix + "/")
                for n in re.findall("<Key>([^<]*)", text)]

    def get(self, name):
        return self.curl(f"/{self.prefix}/{name}")

    def put(self, name, body):
        self.curl(f"/{self.prefix}/{name}", "-T", "-", body=body)

    def delete(self, name):
        self.curl(f"/{self.prefix}/{name}", "-X", "DELETE")

    def age(self):
        """As if all that it lists had come long ago."""
        self.names()        # has Swift write down what is new
        (path,) = glob.glob(self.dir + "/disk/d/containers/*/*/*/*.db")
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
            db.create_function("chexor", 3, lambda old, name, time: old)
            rows = db.execute("SELECT name, size, content_type, etag, "
                              "deleted, storage_policy_index FROM object "
                              "WHERE deleted = 0").fetchall()
            db.execute("DELETE FROM object WHERE deleted = 0")
            db.executemany("INSERT INTO object (name, size, content_type, "
                           "etag, deleted, storage_policy_index, created_at) "
                           "VALUES (?, ?, ?, ?, ?, ?, '1700000000.00000')",
                           rows)
            db.commit()

    def stop(self):
        """It takes connections, and answers none."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process.poll() is None:
            self.go_on()
            daemon.end(self.process)
        self.process.stdin.close()
        shutil.rmtree(self.dir, ignore_errors=True)
