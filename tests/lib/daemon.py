# SPDX-License-Identifier: BSD-2-Clause
"""A real monikerd in a folder of its own, and a client of its sockets."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

import log_lines
import pixels

with open(shutil.which("monikerd"), "rb") as f:
    SANITIZED = b"__asan_init" in f.read()
# Sanitized it is up to twenty times as slow
SLOWER = 20 if SANITIZED else 1
PATIENCE = 30 * SLOWER


def wait_for(condition, what=lambda: "", patience=PATIENCE):
    """Looks until *condition* gives something true, and gives that; fails with
    what *what* tells after *patience* seconds. It looks again after a tenth of
    the time that it has waited, so it comes late by no more than that."""
    began = time.monotonic()
    while not (value := condition()):
        waited = time.monotonic() - began
        assert waited < patience, what()
        time.sleep(min(0.0005 + waited / 10, 0.1))
    return value


def end(process):
    """Asks it to end, and makes it when it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        """The sentence of an error, in whichever of the two forms."""
        o = self.json
        return o["error"]["message"] if "error" in o else o["message"]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    def __init__(self, path, **headers):
        self.path = path
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}
        self.connection = None

    def open(self):
        return UnixConnection(self.path)

    def __call__(self, method, target, body=None, **headers):
        """Strings and bytes go as they are, anything else as JSON."""
        if isinstance(body, str):
            body = body.encode()
        elif body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        head = dict(self.headers)
        head.update((k.replace("_", "-"), v) for k, v in headers.items())
        head = {k: v for k, v in head.items() if v is not None}
        for last in (False, True):
            if self.connection is None:
                self.connection = self.open()
            try:
                self.connection.request(method, target, body, head)
                response = self.connection.getresponse()
                answer = Answer(response, response.read())
                break
            except (ConnectionError, http.client.RemoteDisconnected):
                # A kept connection may have ended while it was idle.
                self.connection = None
                if last:
                    raise
        if response.will_close:
            self.connection.close()
            self.connection = None
        return answer

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def raw(self, text):
        """Sends bytes, returns all that comes until the end."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(self.path)
            s.sendall(text)
            got = b""
            while True:
                piece = s.recv(65536)
                if not piece:
                    return got
                got += piece


class Daemon:
    def __init__(self, settings="", workers=2, map_dir=None, prefix=()):
        """*prefix* is what executes it, with its command line behind."""
        self.prefix = list(prefix)
        self.dir = tempfile.mkdtemp(prefix="moniker-")
        self.ready = self.dir + "/ready"
        with open(self.dir + "/monikerd.conf", "w") as f:
            f.write(f'map_dir = "{map_dir or self.dir + "/map_dir"}"\n')
            f.write(f'store_dir = "{self.dir}/store_dir"\n')
            for name in ("image", "api", "local"):
                f.write(f'{name}_socket = "{self.dir}/{name}.sock"\n')
            f.write(f'ready_file = "{self.ready}"\n')
            f.write(f'render_workers = {workers}\nlog_level = "info"\n')
            f.write(settings)
        self.process = None
        self.start()

    def start(self):
        self.log = open(self.dir + "/log", "ab")
        self.process = subprocess.Popen(
            self.prefix + ["monikerd", "-f", self.dir + "/monikerd.conf"],
            stdout=self.log, stderr=self.log)
        try:
            wait_for(lambda: os.path.exists(self.ready) or
                     self.process.poll() is not None)
            assert self.process.poll() is None
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("monikerd did not start:\n" +
                               self.log_text()) from None

    def log_text(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()

    def workers(self):
        """Its processes that render."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(p) for p in f.read().split()]

    def stop(self, signal=15):
        """Returns the exit status; the folder stays for a new start()."""
        self.process.send_signal(signal)
        status = self.process.wait(PATIENCE)
        self.log.close()
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        return status

    def close(self):
        try:
            status = self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        log = self.log_text()
        if status != 0:
            sys.stderr.write(log)
        shutil.rmtree(self.dir)
        log_lines.check(log)
        if status != 0:
            raise RuntimeError(f"monikerd ended with {status}")

    def metric(self, name):
        text = self.local()("GET", "/metrics").body.decode()
        return float(re.search(f"^{name} (.*)$", text, re.M)[1])

    def fsck(self, *args):
        """monikerd --fsck: (exit status, what it said)."""
        p = subprocess.run(["monikerd", "--fsck", *args, "-f",
                            self.dir + "/monikerd.conf"],
                           capture_output=True, text=True, timeout=60)
        return p.returncode, p.stdout + p.stderr

    def client(self, **headers):
        return Client(self.dir + "/api.sock", **headers)

    def local(self):
        return Client(self.dir + "/local.sock")

    def pictures(self, org):
        return Client(self.dir + "/image.sock",
                      X_Moniker_Organization=org)

    def organization(self, name, roles=("admin",)):
        """Makes it if need be; returns a client with a new key of it."""
        local = self.local()
        assert local("PUT", f"/organizations/{name}",
                     {}).status in (200, 201)
        answer = local("POST", f"/organizations/{name}/keys",
                       {"comment": "test", "roles": list(roles)})
        assert answer.status == 201, answer.body
        client = self.client(Api_Key=answer.json["api_key"])
        client.key = answer.json
        return client


