# SPDX-License-Identifier: BSD-2-Clause
"""Planned changes of aliases: alone, until a time, and in sets."""
import datetime
import re
import time

import daemon

PATH = "/sourceimages/demo"


def at(seconds):
    """A whole second, that many from now at least."""
    t = int(time.time() + seconds + 0.999)
    return datetime.datetime.fromtimestamp(
        t, datetime.timezone.utc).isoformat()


class Plan(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.red, cls.blue, cls.green = (
            cls.picture(color=c) for c in ((200, 0, 0), (0, 0, 200),
                                           (0, 200, 0)))

    def name(self):
        return self.id().split(".")[-1]

    def alias(self, name=None):
        return f"{PATH}/alias/{name or self.name()}"

    def hash(self, name=None, query=""):
        a = self.api("GET", self.alias(name) + query)
        return a.json["hash"] if a.status == 200 else None

    def put(self, hash, name=None):
        a = self.api("PUT", self.alias(name) + "?overwrite=true",
                     {"hash": hash})
        self.assertIn(a.status, (200, 201), a.body)

    def plan(self, hash, seconds=3600, name=None, **fields):
        a = self.api("PUT", self.alias(name) + "/schedule",
                     {"at": at(seconds), "hash": hash, **fields})
        self.assertEqual(a.status, 201, a.body)
        return a.json

    def state(self, plan):
        for p in self.api("GET", f"{PATH}/schedule?limit=1000").json["items"]:
            if p["id"] == plan["id"]:
                return p

    def wait(self, plan, state):
        daemon.wait_for(lambda: self.state(plan)["state"] == state,
                        lambda: self.state(plan))

    def test_it_happens(self):
        self.put(self.red)
        p = self.plan(self.blue, 0.01, comment="spring")
        self.assertEqual(
            {k: p[k] for k in ("alias", "hash", "state", "comment", "until",
                               "only_if", "ended", "reason")},
            {"alias": self.name(), "hash": self.blue, "state": "pending",
             "comment": "spring", "until": None, "only_if": None,
             "ended": None, "reason": None})
        self.assertEqual(self.hash(), self.red)
        self.wait(p, "done")
        self.assertEqual(self.hash(), self.blue)
        picture = self.pictures("GET", f"/dynamic/-_{self.name()}_-.png")
        self.assertEqual(picture.headers["X-Moniker-Source"], self.blue)
        self.assertIn("GMT", picture.headers["Date"])
        line, = [i for i in self.api("GET", "/organizations/demo/audit").json[
            "items"] if (i["object"], i["action"]) ==
            (self.name(), "alias.update")]
        self.assertEqual((line["key"], line["from"]), (p["by"], "schedule"))

    def test_until(self):
        """Back to what was at the moment of the change; and what had no alias
        has none again."""
        self.put(self.red)
        one = self.plan(self.blue, 0.01, until=at(2))
        other = self.plan(self.green, 0.01, name="until_new", until=at(2))
        self.wait(one, "active")
        self.assertEqual(self.hash(), self.blue)
        self.assertEqual(self.hash("until_new"), self.green)
        self.wait(one, "done")
        self.wait(other, "done")
        self.assertEqual(self.hash(), self.red)
        self.assertIsNone(self.hash("until_new"))

    def test_delete(self):
        self.put(self.red)
        self.wait(self.plan(None, 0.01), "done")
        self.assertIsNone(self.hash())

    def test_failures(self):
        self.put(self.red)
        gone = self.picture(color=(9, 9, 9))
        one = self.plan(self.blue, 0.01, only_if=self.green)
        other = self.plan(gone, 0.01, name="to_gone")
        self.assertEqual(self.api("DELETE", f"{PATH}/{gone}").status, 204)
        self.wait(one, "failed")
        self.wait(other, "failed")
        self.assertIn("only_if", self.state(one)["reason"])
        self.assertIn(gone, self.state(other)["reason"])
        self.assertEqual(self.hash(), self.red)
        self.assertIn("a planned change could not be made",
                      self.daemon.log_text())

    def test_foresight(self):
        self.put(self.red)
        self.plan(self.blue, 1000, until=at(2000))
        self.plan(self.green, 3000)
        for seconds, hash in ((900, self.red), (1100, self.blue),
                              (2100, self.red), (3100, self.green)):
            self.assertEqual(self.hash(query="?at=" + at(seconds).replace(
                "+00:00", "Z")), hash, seconds)

    def test_picture_until_then(self):
        """No cache may keep the picture beyond a change that is near."""
        self.put(self.red)
        target = f"/dynamic/-_{self.name()}_-.png"
        def control():
            return self.pictures("GET", target).headers["Cache-Control"]
        usual = control()
        self.assertEqual(usual, "public, max-age=60, "
                         "stale-while-revalidate=600")
        far = self.plan(self.blue, 3600)
        self.assertEqual(control(), usual)
        self.api("DELETE", f"{self.alias()}/schedule/{far['id']}")
        self.plan(self.blue, 30)
        age = re.fullmatch(r"public, max-age=(\d+), must-revalidate, "
                           "stale-while-revalidate=0", control())
        self.assertLessEqual(int(age[1]), 31)

    def test_overlap(self):
        self.put(self.red)
        first = at(1000)
        self.plan(self.blue, 1000, until=at(2000))
        for seconds, until in ((1500, None), (500, 1500), (1500, 2500),
                               (500, 2500), (1100, 1900)):
            a = self.api("PUT", self.alias() + "/schedule", {
                "at": at(seconds), "hash": self.red,
                "until": until and at(until)})
            self.refused(a, 409, "planned")
        a = self.api("PUT", self.alias() + "/schedule",
                     {"at": first, "hash": self.red})
        self.refused(a, 409, self.name())
        # They may follow each other.
        self.plan(self.green, 2000)
        self.plan(self.green, 500, until=first)

    def test_delete_plan(self):
        self.put(self.red)
        p = self.plan(self.blue, 1000)
        path = f"{self.alias()}/schedule/{p['id']}"
        self.refused(self.api("DELETE", self.alias("other") +
                              f"/schedule/{p['id']}"), 404)
        self.empty(self.api("DELETE", path))
        self.refused(self.api("DELETE", path), 404)
        self.refused(self.api("DELETE", self.alias() + "/schedule/x"), 404)
        self.assertEqual(self.api("GET", self.alias() + "/schedule").json,
                         {"items": []})

    def test_bad(self):
        self.put(self.red)
        good = {"at": at(100), "hash": self.blue}
        for field, value, status, word in (
                ("at", "tomorrow", 400, "at"), ("at", None, 400, "at"),
                ("at", at(-10), 400, "at"), ("at", 5, 400, "at"),
                ("at", "2999-01-01T00:00:00Z", 400, "5 years"),
                ("until", at(50), 400, "until"), ("until", [], 400, "until"),
                ("hash", "xyz", 400, "hash"), ("hash", 7, 400, "hash"),
                ("hash", "0" * 40, 404, "source image"),
                ("only_if", "0" * 40, 404, "source image"),
                ("only_if", True, 400, "only_if"),
                ("comment", "x" * 201, 400, "comment"),
                ("what", 1, 400, "what")):
            self.refused(self.api("PUT", self.alias() + "/schedule",
                                  {**good, field: value}), status, word)
        self.refused(self.api("GET", f"{PATH}/schedule?state=x"), 400,
                     "state")
        self.refused(self.api("GET", f"{PATH}/schedule?from=x"), 400, "from")

    def test_missed_while_down(self):
        """In their order, at the start; the clock of the wall decides."""
        self.put(self.red)
        self.put(self.red, "down_too")
        one = self.plan(self.blue, 0.01)
        two = self.plan(self.green, 1.01, until=at(600))
        self.daemon.stop(9)
        time_is_up = two["at"]
        daemon.wait_for(lambda: at(-0.999) >= time_is_up)
        self.daemon.start()
        self.wait(two, "active")
        self.assertEqual(self.state(one)["state"], "done")
        self.assertEqual(self.hash(), self.green)
        history = self.api("GET", self.alias() + "/history").json["items"]
        past = [i["hash"] for i in history]
        self.assertEqual([h for h in past if h != self.green][:2],
                         [self.blue, self.red])

    def set(self, tail="", method="GET", body=None, name=None):
        return self.api(method, f"{PATH}/sets/{name or self.name()}{tail}",
                        body)

    def prepare(self, **changes):
        for name in changes:
            self.put(self.red, name)
        a = self.set("", "PUT", {"items": [
            {"alias": n, "hash": h} for n, h in changes.items()]})
        self.assertEqual(a.status, 201, a.body)

    def test_set(self):
        self.prepare(set_a=self.blue, set_b=None)
        a = self.set().json
        self.assertEqual((a["state"], a["total"]), ("draft", 2))
        self.assertEqual(self.hash("set_a"), self.red)
        self.assertEqual(self.set("/publish", "POST").json["state"], "active")
        self.assertEqual((self.hash("set_a"), self.hash("set_b")),
                         (self.blue, None))
        self.refused(self.set("/publish", "POST"), 409, "withdraw")
        self.refused(self.set("", "PUT", {"items": [
            {"alias": "x", "hash": None}]}), 409, "withdraw")
        self.assertEqual(self.set("/withdraw", "POST").json["state"], "draft")
        self.assertEqual((self.hash("set_a"), self.hash("set_b")),
                         (self.red, self.red))
        self.refused(self.set("/withdraw", "POST"), 409, "nothing")
        self.empty(self.set("", "DELETE"))
        self.refused(self.set(), 404)

    def test_set_at(self):
        self.prepare(at_a=self.blue, at_b=self.green)
        a = self.set("/publish", "POST", {"at": at(600)}).json
        self.assertEqual(a["state"], "pending")
        self.assertEqual(self.hash("at_b", "?at=" + at(700).replace(
            "+00:00", "Z")), self.green)
        self.refused(self.api("PUT", self.alias("at_a") + "/schedule", {
            "at": a["at"], "hash": self.red}), 409, "at_a")
        self.set("/withdraw", "POST")
        self.set("/publish", "POST", {"at": at(0.01), "until": at(2)})
        daemon.wait_for(lambda: self.set().json["state"] == "active")
        self.assertEqual((self.hash("at_a"), self.hash("at_b")),
                         (self.blue, self.green))
        daemon.wait_for(lambda: self.set().json["state"] == "done")
        self.assertEqual((self.hash("at_a"), self.hash("at_b")),
                         (self.red, self.red))

    def test_set_all_or_nothing(self):
        gone = self.picture(color=(8, 8, 8))
        self.prepare(all_a=self.blue, all_b=gone)
        self.assertEqual(self.api("DELETE", f"{PATH}/{gone}").status, 204)
        self.refused(self.set("/publish", "POST"), 409, "was deleted")
        self.assertEqual((self.hash("all_a"), self.set().json["state"]),
                         (self.red, "draft"))

    def test_set_bad(self):
        one = {"alias": "a", "hash": self.red}
        for body, word in (({}, "items"), ({"items": []}, "items"),
                           ({"items": [one] * 1001}, "items"),
                           ({"items": [one, one]}, "more than once"),
                           ({"items": [7]}, "object"),
                           ({"items": [{"alias": "a"}]}, "hash"),
                           ({"items": [{**one, "x": 1}]}, "only"),
                           ({"items": [{**one, "alias": "a-b"}]}, "alias"),
                           ({"items": [one], "x": 1}, "x")):
            self.refused(self.set("", "PUT", body), 400, word)
        self.refused(self.set("", "PUT", {"items": [one]}, "a-b"), 400, "set")
        self.refused(self.set("/publish", "POST", name="none"), 404)
        self.assertEqual(self.api("GET", f"{PATH}/sets?state=failed").json,
                         {"items": []})


class Kill(daemon.Test):
    def test_kill_around_the_time(self):
        """Killed at any point it happens once and whole, or is planned."""
        red, blue = (self.picture(color=(c, 0, 9)) for c in (1, 2))
        names = [f"k{i}" for i in range(20)]
        for turn in range(4):
            for n in names:
                self.api("PUT", f"{PATH}/alias/{n}?overwrite=true",
                         {"hash": red})
            self.api("PUT", f"{PATH}/sets/kill", {"items": [
                {"alias": n, "hash": blue} for n in names]})
            a = self.api("POST", f"{PATH}/sets/kill/publish",
                         {"at": at(0.01)}).json
            self.assertEqual(a["state"], "pending", a)
            due = datetime.datetime.fromisoformat(a["at"]).timestamp()
            # Before, in, and after the transaction.
            daemon.wait_for(lambda: time.time() >= due + turn * 0.002 - 0.001)
            self.daemon.stop(9)
            self.daemon.start()
            daemon.wait_for(lambda: self.api(
                "GET", f"{PATH}/sets/kill").json["state"] == "active")
            for n in names:
                past = self.api("GET", f"{PATH}/alias/{n}/history").json
                hashes = [self.api("GET", f"{PATH}/alias/{n}").json["hash"]]
                hashes += [i["hash"] for i in past["items"]]
                self.assertEqual(hashes[0], blue)
                self.assertEqual(hashes.count(blue) // (turn + 1), 1, hashes)
            self.api("DELETE", f"{PATH}/sets/kill")
        self.assertEqual(self.daemon.fsck()[0], 0)


if __name__ == "__main__":
    daemon.main()
