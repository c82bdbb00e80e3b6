# SPDX-License-Identifier: BSD-2-Clause
"""GET /sourceimages/{organization}: paging, sorting, filters."""
import datetime
import functools
import json
import random
import sqlite3
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
        for i, x in enumerate(made):
            self.empty(api("PATCH", x["link"] + "/meta/user",
                           {"int:n": i // 2, "s": str(i % 3)} if i < 7
                           else {"s": "b"}))

        def patch(fields):
            return lambda x: self.empty(api("PATCH", x["link"] +
                                            "/meta/user", fields))
        walk("sort=user%3Astr%3As,user%3Aint%3An%20desc", patch({"s": "0"}))
        walk("sort=user%3Aint%3An%20desc", patch({"int:n": 99}))
        walk("sort=user%3Aint%3An,height", patch({"int:n": -1}))
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
                ("colour=red", "colour"), ("facets=a", "facets"),
                ("name=" + "x" * 300, "name"),
                ("sort=" + "name," * 5, "sort"),
                ("&".join(["width=1"] * 17), "filters"),
                ("name_text=" + "a%20" * 17, "filters"),
                ("user%3Aint%3An=x", "user:int:n"),
                ("user%3Aint%3An=1.5", "user:int:n"),
                ("user%3Aint%3An=1*", "user:int:n"),
                ("user%3Aint%3An=99999999999999999999", "user:int:n"),
                ("user%3Aint%3An=" + quote("[a,}"), "user:int:n"),
                ("user%3Adouble%3An=0x1", "user:double:n"),
                ("user%3Adouble%3An=1e999", "user:double:n"),
                ("user%3Abool%3An=1", "user:bool:n"),
                ("user%3Adate%3An=today", "user:date:n"),
                ("user%3Alatlon%3An=47", "user:latlon:n"),
                ("user%3Alatlon%3An=" + quote("{1,2,3,4}"), "user:latlon:n"),
                ("user%3Atext%3An=" + quote("--"), "user:text:n"),
                ("user%3Acolour%3An=x", "user:colour:n"),
                ("user%3Astr%3AN=x", "user:str:N"),
                ("user%3Astr%3A=x", "user:str:"),
                ("user%3Astr%3A" + "a" * 55 + "=x", "user:str:a"),
                ("user%3Astr%3As=" + "x" * 256, "user:str:s"),
                ("user%3Astr%3As=" + quote("[draft] x"), "user:str:s"),
                ("dynamic%3Astr%3Aversion%3Aname=x", "dynamic:str"),
                ("dynamic%3Aint%3Aversion%3Atext=1", "dynamic:int"),
                ("static%3Aint%3Aorientation=1", "static:int"),
                ("sort=user%3Aarray%3Aa", "sort"),
                ("sort=user%3Atext%3Aa", "sort"),
                ("sort=name_text", "sort"), ("sort=Nothing", "sort"),
                ("facets=user%3Aint%3An", "facets"),
                ("facets=name_text", "facets"), ("facets=width", "facets"),
                ("facets=" + ",".join(f"user%3Astr%3Aa{i}"
                                      for i in range(9)), "facets"),
                ("facets=" + "user%3Astr%3Aa," * 100, "facets"),
                ("sort=user%3Aint%3An&offset=c1", "offset"),
                ("sort=user%3Aint%3An&offset=cs1", "offset"),
                ("sort=user%3Aint%3An&offset=cs1.t61", "offset"),
                ("sort=user%3Aint%3An&offset=cs1.i1", "offset"),
                ("sort=user%3Aint%3An&offset=csfffff.n", "offset")):
            self.refused(self.api("GET", WHERE + "?" + query), 400, word)

    def test_metadata(self):
        """Words and places that are not spelled alike, and what clients send."""
        api = self.daemon.organization("meta")

        def put(name, meta):
            o = daemon.upload(api, "meta", ("f", name, daemon.png(
                len(name), 7))).json["items"][0]
            self.empty(api("PUT", o["link"] + "/meta/user", meta))

        put("Zürich_See.png", {"s": "[draft] 1*", "text:t": "Die Brücken",
                               "latlon:at": "47.380,8.52", "int:id": 42})
        put("b.png", {"s": "x" * 400, "bool:b": True, "array:a": ["one", "a"],
                      "date:when": "2020-01-01T00:00:00+01:00"})
        put("IMG_0001.JPG", {"s": "y", "int:id": -5, "array:a": ["one"]})
        where = "/sourceimages/meta?"
        for query, names in (
                ("name_text=zurich", "Z"), ("name_text=Z%C3%9CRICH%20see", "Z"),
                ("name_text=see%20png%20zur*", "Z"), ("name_text=img", "I"),
                ("name_text=0001", "I"), ("name_text=1", ""),
                ("user%3Atext%3At=brucken", "Z"),
                ("user%3Astr%3As=" + quote(r"\[draft] 1\*"), "Z"),
                ("user%3Astr%3As=" + quote(r"\[draft]*"), "Z"),
                ("user%3Astr%3As=" + "x" * 250 + "*", "b"),
                ("user%3Astr%3As=" + "x" * 250, ""),
                ("user%3Alatlon%3Aat=47.38,8.520", "Z"),
                ("user%3Abool%3Ab=true", "b"), ("user%3Abool%3Ab=false", ""),
                ("user%3Adate%3Awhen=2019-12-31", "b"),
                ("user%3Adate%3Awhen=2020-01-01", ""),
                # the dashboard: a field without its type, and sorts of it
                ("user%3As=y", "I"), ("user%3Aint%3Aid=42", "Z"),
                ("user%3Aint%3Aid=" + quote("[,42]") + "&sort=int%3Aid%20asc",
                 "IZ"), ("user%3Aint%3Aid=-5", "I"),
                ("sort=s%20desc", "IbZ"),
                ("sort=user%3Aint%3Aid", "IZb"),
                ("sort=user%3Aint%3Aid%20desc", "ZIb"),
                ("user%3Aarray%3Aa=one&sort=name", "Ib")):
            a = api("GET", where + query)
            self.assertEqual(a.status, 200, (query, a.body))
            self.assertEqual("".join(o["name"][0] for o in a.json["items"]),
                             names, query)
        a = api("GET", where + "limit=0&facets=user%3Aarray%3Aa%2Cuser%3As")
        self.assertEqual(a.json["items"], [])
        self.assertEqual(a.json["facets"]["user:array:a"],
                         [{"value": "one", "count": 2},
                          {"value": "a", "count": 1}])
        self.assertEqual(len(a.json["facets"]["user:str:s"]), 3)
        a = api("GET", where + "limit=0&facets=user%3As,user%3Astr%3As")
        self.assertEqual(len(a.json["facets"]["user:str:s"]), 3)
        # of nothing, and of a field that no image has
        a = api("GET", where + "name=none&facets=user%3Aarray%3Aa,user%3Az")
        self.assertEqual(a.json["facets"],
                         {"user:array:a": [], "user:str:z": []})

    def test_many_values_of_few_images(self):
        """Values do not count as images: the last of these is found, too."""
        api = self.daemon.organization("values")
        for i, values in enumerate(([f"a{n}" for n in range(600)],
                                    [f"a{n}" for n in range(600)], ["az"])):
            daemon.upload(api, "values", ("f", f"{i}.png",
                                          daemon.png(i + 1, 1)),
                          ("meta_user[0]", json.dumps(
                              {"array:a": values, "str:s": "x"})))
        for query in ("", "&user%3Astr%3As=x", "&height=1"):
            a = api("GET", "/sourceimages/values?user%3Aarray%3Aa=a*" + query)
            self.assertEqual(a.json["total"], 3, query)

    def test_dynamic(self):
        api = self.daemon.organization("dynamic")
        for text in ("one", "two"):
            daemon.upload(api, "dynamic", ("f", "v.png", daemon.png(2, 2)),
                          ("meta_dynamic[0]", json.dumps(
                              {"version": {"text": text}})))
        for value, total in (("one", 1), ("t*", 1), ("three", 0), ("*", 2)):
            a = api("GET", "/sourceimages/dynamic?"
                    "dynamic%3Astr%3Aversion%3Atext=" + value)
            self.assertEqual(a.json["total"], total, a.body)

    def test_other_organization(self):
        other = self.daemon.organization("other")
        a = other("GET", "/sourceimages/other")
        self.assertEqual((a.json["total"], a.json["items"]), (0, []))
        # a cursor of another's list is none
        cursor = self.list("limit=1")["cursor"]
        self.refused(other("GET", "/sourceimages/other?offset=" + cursor),
                     400, "offset")


