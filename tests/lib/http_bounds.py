# SPDX-License-Identifier: BSD-2-Clause
"""Turns, peers that leave, deadlines and limits."""

import contextlib
import json
import os
import re
import socket
import struct
import threading
import time

from http_peer import read_answer, request, spent, talk, test, PATIENCE
from http_strict import HEAD, chunks


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


@test("connections=300")
def test_many_readers_are_quick_within_bounds(server):
    """Whose connection has read before comes first, but not all of them: 20 in
    10 ms, and a turn's 32, however long it takes."""
    all = crowd(server, 170)
    readers, others = all[:150], all[150:]
    begin = server.get("/stats")["heads"]
    with server.stopped():
        for s in others:
            s.sendall(request("/nth", method="PUT"))
        for s in readers:
            s.sendall(request("/nth"))
        went_on = time.monotonic()
    nth = min(map(read_nth, others)) - begin
    windows = 2 + (time.monotonic() - went_on) / 0.01
    assert nth <= 20 * windows + 33, (nth, windows)
    for s in readers:
        read_nth(s)
    print(f"# the first of 20 was number {nth} of 170, "
          f"in {windows:.1f} windows")


@test()
def test_requests_of_one_connection_keep_their_order(server):
    data = b"".join(request("/nth", method=m)
                    for m in ("PUT", "GET", "GET", "POST", "HEAD", "GET") * 50)
    with server.connect() as s:
        s.sendall(data)
        f = s.makefile("rb")
        seen = [read_answer(f, head=i % 6 == 4).body for i in range(300)]
    assert all_rise([int(x) for x in seen if x])


@test()
def test_more_sent_ahead_than_is_read_ahead(server):
    """A peer that never stops sending is served, and the others beside it."""
    count = 20000
    with server.connect() as s, server.connect() as other:
        data = request("/nth") * count
        sender = threading.Thread(target=lambda: s.sendall(data))
        sender.start()
        f = s.makefile("rb")
        seen = [int(read_answer(f).body) for _ in range(count // 2)]
        other.sendall(request("/hello"))
        assert read_answer(other.makefile("rb")).body == b"hello"
        seen += [int(read_answer(f).body) for _ in range(count - count // 2)]
        sender.join()
    assert all_rise(seen)


@test("head_ms=1000")
def test_sent_ahead_of_a_held_answer(server):
    """What cannot be taken yet costs nothing while it waits, as long as the
    server waits for a peer that says nothing."""
    with server.connect() as s, server.connect() as silent:
        s.sendall(request("/hold"))
        server.wait("held", 1)
        s.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                s.send(request("/hello") * 1000)
        began, before = time.monotonic(), spent(server.process.pid)
        silent.settimeout(PATIENCE)
        assert silent.recv(1) == b""
        took = time.monotonic() - began
        assert spent(server.process.pid) - before < 0.5 * took
        assert server.get("/release") == {"held": 1, "gone": 0}
        s.settimeout(PATIENCE)
        f = s.makefile("rb")
        assert read_answer(f).body == b"held"
        assert read_answer(f).body == b"hello"


def all_rise(numbers):
    return all(a < b for a, b in zip(numbers, numbers[1:]))


# --------------------------------------------------------- peers that leave

def hold(server, s):
    """Asks for what is not answered before somebody asks for /release."""
    s.sendall(request("/hold"))
    server.wait("held", 1)


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
    hold(server, s)
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
    hold(server, s)
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
        hold(server, s)
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


@test("connections=8", "reserve=3")
def test_no_listener_takes_all(server):
    """The others find what it has to leave to them."""
    some = [server.connect() for _ in range(5)]
    for s in some:
        s.sendall(request("/hello"))
        assert read_answer(s.makefile("rb")).body == b"hello"
    assert talk(server, request("/hello"))[0].status == 503
    assert talk(server, request("/hello"), tcp=True)[0].status == 200
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
    hold(server, s)
    s.close()
    server.wait("connections", 1)
    lines = server.stop().splitlines()
    assert not any("secret" in line for line in lines)
    patterns = (
        r"time=\S+ level=debug event=request id=32770 listener=3 method=POST "
        r"path=/echo status=200 in=3 out=3 ms=\d+\.\d aborted=0",
        r"time=\S+ level=debug event=request id=m1 listener=3 method=GET "
        r"path=/hello status=200 in=0 out=5 ms=\d+\.\d aborted=0",
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
