# SPDX-License-Identifier: BSD-2-Clause
"""A cache full of small pictures never cuts a large one.

CACHES_SOAK=1: five sets of large ones."""
import http.server
import os
import threading
import daemon
import fronts

SMALL = 10000
MB = 1 << 20
ROUNDS = 5 if os.environ.get("CACHES_SOAK") == "1" else 1
SIZES = (MB, 5 * MB // 2, 10 * MB, 40 * MB, 100 * MB)


class Origin:
    """Pictures of any size, as the stack of the URL says: /s10000/..."""
    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                stack = self.path.split("/")[1]
                size = int(stack[1:]) if stack[1:].isdigit() else 2
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Cache-Control", "public, max-age=9999")
                self.send_header("Content-Length", str(size))
                self.end_headers()
                self.wfile.write(b"x" * size)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Full(fronts.Edge):
    storage = "malloc,20m"

    def vcl(self):
        text = super().vcl()
        i, j = text.index("\t.path"), text.index("}\n\n# The API")
        return text[:i] + ('\t.host = "127.0.0.1"; '
                           f'.port = "{self.origin}";\n') + text[j:]


class Roomy(Full):
    params = ("nuke_limit=1000000",)


class Test(daemon.Test):
    def edge(self, kind):
        origin = Origin()
        self.addCleanup(origin.close)
        kind.origin = origin.port
        edge = kind(self.daemon)
        self.addCleanup(edge.close)
        c = fronts.http.client.HTTPConnection("127.0.0.1", edge.port)
        for i in range(2200):
            c.request("GET", self.path(SMALL, i), headers={
                "Host": fronts.HOST})
            self.assertEqual(len(c.getresponse().read()), SMALL)
        c.close()
        daemon.wait_for(lambda: edge.counter("MAIN.n_lru_nuked") > 0)
        return edge

    def path(self, size, n):
        return f"/s{size}/{n:040x}.png"

    def whole(self, edge):
        for n, size in enumerate(SIZES * ROUNDS):
            for _ in range(2):
                a = edge.get(self.path(size, n))
                self.assertEqual((a.status, len(a.body)), (200, size))

    def test_by_default_it_is_whole(self):
        edge = self.edge(Full)
        self.whole(edge)
        self.assertGreater(edge.counter("MAIN.n_lru_limited"), 0)

    def test_with_our_parameter_it_is_kept(self):
        edge = self.edge(Roomy)
        self.whole(edge)
        for _ in range(2):
            a = edge.get(self.path(5 * MB // 2, 77))
        self.assertEqual(a.headers["X-Cache"], "hit")
        self.assertEqual(len(a.body), 5 * MB // 2)


if __name__ == "__main__":
    daemon.main()