CITIES = ["Bern", "Basel", "Berlin", "Zug", "zug", "Zürich", "", "Bern 2"]
LABELS = ["lake", "river", "mountain", "snow", "sun", "lakeside"]
WORDS = ["red", "reddish", "Blue", "green", "sea"]


def milliseconds(date):
    return int(datetime.datetime.fromisoformat(
        date.replace("Z", "+00:00")).timestamp() * 1000)


def random_metadata(r):
    """Of each field with a chance of two thirds."""
    all_of = {
        "city": r.choice(CITIES),
        "int:n": r.choice([-7, -1, 0, 1, 2, 3, 10, 2 ** 53 + 1]),
        "double:d": r.choice([-0.5, 0, 1.5, 2.25, 1e9]),
        "bool:b": r.random() < .5,
        "date:when": r.choice(["1960-01-01T00:00:00Z", "2020-02-29T12:00:00Z",
                               "2020-03-01T00:30:00+01:00",
                               "2021-01-01T00:00:00Z"]),
        "latlon:at": r.choice(["47.38,8.52", "47,8", "-10.5,170"]),
        "array:labels": [r.choice(LABELS) for _ in range(r.randrange(4))],
        "text:about": " ".join(r.choices(WORDS, k=3)),
        "array_text:notes": r.choices(["a red car", "the sea", "Blue-green"],
                                      k=2)}
    return {k: v for k, v in all_of.items() if r.random() < .66}


