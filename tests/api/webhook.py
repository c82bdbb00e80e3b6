# SPDX-License-Identifier: BSD-2-Clause
"""Webhooks: a real receiver is told of each change, signed, in order, at least
once, and no more than it is due."""
import datetime
import threading

import daemon
import hook_receiver

SETTINGS = """
webhook_allow = "127.0.0.1 127.0.0.2 localhost"
webhook_ports = "%s"
webhook_allow_addresses = "127.0.0.1"
webhook_timeout_ms = %d
webhook_retry_max_ms = 50
webhook_refused_ms = 0
webhook_give_up_ms = 600000
webhook_queue = 12
webhook_max = 20
"""
TIMEOUT_MS = 20000 * daemon.SLOWER
HOOKS = "/organizations/demo/webhooks"


class Hooks(daemon.Test):
    more = ""

    @classmethod
    def setUpClass(cls):
        cls.server = hook_receiver.Server()
        cls.addClassCleanup(cls.server.close)
        cls.settings = SETTINGS % (cls.server.port, TIMEOUT_MS) + cls.more
        super().setUpClass()

    def hook(self, *events, answer=204, **more):
        """Makes one with a path of its own: (its path, its description)."""
        path = "/" + self.id().rsplit(".", 1)[1] + str(len(self.made))
        self.server.answer[path] = answer
        a = self.api("POST", HOOKS, {
            "url": self.server.url.replace("/hook", path),
            "events": list(events or ["*"]), **more})
        self.assertEqual(a.status, 201, a.body)
        self.made.append(a.json["id"])
        self.server.secrets[path] = a.json["secret"]
        self.server.got[path], self.server.tried[path] = [], []
        return path, a.json

    def setUp(self):
        super().setUp()
        self.made = []

    def tearDown(self):
        for id in self.made:
            self.api("DELETE", f"{HOOKS}/{id}")
        super().tearDown()

    def at(self, hook, rest=""):
        return f"{HOOKS}/{hook['id']}{rest}"

    def state(self, hook):
        return self.api("GET", self.at(hook)).json

    def wait(self, path, n, what="got"):
        list = getattr(self.server, what)[path]
        daemon.wait_for(lambda: len(list) >= n, lambda: list)
        return list

    def idle(self, hook):
        return daemon.wait_for(lambda: (s := self.state(hook))["pending"] == 0
                               and s, lambda: self.state(hook))

    def alias(self, name, hash):
        a = self.api("PUT", f"/sourceimages/demo/alias/{name}?overwrite=true",
                     {"hash": hash})
        self.assertIn(a.status, (200, 201), a.body)