def spent(pid):
    """Seconds of processor time of a process, or 0 when it has gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            v = f.read().rsplit(")")[1].split()
        return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


def png(width, height, color=(200, 0, 0)):
    """An RGB picture of one colour, or RGBA for a colour of four."""
    rows = (b"\0" + bytes(color) * width) * height
    return pixels.png_file(width, height, zlib.compress(rows),
                           color=6 if len(color) == 4 else 2)


BOUNDARY = "------------------------0123456789abcdef"


def form(*parts):
    """(body, Content-Type) of multipart/form-data; a part is (name, text)
    or (name, file name, bytes)."""
    body = b""
    for part in parts:
        head = f'form-data; name="{part[0]}"'
        if len(part) == 3:
            head += f'; filename="{part[1]}"'
        data = part[-1] if isinstance(part[-1], bytes) else part[-1].encode()
        body += f"--{BOUNDARY}\r\nContent-Disposition: {head}\r\n\r\n" \
            .encode() + data + b"\r\n"
    return (body + f"--{BOUNDARY}--\r\n".encode(),
            f"multipart/form-data; boundary={BOUNDARY}")


def upload(client, org, *parts):
    body, kind = form(*parts)
    return client("POST", f"/sourceimages/{org}", body, Content_Type=kind)


class Test(unittest.TestCase):
    """One daemon for all the tests of a class; its folder goes at the end."""
    settings = ""

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(cls.settings)
        cls.addClassCleanup(cls.daemon.close)
        cls.api = cls.daemon.organization("demo")
        cls.pictures = cls.daemon.pictures("demo")

    @classmethod
    def picture(cls, width=30, height=20, color=(200, 0, 0), name="p.png"):
        """Uploads one, returns its hash."""
        answer = upload(cls.api, "demo",
                        ("filedata", name, png(width, height, color)))
        assert answer.status == 200, answer.body
        return answer.json["items"][0]["hash"]

    def refused(self, answer, status, *words):
        """An error in the contract's form, with a sentence that says so."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        o = answer.json
        code = o["error"]["code"] if "error" in o else o["code"]
        self.assertEqual(code, status)
        for word in words:
            self.assertIn(word, answer.message)

    def empty(self, answer, status=204):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.body, b"")
        self.assertIsNone(answer.headers["Content-Type"])


class Shown(Test):
    """What is shown of files."""

    def put(self, data, status=200):
        """Uploads it: the source image, or the sentence of the refusal."""
        a = upload(self.api, "demo", ("f", "x", data))
        self.assertEqual(a.status, status, a.body[:300])
        return a.json["items"][0] if status == 200 else a.message

    def get(self, hash, path="noop/%s.png"):
        a = self.pictures("GET", "/dynamic/" + path % hash)
        self.assertEqual(a.status, 200, (path, a.body[:300]))
        return a.body


def main():
    unittest.main(warnings="ignore")
