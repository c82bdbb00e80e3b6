# SPDX-License-Identifier: BSD-2-Clause
"""The audit log, and wrong keys by address."""
import json
import sqlite3

import daemon


class Audit(daemon.Test):
    def setUp(self):
        self.name = self._testMethodName.lower().replace("_", "-")
        self.api = self.daemon.organization(self.name)
        self.path = f"/organizations/{self.name}/audit"

    def log(self, query="", client=None):
        a = (client or self.api)("GET", self.path + query)
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"]

    def image(self, n=3):
        a = daemon.upload(self.api, self.name, ("f", "p.png",
                                                daemon.png(n, 3)))
        return a.json["items"][0]["hash"]

    def test_who_what_before_and_after(self):
        one, two = self.image(3), self.image(4)
        alias = f"/sourceimages/{self.name}/alias/logo"
        for hash in (one, two, two):
            self.api("PUT", alias + "?overwrite=true", {"hash": hash},
                     X_Moniker_Client="2001:db8::5")
        self.api("DELETE", alias)
        self.api("DELETE", alias)
        got = [x for x in self.log() if x["object"] == "logo"]
        self.assertEqual([(x["action"], x.get("before"), x.get("after"))
                          for x in got], [
            ("alias.delete", {"hash": two}, None),
            ("alias.update", {"hash": one}, {"hash": two}),
            ("alias.create", None, {"hash": one})])
        self.assertEqual([x["from"] for x in got], ["", "2001:db8::5",
                                                    "2001:db8::5"])
        for x in got:
            self.assertEqual(x["key"], self.api.key["id"])
            self.assertEqual(x["organization"], self.name)
            self.assertRegex(x["at"], "^20[0-9]{2}-")
        first = self.log("?order=asc")[0]
        self.assertEqual((first["action"], first["key"]),
                         ("organization.create", ""))
        self.assertIn("local uid", first["from"])

    def test_every_kind_and_no_secret(self):
        hash, org = self.image(), f"/organizations/{self.name}"
        image = f"/sourceimages/{self.name}/{hash}"
        stack = {"operations": [], "options": {}}
        key = self.api("POST", org + "/keys", {"comment": "a \"b\" é\n",
                                               "roles": ["read"]}).json
        sign = self.api("POST", org + "/signing_keys").json
        for method, path, body in (
                ("PUT", org, {"display_name": "New"}),
                ("PUT", org + "/options", {"protect_dynamic_stack": True}),
                ("PATCH", f"{org}/keys/{key['id']}", {"comment": "c"}),
                ("DELETE", f"{org}/keys/{key['id']}", None),
                ("PATCH", f"{org}/signing_keys/1",
                 {"expires": "2038-01-01T00:00:00Z"}),
                ("DELETE", f"{org}/signing_keys/1", None),
                ("PUT", f"/stacks/{self.name}/s", stack),
                ("PUT", f"/stacks/{self.name}/s?overwrite=true", stack),
                ("DELETE", f"/stacks/{self.name}/s/cache", None),
                ("DELETE", f"/stacks/{self.name}/s", None),
                ("PUT", image + "/name", "\"other.png\""),
                ("PUT", image + "/meta/user", {"a": "b"}),
                ("PUT", image + "/options/locked", "true"),
                ("PUT", image + "/options/locked", "false"),
                ("PUT", image + "/options/protected", "true"),
                ("PUT", image + "/meta/dynamic/version", {"text": "2"}),
                ("DELETE", image + "/cache", None),
                ("DELETE", image, None),
                ("POST", image + "/restore", None),
                ("DELETE", f"/sourceimages/{self.name}/alias/x/cache", None),
                ("POST", f"/sourceimages/{self.name}/alias", {"changes": [
                    {"alias": "x", "hash": hash}]})):
            a = self.api(method, path, body)
            self.assertLess(a.status, 300, (method, path, a.body))
        log = self.log("?limit=1000")
        self.assertEqual({x["action"] for x in log}, {
            "organization.create", "organization.update", "key.create",
            "key.update", "key.delete", "signing_key.create",
            "signing_key.update", "signing_key.delete", "stack.create",
            "stack.update", "stack.delete", "stack.purge",
            "sourceimage.create", "sourceimage.update",
            "sourceimage.protect", "sourceimage.dynamic",
            "sourceimage.delete", "sourceimage.restore",
            "sourceimage.purge", "alias.create", "alias.purge"})
        made = next(x for x in log if x["action"] == "key.create" and
                    x["object"] == key["id"])
        self.assertEqual(made["after"], {"comment": "a \"b\" é\n",
                                         "roles": ["read"], "expires": None})
        text = json.dumps(log)
        for secret in (key["api_key"], key["api_key"][32:], sign["key"],
                       self.api.key["api_key"][32:]):
            self.assertNotIn(secret, text)

    def test_what_fails_or_changes_nothing_is_not_in_it(self):
        hash = self.image()
        before = self.log()
        put = f"/sourceimages/{self.name}/alias"
        self.api("PUT", put + "/x", {"hash": "0" * 40})
        self.refused(self.api("POST", put, {"changes": [
            {"alias": "a", "hash": hash}, {"alias": "b", "hash": "0" * 40}]}),
            404)
        self.api("DELETE", put + "/none")
        self.api("DELETE", f"/stacks/{self.name}/none")
        self.api("GET", put)
        self.assertEqual(self.log(), before)

    def test_pages(self):
        """Both ways, by cursor to the end, lines of one transaction too."""
        hash = self.image()
        put = f"/sourceimages/{self.name}/alias"
        for n in range(3):
            a = self.api("POST", put, {"changes": [
                {"alias": f"{n}_{i}_{'y' * 200}", "hash": hash}
                for i in range(300)]})
            self.assertEqual(a.status, 200, a.body)
        every = {}
        for order in ("asc", "desc"):
            for limit in (7, 1000):
                got, cursor = [], ""
                while cursor is not None:
                    o = self.api("GET", f"{self.path}?order={order}&limit="
                                 f"{limit}&cursor={cursor}").json
                    got += [x["object"] for x in o["items"]]
                    cursor = o.get("cursor")
                every[order, limit] = got
        self.assertEqual(every["asc", 7], every["asc", 1000])
        self.assertEqual(every["desc", 7], every["asc", 7][::-1])
        self.assertEqual(every["desc", 7], every["desc", 1000])
        self.assertEqual(len([x for x in every["asc", 7] if "yyy" in x]), 900)
        self.assertEqual(self.log("?to=2001-01-01T00:00:00Z"), [])
        self.assertEqual(self.log("?from=2038-01-01T00:00:00Z"), [])
        self.assertEqual(len(self.log("?from=2001-01-01T00:00:00Z&limit=5")),
                         5)
        for q in ("from=x", "to=1", "order=up", "cursor=1", "cursor=1-2-3x",
                  "cursor=0-0-0", "limit=x", "limit=99999"):
            self.refused(self.api("GET", f"{self.path}?{q}"), 400,
                         q.split("=")[0])

    def test_who_may_read_it(self):
        write = self.daemon.organization(self.name, ["write"])
        other = self.daemon.organization("another")
        self.refused(write("GET", self.path), 403, "role")
        self.refused(other("GET", self.path), 404)
        self.assertEqual(self.log(client=self.daemon.local()), self.log())

    def test_a_large_value_is_cut(self):
        stack = {"operations": [{"name": "resize", "options": {
            "width": 100 + n}} for n in range(15)],
            "variables": {f"v{n}": "x" * 99 for n in range(60)}}
        a = self.api("PUT", f"/stacks/{self.name}/big", stack)
        self.assertEqual(a.status, 201, a.body)
        x, = [x for x in self.log() if x["object"] == "big"]
        self.assertEqual(set(x["after"]), {"bytes"})


