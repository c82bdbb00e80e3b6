# SPDX-License-Identifier: BSD-2-Clause
"""moniker-throttle.vcl with the real vmod_vsthrottle: so many misses for a
client, so many for an organization, and hits without end."""
import time
import unittest

import daemon
import edge

CLIENT, ORGANIZATION, SECONDS = 100, 400, 10

with open(edge.SRC + "/vcl/example.vcl") as f:
    EXAMPLE = f.read().replace('include "moniker.vcl";', 'include '
                               '"moniker.vcl";\ninclude "moniker-throttle.vcl";')


class From(edge.EdgeClient):
    """A client with an address of its own."""
    def __init__(self, e, host, address):
        super().__init__(e, host)
        self.address = address

    def open(self):
        return daemon.http.client.HTTPConnection(
            "127.0.0.1", self.edge.port, timeout=daemon.PATIENCE,
            source_address=(self.address, 0))


class Throttle(edge.Test):
    vcl = EXAMPLE
    misses = 0

    def ask(self, address, n, hash="0123456789abcdef0123456789abcdef01234567",
            org="demo"):
        """Statuses of *n* misses."""
        client = From(self.edge, org + ".example.net", address)
        got = []
        for _ in range(n):
            type(self).misses += 1
            a = client("GET", f"/dynamic/crop-width-{self.misses}-height-9/"
                       f"{hash}.png")
            if a.status == 429:
                self.refused(a, 429, "pictures")
                self.assertEqual(a.headers["Retry-After"], "2")
                self.assertEqual(a.headers["Cache-Control"], "no-store")
            got.append(a.status)
        client.close()
        return got

    def within(self, let, limit, began):
        """Whether as many were let through as may, with those that came anew
        while it lasted."""
        most = limit + (time.monotonic() - began) * limit / SECONDS + 1
        self.assertGreaterEqual(let, limit)
        self.assertLessEqual(let, most)

    def test_client(self):
        hash = self.picture()
        began = time.monotonic()
        self.assertEqual(self.ask("127.0.0.2", 20, hash), [200] * 20)
        got = self.ask("127.0.0.2", CLIENT)
        self.within(20 + got.count(404), CLIENT, began)
        self.assertIn(429, got)
        # Hits are for all, and another client has its own.
        client = From(self.edge, "demo.example.net", "127.0.0.2")
        for _ in range(2 * CLIENT):
            a = client("GET", f"/dynamic/crop-width-1-height-9/{hash}.png")
            self.assertEqual(a.status, 200)
        client.close()
        self.assertEqual(self.ask("127.0.0.3", 9), [404] * 9)
        # Previews are never kept.
        client = From(self.edge, "demo.example.net", "127.0.0.4")
        got = [client("GET", f"/_preview/{hash}.png").status
               for _ in range(2 * CLIENT)]
        client.close()
        self.assertIn(429, got)
        self.assertGreaterEqual(got.count(404), CLIENT)

    def test_organization(self):
        self.daemon.organization("busy")
        self.daemon.organization("quiet")
        began = time.monotonic()
        got = []
        for n in range(6):
            got += self.ask(f"127.0.1.{n + 1}", CLIENT - 10, org="busy")
        self.within(got.count(404), ORGANIZATION, began)
        self.assertIn(429, got)
        self.assertEqual(self.ask("127.0.2.1", 9, org="quiet"), [404] * 9)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
