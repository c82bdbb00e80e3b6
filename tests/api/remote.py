# SPDX-License-Identifier: BSD-2-Clause
"""Uploads by URL and remote images in render URLs, from a real server on a
loopback address that does all that a server can do wrong."""
import json
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

import daemon
import rebinding
import remote_server

# All but fetch_retry_s, which the tests of render URLs set.
SETTINGS = """
fetch_allow = "127.0.0.1, 127.0.0.2, localhost, *.example.com ::1"
fetch_ports = "%s"
fetch_allow_addresses = "127.0.0.1"
fetch_timeout_ms = %d
fetch_max_mb = 1
fetch_redirects = 2
"""
TIMEOUT_MS = 12000 if daemon.SANITIZED else 3000


class Remote(daemon.Test):
    more = ""

    @classmethod
    def setUpClass(cls):
        cls.server = remote_server.Server()
        cls.addClassCleanup(cls.server.close)
        cls.settings = SETTINGS % (cls.server.port, TIMEOUT_MS) + cls.more
        super().setUpClass()
        cls.base = cls.server.base


class Upload(Remote):
    def put(self, *urls, **texts):
        parts = [(f"url[{i}]", u) for i, u in enumerate(urls)]
        return daemon.upload(self.api, "demo", *parts, *texts.items())

    def bad(self, path, *words, status=400):
        self.refused(self.put(self.base + path), status, *words)

    def test_one(self):
        a = self.put(self.base + "/picture/40x30.png?v=1")
        self.assertEqual(a.status, 200, a.body)
        o = a.json["items"][0]
        self.assertEqual((a.json["total"], o["width"], o["height"],
                          o["name"], o["format"]),
                         (1, 40, 30, "40x30.png", "png"))
        # The same as if it had been uploaded.
        self.assertEqual(o["hash"], self.picture(40, 30))
        path, head = self.server.heads[-1]
        self.assertEqual(path, "/picture/40x30.png?v=1")
        self.assertEqual(head["Accept-Encoding"], "identity")
        self.assertTrue(head["User-Agent"].startswith("moniker/"))
        self.assertNotIn("Cookie", head)
        self.assertNotIn("Authorization", head)

    def test_several(self):
        a = daemon.upload(
            self.api, "demo", ("url[0]", self.base + "/picture/41x30.png"),
            ("filedata[0]", "f.png", daemon.png(5, 6)),
            ("url[1]", self.base + "/named"),
            ("meta_user[0]", '{"n":"first"}'),
            ("options[2]", '{"protected":true}'))
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual([o["name"] for o in a.json["items"]],
                         ["41x30.png", "f.png", "x.png"])
        self.assertEqual(a.json["items"][0]["user_metadata"],
                         {"n": "first"})
        self.assertTrue(a.json["items"][2]["protected"])

    def test_all_or_none(self):
        a = self.put(self.base + "/picture/77x30", self.base + "/missing")
        self.refused(a, 400, "404")
        a = self.api("GET", "/sourceimages/demo?width=77")
        self.assertEqual(a.json["total"], 0)

    def test_redirects(self):
        to = self.base + "/picture/42x30"
        for code in (301, 302, 303, 307, 308):
            a = self.put(f"{self.base}/to/{code}?{to}")
            self.assertEqual(a.status, 200, a.body)
        a = self.put(self.base + "/to/302?/to/302?/picture/43x30")
        self.assertEqual(a.json["items"][0]["width"], 43)
        self.assertEqual(self.put(self.base + "/cookie").status, 200)
        self.assertNotIn("Cookie", self.server.heads[-1][1])
        self.bad("/loop", "redirected more than 2 times")
        self.bad("/nowhere", "redirects without")

    def test_redirect_to_what_is_not_allowed(self):
        other = remote_server.Server("127.0.0.2", self.server.port)
        self.addCleanup(other.close)
        there = f"http://127.0.0.2:{self.server.port}/picture/44x30"
        for url, word in (
                (there, "no address that may be"),
                ("http://other.example/x", "fetch_allow"),
                (f"http://127.0.0.1:{other.port + 1}/x", "fetch_ports"),
                ("file:///etc/passwd", "http://"),
                ("gopher://127.0.0.1/", "http://"),
                ("http://a:b@127.0.0.1/", "password"),
                ("http://[::ffff:7f00:2]/", "fetch_allow"),
                ("http://2130706434/", "")):
            self.bad("/to/302?" + url, word)
            self.refused(self.put(url), 400, word)
        self.assertEqual(sum(other.asked.values()), 0)

    def test_name_of_forbidden_address(self):
        """localhost is ::1, too, which is not allowed; then 127.0.0.1."""
        a = self.put(f"http://localhost:{self.server.port}/picture/45x30")
        self.assertEqual(a.status, 200, a.body)
        for host, word in (("[::1]", "no address that may be fetched from"),
                           ("a.example.com", "the host")):
            self.refused(self.put(f"http://{host}:{self.server.port}/x"),
                         400, word)

    def test_bad_answers(self):
        for path, status, words in (
                ("/missing", 400, ["404"]),
                ("/status/500", 400, ["500"]),
                ("/status/204", 400, ["204"]),
                ("/status/206", 400, ["206"]),
                ("/text", 400, []),
                ("/empty", 400, []),
                ("/short", 400, []),
                ("/big", 413, ["at most"]),
                ("/endless", 413, ["at most"]),
                ("/gzip", 400, ["packs"]),
                ("/tegzip", 400, ["packs"]),
                ("/headers", 400, ["headers"]),
                ("/continue", 400, ["headers"]),
                ("/longhead", 400, []),
                ("/nonsense", 400, [])):
            with self.subTest(path):
                self.bad(path, *words, status=status)

    def test_lengths(self):
        self.assertEqual(self.put(self.base + "/long").status, 200)
        self.assertEqual(self.put(self.base + "/chunked").status, 200)

    def test_slow(self):
        """All of them at once: none takes longer than the limit."""
        def one(path):
            c = self.daemon.client(Api_Key=self.api.key["api_key"])
            answers[path] = daemon.upload(c, "demo",
                                          ("url[0]", self.base + path))
            c.close()
        answers = {}
        threads = [threading.Thread(target=one, args=(p,)) for p in
                   ("/stall", "/stalled", "/drip", "/drophead")]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for path, a in answers.items():
            self.refused(a, 400, "too long" if path != "/drophead" else "")

    def test_bad_fields(self):
        for url, word in (("", "http://"), ("ftp://x/", "http://"),
                          ("http://", "host"), ("http:///x", "host"),
                          ("http://127.0.0.1:0/", "port"),
                          ("http://127.1/", "host"),
                          ("http://0x7f.0.0.1/", "host"),
                          ("http://x y/", "ASCII"), ("http://\u00fc/", "ASCII"),
                          ("http://127.0.0.1/" + "a" * 3000, "2048")):
            self.refused(self.put(url), 400, word)
        a = daemon.upload(self.api, "demo", ("url[x]", self.base + "/"))
        self.refused(a, 400, "url[x]")

    def test_log_and_metrics(self):
        self.refused(self.put("http://other.example/?secret"), 400,
                     "fetch_allow")
        self.bad("/to/302?http://other.example/?secret", "fetch_allow")
        self.assertGreater(
            self.daemon.metric('moniker_fetches_total{result="refused"}'), 1)
        self.assertIn("event=fetch_refused", self.daemon.log_text())
        self.assertNotIn("secret", self.daemon.log_text())

    def test_a_fetcher_leaves_nothing_behind(self):
        self.put(self.base + "/picture/46x30")
        daemon.wait_for(lambda: len(self.daemon.workers()) <= 3)


