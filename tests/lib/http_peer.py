# SPDX-License-Identifier: BSD-2-Clause
"""A server under test, a peer on its sockets, and the list of tests."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time

PROGRAM = sys.argv[1]
PATIENCE = 20


class Server:
    def __init__(self, folder, *limits, files=None):
        self.path = os.path.join(folder, "s")

        def limit():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        self.process = subprocess.Popen(
            [PROGRAM, self.path, *limits], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, preexec_fn=limit,
            env={"ASAN_OPTIONS": "quarantine_size_mb=4", **os.environ})
        line = self.process.stdout.readline()
        self.port = int(line.split("=")[1])

    def connect(self, tcp=False):
        s = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(("127.0.0.1", self.port) if tcp else self.path)
        return s

    def stop(self):
        self.process.terminate()
        out, err = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, (out, err)
        return err

    def get(self, path):
        return json.loads(talk(self, request(path))[0].body)

    def await_room(self, until):
        """Until a connection is not turned away."""
        while True:
            assert time.monotonic() < until
            with contextlib.suppress(ConnectionResetError):
                if talk(self, request("/hello"))[0].status == 200:
                    return

    @contextlib.contextmanager
    def stopped(self):
        """What is sent meanwhile is all there at once when it goes on."""
        os.kill(self.process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        yield
        os.kill(self.process.pid, signal.SIGCONT)

    def peak_kb(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmHWM:\s+(\d+) kB", f.read())[1])

    def wait(self, name, value):
        until = time.monotonic() + PATIENCE
        while self.get("/stats")[name] != value:
            assert time.monotonic() < until, (name, self.get("/stats"))


def spent(pid):
    """Seconds of processor time of a process."""
    with open(f"/proc/{pid}/stat") as f:
        v = f.read().rsplit(")")[1].split()
    return (int(v[11]) + int(v[12])) / os.sysconf("SC_CLK_TCK")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def read_answer(f, head=False):
    """One answer from a file of a socket; None at its end."""
    line = f.readline()
    if not line:
        return None
    m = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [A-Za-z -]+\r\n", line)
    assert m, line
    headers = {}
    while (line := f.readline()) != b"\r\n":
        assert line.endswith(b"\r\n"), line
        name, value = line[:-2].decode().split(": ", 1)
        assert name.lower() not in headers, name
        headers[name.lower()] = value
    status = int(m[1])
    length = int(headers.get("content-length", 0))
    if head or status in (100, 204, 304):
        length = 0
    return Answer(status, headers, f.read(length))


def request(path, *headers, method="GET", body=b"", version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: example.net", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def talk(server, data, tcp=False, shut=True):
    """Sends and reads all answers up to the end of the connection."""
    with server.connect(tcp) as s:
        with contextlib.suppress(OSError):
            s.sendall(data)
            if shut:
                s.shutdown(socket.SHUT_WR)
        f = s.makefile("rb")
        answers = []
        while (a := read_answer(f)) is not None:
            answers.append(a)
            if a.status == 503:     # turned away: no end in good order
                break
        return answers


TESTS = []


def test(*limits, **kw):
    def add(f):
        TESTS.append((f, limits, kw))
        return f
    return add
