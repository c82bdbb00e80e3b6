# SPDX-License-Identifier: BSD-2-Clause
"""Keys of the API and for signing: several at once, their end and last use."""
import datetime
import hashlib
import re
import sqlite3
import time

import daemon


def sign(target, key):
    """As rokka.js and the PHP client do it."""
    sig = hashlib.sha256((target + ":" + key).encode()).hexdigest()[:16]
    return target + ("&" if "?" in target else "?") + "sig=" + sig


def at(seconds):
    """A date so far from now."""
    t = datetime.datetime.now(datetime.timezone.utc) + \
        datetime.timedelta(seconds=seconds)
    return t.isoformat(timespec="milliseconds")


class Signing(daemon.Test):
    def setUp(self):
        self.name = re.sub("[^a-z]", "-", self._testMethodName.lower())
        self.api = self.daemon.organization(self.name)
        self.base = f"/organizations/{self.name}/signing_keys"
        self.show = self.daemon.pictures(self.name)
        a = daemon.upload(self.api, self.name, ("f", "p.png", daemon.png(6, 6)),
                          ("options[0]", '{"protected":true}'))
        self.path = f"/dynamic/{a.json['items'][0]['hash']}.png"

    def keys(self):
        a = self.api("GET", self.base)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["total"], len(a.json["items"]))
        o = self.api("GET", f"/organizations/{self.name}").json
        self.assertEqual(o["signing_keys"], a.json["items"])
        return a.json["items"]

    def new(self, body=None, status=201):
        a = self.api("POST", self.base, body)
        self.assertEqual(a.status, status, a.body)
        return a.json

    def shown(self, key, status=200):
        a = self.show("GET", sign(self.path, key))
        self.assertEqual(a.status, status, a.body)
        return a

    def test_rotation(self):
        first, = self.keys()
        second = self.new()
        self.assertEqual([k["id"] for k in self.keys()],
                         [second["id"], first["id"]])
        self.assertNotEqual(first["key"], second["key"])
        self.assertRegex(second["key"], "^[0-9a-z]{32}$")
        for key in (first, second):
            self.shown(key["key"])
            a = self.api("POST", f"/utils/{self.name}/sign_url",
                         {"url": self.path, "key": key["key"]})
            self.assertEqual(a.json["signed_url"],
                             sign(self.path, key["key"]))
        # The first of the list signs.
        a = self.api("POST", f"/utils/{self.name}/sign_url",
                     {"url": self.path})
        self.assertEqual(a.json["signed_url"],
                         sign(self.path, second["key"]))
        self.empty(self.api("DELETE", f"{self.base}/{first['id']}"))
        self.shown(first["key"], 403)
        self.shown(second["key"])
        self.refused(self.api("DELETE", f"{self.base}/{first['id']}"), 404)
        self.refused(self.api("DELETE", f"{self.base}/{second['id']}"), 409,
                     "make one first")
        # A number is not given twice.
        self.assertEqual(self.new()["id"], second["id"] + 1)

    def test_five(self):
        for _ in range(4):
            self.new()
        self.refused(self.api("POST", self.base), 409, "5 signing keys")
        for key in self.keys():
            self.shown(key["key"])

    def test_the_end(self):
        first, = self.keys()
        path = f"{self.base}/{first['id']}"
        self.refused(self.api("PATCH", path, {"expires": at(60)}), 409)
        self.new()
        self.assertIn("31536000",
                      self.shown(first["key"]).headers["Cache-Control"])
        a = self.api("PATCH", path, {"expires": at(3000)})
        self.assertEqual(a.status, 200, a.body)
        a = self.shown(first["key"])
        age = int(re.search(r"max-age=(\d+)", a.headers["Cache-Control"])[1])
        self.assertTrue(2900 < age < 3000, a.headers)
        self.assertEqual(self.api("PATCH", path, {"expires": None}).status,
                         200)
        self.assertIn("31536000",
                      self.shown(first["key"]).headers["Cache-Control"])
        # It ends, and is in the way of none.
        end = time.time() + 1
        a = self.api("PATCH", path, {"expires": at(1)})
        self.assertEqual(a.status, 200, a.body)
        daemon.wait_for(lambda: self.show("GET", sign(self.path, first["key"])
                                          ).status == 403)
        self.assertGreaterEqual(time.time(), end - 0.01)
        self.assertEqual(len(self.keys()), 1)
        for _ in range(4):
            self.new()

    def test_when_all_have_ended(self):
        """Only a clock that was wrong, or a database that was restored, leads
        there. What has no signature lacks one; it is not a wrong one."""
        key, = self.keys()
        self.daemon.stop()
        db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
        with db:
            db.execute("UPDATE signing_key SET expires_ms = 1 WHERE key = ?",
                       (key["key"],))
        db.close()
        self.daemon.start()
        self.refused(self.show("GET", self.path), 403, "signed URL")
        self.refused(self.show("GET", sign(self.path, key["key"])), 403,
                     "signature is wrong")

    def test_a_new_one_with_an_end(self):
        key = self.new({"expires": at(1)})
        self.shown(key["key"])
        # One of the two views that keys() compares: it ends between them.
        daemon.wait_for(lambda: self.api("GET", self.base).json["total"] == 1)
        self.shown(key["key"], 403)

    def test_bad(self):
        key, = self.keys()
        for method, path in (("POST", self.base),
                             ("PATCH", f"{self.base}/{key['id']}")):
            for body, word in (
                    ({"expires": "tomorrow"}, "expires"), ([], "object"),
                    ({"expires": 5}, "expires"), ({"end": None}, "end"),
                    ({"expires": "2001-01-01T00:00:00Z"}, "to come")):
                self.refused(self.api(method, path, body), 400, word)
        self.refused(self.api("PATCH", f"{self.base}/{key['id']}", {}), 400,
                     "missing")
        for id in ("x", "9" * 30, "-1", "1.0", "77"):
            self.refused(self.api("DELETE", f"{self.base}/{id}"), 404)

    def test_who_may(self):
        read = self.daemon.organization(self.name, ["read"])
        up = self.daemon.organization(self.name, ["upload"])
        self.assertEqual(read("GET", self.base).json["total"], 1)
        self.refused(up("GET", self.base), 403, "role")
        for c in (read, up):
            self.refused(c("POST", self.base), 403, "role")