class Off(daemon.Test):
    def test_off(self):
        a = daemon.upload(self.api, "demo", ("url[0]", "http://127.0.0.1/x"))
        self.refused(a, 400, "fetch_allow")
        self.refused(self.pictures("GET", "/dynamic/-http://a.b/x.png-.jpg"),
                     404, "remote_fullurl_allow")


class Tls(daemon.Test):
    @classmethod
    def setUpClass(cls):
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory())
        for name in ("good", "bad"):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                 "-keyout", f"{cls.dir}/{name}.key", "-out",
                 f"{cls.dir}/{name}.crt", "-days", "2", "-subj",
                 "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                check=True, capture_output=True)
            with open(f"{cls.dir}/{name}.pem", "w") as f:
                for kind in ("key", "crt"):
                    f.write(open(f"{cls.dir}/{name}.{kind}").read())
        cls.good = remote_server.Server(cert=cls.dir + "/good.pem")
        cls.addClassCleanup(cls.good.close)
        cls.bad = remote_server.Server(cert=cls.dir + "/bad.pem")
        cls.addClassCleanup(cls.bad.close)
        cls.settings = SETTINGS % (f"{cls.good.port} {cls.bad.port}",
                                   TIMEOUT_MS)
        cls.settings += f'fetch_ca_file = "{cls.dir}/good.crt"\n'
        super().setUpClass()

    def test_verified(self):
        a = daemon.upload(self.api, "demo",
                          ("url[0]", self.good.base + "/picture/8x9"))
        self.assertEqual(a.status, 200, a.body)
        for url in (self.bad.base + "/picture/8x9",
                    f"https://localhost:{self.good.port}/picture/8x9"):
            self.refused(daemon.upload(self.api, "demo", ("url[0]", url)),
                         400, "certificate")
        self.assertEqual(sum(self.bad.asked.values()), 0)


