# SPDX-License-Identifier: BSD-2-Clause
"""Sessions of the dashboard, its files, thumbnails and Varnishes: what a browser
gets, and what a page of somebody else's does not."""
import os
import re
import signal
import sqlite3

import daemon

HEADER = {"Moniker_Dashboard": "1"}
SETTINGS = """
render_host = "http://{organization}.example.test"
api_url = "http://api.example.test"
auth_failures = 5
"""


class Dashboard(daemon.Test):
    settings = SETTINGS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = cls.daemon.dir + "/dashboard"
        os.mkdir(cls.files)
        cls.write("index.html", "<script src=@VERSION@/main.js></script>")
        cls.write("main.js", "1;")
        cls.write("main.js.gz", "gzipped")
        cls.write("notes.exe", "no")
        with open(cls.daemon.dir + "/monikerd.conf", "a") as f:
            f.write(f'dashboard_dir = "{cls.files}"\n')
        cls.reload()
        cls.browser = cls.daemon.client()
        daemon.wait_for(lambda: cls.browser("GET", "/dashboard/").status == 200)

    @classmethod
    def write(cls, name, text):
        with open(f"{cls.files}/{name}", "w") as f:
            f.write(text)

    @classmethod
    def reload(cls):
        cls.daemon.process.send_signal(signal.SIGHUP)

    def another(self, settings):
        """A daemon with other settings."""
        d = daemon.Daemon(settings)
        self.addCleanup(d.close)
        return d

    def sign_in(self, key=None, **headers):
        a = self.browser("POST", "/session",
                         Api_Key=key or self.api.key["api_key"],
                         **{**HEADER, **headers})
        return a

    def cookie(self, key=None):
        a = self.sign_in(key)
        self.assertEqual(a.status, 201, a.body)
        return a.headers["Set-Cookie"].split(";")[0]

    def test_cookie(self):
        a = self.sign_in()
        self.assertRegex(a.headers["Set-Cookie"], r"^moniker=[0-9A-Za-z]{43}; "
                         "Path=/; HttpOnly; SameSite=Strict; Max-Age=604800$")
        self.assertEqual(a.headers["Cache-Control"], "private, no-cache")
        cookie = a.headers["Set-Cookie"].split(";")[0]
        a = self.browser("GET", "/session", Cookie=cookie, **HEADER)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["organization"], "demo")
        self.assertIn("sourceimages:write", a.json["rights"])
        self.assertEqual(a.json["render_host"], "http://demo.example.test")
        # Only the digest is kept.
        path = self.daemon.dir + "/store_dir/"
        for name in os.listdir(path):
            if name.startswith("moniker.db"):
                with open(path + name, "rb") as f:
                    self.assertNotIn(cookie.split("=")[1].encode(), f.read())

    def test_counts_only_beside_the_header(self):
        cookie = self.cookie()
        for headers in ({}, {"Moniker_Dashboard": "0"},
                        {**HEADER, "Origin": "http://demo.example.test"}):
            for method, target, body in (
                    ("GET", "/session", None),
                    ("GET", "/sourceimages/demo", None),
                    ("DELETE", "/session", None),
                    ("POST", "/sourceimages/demo/alias", '{"a=": "b"}')):
                a = self.browser(method, target, body, Cookie=cookie,
                                 Content_Type="text/plain", **headers)
                self.assertEqual(a.status, 403, (headers, method, target))
                self.assertIn("not supplied", a.message)
        a = self.browser("GET", "/session", Cookie=cookie,
                         Origin="http://api.example.test", **HEADER)
        self.assertEqual(a.status, 200)

    def test_preflight_refuses_the_header(self):
        a = self.browser("OPTIONS", "/session",
                         Origin="http://demo.example.test",
                         Access_Control_Request_Method="POST",
                         Access_Control_Request_Headers="moniker-dashboard")
        self.assertNotIn("ashboard", a.headers["Access-Control-Allow-Headers"])
        self.assertIsNone(a.headers["Access-Control-Allow-Credentials"])

    def test_login_needs_the_page(self):
        for headers in ({"Moniker_Dashboard": None},
                        {"Origin": "http://demo.example.test"}):
            a = self.sign_in(**headers)
            self.refused(a, 403, "Moniker-Dashboard")
            self.assertIsNone(a.headers["Set-Cookie"])

    def test_two_cookies_are_none(self):
        one, two = self.cookie(), self.cookie()
        for cookies in (f"{one}; {two}", f"{two}; x=1; {one}",
                        f"moniker=evil; {one}"):
            a = self.browser("GET", "/session", Cookie=cookies, **HEADER)
            self.assertEqual(a.status, 403, cookies)
        a = self.browser("GET", "/session", Cookie=f"a=b; {one}; notmoniker=1",
                         **HEADER)
        self.assertEqual(a.status, 200)

    def test_ends(self):
        """By sign-out, with its key, by time, and never on the local socket."""
        cookie = self.cookie()
        a = self.browser("DELETE", "/session", Cookie=cookie, **HEADER)
        self.assertEqual(a.status, 204)
        self.assertIn("Max-Age=0", a.headers["Set-Cookie"])
        a = self.browser("GET", "/session", Cookie=cookie, **HEADER)
        self.assertEqual((a.status, "ended" in a.message), (403, True))
        other = self.daemon.organization("demo", ("read",))
        cookie = self.cookie(other.key["api_key"])
        self.api("DELETE", "/organizations/demo/keys/" + other.key["id"])
        a = self.browser("GET", "/session", Cookie=cookie, **HEADER)
        self.assertEqual(a.status, 403)
        for column, ms in (("used_ms", 12 * 3600000), ("created_ms",
                                                       7 * 86400000)):
            cookie = self.cookie()
            with sqlite3.connect(self.daemon.dir +
                                 "/store_dir/moniker.db") as db:
                db.execute(f"UPDATE session SET {column} = {column} - ?",
                           (ms,))
            db.close()
            a = self.browser("GET", "/session", Cookie=cookie, **HEADER)
            self.assertEqual(a.status, 403, column)

    def test_rights_are_those_of_the_key(self):
        other = self.daemon.organization("demo", ("sourceimages:read",))
        cookie = self.cookie(other.key["api_key"])
        a = self.browser("PUT", "/sourceimages/demo/alias/x", {"hash": "0" * 40},
                         Cookie=cookie, **HEADER)
        self.assertEqual(a.status, 403)
        a = self.browser("GET", "/sourceimages/other", Cookie=cookie, **HEADER)
        self.assertEqual(a.status, 404)

    def test_link(self):
        made = self.daemon.local()("POST", "/organizations/demo/keys/"
                                   f"{self.api.key['id']}/links").json
        self.assertTrue(made["link"].startswith(
            "http://api.example.test/dashboard/#/welcome/"))
        use = lambda **h: self.browser("POST", "/session/link",
                                       Moniker_Link=made["token"], **h)
        self.assertEqual(use().status, 403)
        a = use(**HEADER)
        self.assertEqual(a.status, 201, a.body)
        cookie = a.headers["Set-Cookie"].split(";")[0]
        a = self.browser("GET", "/session", Cookie=cookie, **HEADER)
        self.assertEqual(a.json["key"]["id"], self.api.key["id"])
        self.refused(use(**HEADER), 403, "not valid any more")
        # A link is no session, nor the other way round.
        a = self.browser("GET", "/session",
                         Cookie="moniker=" + made["token"], **HEADER)
        self.assertEqual(a.status, 403)
        self.refused(self.browser("POST", "/session/link", Moniker_Link="x",
                                  **HEADER), 400, "Moniker-Link")
        self.refused(self.api("POST", "/organizations/demo/keys/none/links"),
                     404)

    def test_wrong_are_throttled(self):
        bad = {"Cookie": "moniker=" + "x" * 43,
               "X_Moniker_Client": "192.0.2.77", **HEADER}
        seen = [self.browser("GET", "/session", **bad).status
                for _ in range(7)]
        self.assertEqual(seen, [403] * 5 + [429] * 2)

    def test_https_and_targets(self):
        d = self.another("""api_url = "https://api.example.test"
            varnish away { address = "127.0.0.1:1" secret_file = "/etc/hostname"
                map = 1 }
            varnish hook { webhook = "http://127.0.0.1:1/"
                secret_file = "/etc/hostname"
                organization = "other" }
            """)
        api = d.organization("demo")
        browser = d.client()
        a = browser("POST", "/session", Api_Key=api.key["api_key"], **HEADER)
        cookie = a.headers["Set-Cookie"]
        self.assertTrue(cookie.startswith("__Host-moniker="), cookie)
        self.assertTrue(cookie.endswith("; Secure"), cookie)
        plain = cookie.split(";")[0].replace("__Host-", "")
        a = browser("GET", "/session", Cookie=plain, **HEADER)
        self.assertEqual(a.status, 403)
        items = daemon.wait_for(lambda: [
            i for i in api("GET", "/targets/demo").json["items"]
            if i.get("error")])
        self.assertEqual([(i["name"], i["way"], i["map"], i["connected"])
                          for i in items], [("away", "address", True, False)])

    #------------------------------------------------------------------

    def test_thumbnail(self):
        a = daemon.upload(self.api, "demo",
                          ("f", "t.png", daemon.png(700, 500)),
                          ("options[0]", '{"protected":true}'))
        base = "/sourceimages/demo/" + a.json["items"][0]["hash"]
        cookie = self.cookie()

        def shown():
            a = self.browser("GET", base + "/thumbnail?size=160",
                             Cookie=cookie)
            self.assertEqual(a.status, 200, a.body)
            self.assertEqual(a.headers["Content-Type"], "image/webp")
            self.assertEqual(a.headers.get_all("Cache-Control"),
                             ["private, max-age=31536000, immutable"])
            self.assertEqual(a.headers["Cross-Origin-Resource-Policy"],
                             "same-origin")
            self.assertIn("sandbox", a.headers["Content-Security-Policy"])
        shown()
        self.api("DELETE", base)
        shown()
        self.refused(self.api("GET", base + "/thumbnail?size=161"), 400, "size")
        self.assertEqual(self.browser("GET", base + "/thumbnail").status, 403)
        a = self.browser("GET", "/sourceimages/demo/" + self.picture() +
                         "/download", Cookie=cookie)
        self.assertEqual(a.status, 200)
        self.assertIn("sandbox", a.headers["Content-Security-Policy"])

    def test_files(self):
        a = self.browser("GET", "/dashboard")
        self.assertEqual((a.status, a.headers["Location"]),
                         (307, "/dashboard/"))
        page = self.browser("GET", "/dashboard/")
        self.assertEqual(page.headers.get_all("Cache-Control"), ["no-cache"])
        policy = page.headers["Content-Security-Policy"]
        for part in ("trusted-types 'none'", "frame-ancestors 'none'",
                     "img-src 'self' blob: http://*.example.test;"):
            self.assertIn(part, policy)
        self.assertIsNone(page.headers["Access-Control-Allow-Origin"])
        a = self.browser("GET", "/dashboard/",
                         If_None_Match=page.headers["ETag"])
        self.assertEqual(a.status, 304)
        version = re.search(rb"src=([0-9a-f]{12})/", page.body)[1].decode()
        file = f"/dashboard/{version}/main.js"
        a = self.browser("GET", file)
        self.assertEqual((a.status, a.body), (200, b"1;"))
        self.assertIn("immutable", a.headers["Cache-Control"])
        a = self.browser("GET", file, Accept_Encoding="gzip, br")
        self.assertEqual((a.headers["Content-Encoding"], a.body),
                         ("gzip", b"gzipped"))
        for missing in (f"/dashboard/{version}/notes.exe",
                        f"/dashboard/{version}/..%2fmonikerd.conf",
                        f"/dashboard/{version}/none.js",
                        "/dashboard/000000000000/main.js"):
            a = self.browser("GET", missing)
            self.assertIn(a.status, (400, 404), missing)
            self.assertNotIn("max-age=3", a.headers["Cache-Control"] or "")
        # Other files, another number; the old one leads to none of them.
        self.write("main.js", "2;")
        self.reload()
        a = daemon.wait_for(lambda: (lambda x: x if x.status == 404 else None)(
            self.browser("GET", file)))
        self.assertEqual(a.headers.get_all("Cache-Control"), ["no-store"])
        self.assertIn("reload", a.message)

    def test_alias_lists(self):
        first, second = self.picture(), self.picture(color=(0, 9, 0))
        for name in ("l1", "l2", "l3"):
            self.api("PUT", "/sourceimages/demo/alias/" + name,
                     {"hash": first})
        self.api("PUT", "/sourceimages/demo/alias/l1?overwrite=true",
                 {"hash": second})
        base = "/sourceimages/demo/alias?"
        a = self.api("GET", base + "sort=-updated&limit=2&expand=image").json
        self.assertEqual([i["alias"] for i in a["items"]], ["l1", "l3"])
        self.assertEqual(a["items"][0]["image"]["deleted"], False)
        etag = self.api("GET", "/sourceimages/demo/alias/l1").headers["ETag"]
        self.assertEqual(a["items"][0]["version"], etag.strip('"'))
        self.assertGreaterEqual(a["total"], 3)
        a = self.api("GET", base + "sort=-updated&limit=2&offset=" +
                     a["cursor"]).json
        self.assertEqual(a["items"][0]["alias"], "l2")
        self.assertNotIn("total", self.api("GET", base + "prefix=l").json)
        self.refused(self.api("GET", base + "sort=size"), 400, "sort")
        self.refused(self.api("GET", base + "sort=-updated&prefix=l"), 400,
                     "prefix")
        self.refused(self.api("GET", base + "expand=all"), 400, "expand")


if __name__ == "__main__":
    daemon.main()
