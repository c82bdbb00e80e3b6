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
                     "create one first")
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
                    ({"expires": "2001-01-01T00:00:00Z"}, "in the future")):
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
                           ({"expires": "2001-01-01T00:00:00Z"}, "in the future"),
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


    def ended(self, a, reason):
        self.refused(a, 401)
        self.assertEqual((a.json["reason"], a.json["invalid_authentication"]),
                         (reason, True))

    def from_(self, key, address):
        return self.daemon.client(Api_Key=key["api_key"],
                                  X_Moniker_Client=address)

    def test_addresses(self):
        key, client = self.make(allowed_ips=["192.0.2.7", "10.1.2.3/24",
                                             "2001:DB8::/32", "192.0.2.7"])
        nets = ["192.0.2.7", "10.1.2.0/24", "2001:db8::/32"]
        self.assertEqual(key["allowed_ips"], nets)
        self.assertEqual(self.of(key["id"])["allowed_ips"], nets)
        self.assertEqual(self.of(self.api.key["id"])["allowed_ips"], [])
        for address in ("192.0.2.7", "10.1.2.255", "2001:db8:ffff::1",
                        "::ffff:10.1.2.9"):
            a = self.from_(key, address)("GET", "/stacks/demo")
            self.assertEqual(a.status, 200, a.body)
        for address in ("192.0.2.8", "10.1.3.1", "2001:db9::1", "::1",
                        "no address", None):
            self.ended(self.from_(key, address)("GET", "/stacks/demo"),
                       "ip_not_allowed")
        # A token for it is bound so, too, whatever it says itself.
        t = self.from_(key, "10.1.2.3")(
            "GET", "/user/apikeys/token?no_ip_protection=true").json["token"]
        for address, status in (("10.1.2.4", 200), ("10.1.3.4", 401)):
            a = self.daemon.client(Authorization="Bearer " + t,
                                   X_Moniker_Client=address)("GET", "/")
            self.assertEqual(a.status, status, a.body)
        # They stay with the key, and are taken away.
        self.daemon.stop()
        self.daemon.start()
        path = f"/user/apikeys/{key['id']}"
        self.assertEqual(self.api("PATCH", path, {"comment": "y"}
                                  ).json["allowed_ips"], nets)
        for none in (None, []):
            a = self.api("PATCH", path, {"allowed_ips": ["10.0.0.1"]})
            self.assertEqual(a.json["allowed_ips"], ["10.0.0.1"])
            self.ended(client("GET", "/"), "ip_not_allowed")
            a = self.api("PATCH", path, {"allowed_ips": none})
            self.assertEqual((a.status, a.json["allowed_ips"],
                              a.json["comment"]), (200, [], "y"))
            self.assertEqual(client("GET", "/").status, 200)

    def test_addresses_that_cannot_be_read(self):
        """Whoever wrote them, they open nothing."""
        key, client = self.make(allowed_ips=["192.0.2.7"])
        self.daemon.stop()
        db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
        with db:
            db.execute("UPDATE apikey SET allowed_ips = 'x' WHERE id = ?",
                       (key["id"],))
        db.close()
        self.daemon.start()
        self.ended(self.from_(key, "192.0.2.7")("GET", "/"), "ip_not_allowed")
        self.assertEqual(self.of(key["id"])["allowed_ips"], [])

    def test_bad_limits(self):
        key, client = self.make()
        for method, path in (("POST", self.base), ("POST", "/user/apikeys"),
                             ("PATCH", f"/user/apikeys/{key['id']}")):
            for body, word in (
                    ({"allowed_ips": "10.0.0.1"}, "allowed_ips"),
                    ({"allowed_ips": ["10.0.0.1", 5]}, "allowed_ips[1]"),
                    ({"allowed_ips": ["10.0.0"]}, "allowed_ips[0]"),
                    ({"allowed_ips": ["10.0.0.1/33"]}, "allowed_ips[0]"),
                    ({"allowed_ips": ["::1/-1"]}, "allowed_ips[0]"),
                    ({"allowed_ips": ["x.example.net"]}, "allowed_ips[0]"),
                    ({"allowed_ips": [f"10.0.0.{i}" for i in range(11)]},
                     "at most 10 addresses"),
                    ({"requires_mfa": True}, "MFA"), ({"trusted": 1}, "MFA")):
                self.refused(self.api(method, path, body), 400, word)
        a = self.api("PATCH", f"/user/apikeys/{key['id']}",
                     {"requires_mfa": False, "trusted": None})
        self.assertEqual((a.status, a.json["allowed_ips"]), (200, []))
        # Who shuts himself out could not undo it.
        own = f"/user/apikeys/{self.api.key['id']}"
        self.refused(self.api("PATCH", own, {"allowed_ips": ["10.0.0.1"]},
                              X_Moniker_Client="10.0.0.2"), 400, "shut out")
        a = self.api("PATCH", own, {"allowed_ips": ["10.0.0.0/24"]},
                     X_Moniker_Client="10.0.0.2")
        self.assertEqual(a.status, 200, a.body)
        a = self.api("PATCH", own, {"allowed_ips": None},
                     X_Moniker_Client="10.0.0.2")
        self.assertEqual(a.status, 200, a.body)