class Keys(daemon.Test):
    base = "/organizations/demo/keys"

    def make(self, **more):
        a = self.api("POST", self.base, {"comment": "x", "roles": ["read"],
                                         **more})
        self.assertEqual(a.status, 201, a.body)
        return a.json, self.daemon.client(Api_Key=a.json["api_key"])

    def of(self, id):
        return next(k for k in self.api("GET", self.base).json["items"]
                    if k["id"] == id)

    def test_the_end(self):
        key, client = self.make(expires=at(1.5))
        self.assertEqual(client("GET", "/stacks/demo").status, 200)
        a = daemon.wait_for(lambda: (a := client("GET", "/stacks/demo")
                                     ).status != 200 and a)
        self.assertEqual(a.status, 401, a.body)
        self.assertEqual(a.json["reason"], "key_expired")
        self.assertEqual(a.json["error"], {"code": 401, "message": a.message})
        self.assertEqual((a.json["code"], a.json["message"]),
                         (401, a.message))
        # An admin may wake it up, or end another early.
        path = f"{self.base}/{key['id']}"
        a = self.api("PATCH", path, {"expires": None, "comment": "y"})
        self.assertEqual((a.status, a.json["expires"], a.json["comment"]),
                         (200, None, "y"), a.body)
        self.assertEqual(client("GET", "/stacks/demo").status, 200)
        self.api("PATCH", f"/user/apikeys/{key['id']}", {"expires": at(1)})
        daemon.wait_for(lambda: client("GET", "/stacks/demo").status == 401)
        self.assertEqual(self.of(key["id"])["comment"], "y")

    def test_bad(self):
        key, client = self.make()
        other = self.daemon.organization("other")
        path = f"{self.base}/{key['id']}"
        for body, word in (({"expires": "soon"}, "expires"),
                           ({"expires": "2001-01-01T00:00:00Z"}, "to come"),
                           ({"comment": None}, "comment"),
                           ({"comment": "x" * 256}, "comment"),
                           ({"roles": ["admin"]}, "roles")):
            self.refused(self.api("PATCH", path, body), 400, word)
        self.refused(client("PATCH", path, {"comment": "z"}), 403, "role")
        self.refused(self.api("PATCH", self.base + "/none", {}), 404)
        self.refused(self.api("PATCH", self.base + "/" + "x" * 99, {}), 404)
        self.refused(other("PATCH", f"/organizations/other/keys/{key['id']}",
                           {"comment": "z"}), 404)
        self.assertEqual(self.of(key["id"])["comment"], "x")

    def test_last_use(self):
        """Known at once, written now and then and at the end."""
        key, client = self.make()
        self.assertIsNone(self.of(key["id"])["accessed"])
        before = at(-1)
        client("GET", "/stacks/demo")
        used = self.of(key["id"])["accessed"]
        self.assertGreaterEqual(used[:19], before[:19])
        seen = self.api("GET", "/organizations/demo").json["signing_keys"][0]
        self.assertIsNone(seen["accessed"])
        a = daemon.upload(self.api, "demo", ("f", "p.png", daemon.png(5, 6)),
                          ("options[0]", '{"protected":true}'))
        path = f"/dynamic/{a.json['items'][0]['hash']}.png"
        self.assertEqual(self.pictures("GET", sign(path, seen["key"])).status,
                         200)
        self.assertEqual(self.daemon.stop(), 0)
        db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
        self.assertGreater(db.execute("SELECT used_ms FROM signing_key"
                                      ).fetchone()[0], 0)
        db.close()
        self.daemon.start()
        self.assertEqual(self.of(key["id"])["accessed"], used)


if __name__ == "__main__":
    daemon.main()
