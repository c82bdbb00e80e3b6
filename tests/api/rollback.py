# SPDX-License-Identifier: BSD-2-Clause
"""Aliases back to what they were: one, and all that changed since a moment."""
import datetime
import threading
import time

import daemon


def moment():
    """One that no change has: the clock's next millisecond has come."""
    now = time.time_ns() // 1000000 + 1
    while time.time_ns() // 1000000 <= now:
        pass
    return datetime.datetime.fromtimestamp(
        now / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")


class Rollback(daemon.Test):
    settings = "purges_source = 50\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.red, cls.green, cls.blue = (
            cls.picture(color=c) for c in ((200, 0, 0), (0, 200, 0),
                                           (0, 0, 200)))

    def name(self):
        return self.id().split(".")[-1]

    def path(self, name="", tail=""):
        return f"/sourceimages/demo/alias/{name or self.name()}{tail}"

    def put(self, hash, name="", **body):
        a = self.api("PUT", self.path(name, "?overwrite=true"),
                     dict(body, hash=hash))
        self.assertLess(a.status, 300, a.body)
        return a

    def hash(self, name=""):
        a = self.api("GET", self.path(name))
        return a.json["hash"] if a.status == 200 else None

    def back(self, _name="", _headers=None, **body):
        return self.api("POST", self.path(_name, "/rollback"), body,
                        **(_headers or {}))

    def all_back(self, **body):
        return self.api("POST", "/sourceimages/demo/rollback", body)

    def audited(self):
        return self.api("GET", "/organizations/demo/audit?limit=1")\
            .json["items"][0]


class One(Rollback):
    def test_steps(self):
        self.refused(self.back(steps=1), 404, "history")
        for hash in (self.red, self.green, self.blue):
            self.put(hash)
        a = self.back(steps=2, comment="wrong season")
        self.assertEqual((a.status, a.json["hash"],
                          a.json["rolled_back_from"]),
                         (200, self.red, self.blue), a.body)
        self.assertEqual(a.headers["ETag"],
                         self.api("GET", self.path()).headers["ETag"])
        h = self.api("GET", self.path(tail="/history")).json
        self.assertEqual(h["current"]["comment"], "wrong season")
        line = self.audited()
        self.assertEqual((line["action"], line["after"]["comment"]),
                         ("alias.rollback", "wrong season"))
        # It is a change as any other: it can be rolled back.
        self.assertEqual(self.back(steps=1).json["hash"], self.blue)
        self.refused(self.back(steps=1000), 404, "history")
        self.assertEqual(self.hash(), self.blue)

    def test_to_an_image(self):
        for hash in (self.red, self.green):
            self.put(hash)
        self.refused(self.back(to=self.blue), 404, "history")
        self.refused(self.back(to=self.green), 404, "history")
        self.assertEqual(self.back(to=self.red[:8]).json["hash"], self.red)

    def test_to_a_moment(self):
        before = moment()
        self.put(self.red)
        at_red = moment()
        self.put(self.green)
        at_green = moment()
        self.api("DELETE", self.path())
        gone = moment()
        self.refused(self.back(at=gone), 404, "history")
        self.refused(self.back(at=before), 404, "history")
        a = self.back(at=at_red)
        self.assertEqual((a.status, a.json["hash"],
                          a.json["rolled_back_from"]), (201, self.red, None))
        self.assertEqual(self.back(at=at_green).json["hash"], self.green)
        # As it is now.
        a = self.back(at=moment())
        self.assertEqual((a.status, a.json["hash"],
                          a.json["rolled_back_from"]),
                         (200, self.green, self.green))
        self.refused(self.back(at=gone), 404, "history")

    def test_a_deleted_alias_has_its_texts_again(self):
        self.put(self.red, description="words", tags=["b", "a"])
        self.api("DELETE", self.path())
        a = self.back(steps=1)
        self.assertEqual((a.status, a.json["description"], a.json["tags"]),
                         (201, "words", ["a", "b"]))
        self.put(self.green, description="new", tags=None)
        a = self.back(steps=1)
        self.assertEqual((a.status, a.json["hash"], a.json["description"],
                          a.json["tags"]), (200, self.red, "new", []))

    def test_conditions(self):
        first = self.put(self.red).headers["ETag"]
        now = self.put(self.green).headers["ETag"]
        self.refused(self.back(steps=1, _headers={"If_Match": first}), 412)
        self.assertEqual(self.hash(), self.green)
        a = self.back(steps=1, _headers={"If_Match": f'"1", {now}'})
        self.assertEqual(a.json["hash"], self.red)
        self.api("DELETE", self.path())
        for tag in ("*", now):
            self.refused(self.back(steps=1, _headers={"If_Match": tag}), 412)
        self.assertIsNone(self.hash())

    def test_a_deleted_image(self):
        image = self.picture(color=(9, 9, 9))
        for hash in (image, self.red):
            self.put(hash)
        self.api("DELETE", "/sourceimages/demo/" + image)
        for how in ({"steps": 1}, {"to": image[:10]}):
            self.refused(self.back(**how), 409, image, "restore")
            self.refused(self.back(restore=False, **how), 409, image)
        self.assertEqual(self.hash(), self.red)
        self.assertEqual(self.back(steps=1, restore=True).json["hash"],
                         image)
        self.assertEqual(
            self.api("GET", "/sourceimages/demo/" + image).status, 200)

    def test_bad(self):
        self.put(self.red)
        for body, word in (
                ({}, "exactly one"), ({"steps": 1, "to": self.red},
                                      "exactly one"),
                ({"steps": 0}, "steps"), ({"steps": -1}, "steps"),
                ({"steps": 1001}, "steps"), ({"steps": "1"}, "steps"),
                ({"steps": 1.5}, "steps"), ({"steps": None}, "steps"),
                ({"to": 1}, "to"), ({"to": "abc"}, "to"),
                ({"at": 1}, "at"), ({"at": ""}, "at"), ({"at": None}, "at"),
                ({"at": "2999-01-01T00:00:00Z"}, "passed"),
                ({"at": "2026-02-30T00:00:00Z"}, "at"),
                ({"at": "yesterday" * 99}, "at"),
                ({"steps": 1, "comment": "a" * 201}, "comment"),
                ({"steps": 1, "restore": 1}, "restore"),
                ({"steps": 1, "x": 1}, "x")):
            self.refused(self.back(**body), 400, word)
        self.refused(self.api("POST", self.path(tail="/rollback")), 400,
                     "empty")
        self.refused(self.back(_name="a-b", steps=1), 404, "alias")

    def test_rights(self):
        for hash in (self.red, self.green):
            self.put(hash)
        for role, status in (("read", 403), ("sourceimages:read", 403),
                             ("upload", 403), ("sourceimages:write", 200)):
            key = self.api("POST", "/organizations/demo/keys",
                           {"roles": [role]}).json["api_key"]
            for path, body in (
                    (self.path(tail="/rollback"), {"steps": 1}),
                    ("/sourceimages/demo/rollback", {"at": moment()})):
                self.assertEqual(self.api("POST", path, body,
                                          Api_Key=key).status, status)
        for path in (self.path(tail="/rollback"),
                     "/sourceimages/demo/rollback"):
            self.refused(self.api("POST", path.replace("demo", "other"),
                                  {"steps": 1}), 404)