class Rows(daemon.Test):
    """With a look into the database."""
    def rows(self, sql):
        db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
        try:
            return db.execute(sql).fetchone()[0]
        finally:
            db.close()

    def change(self, sql):
        db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
        with db:
            db.execute(sql)
        db.close()


class Counted(Rows):
    def test_across_starts(self):
        """To the byte, after a stop and after a kill."""
        for signal in (15, 9, 15):
            self.picture(5 + signal, 5 + len(self.daemon.log_text()) % 90)
            self.daemon.stop(signal)
            self.daemon.start()
            self.assertEqual(self.rows("SELECT sum(bytes) FROM audit"),
                             self.rows("SELECT sum(bytes) FROM audit_size"),
                             signal)


class Bounded(Rows):
    settings = "audit_mb = 1\naudit_days = 3\n"

    def test_the_oldest_go(self):
        hash = self.picture()
        for n in range(12):
            a = self.api("POST", "/sourceimages/demo/alias", {"changes": [
                {"alias": f"n{n}_{i}_" + "x" * 240, "hash": hash}
                for i in range(300)]})
            self.assertEqual(a.status, 200, a.body)
        size = self.rows("SELECT sum(bytes) FROM audit")
        known = self.rows("SELECT sum(bytes) FROM audit_size")
        self.assertLess(abs(size - known), 65537)
        self.assertLess(size, 1300000)
        newest = self.api("GET", "/organizations/demo/audit?limit=1").json
        self.daemon.stop()
        self.change("UPDATE audit_size SET bytes = 9000000")
        self.assertIn("organization demo: its audit log is of another size",
                      self.daemon.fsck()[1])
        self.daemon.start()
        self.assertTrue(newest["items"][0]["object"].startswith("n11_299"))


