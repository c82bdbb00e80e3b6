# SPDX-License-Identifier: BSD-2-Clause
"""A web server on a loopback address whose answers are as tests want them: the
path names the behaviour. It counts what was asked."""
import collections
import http.server
import socket
import ssl
import threading
import zlib

import daemon


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        with server.lock:
            server.asked[self.path] += 1
            server.heads.append((self.path, dict(self.headers)))
        name = self.path.split("?")[0].strip("/").split("/")[0]
        self.close_connection = True
        getattr(self, "on_" + name.split(".")[0], self.on_missing)()

    def head(self, status=200, length=None, **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()

    def whole(self, data, status=200, **headers):
        self.head(status, len(data), **headers)
        self.wfile.write(data)

    def hold(self):
        """Until the other side has had enough."""
        try:
            self.connection.settimeout(daemon.PATIENCE)
            while self.connection.recv(1000):
                pass
        except OSError:
            pass

    def on_missing(self):
        self.whole(b"no", 404)

    def on_picture(self):
        """/picture/WxH..."""
        w, h = self.path.split("/")[2].split(".")[0].split("x")[:2]
        self.whole(daemon.png(int(w), int(h)), Content_Type="image/png")

    def on_wait(self):
        """A picture, when the test says so."""
        self.server.waiting.release()
        self.server.go.wait(daemon.PATIENCE)
        self.whole(daemon.png(31, 17))

    def on_named(self):
        self.whole(daemon.png(21, 22), Content_Disposition=
                   "attachment; filename*=UTF-8''caf%C3%A9%2Fx.png")

    def on_text(self):
        self.whole(b"<html>no picture</html>")

    def on_empty(self):
        self.whole(b"")

    def on_status(self):
        self.whole(b"x", int(self.path.split("/")[2]))

    def on_to(self):
        """/to/CODE?URL"""
        self.whole(b"moved", int(self.path.split("?")[0].split("/")[2]),
                   Location=self.path.split("?", 1)[1])

    def on_nowhere(self):
        self.whole(b"", 302)

    def on_loop(self):
        self.whole(b"", 302, Location="/loop")

    def on_stall(self):
        """Nothing at all."""
        self.hold()

    def on_stalled(self):
        """A head, and then nothing."""
        self.head(200, 1000)
        self.wfile.flush()
        self.hold()

    def on_drip(self):
        self.head(200, 100000)
        self.drip(b"x")

    def drip(self, piece):
        try:
            while not self.server.stop.wait(0.05):
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:
            pass

    def on_drophead(self):
        """Headers, one after another, without end and slowly."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self.drip(b"X-A: b\r\n")

    def on_headers(self):
        """The same, as fast as may be."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            while True:
                self.wfile.write(b"X-A: b\r\n" * 100)
        except OSError:
            pass

    def on_continue(self):
        try:
            while True:
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
        except OSError:
            pass

    def on_longhead(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
        try:
            while True:
                self.wfile.write(b"a" * 10000)
        except OSError:
            pass

    def on_short(self):
        """Less than it says."""
        data = daemon.png(9, 9)
        self.head(200, len(data) + 1000)
        self.wfile.write(data)

    def on_long(self):
        """More than it says."""
        data = daemon.png(11, 9)
        self.head(200, len(data))
        self.wfile.write(data + b"more")

    def on_big(self):
        """Says that it is big."""
        self.head(200, 1 << 40)
        self.hold()

    def on_endless(self):
        """Does not say so."""
        self.head(200)
        try:
            while True:
                self.wfile.write(b"\0" * 65536)
        except OSError:
            pass

    def on_gzip(self):
        """A bomb: 10 MB in 10 kB."""
        data = zlib.compress(bytes(10 << 20), 9)
        self.whole(data, Content_Encoding="deflate")

    def on_tegzip(self):
        self.head(200, None, Transfer_Encoding="gzip, chunked")
        self.hold()

    def on_chunked(self):
        data = daemon.png(13, 9)
        self.head(200, None, Transfer_Encoding="chunked")
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))

    def on_nonsense(self):
        self.wfile.write(b"\x16\x03\x01 what is this?\r\n\r\n")

    def on_cookie(self):
        self.whole(b"", 302, Set_Cookie="a=b", Location="/picture/14x9")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, address="127.0.0.1", port=0, cert=None):
        if ":" in address:
            self.address_family = socket.AF_INET6
        super().__init__((address, port), Handler)
        if cert is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(cert)
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.lock = threading.Lock()
        self.asked = collections.Counter()
        self.heads = []
        self.stop = threading.Event()
        self.go = threading.Event()
        self.waiting = threading.Semaphore(0)
        self.port = self.server_address[1]
        self.host = f"[{address}]" if ":" in address else address
        self.base = f"{'https' if cert else 'http'}://{self.host}:{self.port}"
        threading.Thread(target=self.serve_forever, args=(0.01,),
                         daemon=True).start()

    def handle_error(self, *args):
        pass        # clients that leave are what is wanted

    def close(self):
        self.stop.set()
        self.go.set()
        self.shutdown()
        self.server_close()
