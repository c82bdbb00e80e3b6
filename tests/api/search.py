# SPDX-License-Identifier: BSD-2-Clause
"""GET /sourceimages/{organization}: paging, sorting, filters."""
from urllib.parse import quote

import daemon

WHERE = "/sourceimages/demo"


class Search(daemon.Test):
    # Images come and go by the dozen.
    settings = "purges_source = 0\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # names n00 to n11, widths 1 to 12, heights 1 to 3 in turn
        parts = [("filedata[]", f"n{i:02}.png",
                  daemon.png(i + 1, i % 3 + 1, (i, 0, 0)))
                 for i in range(12)]
        cls.objects = [daemon.upload(cls.api, "demo", p).json["items"][0]
                       for p in parts]

    def list(self, query=""):
        a = self.api("GET", WHERE + (query and "?" + query))
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.headers["Content-Type"], "application/json")
        return a.json

    def names(self, query):
        return [o["name"][:3] for o in self.list(query)["items"]]

    def test_all(self):
        o = self.list()
        self.assertEqual(o["total"], 12)
        self.assertEqual(o["links"], {})
        self.assertEqual(sorted(x["hash"] for x in o["items"]),
                         sorted(x["hash"] for x in self.objects))
        self.assertEqual(self.list("limit=0")["items"], [])
        self.assertEqual(self.list("limit=0")["total"], 12)

    def test_newest_first(self):
        created = [o["created"] for o in self.list()["items"]]
        self.assertEqual(created, sorted(created, reverse=True))

    def test_cursor(self):
        for sort in ("", "&sort=width", "&sort=height%20desc%2Cname"):
            o, seen = self.list("limit=5" + sort), []
            while o["items"]:
                self.assertEqual(o["total"], 12)
                seen += [x["hash"] for x in o["items"]]
                before = o
                o = self.list("limit=5" + sort + "&offset=" + o["cursor"])
            self.assertEqual(len(seen), 12)
            self.assertEqual(set(seen), {x["hash"] for x in self.objects})
            self.assertEqual(before["links"], {})

    def test_cursor_of_what_moves(self):
        """What did not change is seen once, whatever becomes of the image
        that a page ended with."""
        api = self.daemon.organization("moves")
        made = [daemon.upload(api, "moves", ("f", f"m{i:02}.png",
                                             daemon.png(i + 1, 50)))
                .json["items"][0] for i in range(9)]

        def walk(query, change):
            seen, where = [], "/sourceimages/moves?limit=2&" + query
            a = api("GET", where)
            while a.json["items"]:
                seen += [x["hash"] for x in a.json["items"]]
                self.assertLessEqual(len(seen), 9)
                for x in a.json["items"]:
                    change(x)
                a = api("GET", where + "&offset=" + a.json["cursor"])
                self.assertEqual(a.status, 200, a.body)
            self.assertEqual(sorted(seen), sorted(x["hash"] for x in made))

        def rename(name):
            return lambda x: self.empty(api("PUT", x["link"] + "/name",
                                            name + x["name"]))
        walk("sort=name%20desc", rename("n"))
        walk("sort=height,name", rename("a"))
        walk("sort=width", lambda x: self.empty(api("DELETE", x["link"])))
        for order in ("asc", "desc"):
            walk(f"deleted=true&sort=deletedDate%20{order}", lambda x:
                 self.assertEqual(api("POST", x["link"] + "/restore").status,
                                  200))
            for x in made:
                self.empty(api("DELETE", x["link"]))
        # one of another order
        o = api("GET", "/sourceimages/moves?deleted=true&limit=1").json
        self.refused(api("GET", "/sourceimages/moves?deleted=true&sort=name&"
                         "offset=" + o["cursor"]), 400, "offset")

    def test_links(self):
        o, seen = self.list("limit=5&sort=name"), []
        while True:
            seen += [x["name"][:3] for x in o["items"]]
            if "next" not in o["links"]:
                break
            self.assertTrue(o["links"]["next"]["href"].startswith(WHERE))
            o = self.api("GET", o["links"]["next"]["href"]).json
        self.assertEqual(seen, [f"n{i:02}" for i in range(12)])

    def test_numbers(self):
        o = self.list("limit=5&offset=5&sort=name")
        self.assertEqual([x["name"][:3] for x in o["items"]],
                         [f"n{i:02}" for i in range(5, 10)])
        self.assertNotIn("cursor", o)
        self.assertEqual(o["links"]["next"]["href"],
                         WHERE + "?limit=5&sort=name&offset=10")
        self.assertEqual(o["links"]["prev"]["href"],
                         WHERE + "?limit=5&sort=name")
        # as recorded
        o = self.list("limit=2&offset=1")
        self.assertEqual(o["links"]["prev"]["href"], WHERE + "?limit=2")
        o = self.list("limit=5&offset=10")
        self.assertEqual((len(o["items"]), list(o["links"])), (2, ["prev"]))
        self.assertEqual(self.list("offset=9999")["items"], [])

    def test_sort(self):
        self.assertEqual(self.names("sort=name&limit=2"), ["n00", "n01"])
        self.assertEqual(self.names("sort=name+desc&limit=2"),
                         ["n11", "n10"])
        self.assertEqual(self.names("sort=height%20desc%2Cwidth&limit=5"),
                         ["n02", "n05", "n08", "n11", "n01"])

    def test_filters(self):
        o = self.objects[3]
        for query, names in (
                ("name=n03.png", ["n03"]),
                ("name=n0*&sort=name&limit=2", ["n00", "n01"]),
                ("name=n03", []),
                ("width=4", ["n03"]),
                ("width=%5B3%2C5%5D&sort=width", ["n02", "n03", "n04"]),
                ("width=%7B3%2C5%7D", ["n03"]),
                ("width=" + quote("[11,}"), ["n10", "n11"][::-1]),
                ("width=" + quote("[,2}"), ["n00"]),
                ("width=%5B3%2C5%5D&height=1", ["n03"]),
                ("width=1&name=n11*&operator=or&sort=name", ["n00", "n11"]),
                ("hash=" + o["hash"], ["n03"]),
                ("short_hash=" + o["short_hash"], ["n03"]),
                ("binaryhash=" + o["binary_hash"], ["n03"]),
                ("binaryHash=" + o["binary_hash"], ["n03"]),
                ("format=png&mimetype=image%2Fpng&width=12", ["n11"]),
                ("format=jpg", []),
                (f"size={o['size']}&name=n03*", ["n03"]),
                ("created=" + quote("[2020-01-01,2021-01-01]"), []),
                ("created=" + quote("[2020-01-01T00:00:00Z,]") +
                 "&width=4", ["n03"]),
                ("created=" + quote(o["created"]) + "&width=4", ["n03"]),
                ("facets=&width=4", ["n03"]), ("limit=&width=4", ["n03"])):
            got = self.names(query)
            if "sort" not in query:
                got, names = sorted(got), sorted(names)
            self.assertEqual(got, names, query)

    def test_dates(self):
        """A date is all that it names: a second, a day."""
        o = self.objects[3]
        second, day = o["created"], o["created"][:10]
        for value, found in (
                (second, True), (day, True), (f"[{second},{second}]", True),
                (f"[{day},{day}]", True), (f"['{second}',}}", True),
                (f"'{day}'", True), (f"{{{second},]", False),
                (f"{{{day},]", False), (f"[,{second}}}", False),
                (f"[,{day}}}", False), (f"[,{day}]", True)):
            with self.subTest(value):
                self.assertEqual(self.names("width=4&created=" +
                                            quote(value)),
                                 ["n03"] if found else [])

    def test_binary_hash_path(self):
        o = self.objects[5]
        a = self.api("GET", f"{WHERE}/binaryhash/{o['binary_hash']}")
        self.assertEqual(a.json["items"], [o])
        a = self.api("GET", f"{WHERE}/binaryhash/{'0' * 40}")
        self.assertEqual((a.status, a.json["items"]), (200, []))

    def test_deleted(self):
        gone = daemon.upload(self.api, "demo",
                             ("f", "gone.png", daemon.png(99, 1)))
        self.api("DELETE", gone.json["items"][0]["link"])
        self.assertEqual(self.names("width=99"), [])
        o = self.list("deleted=true")
        self.assertEqual([x["name"] for x in o["items"]], ["gone.png"])
        self.assertTrue(o["items"][0]["deleted"])
        self.assertEqual(self.list("deleted=false")["total"], 12)
        self.assertEqual(self.names("deleted=true&deletedDate=" +
                                    quote("[2020-01-01,]")), ["gon"])

    def test_refused(self):
        for query, word in (
                ("limit=2001", "limit"), ("limit=x", "limit"),
                ("limit=1&limit=2", "limit"),
                ("limit=-1", "limit"), ("offset=10001", "offset"),
                ("offset=xyz", "offset"), ("offset=-1", "offset"),
                ("offset=cffffff", "offset"), ("offset=czz", "offset"),
                ("offset=c", "offset"), ("offset=c0x1", "offset"),
                ("offset=c1.0.00&sort=width", "offset"),
                ("offset=c1.0.0x&sort=name", "offset"),
                ("offset=+5", "offset"), ("limit=+5", "limit"),
                ("width=%2B4", "width"), ("created=2020-02-30", "created"),
                ("created=[2020-1-1T0:0:0Z,]", "created"),
                ("sort=nothing", "sort"), ("sort=name%20up", "sort"),
                ("operator=xor", "operator"), ("deleted=maybe", "deleted"),
                ("width=abc", "width"), ("width=" + quote("[a,b]"), "width"),
                ("width=" + quote("[1"), "width"), ("width=1.5", "width"),
                ("created=yesterday", "created"),
                ("user%3Aint%3Aid=42", "user:int:id"),
                ("colour=red", "colour"), ("facets=user:a", "facets"),
                ("name=" + "x" * 300, "name"),
                ("sort=" + "name," * 5, "sort"),
                ("&".join(["width=1"] * 17), "filters")):
            self.refused(self.api("GET", WHERE + "?" + query), 400, word)

    def test_other_organization(self):
        other = self.daemon.organization("other")
        a = other("GET", "/sourceimages/other")
        self.assertEqual((a.json["total"], a.json["items"]), (0, []))
        # a cursor of another's list is none
        cursor = self.list("limit=1")["cursor"]
        self.refused(other("GET", "/sourceimages/other?offset=" + cursor),
                     400, "offset")


if __name__ == "__main__":
    daemon.main()