def words(text):
    return "".join(c if c.isalnum() else " " for c in text).lower().split()


class Plain:
    """A search as the manual describes it, over objects of the API."""

    def __init__(self, objects):
        self.objects = objects

    @staticmethod
    def values(o, field):
        """All that an image has of a field, as what is compared."""
        if field == "name_text":
            return words(o["name"])
        if not field.startswith("user:"):
            return [o[field]]
        kind, name = field.split(":")[1:]
        meta = o.get("user_metadata", {})
        v = meta.get(name if kind == "str" else f"{kind}:{name}")
        if v is None:
            return []
        if kind == "array":
            return v
        if kind in ("text", "array_text"):
            return words(v if kind == "text" else " ".join(v))
        if kind == "latlon":
            return [tuple(map(float, v.split(",")))]
        return [milliseconds(v) if kind == "date" else v]

    def matches(self, o, field, test):
        return any(test(v) for v in self.values(o, field))

    def find(self, filters, any_of):
        found = any if any_of else all
        return [o for o in self.objects if not filters or found(
            all(self.matches(o, field, t) for t in tests)
            for field, tests in filters)]

    def order(self, objects, sort):
        """Those without a value come last, whichever way the others go."""
        def compare(a, b):
            for field, down in sort:
                one, other = self.values(a, field), self.values(b, field)
                if not one or not other:
                    if bool(one) != bool(other):
                        return -1 if one else 1
                    continue
                if isinstance(one[0], str):
                    one, other = [one[0].encode()], [other[0].encode()]
                if one != other:
                    return (-1 if one < other else 1) * (-1 if down else 1)
            return 0
        return sorted(objects, key=functools.cmp_to_key(compare))

    def facet(self, objects, field):
        counts = {}
        for o in objects:
            for v in set(self.values(o, field)):
                counts[v] = counts.get(v, 0) + 1
        return [{"value": v, "count": n} for v, n in
                sorted(counts.items(), key=lambda x: (-x[1], x[0].encode()))]


