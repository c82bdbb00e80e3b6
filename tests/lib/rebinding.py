# SPDX-License-Identifier: BSD-2-Clause
"""rebinding.py LOG COMMAND...: executes it in the namespaces of mounts and
network that this was started in, where a name server and web servers are set up
first. All that they are asked for is in LOG, a line each.

"turns*.test" is PUBLIC at the first question and 127.0.0.1 from then on, "both.test"
is both, "inner.test" and "six.test" are loopback addresses only. On PUBLIC there is
a picture of 40 x 30, and "/to/NAME" leads there; on loopback one of 7 x 7."""
import http.server
import os
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading

import daemon

PUBLIC = "5.5.5.5"
A, AAAA = 1, 28
asked = {}


def note(*words):
    os.write(log, (" ".join(words) + "\n").encode())


def addresses(name, kind):
    if kind == AAAA:
        return [socket.inet_pton(socket.AF_INET6, a) for a in (
            ["::1", "::ffff:127.0.0.1"] if name == "six.test" else [])]
    if kind != A:
        return []
    asked[name] = asked.get(name, 0) + 1
    found = {"both.test": ["127.0.0.1", PUBLIC], "inner.test": ["127.0.0.1"],
             "six.test": []}.get(
                 name, [PUBLIC if asked[name] == 1 else "127.0.0.1"])
    return [socket.inet_aton(a) for a in found]


def serve_names(s):
    while True:
        query, peer = s.recvfrom(512)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        found = addresses(name, kind)
        note("name", name, {A: "A", AAAA: "AAAA"}.get(kind, "?"))
        s.sendto(query[:2] + struct.pack(">5H", 0x8580, 1, len(found), 0, 0) +
                 query[12:at + 5] + b"".join(
                     struct.pack(">3HIH", 0xc00c, kind, 1, 0, len(a)) + a
                     for a in found), peer)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        here = self.server.server_address[0]
        note("web", here, self.headers.get("Host", ""), self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", f"http://{self.path[4:]}/there.png")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(daemon.png(40, 30) if here == PUBLIC else
                         daemon.png(7, 7))


class Web(socketserver.TCPServer):
    allow_reuse_address = True


class Six(Web):
    address_family = socket.AF_INET6


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", PUBLIC + "/32", "dev", "lo"],
                   check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write("nameserver 127.0.0.1\noptions timeout:5\n")
        f.flush()
        os.chmod(f.name, 0o644)
        subprocess.run(["mount", "--bind", f.name, "/etc/resolv.conf"],
                       check=True)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    webs = [Web((at, 80), Handler)
            for at in ("127.0.0.1", PUBLIC)] + [Six(("::1", 80), Handler)]
    alive, mine = os.pipe()
    if os.fork() != 0:
        os.set_inheritable(mine, True)
        os.execvp(sys.argv[2], sys.argv[2:])
    os.close(mine)
    for serve in [lambda: serve_names(names)] + \
            [w.serve_forever for w in webs]:
        threading.Thread(target=serve, daemon=True).start()
    os.read(alive, 1)       # until the other process has ended


if __name__ == "__main__":
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    main()
