# SPDX-License-Identifier: BSD-2-Clause
"""What an organization may have: refused beyond, right under concurrency, after
a restart, after a job that failed, and visible."""
import os
import re
import sqlite3
import threading

import daemon


class Quota(daemon.Test):
    settings = """
quota_images = 4
quota_aliases = 50
quota_stacks = 3
quota_keys = 3
quota_history = 20
"""

    def fresh(self, name):
        return self.daemon.organization(name)

    def used(self, org, what):
        return self.daemon.local()(
            "GET", f"/organizations/{org}/quota").json["quota"][what]["used"]

    def upload(self, api, org, width):
        return daemon.upload(api, org, ("f", "p.png", daemon.png(width, 3)))

    def option(self, org, name, value):
        a = self.daemon.local()("PUT", f"/organizations/{org}/options/{name}",
                                str(value))
        self.assertEqual(a.status, 200, a.body)

    def image(self, api, org):
        return self.upload(api, org, 3).json["items"][0]["hash"]

    def put(self, api, org, name, hash):
        return api("PUT", f"/sourceimages/{org}/alias/{name}?overwrite=true",
                   {"hash": hash})

    def test_images(self):
        api = self.fresh("images")
        hashes = [self.upload(api, "images", 1 + i).json["items"][0]["hash"]
                  for i in range(4)]
        self.refused(self.upload(api, "images", 9), 403, "quota",
                     "/organizations/images/quota")
        # What is known needs no more of anything; what is deleted is kept.
        self.assertEqual(self.upload(api, "images", 1).status, 200)
        self.empty(api("DELETE", f"/sourceimages/images/{hashes[0]}"))
        self.refused(self.upload(api, "images", 9), 403)
        self.assertEqual(self.used("images", "images"), 4)
        # To protect one is another image.
        self.refused(api("PUT", f"/sourceimages/images/{hashes[1]}/options/"
                         "protected", "true"), 403, "quota")
        self.option("images", "quota_images", 5)
        self.assertEqual(self.upload(api, "images", 9).status, 200)

    def test_bytes(self):
        api = self.fresh("bytes")
        size = len(daemon.png(3, 3))
        self.option("bytes", "quota_bytes", size + 20)
        self.image(api, "bytes")
        self.assertEqual(self.used("bytes", "bytes"), size)
        self.refused(self.upload(api, "bytes", 5), 403, "quota")
        self.assertEqual(self.used("bytes", "bytes"), size)
        self.assertEqual(self.used("bytes", "images"), 1)

    def test_aliases_by_many_at_once(self):
        api = self.fresh("crowd")
        hash = self.image(api, "crowd")
        codes = []

        def work(i):
            client = daemon.Client(api.path, **api.headers)
            for k in range(10):
                codes.append(self.put(client, "crowd", f"a{i}_{k}",
                                      hash).status)
        threads = [threading.Thread(target=work, args=(i,))
                   for i in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(codes.count(201), 50)
        self.assertEqual(codes.count(403), 110)
        self.assertEqual(self.used("crowd", "aliases"), 50)

    def test_bulk_all_or_nothing(self):
        api = self.fresh("bulk")
        hash = self.image(api, "bulk")

        def bulk(first, n):
            return api("POST", "/sourceimages/bulk/alias", {"changes": [
                {"alias": f"a{first + i}", "hash": hash} for i in range(n)]})
        self.assertEqual(bulk(0, 30).status, 200)
        self.refused(bulk(30, 21), 403, "quota")
        self.assertEqual(self.used("bulk", "aliases"), 30)
        self.assertEqual(bulk(30, 20).status, 200)
        # What is there can be changed and deleted, and makes room.
        self.assertEqual(bulk(0, 50).status, 200)
        self.empty(api("DELETE", "/sourceimages/bulk/alias/a7"))
        self.assertEqual(self.put(api, "bulk", "new", hash).status, 201)
        self.refused(self.put(api, "bulk", "newer", hash), 403)

    def test_stacks_and_keys(self):
        api = self.fresh("few")
        stack = {"operations": []}
        for i in range(3):
            self.assertEqual(api("PUT", f"/stacks/few/s{i}", stack).status,
                             201)
        self.refused(api("PUT", "/stacks/few/s3", stack), 403, "quota")
        self.assertEqual(api("PUT", "/stacks/few/s0?overwrite=true",
                             stack).status, 200)
        self.empty(api("DELETE", "/stacks/few/s0"))
        self.assertEqual(api("PUT", "/stacks/few/s3", stack).status, 201)
        local = self.daemon.local()
        key = {"roles": ["read"]}
        keys = [local("POST", "/organizations/few/keys", key)
                for _ in range(3)]
        self.assertEqual([k.status for k in keys], [201, 201, 403])
        self.empty(local("DELETE", "/organizations/few/keys/" +
                         keys[0].json["id"]))
        self.assertEqual(local("POST", "/organizations/few/keys", key).status,
                         201)

    def test_the_history_goes(self):
        api = self.fresh("history")
        one, two = (self.upload(api, "history", i).json["items"][0]["hash"]
                    for i in (1, 2))
        for i in range(100):
            self.put(api, "history", "a", (one, two)[i % 2])
            self.assertLessEqual(self.used("history", "history"), 20)
        self.assertGreater(self.used("history", "history"), 15)
        items = api("GET", "/sourceimages/history/alias/a/history"
                    ).json["items"]
        self.assertGreater(len(items), 0)

    def test_who_may_set_it(self):
        api = self.fresh("own")
        for name, value, status in (("quota_aliases", 5, 403),):
            self.refused(api("PUT", f"/organizations/own/options/{name}",
                             str(value)), status, "local socket")
        local = self.daemon.local()
        for value in ("-1", "1.5", '"9"', "null", str(2 ** 60)):
            self.refused(local("PUT", "/organizations/own/options/"
                               "quota_aliases", value), 400, "quota_aliases")
        self.refused(local("PUT", "/organizations/own/options/quota_x", "1"),
                     400, "unknown option")
        self.option("own", "quota_aliases", 0)
        hash = self.image(api, "own")
        a = api("POST", "/sourceimages/own/alias", {"changes": [
            {"alias": f"a{i}", "hash": hash} for i in range(60)]})
        self.assertEqual(a.status, 200, a.body)

    def test_seen(self):
        api = self.fresh("seen")
        self.assertEqual(api("GET", "/organizations/seen/quota").json["quota"][
            "aliases"], {"used": 0, "limit": 50})
        hash = self.image(api, "seen")
        for i in range(26):
            self.put(api, "seen", f"a{i}", hash)
        text = self.daemon.local()("GET", "/metrics").body.decode()
        for line in ('used{organization="seen",kind="aliases"} 26',
                     'limit{organization="seen",kind="aliases"} 50'):
            self.assertIn("\nmoniker_quota_" + line + "\n", text)
        self.assertGreater(int(re.search(r"\nmoniker_map_max_bytes (\d+)",
                                         text).group(1)), 0)


class After(daemon.unittest.TestCase):
    """Its counts after a kill, and of a database that had none."""
    def test_restart_and_migration(self):
        own = daemon.Daemon("quota_aliases = 40\n")
        self.addCleanup(own.close)
        api = own.organization("demo")
        hashes = [daemon.upload(api, "demo", ("f", "p.png", daemon.png(i, 2))
                                ).json["items"][0]["hash"] for i in (1, 2, 3)]
        for i in range(40):
            api("PUT", f"/sourceimages/demo/alias/a{i}", {"hash": hashes[0]})
        for i in range(9):
            api("PUT", f"/sourceimages/demo/alias/a{i}?overwrite=true",
                {"hash": hashes[1]})
        api("PUT", "/stacks/demo/s", {"operations": []})
        api("DELETE", f"/sourceimages/demo/{hashes[2]}")

        def counts():
            q = api("GET", "/organizations/demo/quota").json["quota"]
            return {k: v["used"] for k, v in q.items()}
        before = counts()
        self.assertEqual(before, {
            "images": 3, "bytes": sum(len(daemon.png(i, 2))
                                      for i in (1, 2, 3)),
            "aliases": 40, "stacks": 1, "keys": 1, "history": 9})
        own.stop(9)
        own.start()
        self.assertEqual(counts(), before)
        self.assertEqual(api("PUT", "/sourceimages/demo/alias/one",
                             {"hash": hashes[0]}).status, 403)
        own.stop()
        db = sqlite3.connect(own.dir + "/store_dir/moniker.db")
        db.executescript("".join(
            f"DROP TRIGGER term_{name};"
            for name in ("added", "removed", "changed")) + "".join(
            f"DROP TABLE {name};" for name in (
                "term_stale", "term_column", "term_text", "term",
                "term_field")) + "DELETE FROM meta WHERE key = 'terms';"
                         "DROP TABLE usage; DROP TABLE signing_key;"
                         "DROP TABLE audit;"
                         "DROP TABLE audit_size;"
                         "ALTER TABLE org ADD COLUMN signing_key TEXT "
                         "NOT NULL DEFAULT 'k';"
                         "ALTER TABLE apikey DROP COLUMN expires_ms;"
                         "ALTER TABLE apikey DROP COLUMN used_ms;"
                         "ALTER TABLE apikey DROP COLUMN allowed_ips;"
                         "DROP TABLE daily; DROP TABLE alias_tag;"
                         "DROP TABLE plan_item; DROP TABLE plan;"
                         "DROP TABLE hook_delivery; DROP TABLE hook_event;"
                         "DROP TABLE webhook;"
                         "DROP TABLE session; DROP TABLE acked;"
                         "DROP INDEX alias_seq;"
                         "PRAGMA user_version = 4;" + "".join(
                             f"ALTER TABLE {table} DROP COLUMN {column};"
                             for table, column in (
                                 ("alias", "shown"), ("alias", "previous"),
                                 ("change", "shown"), ("change", "previous"),
                                 ("alias", "due_ms"), ("change", "due_ms"),
                                 ("source", "edition"))) + "".join(
                             f"ALTER TABLE {table} DROP COLUMN {column};"
                             for table in ("alias", "alias_history")
                             for column in ("actor", "comment",
                                            "description", "tags")))
        db.close()
        own.start()
        self.assertEqual(counts(), before)
        self.assertEqual(own.fsck(), (0, own.fsck()[1]))
        own.stop()
        db = sqlite3.connect(own.dir + "/store_dir/moniker.db")
        db.executescript("UPDATE usage SET aliases = 7")
        db.close()
        self.assertIn("organization demo: its count for a quota is wrong",
                      own.fsck()[1])
        own.start()


class Room(daemon.unittest.TestCase):
    def test_the_mark_of_the_disk(self):
        """No upload, but the database keeps its room."""
        own = daemon.Daemon()
        self.addCleanup(own.close)
        api = own.organization("demo")
        hash = daemon.upload(api, "demo", ("f", "p.png", daemon.png(3, 3))
                             ).json["items"][0]["hash"]
        with open(own.dir + "/monikerd.conf", "a") as f:
            f.write("ready_free_mb = 1073741824\n")
        os.kill(own.process.pid, 1)
        daemon.wait_for(lambda: "event=reloaded" in own.log_text())
        a = daemon.upload(api, "demo", ("f", "p.png", daemon.png(4, 4)))
        self.assertEqual(a.status, 507, a.body)
        self.assertEqual(api("PUT", "/sourceimages/demo/alias/a",
                             {"hash": hash}).status, 201)

    def test_the_bound_of_the_map(self):
        """No more aliases, but those that are there live on."""
        own = daemon.Daemon("map_max_mb = 1\nquota_aliases = 0\n")
        self.addCleanup(own.close)
        api = own.organization("demo")
        hash = daemon.upload(api, "demo", ("f", "p.png", daemon.png(3, 3))
                             ).json["items"][0]["hash"]
        pad = "x" * 200
        made = 0
        while True:
            a = api("POST", "/sourceimages/demo/alias", {"changes": [
                {"alias": f"{pad}{made + i}", "hash": hash}
                for i in range(200)]})
            if a.status != 200:
                break
            made += 200
            self.assertLess(made, 100000)
        self.assertEqual(a.status, 507)
        self.assertIn("the server's map", a.message.lower())
        # At first it may be a worker that is not up yet.
        daemon.wait_for(lambda: api("GET", "/ready").status == 200)
        a = api("PUT", f"/sourceimages/demo/alias/{pad}0?overwrite=true",
                {"hash": hash})
        self.assertEqual(a.status, 200)
        self.assertEqual(own.fsck()[0], 0)


if __name__ == "__main__":
    daemon.main()