def random_number(r, field, values, spell=str):
    """A filter by numbers: the parameter's value, and what it means."""
    a, b = sorted((r.choice(values), r.choice(values)),
                  key=lambda v: milliseconds(v) if isinstance(v, str) else v)
    # A date names its whole second.
    first = (lambda v: milliseconds(v)) if isinstance(a, str) else (
        lambda v: v)
    last = (lambda v: milliseconds(v) + 999) if isinstance(a, str) else (
        lambda v: v)
    shape = r.randrange(5)
    if shape == 0:
        return spell(a), [lambda v: first(a) <= v <= last(a)]
    low, high = r.choice("[{"), r.choice("]}")
    tests = []
    if shape != 1:
        tests.append((lambda v: v >= first(a)) if low == "[" else
                     (lambda v: v > last(a)))
    if shape != 2:
        tests.append((lambda v: v <= last(b)) if high == "]" else
                     (lambda v: v < first(b)))
    # One value has to pass both.
    return (f"{low}{'' if shape == 1 else spell(a)},"
            f"{'' if shape == 2 else spell(b)}{high}",
            [lambda v: all(t(v) for t in tests)])


def random_text(r, values):
    a, b = sorted((r.choice(values), r.choice(values)),
                  key=lambda v: v.encode())
    shape = r.randrange(3)
    if shape == 0:
        return a, [lambda v: v == a]
    if shape == 1:
        start = a[:r.randrange(4)]
        return start + "*", [lambda v: v.startswith(start)]
    low, high = r.choice("[{"), r.choice("]}")

    def between(v):
        v, x, y = v.encode(), a.encode(), b.encode()
        return ((v > x if low == "{" else v >= x) and
                (not y or (v < y if high == "}" else v <= y)))
    return f"{low}{a},{b}{high}", [between]


def random_words(r, known):
    chosen = r.choices(known, k=r.randrange(1, 3))
    prefix = r.random() < .4
    text = " ".join(chosen)
    if prefix:
        text = text[:-1] + "*"
    tests = [functools.partial(lambda w, v: v == w, w) for w in words(text)]
    if prefix:
        tests[-1] = functools.partial(lambda w, v: v.startswith(w),
                                      words(text)[-1])
    return text, tests


def random_filter(r):
    numbers = [-7, -1, 0, 1, 2, 3, 5, 10, 2 ** 53 + 1, 2 ** 53]
    dates = ["1960-01-01T00:00:00Z", "2020-02-29T12:00:00Z",
             "2020-02-29T23:30:00Z", "2021-01-01T00:00:00Z"]
    box = r.choice(["[46,7,48,9]", "[-20,160,0,180]", "[47,8,47,8]"])
    south, west, north, east = map(float, box[1:-1].split(","))
    field, (value, tests) = r.choice([
        ("user:str:city", random_text(r, CITIES)),
        ("user:array:labels", random_text(r, LABELS)),
        ("user:int:n", random_number(r, "n", numbers)),
        ("user:double:d", random_number(r, "d", [-.5, 0, 1, 1.5, 2.25, 1e9])),
        ("user:bool:b", r.choice([("true", [lambda v: v is True]),
                                  ("false", [lambda v: v is False])])),
        ("user:date:when", random_number(r, "when", dates)),
        ("user:latlon:at", r.choice([
            ("47.38,8.52", [lambda v: v == (47.38, 8.52)]),
            (box, [lambda v: south <= v[0] <= north and
                   west <= v[1] <= east])])),
        ("user:text:about", random_words(r, WORDS)),
        ("user:array_text:notes", random_words(r, ["red", "sea", "car"])),
        ("name_text", random_words(r, ["alpha", "beta", "png"])),
        ("name", random_text(r, ["alpha-1.png", "beta_7.png"])),
        ("width", random_number(r, "width", list(range(1, 9))))])
    # "[" and the like begin a range
    return field, value, tests