def path_of(url, escape=True):
    return "-" + (urllib.parse.quote(url, safe="") if escape else url) + "-"


class Render(Remote):
    more = "fetch_retry_s = 600\nfetch_remembered = 8\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        a = cls.api("PUT", "/organizations/demo/options", {
            "remote_fullurl_allow": True,
            "remote_fullurl_whitelist": ["^127\\.0\\.0\\.1$", "*.example.com"],
            "remote_basepath": cls.base + "/picture"})
        assert a.status == 200, a.body
        cls.api("PUT", "/stacks/demo/small", {"operations": [
            {"name": "resize", "options": {"width": 10}}]})

    def get(self, path, status=200, **headers):
        a = self.pictures("GET", path, **headers)
        self.assertEqual(a.status, status, a.body[:300])
        return a

    def test_full_and_path(self):
        for i, image in enumerate((
                path_of(self.base + "/picture/50x30"),
                path_of(self.base + "/picture/51x30", False),
                path_of(self.base.replace("//", "/") + "/picture/52x30",
                        False),
                "-53x30.png-", path_of("54x30.png"))):
            a = self.get(f"/small/{image}.png")
            self.assertEqual(a.headers["Content-Type"], "image/png")
            hash = a.headers["X-Moniker-Source"]
            o = self.api("GET", f"/sourceimages/demo/{hash}").json
            self.assertEqual((o["width"], o["height"]), (50 + i, 30))
            # It is an ordinary source image, and looks like it.
            b = self.get(f"/small/{hash}/slug.png")
            self.assertEqual(a.body, b.body)
            self.assertEqual(a.headers["ETag"], b.headers["ETag"])
            self.assertNotIn("immutable", a.headers["Cache-Control"])

    def test_asked_once(self):
        url = self.base + "/picture/60x30"
        for size in (10, 11, 12):
            self.get(f"/dynamic/resize-width-{size}/{path_of(url)}.png")
        self.get(f"/small/{path_of(url)}/slug.png")
        self.assertEqual(self.server.asked["/picture/60x30"], 1)
        # Nor when monikerd starts again.
        self.daemon.stop()
        self.daemon.start()
        self.get(f"/small/{path_of(url)}.png")
        self.assertEqual(self.server.asked["/picture/60x30"], 1)

    def test_joined(self):
        def one(i):
            c = self.daemon.pictures("demo")
            answers[i] = c("GET", f"/small/{path_of(url)}.png").status
            c.close()
        url = self.base + "/wait"
        answers = {}
        threads = [threading.Thread(target=one, args=(i,))
                   for i in range(10)]
        for t in threads:
            t.start()
        self.assertTrue(self.server.waiting.acquire(
            timeout=daemon.PATIENCE))
        daemon.wait_for(lambda: self.daemon.metric("moniker_remote_waiting") == 10)
        self.server.go.set()
        for t in threads:
            t.join()
        self.assertEqual(set(answers.values()), {200})
        self.assertEqual(self.server.asked["/wait"], 1)

    def test_failures_are_kept(self):
        for path, status in (("/missing", 404), ("/status/410", 404),
                             ("/status/500", 502), ("/text", 502),
                             ("/endless", 502),
                             ("/to/302?http://[::1]/", 404)):
            before = self.server.asked[path]
            for i in range(3):
                a = self.get(f"/small/{path_of(self.base + path)}.png",
                             status)
                self.assertEqual(a.headers["Cache-Control"],
                                 "public, max-age=5")
            self.assertEqual(self.server.asked[path], before + 1)

    def test_what_is_not_allowed(self):
        for image, word in (
                (path_of("http://other.example/x"), "whitelist"),
                (path_of("http://a.example.com/x"), "fetch_ports"),
                (path_of("http://u:p@127.0.0.1/x"), "password"),
                ("-..%5Cwait-", "backslash"),
                ("-" + "a" * 2040 + "-", "too long")):
            self.refused(self.get(f"/small/{image}.png", 404), 404, word)
        # The server's own rule, for every URL
        self.get("/small/-..%2f..%2fwait-.png", 400)
        self.get("/small/-a%00-.png", 400)

    def test_options(self):
        for name, value in (("remote_basepath", "ftp://x/"),
                            ("remote_basepath", "http://a@b/"),
                            ("remote_basepath", 1),
                            ("remote_basepath", "http://x/ y"),
                            ("remote_fullurl_allow", "yes"),
                            ("remote_fullurl_whitelist", "x"),
                            ("remote_fullurl_whitelist", ["(a|b)\\.c"]),
                            ("remote_fullurl_whitelist", ["x"] * 21)):
            self.refused(self.api("PUT",
                                  f"/organizations/demo/options/{name}",
                                  json.dumps(value)), 400, name)
            self.refused(self.api("PUT", "/stacks/demo/bad", {
                "operations": [], "options": {name: value}}), 400, name)
        # A stack's own go before its organization's.
        options = {"remote_basepath": self.base + "/picture/7",
                   "remote_fullurl_allow": False}
        a = self.api("PUT", "/stacks/demo/own?overwrite=true", {
            "operations": [], "options": options})
        self.assertEqual(a.status, 201, a.body)
        self.assertEqual(a.json["stack_options"], options)
        url = self.base + "/picture/70x30"
        self.refused(self.get(f"/own/{path_of(url)}.png", 404), 404,
                     "remote_fullurl_allow")
        self.refused(self.get("/dynamic/options-remote_basepath-x/"
                              "-50x30-.png", 400), 400, "remote_basepath")
        self.assertIn("remote_basepath", self.api("GET", "/stackoptions")
                      .json["properties"])

    def test_deleted(self):
        url = self.base + "/picture/80x30"
        a = self.get(f"/small/{path_of(url)}.png")
        hash = a.headers["X-Moniker-Source"]
        self.api("DELETE", f"/sourceimages/demo/{hash}")
        self.refused(self.get(f"/small/{path_of(url)}.png", 404), 404,
                     "deleted")
        forget = "/sourceimages/demo/remote?url=" + urllib.parse.quote(url)
        self.empty(self.api("DELETE", forget))
        self.refused(self.api("DELETE", forget), 404)
        self.refused(self.api("DELETE", "/sourceimages/demo/remote"), 400,
                     "url")
        self.refused(self.api("DELETE", "/sourceimages/demo/remote?url=x"),
                     400, "url")
        self.get(f"/small/{path_of(url)}.png")
        self.assertEqual(self.server.asked["/picture/80x30"], 2)

    def test_replaced(self):
        """Its URL shows the image that takes the place of the first."""
        url = self.base + "/picture/81x30"
        a = self.get(f"/small/{path_of(url)}.png")
        old = a.headers["X-Moniker-Source"]
        a = self.api("PUT", f"/sourceimages/demo/{old}/meta/dynamic/"
                     "subject_area?deletePrevious=true", {"x": 1, "y": 1})
        new = a.json["hash"]
        self.assertNotEqual(new, old)
        a = self.get(f"/small/{path_of(url)}.png")
        self.assertEqual(a.headers["X-Moniker-Source"], new)
        self.assertEqual(self.server.asked["/picture/81x30"], 1)

    def test_oldest_is_forgotten(self):
        first = f"/small/{path_of(self.base + '/picture/99x1')}.png"
        self.get(first)
        for i in range(8):
            self.get(f"/small/-1x1.{i}-.png")
        self.get(first)
        self.assertEqual(self.server.asked["/picture/99x1"], 2)

    def test_signed(self):
        """Nothing is fetched for who may not see it."""
        self.api("PUT", "/stacks/demo/closed?overwrite=true", {
            "operations": [], "options": {"protected": True}})
        url = self.base + "/picture/90x30"
        path = f"/closed/{path_of(url)}.png"
        self.get(path, 403)
        self.get(path + "?sig=0123456789abcdef", 403)
        self.assertEqual(self.server.asked["/picture/90x30"], 0)
        a = self.api("POST", "/utils/demo/sign_url", {"url": path})
        self.get(a.json["signed_url"])
        self.assertEqual(self.server.asked["/picture/90x30"], 1)
        # Varnish is led to a URL by hash that nobody signed.
        a = self.get(a.json["signed_url"], 307, X_Moniker_Url=
                     a.json["signed_url"], X_Moniker_Spelling="canonical")
        self.get(a.headers["Location"], 403)

    def test_spelled(self):
        """Varnish is led to the hash."""
        url = self.base + "/picture/91x30"
        path = f"/dynamic/resize-width-9/{path_of(url)}/slug.png"
        a = self.get(path, 307, X_Moniker_Spelling="canonical")
        hash = a.headers["X-Moniker-Source"]
        self.assertEqual(a.headers["Location"],
                         f"/dynamic/resize-width-9/{hash}.png")
        self.get(a.headers["Location"], X_Moniker_Url=path)
        other = path.replace("91x30", "92x30")
        self.get(a.headers["Location"], 403, X_Moniker_Url=other)

    def test_quota(self):
        self.daemon.organization("poor")
        local = self.daemon.local()
        local("PUT", "/organizations/poor/options/quota_images", 1)
        local("PUT", "/organizations/poor/options/remote_basepath",
              json.dumps(self.base + "/picture"))
        c = self.daemon.pictures("poor")
        self.assertEqual(c("GET", "/dynamic/-3x3-.png").status, 200)
        self.assertEqual(c("GET", "/dynamic/-4x3-.png").status, 503)