class Many(Rollback):
    def setUp(self):
        self.begin = moment()

    def tearDown(self):
        self.all_back(at=self.begin)

    def state(self):
        return {x["alias"]: (x["hash"], x["description"], x["tags"])
                for x in self.api("GET", "/sourceimages/demo/alias?limit=1000")
                .json["items"]}

    def bulk(self, *changes):
        a = self.api("POST", "/sourceimages/demo/alias", {"changes": [
            {"alias": n, "hash": h} for n, h in changes]})
        self.assertEqual(a.status, 200, a.body)

    def test_all_that_changed(self):
        for name, tags in (("keep", []), ("move_1", ["s"]), ("move_2", []),
                           ("there_and_back", ["s"]), ("delete", [])):
            self.put(self.red, name, tags=tags, description=name)
        before, at = self.state(), moment()
        self.bulk(("move_1", self.green), ("move_1", self.blue),
                  ("move_2", self.green), ("there_and_back", self.blue),
                  ("there_and_back", self.red), ("delete", None),
                  ("new_1", self.green), ("brief", self.green),
                  ("brief", None))
        after = self.state()
        dry = self.all_back(at=at, dryRun=True)
        self.assertEqual((dry.status, dry.json["dryRun"]), (200, True),
                         dry.body)
        self.assertEqual(
            {x["alias"]: (x["rolled_back_from"], x["hash"])
             for x in dry.json["items"]},
            {"move_1": (self.blue, self.red), "new_1": (self.green, None),
             "move_2": (self.green, self.red), "delete": (None, self.red)})
        self.assertEqual((self.state(), dry.json["total"]), (after, 4))
        # A part of it, then the rest.
        a = self.all_back(at=at, tag="s")
        self.assertEqual([x["alias"] for x in a.json["items"]], ["move_1"])
        a = self.all_back(at=at, prefix="move_")
        self.assertEqual([x["alias"] for x in a.json["items"]], ["move_2"])
        back = moment()
        a = self.all_back(at=at, comment="undo")
        self.assertEqual([x["alias"] for x in a.json["items"]],
                         ["delete", "new_1"])
        self.assertEqual(self.state(), before)
        self.assertEqual(self.all_back(at=at).json["total"], 0)
        # And that is rolled back in turn.
        self.all_back(at=back)
        self.assertEqual(set(self.state()) - set(before), {"new_1"})
        self.assertEqual(self.daemon.fsck(), (0, self.daemon.fsck()[1]))

    def test_all_or_none(self):
        image = self.picture(color=(7, 7, 7))
        self.bulk(*((f"none_{n}", image if n == 5 else self.red)
                    for n in range(9)))
        at = moment()
        self.bulk(*((f"none_{n}", self.blue) for n in range(9)))
        self.api("DELETE", "/sourceimages/demo/" + image)
        state = self.state()
        dry = self.all_back(at=at, prefix="none_", dryRun=True)
        self.assertEqual([x["alias"] for x in dry.json["items"]
                          if x["deleted"]], ["none_5"])
        self.refused(self.all_back(at=at, prefix="none_"), 409, image)
        self.assertEqual(self.state(), state)
        a = self.all_back(at=at, prefix="none_", restore=True)
        self.assertEqual((a.status, a.json["total"]), (200, 9), a.body)
        self.assertEqual(self.hash("none_5"), image)

    def test_a_thousand(self):
        before = moment()
        self.bulk(*((f"many_{n:03}", self.red) for n in range(1000)))
        at = moment()
        self.bulk(*((f"many_{n:03}", self.blue) for n in range(1000)))
        count = self.daemon.metric("moniker_store_transactions_total")
        a = self.all_back(at=at)
        self.assertEqual((a.status, a.json["total"]), (200, 1000), a.body)
        self.assertEqual(self.daemon.metric("moniker_store_transactions_total"),
                         count + 1)
        self.assertEqual(self.hash("many_999"), self.red)
        self.bulk(*((f"many_{n:03}", self.blue) for n in range(1000)))
        self.bulk(("more", self.blue))
        self.refused(self.all_back(at=at), 400, "prefix")
        self.assertEqual(self.all_back(at=at, prefix="more").json["total"], 1)
        self.assertEqual(self.all_back(at=before).json["total"], 1000)
        self.assertEqual(self.state(), {})

    def test_beside_writers(self):
        """What changes between the look and the change is taken along."""
        self.bulk(*((f"race_{n:02}", self.red) for n in range(50)))
        at = moment()
        stop = threading.Event()

        def write():
            api, n = self.daemon.client(Api_Key=self.api.key["api_key"]), 0
            while not stop.is_set():
                n += 1
                api("PUT", self.path(f"race_{n % 50:02}", "?overwrite=true"),
                    {"hash": (self.green, self.blue)[n % 2]})

        writer = threading.Thread(target=write)
        writer.start()
        for _ in range(20):
            a = self.all_back(at=at, prefix="race_")
            self.assertEqual(a.status, 200, a.body)
        stop.set()
        writer.join()
        self.all_back(at=at, prefix="race_")
        self.assertEqual({v[0] for k, v in self.state().items()
                          if k.startswith("race_")}, {self.red})

    def test_bad(self):
        at = moment()
        for body, word in (
                ({}, "at"), ({"at": "2999-01-01T00:00:00Z"}, "passed"),
                ({"at": at, "prefix": ""}, "prefix"),
                ({"at": at, "prefix": 1}, "prefix"),
                ({"at": at, "prefix": "a-b"}, "prefix"),
                ({"at": at, "prefix": "a" * 256}, "prefix"),
                ({"at": at, "tag": "A"}, "tag"),
                ({"at": at, "tag": ["a"]}, "tag"),
                ({"at": at, "tag": None}, "tag"),
                ({"at": at, "tag": "a", "prefix": "a"}, "only one"),
                ({"at": at, "dryRun": "yes"}, "dryRun"),
                ({"at": at, "restore": None}, "restore"),
                ({"at": at, "comment": 1}, "comment"),
                ({"at": at, "x": 1}, "x")):
            self.refused(self.all_back(**body), 400, word)