class Off(daemon.Test):
    settings = "audit_days = 0\n"

    def test_none(self):
        self.picture()
        self.assertEqual(self.api("GET", "/organizations/demo/audit"
                                  ).json["items"], [])


class Wrong(daemon.Test):
    settings = "auth_failures = 5\n"

    def test_by_address(self):
        bad = self.daemon.client(Api_Key="x" * 64)

        def ask(client, address):
            return client("GET", "/stacks/demo", X_Moniker_Client=address)
        for _ in range(5):
            self.refused(ask(bad, "192.0.2.1"), 403, "not valid")
        a = ask(bad, "192.0.2.1")
        self.refused(a, 429, "a valid one")
        self.assertTrue(0 < int(a.headers["Retry-After"]) <= 61)
        self.refused(ask(bad, "::ffff:192.0.2.1"), 429)
        # Neither others, nor a good key from there.
        self.refused(ask(bad, "192.0.2.2"), 403)
        self.assertEqual(ask(self.api, "192.0.2.1").status, 200)
        self.refused(ask(bad, "192.0.2.1"), 429)
        # A network is one client, and what is no address is nobody.
        for n in range(5):
            self.refused(ask(bad, f"2001:db8::{n}"), 403)
        self.refused(ask(bad, "2001:db8::77"), 429)
        self.refused(ask(bad, "2001:db8:0:1::1"), 403)
        for _ in range(9):
            self.refused(ask(bad, "nonsense"), 403)
            self.refused(bad("GET", "/stacks/demo"), 403)
        self.assertEqual(self.daemon.log_text().count("event=keys_fail"), 2)

    def test_no_key_is_no_wrong_key(self):
        for _ in range(9):
            self.refused(self.daemon.client()(
                "GET", "/stacks/demo", X_Moniker_Client="192.0.2.9"), 403)

    def test_many_addresses(self):
        bad = self.daemon.client(Api_Key="x" * 64)
        for n in range(6000):
            a = bad("GET", "/stacks/demo",
                    X_Moniker_Client=f"10.9.{n // 256}.{n % 256}")
            self.assertEqual(a.status, 403)


if __name__ == "__main__":
    daemon.main()
