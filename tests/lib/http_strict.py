# SPDX-License-Identifier: BSD-2-Clause
"""What is malformed is refused, what only looks so is not; byte by byte, too."""

import contextlib
import json
import re

from http_peer import Server, read_answer, request, talk, test

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
    "Host with an empty label": (400, b"GET /hello HTTP/1.1\r\nHost: a..b"
                                 b"\r\n\r\n"),
    "Host with no port": (400, b"GET /hello HTTP/1.1\r\nHost: a:b\r\n\r\n"),
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