class Events(Hooks):
    def test_alias(self):
        path, hook = self.hook("alias.*")
        one, two = self.picture(31, 3), self.picture(32, 3)
        self.alias("a1", one)
        self.alias("a1", one)           # says nothing new
        self.alias("a1", two)
        self.api("PUT", "/sourceimages/demo/alias/a1?overwrite=true",
                 {"hash": two, "tags": ["t"]})
        self.api("POST", "/sourceimages/demo/alias/a1/rollback",
                 {"steps": 1, "comment": "oh"})
        self.api("DELETE", "/sourceimages/demo/alias/a1")
        got = self.wait(path, 5)
        self.assertEqual([e["type"] for e in got], [
            "alias.created", "alias.repointed", "alias.described",
            "alias.repointed", "alias.deleted"])
        for e in got:
            self.assertTrue(e["good"], e)
            self.assertEqual(e["type_header"], "application/json")
            self.assertEqual((e["data"]["alias"], e["data"]["organization"],
                              e["data"]["by"]),
                             ("a1", "demo", self.api.key["id"]))
            datetime.datetime.fromisoformat(e["timestamp"].replace("Z",
                                                                   "+00:00"))
        self.assertEqual(got[1]["data"]["before"], {"hash": one})
        self.assertEqual(got[1]["data"]["after"], {"hash": two})
        self.assertEqual(got[3]["data"]["after"], {"hash": one,
                                                   "comment": "oh"})
        self.assertEqual(len({e["id"] for e in got}), 5)
        ids = [int(e["id"].split("_")[2]) for e in got]
        self.assertEqual(ids, sorted(ids))
        state = self.idle(hook)
        self.assertIsNone(state["failing_since"])
        self.assertNotIn("secret", state)

    def test_all_kinds(self):
        path, hook = self.hook("*")
        image = self.picture(33, 3)
        a = self.api("PUT", f"/sourceimages/demo/{image}/meta/user",
                     {"hooked": "1"})
        self.assertIn(a.status, (200, 204), a.body)
        new = self.api("PUT", f"/sourceimages/demo/{image}/meta/dynamic/"
                       "version", {"text": "2"}).json["hash"]
        self.api("DELETE", f"/sourceimages/demo/{new}")
        self.api("POST", f"/sourceimages/demo/{new}/restore")
        stack = {"operations": [{"name": "noop"}]}
        self.api("PUT", "/stacks/demo/hooked", stack)
        self.api("PUT", "/stacks/demo/hooked?overwrite=true",
                 {"operations": [{"name": "rotate",
                                  "options": {"angle": 90}}]})
        self.api("DELETE", "/stacks/demo/hooked")
        self.alias("k1", image)
        self.api("DELETE", "/sourceimages/demo/alias/k1/cache")
        got = self.wait(path, 11)
        types = [e["type"] for e in got]
        for type in ("source.created", "source.updated", "source.replaced",
                     "source.deleted", "source.restored", "stack.created",
                     "stack.updated", "stack.deleted", "alias.created",
                     "purge.created", "purge.acknowledged"):
            self.assertIn(type, types)
        purge = [e["data"] for e in got if e["type"].startswith("purge.")]
        self.assertEqual(purge[0]["kind"], "alias")
        self.assertEqual(purge[0]["purge"], purge[1]["purge"])

    def test_plans_and_sets(self):
        path, hook = self.hook("plan.*", "set.*")
        one, two = self.picture(34, 3), self.picture(35, 3)
        for name in ("s1", "s2"):
            self.alias(name, one)
        when = (datetime.datetime.now(datetime.timezone.utc) +
                datetime.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        a = self.api("PUT", "/sourceimages/demo/alias/s1/schedule",
                     {"hash": two, "at": when})
        self.assertEqual(a.status, 201, a.body)
        self.api("PUT", "/sourceimages/demo/sets/hooked", {"items": [
            {"alias": "s2", "hash": two}, {"alias": "s3", "hash": two}]})
        self.api("POST", "/sourceimages/demo/sets/hooked/publish")
        self.api("POST", "/sourceimages/demo/sets/hooked/withdraw")
        self.api("DELETE", "/sourceimages/demo/sets/hooked")
        got = self.wait(path, 6)
        self.assertCountEqual([e["type"] for e in got], [
            "plan.created", "set.changed", "set.published", "set.withdrawn",
            "set.deleted", "plan.done"])
        published = [e for e in got if e["type"] == "set.published"][0]
        self.assertEqual((published["data"]["set"],
                          published["data"]["aliases"]),
                         ("hooked", ["s2", "s3"]))


class Delivery(Hooks):
    def test_order_and_retries(self):
        """Half of the tries fail, in each way that there is: all events come, in
        their order, under the same id."""
        lock = threading.Lock()
        ways = [500, None, 302, 204, 429, 503, 204, 404]
        n = [0]

        def flaky(handler, event):
            with lock:
                n[0] += 1
                return ways[n[0] % len(ways)]
        path, hook = self.hook("alias.*", answer=flaky)
        hashes = [self.picture(36, 3), self.picture(37, 3)]
        for i in range(8):
            self.alias("order", hashes[i % 2])
        got = self.wait(path, 8)
        self.assertEqual([e["data"]["after"]["hash"] for e in got],
                         [hashes[i % 2] for i in range(8)])
        tried = [e["id"] for e in self.server.tried[path]]
        self.assertGreater(len(tried), 16)
        order = list(dict.fromkeys(tried))
        self.assertEqual(order, [e["id"] for e in got])
        # each was tried until it was accepted, and no other meanwhile
        self.assertEqual(tried, sorted(tried, key=order.index))
        self.assertNotIn("/x", self.server.asked)
        self.idle(hook)

    def test_refused_and_sent_again(self):
        path, hook = self.hook("alias.*", answer=lambda h, e:
                               400 if e["data"]["alias"] == "bad" else 204)
        one = self.picture(38, 3)
        for name in ("good1", "bad", "good2"):
            self.alias(name, one)
        got = self.wait(path, 2)
        self.assertEqual([e["data"]["alias"] for e in got],
                         ["good1", "good2"])
        self.idle(hook)
        log = self.api("GET", self.at(hook, "/events")).json["items"]
        self.assertEqual([(e["state"], e["status"]) for e in log], [
            ("delivered", 204), ("refused", 400), ("delivered", 204)])
        only = self.api("GET", self.at(hook, "/events?state=refused")).json
        self.assertEqual(only["items"], [log[1]])
        page = self.api("GET", self.at(hook, "/events?limit=1")).json
        more = self.api("GET", self.at(hook, "/events?limit=9&offset=" +
                                       page["cursor"])).json
        self.assertEqual(page["items"] + more["items"], log)
        one = self.at(hook, f"/events/{log[1]['id']}")
        self.assertEqual(self.api("GET", one).json["body"]["data"]["alias"],
                         "bad")
        self.server.answer[path] = 200
        a = self.api("POST", one + "/resend")
        self.assertEqual(a.status, 202, a.body)
        again = self.wait(path, 3)[2]
        self.assertEqual(again["id"], log[1]["webhook_id"])
        self.idle(hook)
        self.refused(self.api("POST", self.at(hook, "/events/0/resend")), 404)

    def test_secret(self):
        path, hook = self.hook("webhook.test")
        old = self.server.secrets[path]
        self.api("POST", self.at(hook, "/test"))
        self.assertTrue(self.wait(path, 1)[0]["good"])
        a = self.api("POST", self.at(hook, "/secret"), {"overlap": 1000})
        self.assertEqual(a.status, 200, a.body)
        new = a.json["secret"]
        self.assertNotEqual(new, old)
        # Whoever has either of them can verify it.
        self.api("POST", self.at(hook, "/test"))
        self.assertTrue(self.wait(path, 2)[1]["good"])
        self.server.secrets[path] = new
        self.api("POST", self.at(hook, "/test"))
        third = self.wait(path, 3)[2]
        self.assertTrue(third["good"])
        self.assertEqual(len(third["signatures"]), 2)
        new = self.api("POST", self.at(hook, "/secret"),
                       {"overlap": 0}).json["secret"]
        self.api("POST", self.at(hook, "/test"))
        fourth = self.wait(path, 4)[3]
        self.assertEqual((fourth["good"], len(fourth["signatures"])),
                         (False, 1))

    def test_gone(self):
        path, hook = self.hook("alias.*", answer=410)
        self.alias("gone", self.picture(39, 3))
        state = daemon.wait_for(lambda: (s := self.state(hook))["state"] ==
                                "failed" and s)
        self.assertFalse(state["enabled"])
        self.assertIn("410", state["reason"])
        self.alias("gone", self.picture(40, 3))
        self.assertEqual(self.state(hook)["pending"], 1)
        self.server.answer[path] = 204
        self.api("PATCH", self.at(hook), {"enabled": True})
        self.assertEqual(len(self.wait(path, 1)), 1)

    def test_huge_and_endless_answers(self):
        def huge(handler, event):
            handler.send_response(200)
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(b"x" * 65536)
            except OSError:
                return None
        path, hook = self.hook("webhook.test", answer=huge)
        self.api("POST", self.at(hook, "/test"))
        self.idle(hook)
        self.assertEqual(len(self.server.tried[path]), 1)

        def heads(handler, event):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            try:
                while True:
                    handler.wfile.write(b"X-A: b\r\n" * 100)
            except OSError:
                return None
        self.server.answer[path] = heads
        self.api("POST", self.at(hook, "/test"))
        self.wait(path, 2, "tried")
        daemon.wait_for(lambda: self.state(hook)["failing_since"])

    def test_others_do_not_wait(self):
        """For one that does not answer."""
        hold = threading.Event()
        self.addCleanup(hold.set)
        slow, hook = self.hook("alias.*", answer=lambda h, e:
                               hold.wait(daemon.PATIENCE) and 204)
        quick, other = self.hook("alias.*")
        one = self.picture(41, 3)
        for i in range(5):
            self.alias(f"slow{i}", one)
        self.wait(quick, 5)
        self.assertEqual(self.state(hook)["pending"], 5)
        hold.set()
        self.wait(slow, 5)

    def test_full_queue(self):
        """What does not fit in is counted, and told of where it is missing."""
        hold = threading.Event()
        self.addCleanup(hold.set)
        path, hook = self.hook("alias.*", answer=lambda h, e:
                               hold.wait(daemon.PATIENCE) and 204)
        one = self.picture(42, 3)
        a = self.api("POST", "/sourceimages/demo/alias", {"changes": [
            {"alias": f"full{i}", "hash": one} for i in range(20)]})
        self.assertEqual(a.status, 200, a.body)
        state = self.state(hook)
        self.assertEqual((state["pending"], state["lost"]), (13, 8))
        hold.set()
        self.idle(hook)
        self.alias("after", one)
        got = self.wait(path, 14)
        self.assertEqual([e["type"] for e in got], ["alias.created"] * 12 +
                         ["webhook.lost", "alias.created"])
        # Over fewer connections, so by fewer processes.
        self.assertLess(len({e["peer"] for e in got[1:13]}), 12)
        self.assertEqual(got[13]["data"]["alias"], "after")


class Bounds(Hooks):
    def test_addresses(self):
        """Allowed is what the settings name, and of that only public addresses
        and those that are opened; looked at when it is connected to."""
        for url, *words in (
                ("ftp://127.0.0.1/", "url"), ("http://u:p@127.0.0.1/", "url"),
                ("http://127.0.0.1:1/", "webhook_ports"),
                (f"http://example.com:{self.server.port}/",
                 "webhook_allow"),
                (f"http://[::1]:{self.server.port}/", "webhook_allow")):
            self.refused(self.api("POST", HOOKS, {"url": url}), 400, *words)
        a = self.api("POST", HOOKS, {
            "url": f"http://127.0.0.2:{self.server.port}/inner"})
        self.made.append(a.json["id"])
        self.api("POST", self.at(a.json, "/test"))
        log = daemon.wait_for(lambda: [e for e in self.api(
            "GET", self.at(a.json, "/events")).json["items"] if e["error"]])
        self.assertIn("no address", log[0]["error"])
        self.assertNotIn("/inner", self.server.tried)

    def test_fields(self):
        url = self.server.url
        for body, *words in (
                ({}, "url"), ({"url": 1}, "url"), ({"url": url, "x": 1}, "x"),
                ({"url": url, "events": []}, "events"),
                ({"url": url, "events": ["nope"]}, "events[0]"),
                ({"url": url, "events": ["*", "alias."]}, "events[1]"),
                ({"url": url, "events": ["alias.*"] * 300}, "events"),
                ({"url": url, "enabled": 1}, "enabled"),
                ({"url": url, "description": "x" * 201}, "description")):
            self.refused(self.api("POST", HOOKS, body), 400, *words)
        path, hook = self.hook()
        for rest, body, *words in (("/secret", {"overlap": -1}, "overlap"),
                                   ("/secret", {"overlap": 1e9}, "overlap"),
                                   ("/secret", {"x": 1}, "x")):
            self.refused(self.api("POST", self.at(hook, rest), body), 400,
                         *words)
        for rest in ("?state=x", "?offset=x", "?limit=x"):
            self.refused(self.api("GET", self.at(hook, "/events") + rest),
                         400)
        a = self.api("PATCH", self.at(hook), {"description": "d",
                                              "events": ["set.*"]})
        self.assertEqual((a.status, a.json["description"], a.json["events"],
                          a.json["url"]), (200, "d", ["set.*"], hook["url"]))
        self.assertIn(a.json, self.api("GET", HOOKS).json["items"])
        for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""),
                             ("POST", "/test"), ("GET", "/events")):
            self.refused(self.api(method, HOOKS + "/999999" + rest,
                                  {} if method == "PATCH" else None), 404)
        while (a := self.api("POST", HOOKS, {"url": url})).status == 201:
            self.made.append(a.json["id"])
        self.refused(a, 409, "20")


