# SPDX-License-Identifier: BSD-2-Clause
"""Range, If-None-Match, Host and Content-Encoding through a real Varnish: what
is not understood is ignored, and a hit says what the origin says."""
import gzip
import json
import subprocess
import unittest
import zlib

import daemon
import edge
import pixels


def lines(connection, method, target, headers, body=b""):
    """A request with headers that may come twice: (status, headers, body)."""
    connection.putrequest(method, target, skip_host=True,
                          skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    r = connection.getresponse()
    return daemon.Answer(r, r.read())


ODD_RANGES = ("items=0-24", "bytes=9-0", "bytes=0-9,20-29", "bytes=", "bytes",
              "bytes=-", "bytes=a-b", "bytes=0x1-", "bytes=-0", "bytes 0-9",
              "bytes=1-2-3", "bytes=0-9 x", "bytes= 0-9", "=0-9", "bytes==0-9",
              "bytes=99999999999999999999-", "bytes=0-99999999999999999999",
              "bytes=-99999999999999999999", "bytes=+1-2", "lines=1-",
              "bytes=0-9;q=1", ",bytes=0-9")


class Headers(edge.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture()
        cls.api("PUT", "/sourceimages/demo/alias/logo", {"hash": cls.hash})
        cls.api("PUT", "/stacks/demo/small", {"operations": [
            {"name": "resize", "options": {"width": 9}}]})
        cls.url = f"/small/{cls.hash}.png"
        cls.alias = "/small/-_logo_-.png"
        cls.short = f"/small/{cls.hash[:8]}.png"

    def ask(self, method, target, *headers, body=b"", host="demo.example.net"):
        c = self.shown.open()
        try:
            return lines(c, method, target, [("Host", host), *headers], body)
        finally:
            c.close()

    def call(self, method, target, *headers, body=b""):
        return self.ask(method, target, ("Api-Key", self.through.headers[
            "Api-Key"]), *headers, body=body, host="api.example.net")

    def test_metadata_of_a_kept_hash(self):
        """A subject area that is set in place moves the crop at once, in what
        Varnish has, and no copy of before is taken for current."""
        rows = b"".join(b"\0" + bytes(c for rgb in (
            (250, 0, 0), (0, 250, 0), (0, 0, 250)) for c in rgb * 20)
            for _ in range(20))
        a = daemon.upload(self.through, "demo", (
            "f", "three.png", pixels.png_file(60, 20, zlib.compress(rows),
                                              color=2)))
        hash = a.json["items"][0]["hash"]
        self.through("PUT", "/sourceimages/demo/alias/three", {"hash": hash})
        urls = [f"/dynamic/crop-width-10-height-10/{name}.png"
                for name in (hash, hash[:10], "-_three_-")]
        red, green, blue = (self.shown(
            "GET", f"/dynamic/crop-width-10-height-10-anchor-{x}_5/"
            f"{hash}.png").body for x in (5, 25, 45))
        self.assertEqual(len({red, green, blue}), 3)

        def show(want, *old):
            for url in urls:
                for copy in (None, *old):
                    b = self.shown("GET", url, If_None_Match=copy)
                    self.assertEqual((b.status, b.body), (200, want), url)
            b = self.shown("GET", urls[0])
            self.assertEqual(b.headers["X-Cache"], "hit")
            tag = b.headers["ETag"]
            self.assertNotIn(tag, old)
            for url in urls:
                b = self.shown("GET", url, If_None_Match=tag)
                self.assertEqual(b.status, 304, url)
            return tag
        middle = show(green)
        path = f"/sourceimages/demo/{hash}/meta/dynamic/subject_area"
        a = self.through("PUT", path + "?keepHash=true", {"x": 3, "y": 9})
        self.assertEqual((a.status, a.headers["Location"], a.json["hash"]),
                         (201, "/sourceimages/demo/" + hash, hash))
        self.assertTrue(a.headers["Warning"].startswith("299 - "))
        left = show(red, middle)
        a = self.through("PUT", path + "?keepHash=true",
                         {"x": 90, "y": 40, "percentage": True})
        self.assertEqual(a.status, 201, a.body)
        show(blue, middle, left)
        a = self.through("DELETE", path, {"keepHash": "true"})
        self.assertEqual(a.status, 201, a.body)
        self.assertEqual(show(green, left), middle)
        # With another hash the alias follows, and the old one is gone.
        a = self.through("PUT", path + "?deletePrevious=true",
                         {"x": 3, "y": 9})
        self.assertEqual((a.status, a.headers["X-Moniker-Aliases"]),
                         (201, "1"))
        b = self.shown("GET", urls[2], If_None_Match=middle)
        self.assertEqual((b.status, b.body), (200, red))
        self.assertEqual(self.shown("GET", urls[0]).status, 404)

    def test_odd_range_of_a_picture(self):
        """By miss, hit and pass."""
        whole = self.shown("GET", self.url).body
        for n, r in enumerate(ODD_RANGES):
            miss = f"/dynamic/resize-width-{10 + n}/{self.hash}.png"
            for url in (self.url, self.alias, self.short, miss):
                a = self.ask("GET", url, ("Range", r))
                self.assertEqual(a.status, 200, (r, url, a.body))
                if url != miss:
                    self.assertEqual(a.body, whole, (r, url))

    def test_range_of_a_picture(self):
        whole = self.shown("GET", self.url).body
        end = len(whole) - 1
        for r, low, high in (("bytes=0-9", 0, 9), ("bytes=5-", 5, end),
                             ("bytes=-7", end - 6, end), ("BYTES=1-1", 1, 1),
                             ("bytes=0-999999", 0, end),
                             ("bytes=-999999", 0, end)):
            for url in (self.url, self.alias, self.short):
                a = self.ask("GET", url, ("Range", r))
                self.assertEqual(a.status, 206, (r, url))
                self.assertEqual(a.body, whole[low:high + 1], (r, url))
                self.assertEqual(a.headers["Content-Range"],
                                 f"bytes {low}-{high}/{len(whole)}")
        # Two lines are no range, and HEAD has nothing to cut.
        a = self.ask("GET", self.url, ("Range", "bytes=0-9"),
                     ("Range", "bytes=20-29"))
        self.assertEqual((a.status, a.body), (200, whole))
        a = self.ask("HEAD", self.url, ("Range", "bytes=0-9"))
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["Content-Length"], str(len(whole)))

    def test_range_behind_the_end(self):
        """416 tells the length, and is not to be kept for a year."""
        whole = self.shown("GET", self.url).body
        for accept in ("*/*", "image/webp,image/*"):
            for url in (self.url, self.alias, self.short):
                a = self.ask("GET", url, ("Range", f"bytes={len(whole)}-"),
                             ("Accept", accept))
                self.refused(a, 416)
                self.assertEqual(a.headers["Content-Range"],
                                 f"bytes */{len(whole)}")
                self.assertEqual(a.headers["Cache-Control"], "no-store")
        a = self.ask("GET", self.url, ("Range", f"bytes={len(whole)}-"),
                     ("If-Range", '"other"'))
        self.assertEqual((a.status, a.body), (200, whole))

    def test_range_of_the_api(self):
        """Of a download only; a write answers in full."""
        for r in (*ODD_RANGES, "bytes=0-9"):
            a = self.call("PUT", "/sourceimages/demo/alias/r?overwrite=true",
                          ("Range", r), body=json.dumps(
                              {"hash": self.hash}).encode())
            self.assertIn(a.status, (200, 201), (r, a.body))
            self.assertEqual(a.json["alias"], "r")
            for path in ("/sourceimages/demo", "/stacks/demo", "/",
                         "/sourceimages/demo/alias/r?x=/download"):
                a = self.call("GET", path, ("Range", r))
                self.assertEqual(a.status, 200,
                                 (r, path, a.body))
                self.assertIsInstance(a.json, dict)
            a = self.ask("GET", "/health", ("Range", r))
            self.assertEqual(a.json, {"status": "ok"})
        path = f"/sourceimages/demo/{self.hash}/download"
        whole = self.call("GET", path).body
        for r in ODD_RANGES:
            a = self.call("GET", path, ("Range", r))
            self.assertEqual((a.status, a.body), (200, whole), r)
        a = self.call("GET", path, ("Range", "bytes=3-8"))
        self.assertEqual((a.status, a.body), (206, whole[3:9]))
        a = self.call("GET", path, ("Range", f"bytes={len(whole)}-"))
        self.assertEqual((a.status, a.body), (416, b""))

    def test_if_none_match(self):
        """The same from a hit, a miss, a pass and the origin."""
        tag = self.shown("GET", self.url).headers["ETag"]
        yes = ([tag], ["W/" + tag], ["*"], [f'"a", {tag}'], [f'{tag},"a"'],
               [f'W/"a" ,\tW/{tag}, "b"'], ['"a"', tag], [tag, '"a"'],
               ['"a,b"', '"c"', "W/" + tag], [f',, {tag} ,'],
               [" *  "])
        no = (['"a"'], ['"a", "b"'], ['"a"', '"b"'], [tag[1:-1]], [tag[:-1]],
              ["W/"], [""], [f'"{tag}"'], ["w/" + tag], [f"* , {tag[1:]}"],
              [f'"a" {tag}'])
        for wanted, cases in ((304, yes), (200, no)):
            for n, values in enumerate(cases):
                headers = [("If-None-Match", v) for v in values]
                origin = self.pictures.open()
                a = lines(origin, "GET", self.url, [
                    ("Host", "x"), ("X-Moniker-Organization", "demo"),
                    *headers])
                origin.close()
                self.assertEqual(a.status, wanted, ("origin", values))
                for url in (self.url, self.alias, self.short,
                            f"/small/s{wanted}{n}/{self.hash}.png"):
                    for more in ([], [("Range", "bytes=0-4")]):
                        if wanted == 200 and more:
                            continue
                        for m in ("GET", "HEAD"):
                            a = self.ask(m, url, *headers, *more)
                            self.assertEqual(a.status, wanted,
                                             (m, url, values, more))
                            self.assertEqual(a.headers["ETag"], tag)

    def test_if_none_match_of_the_api(self):
        path = "/sourceimages/demo/alias/logo"
        tag = self.through("GET", path).headers["ETag"]
        for values in ([tag], ['"a"', tag], ["*"], [f'"a", W/{tag}']):
            a = self.call("GET", path, *(("If-None-Match", v)
                                         for v in values))
            self.assertEqual(a.status, 304, values)
        a = self.call("PUT", path + "?overwrite=true",
                      ("If-Modified-Since", a.headers["Date"]),
                      body=json.dumps({"hash": self.hash}).encode())
        self.assertEqual(a.status, 200)

    def test_host(self):
        for host in (".demo.example.net", "demo..example.net", "demo.example.",
                     "demo.example.net:", "demo.example.net:80",
                     "demo.example.net.", "demo.example.net.:80",
                     "demo.example.net:http", "demo.example.net:80x",
                     "demo.example.net:-1", "demo.example.net:65536",
                     "demo.example.net:0x50", "demo.example.net:80:80",
                     "demo.example.net:999999", "demo.example..", ".",
                     "demo.example.net..", "demo.example.net.:", "demo..",
                     "[::1", "[]", "[::1]x", "::1", "demo.[::1]",
                     "api.example.net:x", "api..net"):
            wanted = 200 if host in (
                "demo.example.", "demo.example.net:", "demo.example.net:80",
                "demo.example.net.", "demo.example.net.:80",
                "demo.example.net.:") else 400
            a = self.ask("GET", self.url, host=host)
            self.assertEqual(a.status, wanted, (host, a.body))
            if wanted == 400:
                self.refused(a, 400)
                for client in (self.pictures, self.daemon.client()):
                    self.refused(client("GET", self.url, Host=host), 400)

    def test_a_long_url(self):
        """Refused with a sentence up to where Varnish itself gives up."""
        api = "api.example.net"
        for path, host in ((f"/dynamic/v-x-{{}}/{self.hash}.png", None),
                           ("/small/-_logo_-.png?x={}", None),
                           (f"/small/{self.hash}.png?sig={{}}", None),
                           ('/small/-_logo_-.png?v={{"x":"{}"}}', None),
                           ("/{}", None), ("/stacks/demo?{}", api),
                           ("/stacks/{}", api)):
            for length in (8193, 12000, 20000, 28000, 31000):
                target = path.format("a" * (length - len(path.format(""))))
                a = self.ask("GET", target, host=host or "demo.example.net")
                self.refused(a, 414, "8192")
        target = "/small/-_logo_-.png?x="
        a = self.ask("GET", target + "a" * (8192 - len(target)))
        self.assertEqual(a.status, 200)

    def test_content_encoding(self):
        """A body that is packed is refused by name, and nothing is kept."""
        body = json.dumps({"hash": self.hash}).encode()
        path = "/sourceimages/demo/alias/packed"
        for coding in ("gzip", "GZIP", "br", "deflate", "zstd", "compress",
                       "x-gzip", "gzip, br", "identity, gzip", "nonsense"):
            a = self.through("PUT", path, gzip.compress(body),
                             Content_Encoding=coding)
            self.refused(a, 415, "Content-Encoding", f'"{coding}"')
            self.assertEqual(a.headers["Accept-Encoding"], "identity")
            self.assertEqual(a.headers["Access-Control-Allow-Origin"], "*")
            form, kind = daemon.form(("filedata", "p.png", daemon.png(3, 3)))
            a = self.through("POST", "/sourceimages/demo", form,
                             Content_Type=kind, Content_Encoding=coding)
            self.refused(a, 415, "Content-Encoding", f'"{coding}"')
            # Without a body there is nothing to be packed.
            a = self.through("GET", "/stacks/demo", Content_Encoding=coding)
            self.assertEqual(a.status, 200)
        self.assertEqual(self.through("GET", path).status, 404)
        a = self.through("PUT", path, body, Content_Encoding="identity")
        self.assertEqual(a.status, 201)
        # Who has no key is told that first.
        self.refused(self.daemon.client()("PUT", path, body,
                                          Content_Encoding="gzip"), 403)


class Logged(edge.Test):
    """doc/operations.rst: how to keep keys out of the log in shared memory."""
    args = ("-p", "vsl_mask=-ReqHeader,-BereqHeader")

    def log(self):
        """What is in it once a request of now is, without those headers."""
        self.assertEqual(self.through("GET", "/stacks/demo?now").status, 200)

        def read():
            text = subprocess.run(
                ["varnishlog", "-n", self.edge.dir + "/v", "-d", "-g", "raw"],
                capture_output=True, text=True, timeout=60).stdout
            return text if "/stacks/demo?now" in text else ""
        return daemon.wait_for(read)

    def test_no_key_in_the_log(self):
        key = self.through.headers["Api-Key"]
        for path in ("/user", "/stacks/demo/none"):
            self.through("GET", path)
            self.through("PUT", path, {}, Api_Key=key[:-1] + "+")
            self.through("PUT", path, {}, Api_Key=key[:-1] + "x")
        self.assertNotIn(key[:32], self.log())
        # With it they are there, or this would show nothing.
        self.edge.adm("param.set", "vsl_mask", "default")
        self.through("GET", "/user")
        self.assertIn(key, self.log())


if __name__ == "__main__":
    unittest.main(warnings="ignore")
