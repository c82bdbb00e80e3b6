# SPDX-License-Identifier: BSD-2-Clause
"""Source images: get, delete, restore, download, name, options, metadata."""
import daemon


class Source(daemon.Test):
    count = 0

    def new(self, name="p.png", *parts):
        """A picture of its own for a test; its object."""
        Source.count += 1
        self.data = daemon.png(20, 10, (Source.count, 9, 9))
        a = daemon.upload(self.api, "demo", ("filedata", name, self.data),
                          *parts)
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]

    def test_get_by_any_length(self):
        o = self.new()
        for n in (6, 7, 20, 39, 40):
            if n >= len(o["short_hash"]):
                a = self.api("GET", "/sourceimages/demo/" + o["hash"][:n])
                self.assertEqual(a.json, o)

    def test_no_hash(self):
        for hash in ("abcde", "0" * 40, "0" * 41, "xyzxyz", "ABCDEF", "a%00"):
            for method, tail in (("GET", ""), ("DELETE", ""),
                                 ("GET", "/download"), ("POST", "/restore"),
                                 ("PUT", "/name"), ("GET", "/meta/user"),
                                 ("PUT", "/options/locked"),
                                 ("PUT", "/options/protected"),
                                 ("GET", "/aliases"), ("DELETE", "/cache")):
                body = b"true" if "options" in tail else \
                    b'"n"' if tail == "/name" else None
                a = self.api(method, f"/sourceimages/demo/{hash}{tail}", body)
                self.refused(a, 400 if "%" in hash else 404)

    def test_delete_and_restore(self):
        o = self.new()
        picture = f"/dynamic/{o['hash']}.png"
        self.assertEqual(self.pictures("GET", picture).status, 200)
        self.empty(self.api("DELETE", o["link"]))
        # liip's bundle for Directus throws unless the message says this.
        for call in (("GET", ""), ("DELETE", ""), ("GET", "/download"),
                     ("PUT", "/name", '"x"'), ("GET", "/meta/user"),
                     ("PUT", "/options/protected", "true")):
            self.refused(self.api(call[0], o["link"] + call[1], *call[2:]),
                         404, "No source image found")
        self.refused(self.pictures("GET", picture), 404)
        a = self.api("GET", o["link"] + "?deleted=true")
        self.assertTrue(a.json["deleted"])
        a = self.api("POST", o["link"] + "/restore")
        self.assertEqual(a.status, 200, a.body)
        self.assertIs(a.json["deleted"], False)
        self.assertEqual(a.json["hash"], o["hash"])
        self.assertEqual(self.api("GET", o["link"]).json, o)
        self.assertEqual(self.pictures("GET", picture).status, 200)
        # once more is as good
        a = self.api("POST", o["link"] + "/restore")
        self.assertEqual((a.status, a.json["deleted"]), (200, False))
        self.refused(self.api("GET", o["link"] + "?deleted=true"), 404)
        self.refused(self.api("GET", o["link"] + "?deleted=x"), 400,
                     "deleted")

    def test_short_hash_is_kept(self):
        """Two pictures whose hashes begin with the same six digits: those of
        the first stay its own while it is deleted."""
        first, second = (daemon.upload(
            self.api, "demo", ("f", "p.png", daemon.png(1, 1, color))
            ).json["items"][0] for color in ((11, 5, 0), (76, 20, 0)))
        short = first["short_hash"]
        self.assertEqual(short, second["hash"][:6])
        self.assertEqual(len(second["short_hash"]), 7)
        path = "/sourceimages/demo/" + short
        self.assertEqual(self.api("GET", path).json, first)
        self.empty(self.api("DELETE", path))
        self.refused(self.api("DELETE", path), 404)
        self.refused(self.api("GET", path), 404)
        self.refused(self.api("PUT", "/sourceimages/demo/alias/short",
                              {"hash": short}), 404, "hash")
        self.refused(self.pictures("GET", f"/dynamic/{short}.png"), 404)
        a = self.api("GET", path + "?deleted=true")
        self.assertEqual(a.json["hash"], first["hash"])
        self.assertEqual(self.api("GET", "/sourceimages/demo/" +
                                  second["short_hash"]).json, second)
        self.empty(self.api("DELETE", second["link"]))
        a = self.api("POST", path + "/restore")
        self.assertEqual(a.json["hash"], first["hash"])
        self.assertEqual(self.api("GET", path).json, first)

    def test_delete_by_binary_hash(self):
        o = self.new()
        daemon.upload(self.api, "demo", ("f", "p.png", self.data),
                      ("options[0]", '{"protected":true}'))
        where = "/sourceimages/demo?binaryHash=" + o["binary_hash"]
        self.assertEqual(self.api("GET", where).json["total"], 2)
        lock = o["link"] + "/options/locked"
        self.assertEqual(self.api("PUT", lock, "true").status, 200)
        self.refused(self.api("DELETE", where), 403, "locked")
        self.assertEqual(self.api("GET", where).json["total"], 2)
        self.assertEqual(self.api("PUT", lock, "false").status, 200)
        self.empty(self.api("DELETE", where))
        self.assertEqual(self.api("GET", where).json["total"], 0)
        self.refused(self.api("DELETE", where), 404)
        for query in ("", "?binaryHash=", "?binaryHash=abc"):
            self.refused(self.api("DELETE", "/sourceimages/demo" + query),
                         400, "binaryHash")

    def test_download(self):
        o = self.new("photo one.png")
        a = self.api("GET", o["link"] + "/download")
        self.assertEqual((a.status, a.body), (200, self.data))
        self.assertEqual(a.headers["Content-Type"], "image/png")
        self.assertEqual(a.headers["Content-Disposition"],
                         'attachment; filename="photo one.png"')
        a = self.api("HEAD", o["link"] + "/download")
        self.assertEqual((a.status, a.body), (200, b""))
        self.assertEqual(a.headers["Content-Length"], str(len(self.data)))

    def test_download_of_odd_names(self):
        o = self.new()
        for name, header in (
                ('a"b\\c.png', 'attachment; filename="a_b_c.png"'),
                ("é.png", "attachment; filename*=UTF-8''%C3%A9.png; "
                 'filename="__.png"')):
            self.empty(self.api("PUT", o["link"] + "/name",
                                daemon.json.dumps(name)))
            a = self.api("GET", o["link"] + "/download")
            self.assertEqual(a.headers["Content-Disposition"], header)

    def test_name(self):
        o = self.new()
        for body, name in (('"one.png"', "one.png"),
                           ("two.png", "two.png"),
                           (b"\xc3\xa9.png", "é.png"),
                           ('"\\u00e9"', "é"), ("a b", "a b")):
            self.empty(self.api("PUT", o["link"] + "/name", body))
            self.assertEqual(self.api("GET", o["link"]).json["name"], name)
        for body in ("", '""', "{}", "3", "null", b"\xff", '"a\\nb"',
                     '"\\u0000"', '"\\ud800"', '"a" "b"', '"a',
                     '"' + "x" * 256 + '"', "x" * 256):
            self.refused(self.api("PUT", o["link"] + "/name", body), 400)
        self.assertEqual(self.api("GET", o["link"]).json["name"], "a b")

    def test_locked(self):
        o = self.new("p.png", ("meta_user[0]", '{"a":"b"}'))
        a = self.api("PUT", o["link"] + "/options/locked", "true")
        self.assertEqual((a.status, a.json["locked"]), (200, True))
        self.refused(self.api("DELETE", o["link"]), 403, "locked")
        self.refused(self.api("PUT", o["link"] + "/name", '"x"'), 403)
        self.refused(self.api("PATCH", o["link"] + "/meta/user",
                              {"a": "c"}), 403)
        self.refused(self.api("PUT", o["link"] + "/meta/user/a", "c"), 403)
        self.refused(self.api("DELETE", o["link"] + "/meta/user"), 403)
        self.refused(self.api("DELETE", "/sourceimages/demo?binaryHash=" +
                              o["binary_hash"]), 403)
        self.refused(daemon.upload(self.api, "demo",
                                   ("f", "p.png", self.data),
                                   ("meta_user[0]", '{"a":"c"}')), 403)
        got = self.api("GET", o["link"]).json
        self.assertEqual(got["user_metadata"], {"a": "b"})
        for body in ("", "1", '"true"', "{}"):
            self.refused(self.api("PUT", o["link"] + "/options/locked",
                                  body), 400, "locked")
        a = self.api("PUT", o["link"] + "/options/locked", "false")
        self.assertEqual((a.status, a.json["locked"]), (200, False))
        self.empty(self.api("DELETE", o["link"]))

    def test_protected(self):
        o = self.new("p.png", ("meta_user[0]", '{"a":"b"}'))
        a = self.api("PUT", o["link"] + "/options/protected", "true")
        self.assertEqual(a.status, 201, a.body)
        new = a.json
        self.assertTrue(new["protected"])
        self.assertNotEqual(new["hash"], o["hash"])
        self.assertEqual(new["user_metadata"], {"a": "b"})
        self.assertEqual(a.headers["Location"],
                         "/sourceimages/demo/" + new["hash"])
        self.assertEqual(self.api("GET", o["link"]).status, 200)
        self.refused(self.pictures("GET", f"/dynamic/{new['hash']}.png"),
                     403, "signed")
        # back to what is there, deleting the protected one
        a = self.api("PUT", new["link"] +
                     "/options/protected?deletePrevious=true", "false")
        self.assertEqual((a.status, a.json["hash"]), (200, o["hash"]))
        self.refused(self.api("GET", new["link"]), 404)
        self.refused(self.api("PUT", o["link"] + "/options/protected",
                              '"true"'), 400, "protected")

    def test_protected_alias(self):
        """The aliases of an image that goes follow to the one that comes."""
        o = self.new()
        alias = "/sourceimages/demo/alias/"
        names = [f"a{n}" for n in range(40)]
        for name in names:
            a = self.api("PUT", alias + name, {"hash": o["hash"]})
            self.assertEqual(a.status, 201, a.body)
        option = "/options/protected?deletePrevious="
        new = self.api("PUT", o["link"] + option + "false", "true").json
        self.assertEqual(self.api("GET", alias + "a0").json["hash"],
                         o["hash"])
        a = self.api("PUT", o["link"] + option + "true", "true")
        self.assertEqual((a.status, a.json["hash"]), (200, new["hash"]))
        for name in names:
            self.assertEqual(self.api("GET", alias + name).json["hash"],
                             new["hash"])
        self.refused(self.pictures("GET", "/dynamic/-_a0_-.png"), 403)
        got = self.api("GET", alias + "a0/history").json["items"]
        self.assertEqual([i["hash"] for i in got], [o["hash"]])
        # and back, to an image that is made anew
        a = self.api("PUT", new["link"] + option + "true", "false")
        self.assertEqual(a.json["hash"], o["hash"])
        self.assertEqual(self.pictures("GET", "/dynamic/-_a39_-.png").status,
                         200)

    def test_metadata(self):
        o = self.new()
        meta = o["link"] + "/meta/user"
        self.assertEqual(self.api("GET", meta).json, {})
        self.empty(self.api("PATCH", meta, {"a": "b", "int:n": 3,
                                            "str:s": "x"}))
        self.assertEqual(self.api("GET", meta).json,
                         {"a": "b", "int:n": 3, "s": "x"})
        self.empty(self.api("PATCH", meta, {"a": None, "int:n": 4}))
        self.assertEqual(self.api("GET", meta).json, {"int:n": 4, "s": "x"})
        self.empty(self.api("PUT", meta, {"only": "this"}))
        self.assertEqual(self.api("GET", meta).json, {"only": "this"})
        got = self.api("GET", o["link"]).json
        self.assertEqual(got["user_metadata"], {"only": "this"})
        self.assertEqual(got["hash"], o["hash"])
        self.empty(self.api("DELETE", meta))
        self.assertEqual(self.api("GET", meta).json, {})
        self.assertNotIn("user_metadata", self.api("GET", o["link"]).json)

    def test_metadata_of_php(self):
        """It writes an empty map as [], and sends no body for null."""
        meta = self.new()["link"] + "/meta/user"
        for body in ("[]", "", b" [ ] "):
            self.empty(self.api("PATCH", meta, {"a": "b"}))
            self.empty(self.api("PATCH", meta, body))
            self.assertEqual(self.api("GET", meta).json, {"a": "b"})
            self.empty(self.api("PUT", meta, body))
            self.assertEqual(self.api("GET", meta).json, {})

    def test_metadata_in_all(self):
        """However it gets there, an image has 64 KB of it at most."""
        o = self.new()
        meta = o["link"] + "/meta/user"
        for n in range(6):
            self.empty(self.api("PUT", f"{meta}/f{n}", "x" * 10000))
        for method, path, body in (
                ("PUT", "/f6", "x" * 10000), ("PUT", "/f0", "x" * 20000),
                ("PATCH", "", {"f6": "x" * 10000}),
                ("PUT", "", {"f6": "x" * 66000})):
            self.refused(self.api(method, meta + path, body), 413, "65536")
        self.empty(self.api("PATCH", meta, {"f0": None, "f6": "x" * 10000}))
        self.refused(daemon.upload(self.api, "demo", (
            "f", "p.png", self.data), ("meta_user[0]", '{"a":"%s"}' % (
                "x" * 66000))), 413, "meta_user")
        self.assertEqual(sorted(self.api("GET", meta).json),
                         [f"f{n}" for n in range(1, 7)])

    def test_metadata_field(self):
        field = self.new()["link"] + "/meta/user/"
        for name, body, value in (
                ("a", '"quoted"', "quoted"), ("a", "bare", "bare"),
                ("str:a", "typed", "typed"), ("a", "42", "42"),
                ("a", "true", "true"), ("int:n", "42", 42),
                ("double:d", "1.5", 1.5), ("array:l", '["x"]', ["x"]),
                ("date:t", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
                ("latlon:w", '"47.3,8.5"', "47.3,8.5")):
            self.empty(self.api("PUT", field + name, body))
            a = self.api("GET", field + name)
            self.assertEqual((a.status, a.json), (200, value))
        self.assertEqual(self.api("GET", field + "a").body, b'"true"')
        self.empty(self.api("DELETE", field + "int:n"))
        self.refused(self.api("GET", field + "int:n"), 404)
        self.refused(self.api("DELETE", field + "int:n"), 404)
        for name, body in (("a", ""), ("a", "{}"), ("a", "null"),
                           ("int:n", '"3"'), ("int:n", "three"),
                           ("date:t", "today"), ("array:l", "x"),
                           ("a", b"\xff")):
            self.refused(self.api("PUT", field + name, body), 400)
        for name in ("Upper", "a-b", "blob:x", "a" * 55, "int:"):
            for method in ("GET", "PUT", "DELETE"):
                self.refused(self.api(method, field + name,
                                      "x" if method == "PUT" else None), 404)

    def test_metadata_bad(self):
        meta = self.new()["link"] + "/meta/user"
        for body, word in (("[1]", "object"), ("3", "object"),
                           ('{"AltText":"a"}', "AltText"),
                           ('{"a":1}', "a:"), ('{"a":{}}', "a:"),
                           ('{"int:n":1.5}', "int:n"),
                           ('{"x:y":"a"}', "x:y"),
                           ('{"a":"1","a":"2"}', "duplicate")):
            for method in ("PUT", "PATCH"):
                self.refused(self.api(method, meta, body), 400, word)
        self.refused(self.api("PUT", meta, {"a": None}), 400, "a:")
        self.refused(self.api("PUT", meta, {"a": "x" * 70000}), 413)
        self.assertEqual(self.api("GET", meta).json, {})

    def test_kept_after_a_kill(self):
        """What was answered is there after a kill."""
        o = self.new()
        self.empty(self.api("PUT", o["link"] + "/name", '"kept"'))
        self.daemon.stop(9)
        self.daemon.start()
        self.assertEqual(self.api("GET", o["link"]).json["name"], "kept")


if __name__ == "__main__":
    daemon.main()