APART = ["unshare", "-rmn", "--"]


class Rebinding(daemon.Test):
    """A name server whose second answer is an address that is not allowed."""
    @classmethod
    def setUpClass(cls):
        if subprocess.run(APART + ["ip", "link", "set", "lo", "up"],
                          capture_output=True).returncode:
            raise unittest.SkipTest("there can be no network of its own here")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.log = folder.name + "/asked"
        cls.daemon = daemon.Daemon('fetch_allow = "*"\n', prefix=APART + [
            sys.executable, rebinding.__file__, cls.log])
        cls.addClassCleanup(cls.daemon.close)
        cls.api = cls.daemon.organization("demo")
        cls.pictures = cls.daemon.pictures("demo")

    def asked(self, word):
        with open(self.log) as f:
            return [x.split()[1:] for x in f if x.startswith(word + " ")]

    def put(self, url):
        return daemon.upload(self.api, "demo", ("url[0]", url))

    def taken(self, url):
        a = self.put(url)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["items"][0]["width"], 40)

    def no(self, url):
        self.refused(self.put(url), 400, "no address that may be fetched")

    def test_second_answer(self):
        self.taken("http://turns1.test/a.png")
        # It was asked for once.
        self.assertEqual([x for x in self.asked("name") if x[1] == "A" and
                          x[0].startswith("turns1.")], [["turns1.test", "A"]])
        self.no("http://turns1.test/a.png")
        self.taken("http://both.test/b.png")
        self.no("http://inner.test/")
        self.no("http://six.test/")
        # By a redirect
        self.taken(f"http://{rebinding.PUBLIC}/to/turns2.test")
        self.no(f"http://{rebinding.PUBLIC}/to/turns2.test")
        self.no(f"http://{rebinding.PUBLIC}/to/inner.test")
        # In a render URL
        self.api("PUT", "/organizations/demo/options/remote_basepath",
                 '"http://turns3.test"')
        for name, status in (("x", 200), ("y", 404)):
            a = self.pictures("GET", f"/dynamic/noop/-{name}.png-.png")
            self.assertEqual(a.status, status, a.body)
        inside = [x for x in self.asked("web") if x[0] != rebinding.PUBLIC]
        self.assertEqual(inside, [])


if __name__ == "__main__":
    daemon.main()
