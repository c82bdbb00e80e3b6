# SPDX-License-Identifier: BSD-2-Clause
"""Aliases: every call of part 2 of the contract, and what it leaves open."""
import threading

import daemon


class Alias(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.red = cls.picture(color=(200, 0, 0))
        cls.blue = cls.picture(color=(0, 0, 200))

    def path(self, name="", tail=""):
        return f"/sourceimages/demo/alias/{name or self.name()}{tail}"

    def name(self):
        return self.id().split(".")[-1]

    def put(self, hash=None, name="", query="", **headers):
        return self.api("PUT", self.path(name, query),
                        {"hash": hash or self.red}, **headers)

    def test_create_get_overwrite_delete(self):
        a = self.put()
        self.assertEqual(a.status, 201)
        self.assertEqual(a.headers["Content-Type"], "application/json")
        self.assertEqual(
            {k: a.json[k] for k in ("organization", "alias", "hash")},
            {"organization": "demo", "alias": self.name(),
             "hash": self.red})
        self.assertRegex(a.json["created"],
                         r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$")
        self.assertEqual(self.api("GET", self.path()).json["hash"], self.red)
        a = self.put(self.blue, query="?overwrite=true")
        self.assertEqual((a.status, a.json["hash"]), (200, self.blue))
        self.assertEqual(self.api("GET", self.path()).json["hash"], self.blue)
        self.empty(self.api("DELETE", self.path()))
        self.refused(self.api("GET", self.path()), 404, self.name())
        self.refused(self.api("DELETE", self.path()), 404, self.name())

    def test_exists(self):
        self.assertEqual(self.put().status, 201)
        for query in ("", "?overwrite=false", "?overwrite=0",
                      "?overwrite=False", "?overwrite="):
            self.refused(self.put(self.blue, query=query), 409, "exists")
        self.assertEqual(self.api("GET", self.path()).json["hash"], self.red)
        for yes in ("1", "True"):
            self.assertEqual(self.put(query="?overwrite=" + yes).status, 200)

    def test_overwrite_creates(self):
        self.assertEqual(self.put(query="?overwrite=true").status, 201)

    def test_short_hash(self):
        a = self.put(self.red[:8])
        self.assertEqual((a.status, a.json["hash"]), (201, self.red))

    def test_unknown_source(self):
        self.refused(self.put("0" * 40), 404, "hash")
        self.refused(self.api("GET", self.path()), 404)

    def test_case_matters(self):
        self.assertEqual(self.put(name="Case").status, 201)
        self.refused(self.api("GET", self.path("case")), 404)

    def test_longest_name(self):
        self.assertEqual(self.put(name="a" * 255).status, 201)
        self.refused(self.put(name="a" * 256), 404, "alias")

    def test_names_outside_the_pattern(self):
        for name in ("my-alias", "a.b", "a%20b", "%C3%A9"):
            for method in ("GET", "PUT", "DELETE"):
                self.refused(self.api(method, self.path(name),
                                      {"hash": self.red}
                                      if method == "PUT" else None), 404)

    def test_the_manuals_body(self):
        """Its example has a comma that strict JSON does not allow."""
        a = self.api("PUT", self.path(),
                     f'\n    {{\n        "hash": "{self.red}",\n    }}\n',
                     Content_Type="text/plain;charset=UTF-8")
        self.assertEqual(a.status, 201, a.body)

    def test_bad_bodies(self):
        for body, words in (
                ("", "empty"), ("[]", "object"), ("null", "object"),
                ("{}", "hash"), ('{"hash":1}', "hash"),
                ('{"hash":null}', "hash"), ('{"hash":""}', "hash"),
                ('{"hash":["%s"]}' % self.red, "hash"),
                ('{"hash":"%s"}' % self.red[:5], "hash"),
                ('{"hash":"%s"}' % self.red.upper(), "hash"),
                ('{"hash":"%s0"}' % self.red, "hash"),
                ('{"hash":"%s"}' % ("a" * 9999), "hash"),
                ('{"hash":"%s","x":1}' % self.red, "x"),
                ('{"hash":"%s","hash":"%s"}' % (self.red, self.blue),
                 "duplicate"),
                ('{"hash":"%s"' % self.red, "JSON"),
                ('{"hash":"%s"}}' % self.red, "JSON"),
                ('{"hash":"%s",,}' % self.red, "JSON"),
                ("{,}", "JSON"), ("hash", "JSON"),
                ('{"hash":"\\u0000"}', "JSON"),
                (b'{"hash":"\xff\xfe"}', "JSON"),
                ("[" * 1000 + "]" * 1000, "nested"),
                ('{"a":' * 40 + "1" + "}" * 40, "nested")):
            self.refused(self.api("PUT", self.path(), body), 400, words)
        self.refused(self.api("GET", self.path()), 404)

    def test_oversized_body(self):
        self.refused(self.api("PUT", self.path(),
                              '{"hash":"' + "a" * 2000000 + '"}'), 413)

    def test_body_cut_off(self):
        got = self.api.raw(
            f"PUT {self.path()} HTTP/1.1\r\nHost: x\r\nApi-Key: "
            f"{self.api.key['api_key']}\r\nContent-Length: 9\r\n"
            f"Transfer-Encoding: chunked\r\n\r\n".encode())
        self.assertTrue(got.startswith(b"HTTP/1.1 400 "), got)
        self.assertIn(b"application/json", got)

    def test_bad_query(self):
        self.refused(self.put(query="?overwrite=maybe"), 400, "overwrite")
        self.refused(self.put(query="?overwrite=%zz"), 400, "query")
        self.refused(self.put(query="?x=%ff"), 400, "query")
        self.refused(self.put(query="?overwrite=true&x=1&overwrite=false"),
                     400, "overwrite", "more than once")
        self.refused(self.api("GET", self.path()), 404)

    def test_wrong_method(self):
        a = self.api("POST", self.path(), {})
        self.refused(a, 405, "POST")
        self.assertEqual(set(a.headers["Allow"].split(", ")),
                         {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})

    def test_conditions(self):
        a = self.put(If_None_Match="*")
        self.assertEqual(a.status, 201)
        first = a.headers["ETag"]
        self.refused(self.put(self.blue, If_None_Match="*"), 412)
        self.refused(self.put(self.blue, If_None_Match=first), 400,
                     "If-None-Match")
        number = first.strip('"')
        for tag in ('"1"', "W/" + first, "1", "", '"x"', number,
                    f'"+{number}"', f'" {number}"', f'"0{number}"',
                    f'"{number} "', f'x, {first}', f'"1" {first}',
                    f'"1, {number}"', f'W/"1", W/{first}', "*, *", "**"):
            self.refused(self.put(self.blue, If_Match=tag), 412)
            self.refused(self.api("DELETE", self.path(), If_Match=tag), 412)
        a = self.put(self.blue, If_Match=f'"1", W/"2",, "a,b" ,{first}')
        self.assertEqual((a.status, a.json["hash"]), (200, self.blue))
        second = a.headers["ETag"]
        self.assertNotEqual(first, second)
        self.refused(self.put(self.red, If_Match=first), 412)
        for tag in (second, "W/" + second, f"{first}, {second}", "*",
                    f"{first},W/{second}"):
            a = self.api("GET", self.path(), If_None_Match=tag)
            self.empty(a, 304)
            self.assertEqual(a.headers["ETag"], second)
        for tag in (first, f"W/{first}, {first}", "", second[1:-1],
                    f'"{second[1:-1]}, 1"'):
            self.assertEqual(self.api("GET", self.path(),
                                      If_None_Match=tag).status, 200)
        self.refused(self.api("DELETE", self.path(), If_Match=first), 412)
        self.empty(self.api("DELETE", self.path(), If_Match=second))
        self.refused(self.put(If_Match="*"), 412)

    def test_conditions_over_several_lines(self):
        """RFC 9110 5.3: they are one list."""
        tag = self.put().headers["ETag"]

        def ask(method, name, *values, body=b""):
            head = [f"{method} {self.path()} HTTP/1.1", "Host: x",
                    "Connection: close",
                    f"Api-Key: {self.api.key['api_key']}",
                    f"Content-Length: {len(body)}"]
            for i, v in enumerate(values):
                head.append(f"{name if i % 2 else name.lower()}: {v}")
                head.append("Accept: */*")
            got = self.api.raw("\r\n".join(head).encode() + b"\r\n\r\n" +
                               body)
            return int(got.split()[1])
        body = b'{"hash":"%s"}' % self.blue.encode()
        name = "If-None-Match"
        self.assertEqual(ask("GET", name, '"1"', tag), 304)
        self.assertEqual(ask("GET", name, '"1"', "", '"2", "3"', tag), 304)
        self.assertEqual(ask("GET", name, '"1"', '"2"'), 200)
        self.assertEqual(ask("PUT", name, "*", "*", body=body), 400)
        name = "If-Match"
        self.assertEqual(ask("PUT", name, '"1"', '"2"', body=body), 412)
        self.assertEqual(ask("PUT", name, "*", '"2"', body=body), 412)
        self.assertEqual(ask("DELETE", name, '"1"', '"2"'), 412)
        self.assertEqual(ask("PUT", name, '"1"', tag, body=body), 200)
        tag = self.api("GET", self.path()).headers["ETag"]
        self.assertEqual(ask("DELETE", name, '"1"', tag), 204)

    def test_list(self):
        names = [f"list_{i:02}" for i in range(25)]
        for name in reversed(names):
            self.assertEqual(self.put(name=name).status, 201)
        self.put(name="listen")
        seen, target = [], "?prefix=list_&limit=10"
        while True:
            a = self.api("GET", "/sourceimages/demo/alias" + target)
            self.assertEqual(a.status, 200, a.body)
            seen.append([x["alias"] for x in a.json["items"]])
            if "cursor" not in a.json:
                break
            target = "?prefix=list_&limit=10&offset=" + a.json["cursor"]
        self.assertEqual([len(x) for x in seen], [10, 10, 5])
        self.assertEqual(sum(seen, []), names)
        self.assertEqual(a.json["items"][0]["hash"], self.red)
        a = self.api("GET", "/sourceimages/demo/alias?limit=0")
        self.assertEqual(a.json["items"], [])
        for query in ("limit=x", "limit=-1", "limit=1001"):
            self.refused(self.api("GET", "/sourceimages/demo/alias?" + query),
                         400, "limit")

    def test_of_an_image(self):
        hash = self.picture(color=(7, 7, 7))
        for name in ("of_1", "of_2", "of_3"):
            self.put(hash, name=name)
        self.put(name="of_other")
        a = self.api("GET", f"/sourceimages/demo/{hash[:12]}/aliases")
        self.assertEqual([x["alias"] for x in a.json["items"]],
                         ["of_1", "of_2", "of_3"])
        a = self.api("GET", f"/sourceimages/demo/{hash}/aliases?limit=2")
        self.assertEqual(a.json["cursor"], "of_2")
        self.api("DELETE", f"/sourceimages/demo/{hash}")
        a = self.api("GET", f"/sourceimages/demo/{hash}/aliases")
        self.assertEqual(len(a.json["items"]), 3)
        self.refused(self.api("GET", "/sourceimages/demo/" + "0" * 40 +
                              "/aliases"), 404)

    def test_history(self):
        for hash in (self.red, self.blue, self.red):
            self.put(hash, query="?overwrite=true")
        self.put(self.red, query="?overwrite=true")
        self.api("DELETE", self.path())
        a = self.api("GET", self.path(tail="/history"))
        self.assertEqual([x["hash"] for x in a.json["items"]],
                         [self.red, self.blue, self.red])
        for x in a.json["items"]:
            self.assertLessEqual(x["from"], x["to"])
        a = self.api("GET", self.path(tail="/history?limit=2"))
        b = self.api("GET", self.path(tail="/history?offset=" +
                                      a.json["cursor"]))
        self.assertEqual(len(b.json["items"]), 1)
        for offset in ("x", "-1", "+1", "%201", "1x", "0x1"):
            self.refused(self.api("GET", self.path(
                tail="/history?offset=" + offset)), 400, "offset")

    def history(self, name=""):
        return self.api("GET", self.path(name, "/history")).json

    def test_who_and_why(self):
        key = self.api.key
        self.assertIsNone(self.history()["current"])
        a = self.api("PUT", self.path(), {"hash": self.red,
                                          "comment": "Grüße " * 33})
        self.assertEqual(a.status, 201, a.body)
        other = self.api("POST", "/organizations/demo/keys", {
            "roles": ["write"], "comment": "the shop"}).json
        # Where it points there already, nothing changes.
        self.put(self.red, query="?overwrite=true",
                 Api_Key=other["api_key"])
        self.api("PUT", self.path(tail="?overwrite=true"),
                 {"hash": self.blue, "comment": "summer"},
                 Api_Key=other["api_key"])
        h = self.history()
        self.assertEqual(
            [h["current"][x] for x in ("hash", "to", "by", "by_comment",
                                       "comment", "deleted")],
            [self.blue, None, other["id"], "the shop", "summer", False])
        self.assertEqual(
            [(x["hash"], x["by"], x["comment"]) for x in h["items"]],
            [(self.red, key["id"], "Grüße " * 33)])
        self.assertEqual(h["items"][0]["to"], h["current"]["from"])
        # The key is gone, and its id stays; without a comment, there is none.
        self.api("DELETE", "/organizations/demo/keys/" + other["id"])
        gone = self.picture(color=(1, 2, 3))
        self.put(gone, query="?overwrite=true")
        self.api("DELETE", self.path())
        self.api("DELETE", "/sourceimages/demo/" + gone)
        h = self.history()
        self.assertIsNone(h["current"])
        self.assertEqual(
            [(x["hash"], x["by"], x["by_comment"], x["comment"],
              x["deleted"]) for x in h["items"][:2]],
            [(gone, key["id"], key["comment"], None, True),
             (self.blue, other["id"], None, "summer", False)])

    def test_bad_texts(self):
        for field, values in (
                ("comment", (1, [], "a" * 201, "a\nb", "\x7f")),
                ("description", (1, {}, "ä" * 501, "a\tb")),
                ("tags", ("a", {}, [1], [""], ["A"], ["a b"], ["a,b"],
                          ["a" * 41], ["é"], ["a\n"], [None],
                          [f"t{n}" for n in range(21)]))):
            for value in values:
                body = {"hash": self.red, field: value}
                self.refused(self.api("PUT", self.path(), body), 400,
                             field + ":")
                if field == "comment":
                    self.refused(self.bulk({"alias": "x", "hash": self.red},
                                           comment=value), 400, "comment:")
                else:
                    body["alias"] = "x"
                    self.refused(self.bulk(body), 400, "changes[0]",
                                 field + ":")
        self.refused(self.bulk({"alias": "x", "hash": None, "tags": []}),
                     400, "changes[0]", "deleted")
        self.refused(self.api("GET", self.path()), 404)

    def test_descriptions_and_tags(self):
        def put(name="", **body):
            a = self.api("PUT", self.path(name, "?overwrite=true"),
                         dict({"hash": self.red}, **body))
            self.assertLess(a.status, 300, a.body)
            self.assertEqual(
                self.api("GET", self.path(name)).json, a.json)
            return a, (a.json["description"], a.json["tags"])

        def tagged(tag, query=""):
            return [x["alias"] for x in self.api(
                "GET", f"/sourceimages/demo/alias?tag={tag}{query}")
                .json["items"]]

        self.assertEqual(put()[1], (None, []))
        a, texts = put(description="ä" * 500, tags=["z.-_9", "a", "z.-_9"])
        self.assertEqual(texts, ("ä" * 500, ["a", "z.-_9"]))
        b, texts = put(tags=["a", "z.-_9"])
        self.assertEqual(texts, ("ä" * 500, ["a", "z.-_9"]))
        self.assertEqual(a.headers["ETag"], b.headers["ETag"])
        # Its version changes, and its history does not.
        a, texts = put(description="new", tags=["b"] + ["t" * n
                                                        for n in range(1, 20)])
        self.assertNotEqual(a.headers["ETag"], b.headers["ETag"])
        self.assertEqual((texts[0], len(texts[1])), ("new", 20))
        self.assertEqual(self.history()["items"], [])
        self.assertEqual((tagged("a"), tagged("b")), ([], [self.name()]))
        self.assertEqual(put(description=None)[1][0], None)
        self.assertEqual(put(hash=self.blue, tags=None)[1], (None, []))
        self.assertEqual(tagged("b"), [])
        a = self.bulk(*({"alias": f"tag_{n}", "hash": self.red,
                         "tags": ["bulk"], "description": str(n)}
                        for n in range(4)), comment="all")
        self.assertEqual([x["tags"] for x in a.json["items"]],
                         [["bulk"]] * 4)
        self.assertEqual(self.history("tag_3")["current"]["comment"], "all")
        self.assertEqual(tagged("bulk"), [f"tag_{n}" for n in range(4)])
        self.assertEqual(tagged("bulk", "&limit=2&offset=tag_1"),
                         ["tag_2", "tag_3"])
        self.assertEqual(tagged("bulk", "&prefix=tag_3"), ["tag_3"])
        self.assertEqual((tagged(""), tagged("no"), tagged("bul%25")),
                         ([], [], []))
        self.refused(self.api("GET", "/sourceimages/demo/alias?tag=a&tag=b"),
                     400, "tag", "more than once")
        listed = self.api("GET", "/sourceimages/demo/alias?prefix=tag_")
        self.assertEqual([x["description"] for x in listed.json["items"]],
                         list("0123"))
        self.api("DELETE", self.path("tag_2"))
        self.assertEqual(tagged("bulk"), ["tag_0", "tag_1", "tag_3"])
        self.assertEqual(put("tag_2")[1], (None, []))
        self.assertEqual(self.daemon.fsck(), (0, self.daemon.fsck()[1]))

    def bulk(self, *changes, **extra):
        return self.api("POST", "/sourceimages/demo/alias",
                        dict(changes=list(changes), **extra))

    def test_bulk(self):
        self.put(name="bulk_old")
        a = self.bulk({"alias": "bulk_1", "hash": self.red[:10]},
                      {"alias": "bulk_2", "hash": self.blue},
                      {"alias": "bulk_old", "hash": None})
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual([x["hash"] for x in a.json["items"]],
                         [self.red, self.blue, None])
        self.assertEqual(self.api("GET", self.path("bulk_2")).json["hash"],
                         self.blue)
        self.refused(self.api("GET", self.path("bulk_old")), 404)

    def test_bulk_all_or_nothing(self):
        self.put(name="nothing_0")
        version = self.api("GET", self.path("nothing_0")).headers["ETag"]
        good = {"alias": "nothing_1", "hash": self.red}
        for bad, status in (
                ({"alias": "nothing_2", "hash": "0" * 40}, 404),
                ({"alias": "nothing_2", "hash": None}, 404),
                ({"alias": "nothing_0", "hash": self.blue,
                  "overwrite": False}, 409),
                ({"alias": "nothing_0", "hash": self.blue,
                  "version": int(version.strip('"')) + 1}, 412)):
            self.refused(self.bulk(good, bad), status, "changes[1]",
                         bad["alias"])
        self.refused(self.api("GET", self.path("nothing_1")), 404)
        self.assertEqual(self.api("GET", self.path("nothing_0"))
                         .headers["ETag"], version)
        self.assertEqual(self.bulk(
            good, {"alias": "nothing_0", "hash": self.blue,
                   "version": int(version.strip('"'))}).status, 200)

    def test_bulk_bad(self):
        for change, word in (
                (3, "object"), ({}, "alias"), ({"alias": "a"}, "hash"),
                ({"alias": "a-b", "hash": None}, "alias"),
                ({"alias": "a", "hash": "xyz"}, "hash"),
                ({"alias": "a", "hash": None, "x": 1}, "only"),
                ({"alias": "a", "hash": None, "version": "1"}, "version"),
                ({"alias": "a", "hash": None, "overwrite": 1}, "overwrite")):
            self.refused(self.bulk(change), 400, "changes[0]", word)
        self.refused(self.bulk(), 400, "changes")
        self.refused(self.bulk({"alias": "a", "hash": None}, x=1), 400, "x")
        self.refused(self.api("POST", "/sourceimages/demo/alias",
                              {"changes": {}}), 400, "changes")
        self.refused(self.bulk(*[{"alias": "a", "hash": None}] * 1001), 400,
                     "1000")

    def test_head(self):
        self.put()
        a = self.api("HEAD", self.path())
        self.assertEqual((a.status, a.body), (200, b""))
        self.assertEqual(a.headers["Content-Type"], "application/json")

    def test_outlives_its_picture(self):
        hash = self.picture(color=(1, 2, 3))
        self.assertEqual(self.put(hash).status, 201)
        self.empty(self.api("DELETE", f"/sourceimages/demo/{hash}"))
        self.assertEqual(self.api("GET", self.path()).json["hash"], hash)
        self.refused(self.pictures("GET", f"/dynamic/-_{self.name()}_-.png"),
                     404)
        self.refused(self.put(hash, query="?overwrite=true"), 404, "hash")

    def test_one_of_many_creates(self):
        """Of requests at the same time exactly one may create."""
        seen = []

        def one():
            client = daemon.Client(self.api.path, **self.api.headers)
            seen.append(client("PUT", self.path(),
                               {"hash": self.red}).status)
        threads = [threading.Thread(target=one) for _ in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(seen), [201] + [409] * 15)

    def test_picture(self):
        self.put()
        a = self.pictures("GET", f"/dynamic/-_{self.name()}_-.png")
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.headers["Content-Type"], "image/png")
        self.assertIn("max-age=60,", a.headers["Cache-Control"])
        first = a.headers["ETag"]
        self.put(self.blue, query="?overwrite=true")
        a = self.pictures("GET", f"/dynamic/-_{self.name()}_-.png",
                          If_None_Match=first)
        self.assertEqual(a.status, 200)
        self.assertNotEqual(a.headers["ETag"], first)
        a = self.pictures("GET", f"/dynamic/-_{self.name()}_-.png",
                          If_None_Match=a.headers["ETag"])
        self.empty(a, 304)


class OverwritePurges(daemon.Test):
    settings = "overwrite_purges = 1\n"

    def purges(self):
        return [(p["key"], p["counted"]) for p in
                self.api("GET", "/purges/demo").json["items"]]

    def test_one_and_many(self):
        red, blue = self.picture(), self.picture(color=(0, 0, 200))
        path = "/sourceimages/demo/alias"
        for hash in (red, blue):
            self.api("PUT", path + "/one?overwrite=true", {"hash": hash})
            a = self.api("POST", path, {"changes": [
                {"alias": "two", "hash": hash}]})
            self.assertEqual(a.status, 200, a.body)
        self.assertEqual(self.purges(), [("two", False), ("one", False)])


if __name__ == "__main__":
    daemon.main()
