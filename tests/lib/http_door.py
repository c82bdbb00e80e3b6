# SPDX-License-Identifier: BSD-2-Clause
"""http_door.py PROGRAM [TEST...] puts bytes on real sockets of httpd_echo and
judges what comes back. Every test has a server of its own; all of them must end
without a complaint of their own (leaks, when they are built with
AddressSanitizer).

http_door.py SOCKET... knocks at sockets of a running daemon: what is malformed
must be refused there, and a good request be answered after each."""

import contextlib
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
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


# ---------------------------------------------------------------- the door

HEAD = b"GET /hello HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


def get(target):
    return b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"


def chunks(body):
    return POST + b"Transfer-Encoding: chunked\r\n\r\n" + body


def length(*values):
    return POST + b"".join(b"Content-Length: %s\r\n" % v for v in values) + \
        b"\r\nabcde" + SMUGGLED


def coding(value):
    return POST + b"Transfer-Encoding: " + value + \
        b"\r\n\r\n5\r\nabcde\r\n0\r\n\r\n" + SMUGGLED


REFUSED = {
    "two Content-Length": (400, length(b"5", b"5")),
    "differing Content-Length": (400, length(b"5", b"0")),
    "listed Content-Length": (400, length(b"5, 5")),
    "signed Content-Length": (400, length(b"+5")),
    "negative Content-Length": (400, length(b"-5")),
    "hex Content-Length": (400, length(b"0x5")),
    "octal Content-Length": (400, length(b"05")),
    "empty Content-Length": (400, length(b"")),
    "Content-Length of letters": (400, length(b"five")),
    "Content-Length with a blank": (400, length(b"5 5")),
    "overlong Content-Length": (400, length(b"9" * 30)),
    "Content-Length beyond 64 bits": (400, length(b"18446744073709551621")),
    "length and coding": (400, POST + b"Content-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED),
    "coding and length": (400, POST + b"Transfer-Encoding: chunked\r\n"
        b"Content-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED),
    "xchunked": (400, coding(b"xchunked")),
    "chunked twice in a list": (400, coding(b"chunked, chunked")),
    "identity": (400, coding(b"identity")),
    "gzip, chunked": (400, coding(b"gzip, chunked")),
    "quoted chunked": (400, coding(b'"chunked"')),
    "empty coding": (400, coding(b"")),
    "vertical tab before chunked": (400, coding(b"\x0bchunked")),
    "two codings": (400, POST + b"Transfer-Encoding: chunked\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED),
    "coding in HTTP/1.0": (400, b"POST /echo HTTP/1.0\r\nHost: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "space before colon": (400, HEAD + b"Content-Length : 5\r\n\r\nabcde"),
    "tab before colon": (400, HEAD + b"X\t: 5\r\n\r\n"),
    "no colon": (400, HEAD + b"Something\r\n\r\n"),
    "no name": (400, HEAD + b": value\r\n\r\n"),
    "name with a slash": (400, HEAD + b"A/B: 1\r\n\r\n"),
    "name with a quote": (400, HEAD + b'A"B: 1\r\n\r\n'),
    "name with 8 bits": (400, HEAD + b"A\xe4: 1\r\n\r\n"),
    "bare LF in the head": (400, b"GET /hello HTTP/1.1\nHost: x\n\n"),
    "bare LF at the end": (400, HEAD + b"\n"),
    "bare LF between headers": (400, HEAD + b"A: 1\nB: 2\r\n\r\n"),
    "bare CR": (400, HEAD + b"A: 1\rB: 2\r\n\r\n"),
    "CR CR LF": (400, HEAD + b"A: 1\r\r\n\r\n"),
    "obs-fold": (400, HEAD + b"A: 1\r\n 2\r\n\r\n"),
    "obs-fold by tab": (400, HEAD + b"A: 1\r\n\t2\r\n\r\n"),
    "fold in the first header": (400,
        b"GET /hello HTTP/1.1\r\n Host: x\r\n\r\n"),
    "NUL in a value": (400, HEAD + b"A: 1\x002\r\n\r\n"),
    "NUL in a name": (400, HEAD + b"A\x00: 1\r\n\r\n"),
    "NUL in the request line": (400, b"GET /hel\x00lo HTTP/1.1\r\n"),
    "control in a value": (400, HEAD + b"A: 1\x072\r\n\r\n"),
    "DEL in a value": (400, HEAD + b"A: 1\x7f2\r\n\r\n"),
    "no Host": (400, b"GET /hello HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, HEAD + b"Host: x\r\n\r\n"),
    "two Hosts in 1.0": (400,
        b"GET /hello HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n"),
    "empty Host": (400, b"GET /hello HTTP/1.1\r\nHost:\r\n\r\n"),
    "Host with a slash": (400, b"GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "Host with user": (400, b"GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    "listed Host": (400, b"GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    "two Api-Keys": (400, HEAD + b"Api-Key: a\r\napi-key: b\r\n\r\n"),
    "two Content-Types": (400,
        HEAD + b"Content-Type: a/b\r\nContent-type: a/b\r\n\r\n"),
    "HTTP/9.9": (505, b"GET /hello HTTP/9.9\r\nHost: x\r\n\r\n"),
    "HTTP/2.0": (505, b"GET /hello HTTP/2.0\r\nHost: x\r\n\r\n"),
    "HTTP/1.2": (505, b"GET /hello HTTP/1.2\r\nHost: x\r\n\r\n"),
    "HTTP/0.9": (400, b"GET /hello\r\n\r\n"),
    "http/1.1": (400, b"GET /hello http/1.1\r\nHost: x\r\n\r\n"),
    "HTTP/1.10": (400, b"GET /hello HTTP/1.10\r\nHost: x\r\n\r\n"),
    "HTTP/01.1": (400, b"GET /hello HTTP/01.1\r\nHost: x\r\n\r\n"),
    "preface of HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "greeting of TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "blank after the version": (400,
        b"GET /hello HTTP/1.1 \r\nHost: x\r\n\r\n"),
    "two blanks": (400, b"GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    "tab in the request line": (400,
        b"GET\t/hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    "blank first": (400, b" GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    "empty line first": (400, b"\r\n" + HEAD + b"\r\n"),
    "method no token": (400, b"G@T /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
    "method too long": (400, b"G" * 33 + b" / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "dot-dot": (400, get(b"/a/../hello")),
    "dot-dot at the end": (400, get(b"/hello/..")),
    "dot": (400, get(b"/./hello")),
    "escaped dot-dot": (400, get(b"/a/%2e%2e/hello")),
    "half escaped dot-dot": (400, get(b"/a/.%2E/hello")),
    "dot-dot by escaped slash": (400, get(b"/a%2f..%2fhello")),
    "dot-dot by backslash": (400, get(b"/a\\..\\hello")),
    "dot-dot by escaped backslash": (400, get(b"/a/..%5chello")),
    "dot-dot before the query": (400, get(b"/a/..?b")),
    "escaped NUL": (400, get(b"/hello%00")),
    "escaped NUL in the query": (400, get(b"/hello?a=%00")),
    "escaped LF": (400, get(b"/hello%0a")),
    "broken escape": (400, get(b"/hello%zz")),
    "escape cut off": (400, get(b"/hello%2")),
    "absolute form": (400, get(b"http://x/hello")),
    "authority form": (400, b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "asterisk without OPTIONS": (400, get(b"*")),
    "fragment": (400, get(b"/hello#x")),
    "8 bits in the target": (400, get(b"/hell\xc3\xb6")),
    "no slash": (400, get(b"hello")),
    "target too long": (414, get(b"/" + b"a" * 9000)),
    "target without end": (414, b"GET /" + b"a" * 20000),
    "head too large": (431, HEAD + b"A: " + b"b" * 20000 + b"\r\n\r\n"),
    "head without end": (431, HEAD + b"A: 1\r\n" * 4000),
    "too many headers": (431, HEAD + b"A: 1\r\n" * 100 + b"\r\n"),
    "unknown expectation": (417, HEAD + b"Expect: tea\r\n\r\n"),
    "no size": (400, chunks(b"\r\n")),
    "negative size": (400, chunks(b"-1\r\nabc")),
    "signed size": (400, chunks(b"+5\r\nabcde\r\n0\r\n\r\n")),
    "size by 0x": (400, chunks(b"0x5\r\nabcde\r\n0\r\n\r\n")),
    "size beyond 64 bits": (400, chunks(b"f" * 17 + b"\r\nabc")),
    "largest size": (400, chunks(b"f" * 16 + b"\r\nabc")),
    "overlong size": (400, chunks(b"0" * 40 + b"5\r\nabcde\r\n0\r\n\r\n")),
    "blank behind the size": (400, chunks(b"5 \r\nabcde\r\n0\r\n\r\n")),
    "blank before the size": (400, chunks(b" 5\r\nabcde\r\n0\r\n\r\n")),
    "bare LF behind the size": (400, chunks(b"5\nabcde\r\n0\r\n\r\n")),
    "bare CR behind the size": (400, chunks(b"5\rabcde\r\n0\r\n\r\n")),
    "chunk longer than its size": (400, chunks(b"5\r\nabcdef\r\n0\r\n\r\n")),
    "chunk without CRLF": (400, chunks(b"5\r\nabcde0\r\n\r\n")),
    "chunk ended by LF": (400, chunks(b"5\r\nabcde\n0\r\n\r\n")),
    "LF in an extension": (400, chunks(b"5;a\nb\r\nabcde\r\n0\r\n\r\n")),
    "NUL in an extension": (400, chunks(b"5;a\0\r\nabcde\r\n0\r\n\r\n")),
    "endless extension": (400, chunks(b"5;" + b"a" * 5000)),
    "endless extensions": (400, chunks(b"1;abcdefgh\r\nx\r\n" * 1000)),
    "trailer": (400, chunks(b"0\r\nHost: y\r\n\r\n")),
    "large chunk": (413, chunks(b"20000\r\n" + b"a" * 0x20000)),
}


@test()
def test_refused(server):
    for name, (status, data) in REFUSED.items():
        for tcp in (False, True):
            answers = talk(server, data, tcp)
            assert len(answers) == 1, (name, len(answers))
            a = answers[0]
            assert a.status == status, (name, a.status, a.body)
            assert a.headers["connection"] == "close", name
            assert a.headers["content-type"] == "application/json", name
            error = json.loads(a.body)["error"]
            assert error["code"] == status, name
            assert re.fullmatch(r"[A-Z].*\.", error["message"]), (name, error)
    assert server.get("/stats")["refused"] >= len(REFUSED)


@test()
def test_refused_byte_by_byte(server):
    """The verdict does not hang on how the bytes are cut."""
    for name, (status, data) in REFUSED.items():
        if len(data) > 200:
            continue
        with server.connect() as s:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for i in range(len(data)):
                    s.send(data[i:i + 1])
            a = read_answer(s.makefile("rb"))
            assert a.status == status, (name, a.status)


@test()
def test_early_verdict(server):
    """What is wrong already is refused before the blank line comes."""
    for data in (b"GET /hello HTTP/1.1\n", b"\x16", b"\r\n", b"A\x00"):
        assert talk(server, data, shut=False)[0].status == 400


ACCEPTED = {
    "plain": (b"hello", HEAD + b"\r\n"),
    "HTTP/1.0": (b"hello", b"GET /hello HTTP/1.0\r\n\r\n"),
    "no blank behind the colon": (b"hello",
        b"GET /hello HTTP/1.1\r\nHost:x\r\n\r\n"),
    "blanks around a value": (b"hello", HEAD + b"A: \t b \t \r\n\r\n"),
    "empty value": (b"hello", HEAD + b"A:\r\n\r\n"),
    "8 bits in a value": (b"hello", HEAD + b"A: \xc3\xb6\r\n\r\n"),
    "IPv6 host": (b"hello",
        b"GET /hello HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    "three dots": (b"nothing here", get(b"/.../..a/a../.b")),
    "query": (b"a=../b?c&d=%zz", get(b"/headers?a=../b?c&d=%zz")),
    "length 0": (b"", POST + b"Content-Length: 0\r\n\r\n"),
    "length": (b"abcde", POST + b"Content-Length: 5\r\n\r\nabcde"),
    "chunked": (b"abcdefghij", chunks(
        b"5\r\nabcde\r\n005;a=\"b\"\r\nfghij\r\n0\r\n\r\n")),
    "chunked in capitals": (b"A" * 26, POST + b"transfer-encoding: Chunked"
        b"\r\n\r\n1A\r\n" + b"A" * 26 + b"\r\n0\r\n\r\n"),
    "no body": (b"", POST + b"\r\n"),
    "OPTIONS *": (b"nothing here", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
    "own method": (b"hello", b"COPY /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
}


@test()
def test_accepted(server):
    for name, (body, data) in ACCEPTED.items():
        for tcp in (False, True):
            answers = talk(server, data, tcp)
            assert [a.body for a in answers] == [body], (name, answers)
        with server.connect() as s:
            for i in range(len(data)):
                s.send(data[i:i + 1])
            assert read_answer(s.makefile("rb")).body == body, name


# ------------------------------------------------------------- connections

@test()
def test_pipelining(server):
    data = b""
    for i in range(300):
        data += request("/echo", method="POST", body=b"%d" % i)
        data += chunks(b"3\r\nabc\r\n0\r\n\r\n")
        data += request(f"/headers?{i}")
    answers = talk(server, data)
    bodies = [a.body for a in answers]
    want = [x for i in range(300) for x in (b"%d" % i, b"abc", b"%d" % i)]
    assert bodies == want
    assert all("connection" not in a.headers for a in answers)
    assert all("date" in a.headers for a in answers)


@test()
def test_keep_alive_and_close(server):
    with server.connect() as s:
        f = s.makefile("rb")
        for _ in range(3):
            s.sendall(request("/hello"))
            assert read_answer(f).body == b"hello"
        s.sendall(request("/hello", "Connection: foo, Close"))
        a = read_answer(f)
        assert a.headers["connection"] == "close"
        assert read_answer(f) is None
    with server.connect() as s:
        s.sendall(request("/hello", "Connection: keep-alive", version="1.0"))
        f = s.makefile("rb")
        assert read_answer(f).headers["connection"] == "close"
        assert read_answer(f) is None


@test()
def test_answers_without_body(server):
    with server.connect() as s:
        f = s.makefile("rb")
        for path in ("/204", "/304"):
            s.sendall(request(path))
            a = read_answer(f)
            assert a.status == int(path[1:])
            assert not {"content-length", "content-type"} & a.headers.keys()
        s.sendall(request("/empty"))
        a = read_answer(f)
        assert a.headers["content-length"] == "0"
        assert "content-type" not in a.headers
        s.sendall(request("/hello", method="HEAD"))
        a = read_answer(f, head=True)
        assert a.headers["content-length"] == "5"
        assert a.headers["content-type"] == "text/plain"
        s.sendall(request("/fd?1000", method="HEAD"))
        assert read_answer(f, head=True).headers["content-length"] == "1000"
        s.sendall(request("/twice"))
        assert read_answer(f).body == b"first"
        s.sendall(request("/hello"))
        assert read_answer(f).body == b"hello"


@test()
def test_headers_of_answers(server):
    a, = talk(server, request("/headers", "x-ECHO:  \t some value\t"))
    assert a.headers["x-echo"] == "some value"
    assert a.headers["x-split"] == "a  Injected: 1"
    assert "injected" not in a.headers
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
                        a.headers["date"])


@test()
def test_files(server):
    for tcp in (False, True):
        with server.connect(tcp) as s:
            f = s.makefile("rb")
            for n in (0, 1, 3, 4096, 3 << 20):
                s.sendall(request(f"/fd?{n}"))
                a = read_answer(f)
                assert len(a.body) == n == int(a.headers["content-length"])
                assert a.body == (b"def" + b"\0" * n)[:n]
                s.sendall(request("/hello"))
                assert read_answer(f).body == b"hello"


@test()
def test_file_that_is_too_short(server):
    """What was promised cannot be kept: the connection is cut, not padded."""
    a, = talk(server, request("/fd?-100000"))
    assert a.headers["content-length"] == "100000"
    assert len(a.body) == 10
    server.wait("connections", 1)


@test()
def test_peer(server):
    assert server.get("/uid") == {"uid": os.getuid(), "listener": 3}
    a, = talk(server, request("/uid"), tcp=True)
    assert json.loads(a.body) == {"uid": -1, "listener": 7}


# ------------------------------------------------------------------ bodies

def checksum(data):
    total = 0
    for b in data:
        total = (total * 31 + b) & 0xffffffffffffffff
    return total


@test()
def test_streams(server):
    data = os.urandom(300000)
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in
                      (data[i:i + 777] for i in range(0, len(data), 777)))
    want = {"received": len(data), "sum": checksum(data)}
    for answer in (
            talk(server, request("/sink", method="POST", body=data)),
            talk(server, request("/sink", "Transfer-Encoding: chunked",
                                 method="PUT") + pieces + b"0\r\n\r\n")):
        assert json.loads(answer[0].body) == want


@test()
def test_body_limits(server):
    full = request("/echo", method="POST", body=b"x" * 65536)
    assert len(talk(server, full)[0].body) == 65536
    for data in (request("/echo", method="POST", body=b"x" * 65537),
                 request("/nobody", method="POST", body=b"x"),
                 chunks(b"10001\r\n" + b"x" * 65537 + b"\r\n0\r\n\r\n"),
                 request("/echo", "Content-Length: 1000000000000",
                         method="POST")):
        a, = talk(server, data)
        assert a.status == 413
        assert a.headers["connection"] == "close"
        assert (b"takes no body" in a.body) == (b"/nobody" in data), a.body


@test()
def test_expect(server):
    with server.connect() as s:
        f = s.makefile("rb")
        for path, status in (("/echo", 100), ("/sink", 100), ("/refuse", 403)):
            s.sendall(request(path, "Expect: 100-Continue",
                              "Content-Length: 5", method="POST"))
            a = read_answer(f)
            assert a.status == status
            if status == 100:
                assert not a.headers
                s.sendall(b"abcde")
                assert read_answer(f).status == 200
        assert a.headers["connection"] == "close"
        assert f.read() == b""
    # Too large: said before a byte of it is sent.
    with server.connect() as s:
        s.sendall(request("/echo", "Expect: 100-continue",
                          "Content-Length: 70000", method="POST"))
        assert read_answer(s.makefile("rb")).status == 413
    # 1.0 does not know the interim answer.
    a, = talk(server, request("/echo", "Expect: 100-continue", method="POST",
                              body=b"abc", version="1.0"))
    assert a.body == b"abc"


@test("linger_bytes=100000000")
def test_early_answer_is_read(server):
    """The answer comes through though the peer goes on sending 20 MB."""
    block = b"x" * (1 << 20)
    for path, status in (("/refuse", 403), ("/stop", 413), ("/nobody", 413)):
        for tcp in (False, True):
            with server.connect(tcp) as s:
                s.sendall(request(path, "Content-Length: 20971520",
                                  method="POST"))
                for _ in range(20):
                    s.sendall(block)
                f = s.makefile("rb")
                assert read_answer(f).status == status
                assert read_answer(f) is None
    s = server.connect()
    s.sendall(request("/stop", "Content-Length: 60000", method="POST"))
    s.sendall(b"x" * 50000)
    assert read_answer(s.makefile("rb")).status == 422
    s.close()


@test("linger_bytes=100000", "linger_ms=60000")
def test_lingering_is_bounded_in_bytes(server):
    with server.connect() as s:
        s.sendall(request("/refuse", "Content-Length: 1000000000000",
                          method="POST"))
        try:
            while True:
                s.sendall(b"x" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            pass
    server.wait("connections", 1)


@test("linger_ms=400", "body_rate=20")
def test_lingering_goes_on_with_the_body(server):
    with server.connect() as s:
        s.sendall(request("/refuse", "Content-Length: 100000", method="POST"))
        begin = time.monotonic()
        while time.monotonic() - begin < 1:
            s.sendall(b"x")
            server.get("/stats")
        f = s.makefile("rb")
        assert read_answer(f).status == 403
        assert read_answer(f) is None


@test("linger_ms=100")
def test_lingering_is_bounded_in_time(server):
    with server.connect() as s:
        s.sendall(request("/refuse", "Content-Length: 1000", method="POST"))
        f = s.makefile("rb")
        assert read_answer(f).status == 403
        assert read_answer(f) is None
        server.wait("connections", 1)


@test()
def test_stop_and_answer_later(server):
    with server.connect() as s:
        s.sendall(request("/stop-later", "Content-Length: 60000",
                          method="POST") + b"x" * 20000)
        server.wait("held", 1)
        assert server.get("/release") == {"held": 1, "gone": 0}
        a = read_answer(s.makefile("rb"))
        assert (a.body, a.headers["connection"]) == (b"held", "close")


# ------------------------------------------------------------------- turns

def crowd(server, n):
    """Connections that the server has accepted."""
    all = [server.connect() for _ in range(n)]
    for s in all:
        s.sendall(request("/hello"))
        assert s.recv(1000)
    return all


def read_nth(s):
    return int(read_answer(s.makefile("rb")).body)


@test("connections=300")
def test_a_read_waits_for_few_others(server):
    """All others are there before it, and are served all the same."""
    *others, reader = crowd(server, 201)
    begin = server.get("/stats")["heads"]
    with server.stopped():
        for s in others:
            s.sendall(request("/nth", method="PUT"))
        reader.sendall(request("/nth"))
    nth = read_nth(reader) - begin
    assert nth <= 50, nth
    assert max(map(read_nth, others)) - begin == 201
    print(f"# number {nth} of 201")


@test("connections=300")
def test_reads_without_end_starve_nobody(server):
    all = crowd(server, 28)
    readers, others = all[:8], all[8:]
    begin = server.get("/stats")["heads"]
    with server.stopped():
        for s in readers:
            s.sendall(request("/nth") * 1000)
        for s in others:
            s.sendall(request("/nth", method="PUT"))
    nth = max(map(read_nth, others)) - begin
    assert nth <= 400, nth
    for s in readers:
        f = s.makefile("rb")
        assert all_rise([int(read_answer(f).body) for _ in range(1000)])
    print(f"# the last of 20 was number {nth} of 8020")


@test()
def test_requests_of_one_connection_keep_their_order(server):
    data = b"".join(request("/nth", method=m)
                    for m in ("PUT", "GET", "GET", "POST", "HEAD", "GET") * 50)
    with server.connect() as s:
        s.sendall(data)
        f = s.makefile("rb")
        seen = [read_answer(f, head=i % 6 == 4).body for i in range(300)]
    assert all_rise([int(x) for x in seen if x])


def all_rise(numbers):
    return all(a < b for a, b in zip(numbers, numbers[1:]))


# --------------------------------------------------------- peers that leave

@test()
def test_peer_leaves(server):
    """At every point; whoever holds the request still may answer it."""
    for data in (b"", b"GET", request("/hello")[:-1],
                 request("/echo", "Content-Length: 10", method="POST"),
                 request("/echo", "Content-Length: 10", method="POST") + b"x",
                 request("/sink", "Content-Length: 10", method="POST") + b"x",
                 chunks(b"5\r\nab"), request("/fd?9000000"), b"\x00" * 100,
                 request("/sink", method="POST", body=b"x" * 100000)):
        for tcp in (False, True):
            s = server.connect(tcp)
            s.sendall(data)
            s.close()
    for tcp in (False, True):
        s = server.connect(tcp)
        s.sendall(request("/fd?9000000"))
        s.recv(1000)
        # Reset rather than end.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
    server.wait("connections", 1)
    stats = server.get("/stats")
    assert stats["heads"] == stats["overs"] + 1, stats


@test()
def test_peer_leaves_while_held(server):
    s = server.connect()
    s.sendall(request("/hold"))
    server.wait("held", 1)
    s.close()
    server.wait("connections", 1)
    stats = server.get("/stats")
    assert stats["heads"] == stats["overs"] + 1
    assert stats["aborted"] == 1
    assert server.get("/release") == {"held": 1, "gone": 1}
    assert talk(server, request("/hello"))[0].body == b"hello"


@test()
def test_half_closed_peer_gets_its_answer(server):
    for tcp in (False, True):
        with server.connect(tcp) as s:
            s.sendall(request("/hold"))
            s.shutdown(socket.SHUT_WR)
            server.wait("held", 1)
            assert server.get("/release") == {"held": 1, "gone": 0}
            assert read_answer(s.makefile("rb")).body == b"held"


@test()
def test_end_while_held(server):
    """The server is freed under a held request."""
    s = server.connect()
    s.sendall(request("/hold"))
    server.wait("held", 1)
    server.stop()
    s.close()


# --------------------------------------------------------------- deadlines

def drip(s, data, until):
    """A byte at a time; how long until the server has had enough."""
    begin = time.monotonic()
    s.settimeout(0.02)
    for i in range(until):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            s.send(data[i:i + 1])
        with contextlib.suppress(socket.timeout):
            if s.recv(1, socket.MSG_PEEK) is not None:
                break
    s.settimeout(PATIENCE)
    return time.monotonic() - begin


@test("head_ms=300")
def test_head_deadline_is_absolute(server):
    """One byte now and then does not buy time."""
    with server.connect() as s:
        took = drip(s, HEAD + b"A: " + b"b" * 1000, 500)
        a = read_answer(s.makefile("rb"))
        assert a.status == 408 and took >= 0.25, (a.status, took)
    with server.connect() as s:          # nothing at all: no answer either
        assert s.recv(1) == b""


@test("head_ms=300", "connections=20", "linger_ms=100")
def test_slowloris_frees_its_slots(server):
    slow = [server.connect() for _ in range(20)]
    for s in slow:
        s.send(b"GET /hel")
    until = time.monotonic() + PATIENCE
    server.await_room(until)
    for s in slow:
        assert read_answer(s.makefile("rb")).status == 408
        s.close()
    assert server.get("/stats")["over_cap"] > 0


@test("body_rate=2000", "body_grace_ms=200")
def test_body_must_keep_up(server):
    with server.connect() as s:
        s.sendall(request("/echo", "Content-Length: 60000", method="POST"))
        took = drip(s, b"x" * 1000, 500)
        a = read_answer(s.makefile("rb"))
        assert a.status == 408 and took >= 0.15, (a.status, took)
    with server.connect() as s:          # nor does a burst at the beginning
        s.sendall(request("/sink", "Content-Length: 9000000", method="POST"))
        s.sendall(b"x" * 1000000)
        assert read_answer(s.makefile("rb")).status == 408


@test("body_rate=10000", "body_grace_ms=200")
def test_answer_must_be_read(server):
    """A peer that reads nothing does not keep its slot."""
    with server.connect() as s:
        s.sendall(request("/fd?50000000"))
        server.wait("connections", 1)
        assert server.get("/stats")["aborted"] == 1


@test("idle_ms=200")
def test_idle(server):
    with server.connect() as s:
        s.sendall(request("/hello"))
        f = s.makefile("rb")
        assert read_answer(f).body == b"hello"
        begin = time.monotonic()
        assert f.read() == b""
        assert time.monotonic() - begin > 0.1


@test("body_grace_ms=400", "body_rate=1000000", "head_ms=400", "idle_ms=400")
def test_a_job_has_its_time(server):
    """No deadline of the peer's runs while the answer is being made."""
    with server.connect() as s:
        s.sendall(request("/hold"))
        server.wait("held", 1)
        begin = time.monotonic()
        while time.monotonic() - begin < 1:
            assert server.get("/stats")["held"] == 1
        assert server.get("/release") == {"held": 1, "gone": 0}
        assert read_answer(s.makefile("rb")).body == b"held"


# ------------------------------------------------------------------ limits

@test("connections=3")
def test_connection_cap(server):
    some = [server.connect() for _ in range(3)]
    for s in some:
        s.sendall(request("/hello"))
        assert read_answer(s.makefile("rb")).body == b"hello"
    a, = talk(server, request("/hello"))
    assert a.status == 503
    assert json.loads(a.body)["error"]["code"] == 503
    assert a.headers["retry-after"] == "1"
    # There is room left on the listener for those who look after it.
    some += [server.connect(tcp=True) for _ in range(16)]
    for s in some:
        s.sendall(request("/hello"))
        assert read_answer(s.makefile("rb")).body == b"hello"
    assert talk(server, request("/hello"), tcp=True)[0].status == 503
    assert talk(server, request("/hello"))[0].status == 503
    for s in some:
        s.close()
    server.await_room(time.monotonic() + PATIENCE)


@test(files=24)
def test_out_of_descriptors(server):
    """Who came in is served on, the others as soon as there is room."""
    some = [server.connect() for _ in range(30)]
    for s in some:
        s.sendall(request("/hello"))
    f = some[0].makefile("rb")
    assert read_answer(f).body == b"hello"
    some[0].sendall(request("/hello"))
    assert read_answer(f).body == b"hello"
    for s in some[:20]:
        s.close()
    for s in some[20:]:
        assert read_answer(s.makefile("rb")).body == b"hello"
        s.close()


@test()
def test_drain(server):
    idle, busy = server.connect(), server.connect()
    idle.sendall(request("/hello"))
    assert read_answer(idle.makefile("rb")).body == b"hello"
    busy.sendall(request("/echo", "Content-Length: 4", method="POST") + b"ab")
    fresh = server.connect()
    with server.connect() as s:
        f = s.makefile("rb")
        s.sendall(request("/hello"))    # both above are accepted by now
        assert read_answer(f).body == b"hello"
        s.sendall(request("/drain"))
        assert read_answer(f).headers["connection"] == "close"
    assert idle.recv(1) == b"" and fresh.recv(1) == b""
    busy.sendall(b"cd")
    a = read_answer(busy.makefile("rb"))
    assert (a.body, a.headers["connection"]) == (b"abcd", "close")
    try:
        server.connect().recv(1)
        assert False, "accepted while draining"
    except ConnectionRefusedError:
        pass


@test()
def test_drain_serves_who_waits_in_line(server):
    drainer, other = crowd(server, 2)
    with server.stopped():
        other.sendall(request("/nth", method="PUT"))
        drainer.sendall(request("/drain"))      # goes first: it reads
    assert read_answer(drainer.makefile("rb")).body == b"draining"
    a = read_answer(other.makefile("rb"))
    assert (a.status, a.headers["connection"]) == (200, "close")


@test("log_level=3")
def test_log(server):
    talk(server, request("/echo?sig=secret", "X-Varnish: 32770",
                         method="POST", body=b"abc"))
    talk(server, request("/hello", "X-Varnish: 1 level=error"))
    s = server.connect()
    s.sendall(request("/hold"))
    server.wait("held", 1)
    s.close()
    server.wait("connections", 1)
    lines = server.stop().splitlines()
    assert not any("secret" in line for line in lines)
    patterns = (
        r"time=\S+ level=debug event=request id=32770 listener=3 method=POST "
        r"path=/echo status=200 in=3 out=3 ms=\d+\.\d",
        r"time=\S+ level=debug event=request id=m1 listener=3 method=GET "
        r"path=/hello status=200 in=0 out=5 ms=\d+\.\d",
        r".* path=/hold status=0 in=0 out=0 ms=\d+\.\d aborted=1")
    for p in patterns:
        assert sum(bool(re.fullmatch(p, line)) for line in lines) == 1, lines


@test()
def test_memory_stays_flat(server):
    """An upload is bounded by the buffers, whatever its length."""
    before = server.peak_kb()
    megabytes = int(os.environ.get("UPLOAD_MB", "48"))
    block = b"x" * (1 << 20)
    with server.connect() as s:
        s.sendall(request("/sink", f"Content-Length: {megabytes << 20}",
                          method="POST"))
        for _ in range(megabytes):
            s.sendall(block)
        a = read_answer(s.makefile("rb"))
        assert json.loads(a.body)["received"] == megabytes << 20
    grown = server.peak_kb() - before
    assert grown < (16 << 10), grown
    print(f"# {megabytes} MB uploaded, {grown} kB more in memory")


class Running:
    """A daemon that somebody else has started."""

    def __init__(self, path):
        self.path = path

    connect = Server.connect


def knock(path):
    """The body of a chunked request may not be asked for, so that the route
    decides; but an answer other than an error is none."""
    daemon = Running(path)
    for name, (status, data) in REFUSED.items():
        answers = talk(daemon, data)
        assert len(answers) == 1, (name, len(answers))
        a = answers[0]
        if b"Transfer-Encoding: chunked\r\n\r\n" not in data:
            assert a.status == status, (name, a.status, a.body)
        assert 400 <= a.status < 500 or a.status == 505, (name, a.status)
        assert a.headers["connection"] == "close", name
        assert json.loads(a.body)["error"]["code"] == a.status, name
        health, = talk(daemon, request("/health"))
        assert health.status == 200, (name, health.status)
    print(f"ok - {len(REFUSED)} malformed requests refused at {path}")


def main():
    only = sys.argv[2:]
    if not os.access(PROGRAM, os.X_OK) or not os.path.isfile(PROGRAM):
        for path in sys.argv[1:]:
            knock(path)
        return
    failed = 0
    for f, limits, kw in TESTS:
        if only and f.__name__ not in only:
            continue
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            server = Server(folder, *limits, **kw)
            try:
                f(server)
                if server.process.poll() is None:
                    server.stop()
                said = "ok"
            except BaseException as e:
                failed += 1
                said = "not ok"
                print(f"# {type(e).__name__}: {e} at line "
                      f"{e.__traceback__.tb_next.tb_lineno}")
            finally:
                server.process.kill()
                with contextlib.suppress(ValueError):
                    err = server.process.communicate()[1]
                    if said != "ok" and err:
                        print("# " + err.replace("\n", "\n# "))
        print(f"{said} - {f.__name__} ({time.monotonic() - begin:.2f} s)",
              flush=True)
    sys.exit(1 if failed else 0)


main()
