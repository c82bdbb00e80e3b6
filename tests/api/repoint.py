# SPDX-License-Identifier: BSD-2-Clause
"""All aliases that show an image to another one; purges by prefix and tag."""
import daemon


class Repoint(daemon.Test):
    settings = "purges_alias = 3\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.blue = cls.picture(color=(0, 0, 200))

    def name(self):
        return self.id().split(".")[-1]

    def image(self, n):
        return self.picture(color=(n, sum(self.name().encode()) % 256, 77))

    def bulk(self, *changes):
        a = self.api("POST", "/sourceimages/demo/alias",
                     {"changes": list(changes)})
        self.assertEqual(a.status, 200, a.body)

    def repoint(self, image, **body):
        return self.api("POST", f"/sourceimages/demo/{image}/aliases", body)

    def shown(self, image):
        return [x["alias"] for x in self.api(
            "GET", f"/sourceimages/demo/{image}/aliases?limit=1000")
            .json["items"]]

    def test_everything_that_shows_an_image(self):
        old, new = self.image(1), self.image(2)
        self.bulk(*({"alias": f"every_{n}", "hash": old,
                     "tags": ["even"] if n % 2 == 0 else []}
                    for n in range(6)), {"alias": "other", "hash": self.blue})
        dry = self.repoint(old[:9], hash=new[:9], dryRun=True)
        self.assertEqual(
            (dry.status, dry.json),
            (200, {"total": 6, "hash": new, "dryRun": True,
                   "deletedPrevious": False,
                   "changed": [f"every_{n}" for n in range(6)]}))
        self.assertEqual(self.shown(new), [])
        a = self.repoint(old, hash=new, tag="even", comment="part")
        self.assertEqual(a.json["changed"], ["every_0", "every_2", "every_4"])
        a = self.repoint(old, hash=new, prefix="every_3")
        self.assertEqual(a.json["changed"], ["every_3"])
        a = self.repoint(old, hash=new, only=["every_5", "every_5"])
        self.assertEqual(a.json["changed"], ["every_5"])
        # All or none.
        self.refused(self.repoint(old, hash=new, only=["every_1", "other"]),
                     409, "other")
        self.refused(self.repoint(old, hash=new, only=["every_1", "nobody"]),
                     409, "nobody")
        self.assertEqual(self.shown(old), ["every_1"])
        a = self.repoint(old, hash=new)
        self.assertEqual((a.json["total"], self.shown(old)), (1, []))
        self.assertEqual(self.repoint(old, hash=new).json["total"], 0)
        self.assertEqual(self.shown(self.blue), ["other"])
        h = self.api("GET", "/sourceimages/demo/alias/every_2/history").json
        self.assertEqual((h["current"]["comment"], h["items"][0]["hash"]),
                         ("part", old))

    def test_the_old_image_may_go(self):
        old, new = self.image(1), self.image(2)
        self.bulk(*({"alias": f"gone_{n}", "hash": old} for n in range(3)))
        self.refused(self.repoint(old, hash=new, only=["gone_0"],
                                  deletePrevious=True), 409, "gone_1")
        self.assertEqual(len(self.shown(old)), 3)
        self.api("PUT", f"/sourceimages/demo/{old}/options/locked", True)
        self.refused(self.repoint(old, hash=new, deletePrevious=True), 403,
                     "locked")
        self.assertEqual(len(self.shown(old)), 3)
        self.api("PUT", f"/sourceimages/demo/{old}/options/locked", False)
        a = self.repoint(old, hash=new, deletePrevious=True)
        self.assertEqual((a.json["total"], a.json["deletedPrevious"]),
                         (3, True), a.body)
        self.assertEqual(len(self.shown(new)), 3)
        self.refused(self.api("GET", "/sourceimages/demo/" + old), 404)
        # What still shows a deleted image can be moved, too.
        self.api("DELETE", "/sourceimages/demo/" + new)
        self.assertEqual(self.repoint(new, hash=self.blue).json["total"], 3)

    def test_many(self):
        old, new = self.image(1), self.image(2)
        for k in range(11):
            self.bulk(*({"alias": f"many_{k:02}_{n:03}", "hash": old}
                        for n in range(1000 if k < 10 else 1)))
        for extra in ({}, {"dryRun": True}):
            self.refused(self.repoint(old, hash=new, **extra), 400, "10000")
        self.api("DELETE", "/sourceimages/demo/alias/many_10_000")
        a = self.repoint(old, hash=new)
        self.assertEqual((a.status, a.json["total"]), (200, 10000), a.body)
        self.assertEqual(self.shown(old), [])
        left = self.left()
        for what in ("prefix=many_", "prefix=m"):
            self.refused(self.purge(what), 400, "1000")
        self.assertEqual(self.left(), left)
        self.assertEqual(self.daemon.fsck(), (0, self.daemon.fsck()[1]))

    def test_bad(self):
        old = self.image(1)
        for body, word in (
                ({}, "hash"), ({"hash": "x"}, "hash"),
                ({"hash": old}, "itself"),
                ({"hash": self.blue, "only": []}, "only"),
                ({"hash": self.blue, "only": "a"}, "only"),
                ({"hash": self.blue, "only": ["a", "a-b"]}, "only[1]"),
                ({"hash": self.blue, "only": [None]}, "only[0]"),
                ({"hash": self.blue, "only": ["a"] * 10001}, "only"),
                ({"hash": self.blue, "only": ["a"], "tag": "a"}, "only"),
                ({"hash": self.blue, "prefix": "a", "tag": "a"}, "only one"),
                ({"hash": self.blue, "prefix": ""}, "prefix"),
                ({"hash": self.blue, "dryRun": 1}, "dryRun"),
                ({"hash": self.blue, "deletePrevious": None},
                 "deletePrevious"),
                ({"hash": self.blue, "comment": "\n"}, "comment"),
                ({"hash": self.blue, "x": 1}, "x")):
            self.refused(self.repoint(old, **body), 400, word)
        self.refused(self.repoint(old, hash="0" * 40), 404, "hash")
        self.refused(self.repoint("0" * 40, hash=old), 404)
        key = self.api("POST", "/organizations/demo/keys",
                       {"roles": ["read"]}).json["api_key"]
        for method, path in (("POST", f"/sourceimages/demo/{old}/aliases"),
                             ("DELETE", "/sourceimages/demo/alias/cache"
                              "?tag=a")):
            self.refused(self.api(method, path, {"hash": self.blue}
                                  if method == "POST" else None,
                                  Api_Key=key), 403)
            self.refused(self.api(method, path.replace("demo", "other")), 404)

    def purge(self, query):
        return self.api("DELETE", "/sourceimages/demo/alias/cache?" + query)

    def left(self):
        return self.api("GET", "/purges/demo/quota").json["quota"]["alias"][
            "remaining"]

    def test_one_purge_of_the_quota(self):
        old, new = self.image(1), self.image(2)
        self.bulk(*({"alias": f"purge_{n}", "hash": old, "tags": ["p"]}
                    for n in range(3)), {"alias": "not_purged", "hash": old})
        self.repoint(old, hash=new, prefix="purge_")
        before = self.left()
        for query, key in (("prefix=purge_", "purge_*"), ("tag=p", "tag:p")):
            a = self.purge(query)
            self.assertEqual(a.status, 200, a.body)
            self.assertEqual(
                sorted(a.json["items"])[:3],
                [f"/*/-_purge_{n}_-*" for n in range(3)])
            self.assertIn(f"/*/{new}*", a.json["items"])
            self.assertEqual(f"/*/{old}*" in a.json["items"],
                             key == "purge_*")
            one = self.api("GET", "/purges/demo").json["items"][0]
            self.assertEqual((one["kind"], one["key"], one["counted"]),
                             ("alias", key, True))
            before -= 1
            self.assertEqual(self.left(), before)
        self.refused(self.purge("prefix=nobody"), 404)
        self.refused(self.purge("tag=nobody"), 404)
        for query, word in (("prefix=", "prefix"), ("prefix=a-b", "prefix"),
                            ("tag=", "tag"), ("tag=A", "tag"),
                            ("tag=a&prefix=b", "only one"),
                            ("prefix=p&soft=true", "soft"),
                            ("prefix=p&prefix=q", "more than once")):
            self.refused(self.purge(query), 400, word)
        self.assertEqual(self.left(), before)
        self.purge("tag=p")
        self.refused(self.purge("tag=p"), 429)

    def test_an_alias_may_be_called_cache(self):
        path = "/sourceimages/demo/alias/cache"
        self.assertEqual(self.api("PUT", path, {"hash": self.blue}).status,
                         201)
        self.assertEqual(self.api("GET", path).json["hash"], self.blue)
        self.refused(self.purge("prefix=cached"), 404)
        self.empty(self.api("DELETE", path))
        self.refused(self.api("GET", path), 404)


class Sticky(daemon.Test):
    settings = "overwrite_purges = 1\n"

    def test_it_purges(self):
        old, new = self.picture(), self.picture(color=(0, 0, 200))
        for name in ("one", "two"):
            self.api("PUT", "/sourceimages/demo/alias/" + name,
                     {"hash": old})
        self.api("POST", f"/sourceimages/demo/{old}/aliases", {"hash": new})
        self.assertEqual(
            [(p["key"], p["counted"]) for p in
             self.api("GET", "/purges/demo").json["items"]],
            [("two", False), ("one", False)])


if __name__ == "__main__":
    daemon.main()