class GiveUp(Hooks):
    more = "webhook_give_up_ms = 100\n"

    @classmethod
    def setUpClass(cls):
        global SETTINGS
        whole, SETTINGS = SETTINGS, "\n".join(
            line for line in SETTINGS.split("\n") if "give_up" not in line)
        try:
            super().setUpClass()
        finally:
            SETTINGS = whole

    def test_disabled(self):
        path, hook = self.hook("*", answer=500)
        self.api("POST", self.at(hook, "/test"))
        state = daemon.wait_for(lambda: (s := self.state(hook))["state"] ==
                                "failed" and s)
        self.assertIn("500", state["reason"])
        metrics = self.daemon.local()("GET", "/metrics").body.decode()
        self.assertIn("moniker_webhooks_disabled_total 1\n", metrics)
        self.assertIn('moniker_webhooks{state="failed"} 1\n', metrics)
        self.assertIn("webhook_disabled", self.daemon.log_text())
        # What it was owed is kept, also over a restart.
        self.daemon.stop()
        self.daemon.start()
        self.server.answer[path] = 204
        self.api("PATCH", self.at(hook), {"enabled": True})
        self.assertEqual(self.wait(path, 1)[0]["type"], "webhook.test")
        self.assertEqual(self.daemon.fsck()[0], 0)


if __name__ == "__main__":
    daemon.main()