class Forgotten(Rollback):
    settings = "quota_history = 4\n"

    def test_what_is_forgotten_is_not_guessed(self):
        self.put(self.red, "first")
        at = moment()
        self.api("DELETE", self.path("first"))
        self.assertEqual(self.all_back(at=at, dryRun=True).json["total"], 1)
        for n in range(6):
            self.put((self.green, self.blue)[n % 2], "second")
        for body in ({"at": at}, {"at": at, "dryRun": True}):
            self.refused(self.all_back(**body), 409, "history")
        self.daemon.stop()
        self.daemon.start()
        self.refused(self.all_back(at=at), 409, "history")
        now = moment()
        self.put(self.red, "second")
        self.assertEqual(self.all_back(at=now).json["total"], 1)
        self.assertEqual(self.hash("second"), self.blue)
        self.refused(self.back("second", at=at), 404, "history")


class Sticky(Rollback):
    settings = "overwrite_purges = 1\n"

    def test_it_purges(self):
        def purges():
            return [(p["key"], p["counted"]) for p in
                    self.api("GET", "/purges/demo").json["items"]]

        for name in ("one", "two"):
            self.put(self.red, name)
        at = moment()
        for name in ("one", "two"):
            self.put(self.blue, name)
        count = len(purges())
        self.back("one", steps=1)
        self.assertEqual(purges()[0], ("one", False))
        self.all_back(at=at)
        self.assertEqual((purges()[0], len(purges())),
                         (("two", False), count + 2))


if __name__ == "__main__":
    daemon.main()