class Members(daemon.Test):
    """Each key is a user, as the hosted service's clients see it."""

    def setUp(self):
        name = re.sub("[^a-z]", "-", self._testMethodName.lower())
        self.api = self.daemon.organization(name)
        self.org = self.api("GET", "/organizations/" + name).json
        self.base = f"/organizations/{name}/memberships"

    def items(self):
        a = self.api("GET", self.base)
        self.assertEqual((a.status, a.json["total"]),
                         (200, len(a.json["items"])))
        return {m["user_id"]: m for m in a.json["items"]}

    def make(self, **body):
        a = self.api("POST", self.base, body)
        self.assertEqual(a.status, 201, a.body)
        return a.json

    def test_whole_life(self):
        m = self.make(roles=["upload", "read"], comment="agency")
        key = m.pop("api_key")
        self.assertTrue(key.startswith(m["user_id"]))
        self.assertEqual(
            {k: m[k] for k in ("email", "organization", "organization_id",
                               "roles", "active", "last_access", "comment")},
            {"email": None, "organization": self.org["name"],
             "organization_id": self.org["id"], "roles": ["read", "upload"],
             "active": True, "last_access": None, "comment": "agency"})
        self.assertEqual(self.items()[m["user_id"]], m)
        path = f"{self.base}/{m['user_id']}"
        self.assertEqual(self.api("GET", path).json, m)
        client = self.daemon.client(Api_Key=key)
        self.assertEqual(client("GET", "/user").json,
                         {"user_id": m["user_id"]})
        a = self.api("GET", path).json
        self.assertIsNotNone(a["last_access"])
        self.assertEqual(a["last_access"],
                         self.items()[m["user_id"]]["last_access"])
        self.refused(client("GET", self.base), 403, "role")
        # Other roles count at once; the same again is no change.
        a = self.api("PUT", path, {"roles": ["admin:read"]})
        self.assertEqual((a.status, a.json["roles"], a.json["comment"]),
                         (200, ["admin:read"], "agency"))
        self.assertEqual(client("GET", self.base).status, 200)
        self.empty(self.api("PUT", path, {"role": "admin:read",
                                          "comment": None}))
        self.empty(self.api("PUT", path, {"roles": ["admin:read"],
                                          "comment": "agency"}))
        a = self.api("PUT", path, {"role": "read", "comment": ""})
        self.assertEqual((a.status, a.json["roles"], a.json["comment"]),
                         (200, ["read"], ""))
        self.empty(self.api("DELETE", path))
        for method in ("GET", "DELETE"):
            self.refused(self.api(method, path), 404)
        self.refused(self.api("PUT", path, {"role": "read"}), 404, "POST")
        self.refused(client("GET", "/"), 403)

    def test_with_a_limited_key(self):
        m = self.make(role="write", api_key={
            "comment": "cron", "allowed_ips": ["10.0.0.0/24"],
            "expires": at(3600), "trusted": False, "requires_mfa": False})
        self.assertEqual(m["comment"], "cron")
        keys = self.api("GET", "/user/apikeys").json
        key, = (k for k in keys if k["id"] == m["user_id"])
        self.assertEqual(key["allowed_ips"], ["10.0.0.0/24"])
        self.assertIsNotNone(key["expires"])

    def test_own(self):
        a = self.api("GET", "/user/memberships").json
        m, = a["items"]
        self.assertEqual((a["total"], m["user_id"], m["organization"],
                          m["display_name"], m["roles"], m["active"]),
                         (1, self.api.key["id"], self.org["name"],
                          self.org["display_name"], ["admin"], True))
        upload = self.daemon.organization(self.org["name"], ["upload"])
        self.assertEqual(upload("GET", "/user/memberships").json["items"][0]
                         ["roles"], ["upload"])
        self.refused(self.daemon.local()("GET", "/user/memberships"), 400,
                     "local")

    def test_last_admin(self):
        own = f"{self.base}/{self.api.key['id']}"
        self.refused(self.api("PUT", own, {"role": "write"}), 409, "admin")
        self.refused(self.api("DELETE", own), 409, "itself")
        local = self.daemon.local()
        self.refused(local("DELETE", own), 409, "admin")
        # One that has ended is none.
        short = self.make(role="admin", api_key={"expires": at(1)})
        daemon.wait_for(lambda: not self.items()[short["user_id"]]["active"])
        self.refused(local("DELETE", own), 409, "admin")
        self.refused(local("PUT", own, {"role": "read"}), 409, "admin")
        other = self.make(role="admin")
        a = self.api("PUT", own, {"roles": ["admin", "upload"]})
        self.assertEqual((a.status, a.json["roles"]), (200,
                                                       ["upload", "admin"]))
        a = self.api("PUT", own, {"role": "read"})
        self.assertEqual((a.status, a.json["roles"]), (200, ["read"]))
        self.refused(local("DELETE", f"{self.base}/{other['user_id']}"), 409)
        self.empty(local("DELETE", own))

    def test_bad(self):
        other = self.daemon.organization("another")
        theirs = self.base + "/" + other.key["id"]
        for method in ("GET", "DELETE"):
            self.refused(self.api(method, theirs), 404)
            self.refused(self.api(method, self.base + "/" + "x" * 99), 404)
        for path in (theirs, self.base + "/" + self.api.key["id"] + "x",
                     self.base + "/x"):
            self.refused(self.api("PUT", path, {"role": "read"}), 404)
        self.assertEqual(other("GET", "/").status, 200)
        m = self.make(role="read")
        for method, path in (("POST", self.base),
                             ("PUT", self.base + "/" + m["user_id"])):
            for body, word in (
                    ([], "object"), ({}, "roles"), ({"roles": []}, "roles"),
                    ({"roles": ["king"]}, "king"), ({"role": 5}, "roles"),
                    ({"role": "billing:read"}, "billing:read"),
                    ({"roles": ["read"], "role": "read"}, "either"),
                    ({"role": "read", "comment": 5}, "comment"),
                    ({"role": "read", "comment": "x" * 256}, "comment"),
                    ({"role": "read", "email": "a@b.example"}, "email")):
                self.refused(self.api(method, path, body), 400, word)
        for key, word in (("x", "api_key"), ({"x": 1}, "x:"),
                          ({"requires_mfa": True}, "MFA"),
                          ({"comment": 5}, "comment"),
                          ({"expires": "soon"}, "expires"),
                          ({"allowed_ips": "x"}, "allowed_ips")):
            self.refused(self.api("POST", self.base, {
                "role": "read", "api_key": key}), 400, word)
        self.assertEqual(len(self.items()), 2)

    def test_quota(self):
        self.daemon.local()("PUT", f"/organizations/{self.org['name']}/options",
                            {"quota_keys": 2})
        self.make(role="read")
        self.refused(self.api("POST", self.base, {"role": "read"}), 403,
                     "quota")


if __name__ == "__main__":
    daemon.main()
