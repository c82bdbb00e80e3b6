# SPDX-License-Identifier: BSD-2-Clause
"""Connections, answers and bodies, as a peer meets them."""

import json
import os
import re
import contextlib
import time

from http_peer import read_answer, request, talk, test, PATIENCE
from http_strict import chunks


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


@test("linger_ms=100", "linger_max_ms=500", "body_rate=20")
def test_lingering_ends_though_the_body_flows(server):
    with server.connect() as s:
        s.sendall(request("/refuse", "Content-Length: 1000000000",
                          method="POST"))
        begin = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() - begin < PATIENCE:
                s.sendall(b"x" * 10)
                server.get("/stats")
        took = time.monotonic() - begin
        assert 0.4 <= took < PATIENCE, took
    server.wait("connections", 1)


@test("lingering=3", "linger_ms=60000", "linger_max_ms=60000")
def test_who_lingers_longest_makes_room(server):
    some = []
    for n in range(8):
        s = server.connect()
        s.sendall(request("/refuse", "Content-Length: 1000", method="POST"))
        some.append(s)
        with s.makefile("rb") as f:
            assert read_answer(f).status == 403
            # It has begun to linger when its side is shut.
            assert read_answer(f) is None
        server.wait("connections", 1 + min(n + 1, 3))
    for s in some[:5]:
        try:
            s.sendall(b"x")
            raise AssertionError("it is still read")
        except (BrokenPipeError, ConnectionResetError):
            pass
    for s in some[5:]:
        s.sendall(b"x")
        s.close()
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