class Differential(daemon.Test):
    """Random metadata and random searches, beside Plain."""
    settings = "purges_source = 0\n"
    IMAGES = 60
    QUERIES = 70
    LIMITS = 1, 30

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        r = random.Random(17)
        for i in range(cls.IMAGES):
            name = f"{r.choice(['alpha', 'beta'])}{r.choice('-_')}{i}.png"
            a = daemon.upload(cls.api, "demo",
                              ("f", name, daemon.png(i % 8 + 1, 9, (i, 1, 1))))
            meta = random_metadata(r)
            if meta:
                cls.api("PUT", a.json["items"][0]["link"] + "/meta/user",
                        meta)
        cls.reload()

    @classmethod
    def reload(cls):
        cls.objects = cls.api("GET", WHERE + "?limit=2000").json["items"]

    def ask(self, query):
        a = self.api("GET", WHERE + "?" + query)
        self.assertEqual(a.status, 200, (query, a.body))
        return a.json

    def random_query(self, r):
        filters = [random_filter(r) for _ in range(r.choice([0, 1, 1, 2, 3]))]
        # one parameter a field
        filters = list({f[0]: f for f in filters}.values())
        sort = [(f, r.random() < .5) for f in r.sample(
            ["user:str:city", "user:int:n", "user:double:d", "user:bool:b",
             "user:date:when", "width", "name"], r.randrange(3))]
        any_of = r.random() < .3
        query = [f"{quote(f)}={quote(v)}" for f, v, _ in filters]
        if sort:
            query.append("sort=" + quote(",".join(
                f + (" desc" if down else "") for f, down in sort)))
        if any_of:
            query.append("operator=or")
        return "&".join(query), [(f, t) for f, _, t in filters], sort, any_of

    def check(self, r):
        query, filters, sort, any_of = self.random_query(r)
        plain = Plain(self.objects)
        want = plain.find(filters, any_of)
        facets = ["user:array:labels", "user:str:city"]
        o = self.ask(query + "&limit=0&facets=" + quote(",".join(facets)))
        self.assertEqual(o["total"], len(want), query)
        for f in facets:
            self.assertEqual(o["facets"][f], plain.facet(want, f), query)
        # by cursor, to the end
        seen, more, limit = [], "", r.randrange(*self.LIMITS)
        while True:
            o = self.ask(f"{query}&limit={limit}{more}")
            self.assertEqual(o["total"], len(want), query)
            seen += o["items"]
            if "next" not in o["links"]:
                break
            more = "&offset=" + o["cursor"]
        self.assertEqual(sorted(x["hash"] for x in seen),
                         sorted(x["hash"] for x in want), query)
        # among equal ones the number decides, which is not shown
        self.assertEqual(
            [[plain.values(x, f) for f, _ in sort] for x in seen],
            [[plain.values(x, f) for f, _ in sort]
             for x in plain.order(want, sort)], query)
        skip = r.randrange(20)
        o = self.ask(f"{query}&limit=2000&offset={skip}")
        self.assertEqual([x["hash"] for x in o["items"]],
                         [x["hash"] for x in seen[skip:]], query)

    def test_random(self):
        r = random.Random(4)
        for _ in range(self.QUERIES):
            self.check(r)

    def test_random_while_changing(self):
        """Edits, deletions, returns and renames, a few before each search."""
        r = random.Random(5)
        gone = []
        for _ in range(25):
            for o in r.sample(self.objects, 3):
                link = o["link"]
                what = r.randrange(5)
                if what == 0:
                    self.api("PUT", link + "/meta/user", random_metadata(r))
                elif what == 1:
                    self.api("PATCH", link + "/meta/user",
                             {"city": r.choice(CITIES), "int:n": None})
                elif what == 2:
                    self.api("PUT", link + "/name", r.choice(
                        ["alpha-new.png", "Beta new.PNG"]))
                elif what == 3:
                    self.empty(self.api("DELETE", link))
                    gone.append(link)
                elif gone:
                    self.api("POST", gone.pop() + "/restore")
            self.reload()
            self.check(r)
        # what was deleted is found among the deleted
        o = self.ask("deleted=true&limit=0&facets=user%3Astr%3Acity")
        live = self.objects
        type(self).objects = self.ask("deleted=true&limit=2000")["items"]
        plain = Plain(self.objects)
        self.assertEqual(o["facets"]["user:str:city"],
                         plain.facet(self.objects, "user:str:city"))
        type(self).objects = live
        self.assertEqual(self.daemon.fsck()[0], 0, self.daemon.fsck()[1])


class Far(daemon.Test):
    """More images than an offset that is a number reaches."""

    def test_offset(self):
        self.picture()
        path = self.daemon.dir + "/store_dir/moniker.db"
        self.daemon.stop()
        with sqlite3.connect(path) as db:
            names = [r[1] for r in db.execute("PRAGMA table_info(source)")]
            other = {"id": "n", "hash": "unhex(printf('%040x', n))",
                     "short": "printf('%040x', n)",
                     "name": "printf('%05d', n)"}
            db.create_function("unhex", 1, bytes.fromhex)
            db.execute(f"""INSERT INTO source ({", ".join(names)})
                WITH RECURSIVE c (n) AS (SELECT 2 UNION ALL
                SELECT n + 1 FROM c WHERE n < 10202)
                SELECT {", ".join(other.get(n, n) for n in names)}
                FROM source, c WHERE id = 1""")
            db.execute("UPDATE source SET name = '00001' WHERE id = 1")
        db.close()
        self.daemon.start()
        self.api.close()
        where = "/sourceimages/demo?limit=100&sort=name&offset=9850"
        got, links = [], []
        while where is not None:
            a = self.api("GET", where)
            self.assertEqual(a.status, 200, a.body)
            got += [int(x["name"]) for x in a.json["items"]]
            links.append(where)
            where = a.json["links"].get("next", {}).get("href")
        self.assertEqual(got, list(range(9851, 10203)))
        self.assertTrue(links[1].endswith("offset=9950"), links)
        self.assertIn("offset=c", links[2])
        self.assertIn("offset=c", links[3])


class Many(Differential):
    """The same with so many images that the indexes are followed, which another
    program has put there: the terms are made at the start."""
    IMAGES = 8
    QUERIES = 9
    LIMITS = 100, 700
    COPIES = 1500

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.stop()
        r = random.Random(6)
        db = sqlite3.connect(cls.daemon.dir + "/store_dir/moniker.db")
        columns = ",".join(x[1] for x in db.execute(
            "PRAGMA table_info(source)") if x[1] not in (
                "id", "hash", "short", "user_meta"))
        db.executemany(
            "INSERT INTO source (hash, short, user_meta, " + columns +
            ") SELECT randomblob(20), lower(hex(randomblob(8))), ?, " +
            columns + " FROM source ORDER BY id LIMIT 1 OFFSET ?",
            ((json.dumps(random_metadata(r)), r.randrange(cls.IMAGES))
             for _ in range(cls.COPIES)))
        db.execute("UPDATE usage SET images = (SELECT count(*) FROM source), "
                   "bytes = (SELECT sum(size) FROM source)")
        db.commit()
        db.close()
        cls.daemon.start()
        cls.reload()

    def test_too_slow(self):
        """One search does not hold up those of all others for long."""
        slow = WHERE + "?limit=1&sort=user:bool:b,user:int:n"
        self.daemon.stop()
        conf = self.daemon.dir + "/monikerd.conf"
        with open(conf) as f:
            text = f.read()
        try:
            with open(conf, "a") as f:
                f.write("search_max_ms = 1\n")
            self.daemon.start()
            for _ in range(2):
                self.refused(self.api("GET", slow), 400, "search_max_ms")
                # The next has a time of its own.
                a = self.api("GET", WHERE + "?limit=1&name=x")
                self.assertEqual(a.status, 200)
        finally:
            self.daemon.stop()
            with open(conf, "w") as f:
                f.write(text)
            self.daemon.start()
        self.assertEqual(self.api("GET", slow).status, 200)
        self.assertNotIn("event=store ", self.daemon.log_text())

    def test_random_while_changing(self):
        """Here: what fsck tells of terms that are wrong, and how it is mended."""
        def edit(sql):
            self.daemon.stop()
            db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
            db.execute(sql)
            db.commit()
            db.close()

        for sql, word in (
                ("DELETE FROM term WHERE value = 'lake'", "the terms of"),
                ("INSERT INTO term VALUES (1, 'x', 99999)", "number of terms"),
                ("UPDATE term_text SET n = n + 1 WHERE value = 'lake'",
                 "counts of values"),
                ("DELETE FROM term_column WHERE chunk = 1",
                 "column of user:")):
            edit(sql)
            status, text = self.daemon.fsck()
            self.assertEqual(status, 1, text)
            self.assertIn(word, text)
            edit("DELETE FROM meta WHERE key = 'terms'")
            self.daemon.start()
            self.assertEqual(self.daemon.fsck()[0], 0)
        self.check(random.Random(9))


if __name__ == "__main__":
    daemon.main()
