# SPDX-License-Identifier: BSD-2-Clause
"""POST /sourceimages/{organization}: every form that clients send."""
import hashlib
import json

import daemon


class Upload(daemon.Test):
    settings = "upload_max_mb = 1\n"

    def upload(self, *parts):
        return daemon.upload(self.api, "demo", *parts)

    def one(self, *parts):
        a = self.upload(*parts)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["total"], 1)
        return a.json["items"][0]

    def none_kept(self, data):
        """Nothing of a refused upload is there."""
        a = self.api("GET", "/sourceimages/demo?binaryHash=" +
                     hashlib.sha1(data).hexdigest())
        self.assertEqual(a.json["total"], 0)

    def test_object(self):
        data = daemon.png(64, 48)
        o = self.one(("filedata", "photo.png", data))
        self.assertRegex(o["hash"], "^[0-9a-f]{40}$")
        self.assertTrue(o["hash"].startswith(o["short_hash"]))
        self.assertGreaterEqual(len(o["short_hash"]), 6)
        self.assertEqual(o["binary_hash"], hashlib.sha1(data).hexdigest())
        self.assertNotEqual(o["hash"], o["binary_hash"])
        self.assertEqual(
            {k: o[k] for k in ("name", "mimetype", "format", "size", "width",
                               "height", "organization", "link", "protected",
                               "locked", "opaque")},
            {"name": "photo.png", "mimetype": "image/png", "format": "png",
             "size": len(data), "width": 64, "height": 48,
             "organization": "demo", "protected": False, "locked": False,
             "link": "/sourceimages/demo/" + o["hash"], "opaque": True})
        for key in ("user_metadata", "dynamic_metadata", "animated",
                    "deleted"):
            self.assertNotIn(key, o)
        self.assertEqual(self.api("GET", o["link"]).json, o)

    def test_transparent(self):
        o = self.one(("filedata", "t.png", daemon.png(4, 4, (1, 2, 3, 9))))
        self.assertFalse(o["opaque"])

    def test_part_names(self):
        for i, name in enumerate(("filedata", "filedata[]", "filename", "f",
                                  "file[0]")):
            o = self.one((name, "x.png", daemon.png(5, 5, (i, 0, 0))))
            self.assertEqual(o["name"], "x.png")

    def test_several(self):
        a = self.upload(("filedata[]", "1.png", daemon.png(1, 2)),
                        ("filedata[]", "2.png", daemon.png(3, 4)),
                        ("meta_user[1]", '{"n":"second"}'))
        self.assertEqual(a.json["total"], 2)
        one, two = a.json["items"]
        self.assertEqual((one["name"], one["width"]), ("1.png", 1))
        self.assertEqual((two["name"], two["width"]), ("2.png", 3))
        self.assertNotIn("user_metadata", one)
        self.assertEqual(two["user_metadata"], {"n": "second"})

    def test_metadata_once_and_twice_encoded(self):
        meta = {"str:a": "b", "int:n": 3, "array:l": ["x"]}
        kept = {"a": "b", "int:n": 3, "array:l": ["x"]}
        once = json.dumps(meta)
        for i, text in enumerate((once, json.dumps(once))):
            o = self.one(("meta_user[0]", text),
                         ("filedata", "x.png", daemon.png(6, 6, (i, 0, 0))))
            self.assertEqual(o["user_metadata"], kept)

    def test_known_image_keeps_its_metadata(self):
        data = daemon.png(7, 7)
        first = self.one(("filedata", "a.png", data),
                         ("meta_user[0]", '{"a":"1","b":"2"}'))
        again = self.one(("filedata", "a.png", data))
        self.assertEqual(again["hash"], first["hash"])
        self.assertEqual(again["user_metadata"], {"a": "1", "b": "2"})
        again = self.one(("filedata", "a.png", data),
                         ("meta_user[0]", '{"b":"3"}'))
        self.assertEqual(again["user_metadata"], {"a": "1", "b": "3"})

    def test_protected(self):
        data = daemon.png(8, 8)
        plain = self.one(("filedata", "x.png", data), ("options[]", "{}"))
        for name, text in (("options[0]", '{"protected":true}'),
                           ("options[]", '"{\\"protected\\":true}"')):
            o = self.one(("filedata", "x.png", data), (name, text))
            self.assertTrue(o["protected"])
            self.assertNotEqual(o["hash"], plain["hash"])
            self.assertEqual(o["binary_hash"], plain["binary_hash"])

    def test_deleted_image_comes_back(self):
        data = daemon.png(9, 9)
        o = self.one(("filedata", "x.png", data))
        self.empty(self.api("DELETE", o["link"]))
        self.assertEqual(self.one(("filedata", "x.png", data))["hash"],
                         o["hash"])
        self.assertEqual(self.api("GET", o["link"]).status, 200)

    def test_ignored_texts(self):
        self.one(("fileName", "y"), ("name", "z"), ("optimize_source", "jpg"),
                 ("_charset_", "utf-8"),
                 ("filedata", "x.png", daemon.png(10, 10)))

    def test_unknown_texts(self):
        """Ignored, a mistyped field would leave a picture public."""
        for name in ("optional_options[0]", "option[0]", "Options[0]",
                     "options[0", "protected", "meta_usr[0]", "optionsx[0]",
                     "", "name[0]", "a" * 100):
            a = self.upload((name, '{"protected":true}'),
                            ("filedata", "x.png", daemon.png(13, 57)))
            self.refused(a, 400, name[:60])
        self.none_kept(daemon.png(13, 57))

    def test_file_names(self):
        for sent, kept in (("C:\\\\a\\\\b.png", "b.png"),
                           ("/etc/p.png", "p.png"), ("é.png", "é.png"),
                           ("a" * 300 + ".png", "a" * 255),
                           ("é" * 200, "é" * 127)):
            o = self.one(("filedata", sent, daemon.png(11, 11)))
            name = self.api("GET", o["link"]).json["name"]
            self.assertIn(name, (kept, "b.png"))

    def test_of_which_file(self):
        """By the index, or one after the other."""
        for i, name in enumerate(("options[%d]", "options[]")):
            one, two = (daemon.png(21, 1 + i, (n, 0, 0)) for n in range(2))
            yes = '{"protected":true}'
            names = [name % n if "%" in name else name for n in range(2)]
            for said, wanted in (((yes, yes), [True, True]),
                                 (("{}", yes), [False, True]),
                                 ((yes, "{}"), [True, False])):
                a = self.upload(*zip(names, said), ("f", "1.png", one),
                                ("f", "2.png", two))
                self.assertEqual([x["protected"] for x in a.json["items"]],
                                 wanted)
        a = self.upload(("meta_user[]", '{"a":"1"}'), ("f", "1.png", one),
                        ("meta_user[]", '{"a":"2"}'), ("f", "2.png", two))
        self.assertEqual([x["user_metadata"]["a"] for x in a.json["items"]],
                         ["1", "2"])

    def test_fields_of_no_file(self):
        data = daemon.png(22, 1)
        f = ("f", "x.png", data)
        for parts, word in (
                ([f, ("options[1]", "{}")], "options[1]"),
                ([("meta_user[7]", "{}"), f], "meta_user[7]"),
                ([f, ("options[]", "{}"), ("options[]", "{}")],
                 "options[1]"),
                ([f, ("options[0]", "{}"), ("options", "{}")], "more than once"),
                ([f, ("meta_user[0]", "{}"), ("meta_user[0]", "{}")],
                 "more than once"),
                ([f, ("options[0][protected]", "true")],
                 "options[0][protected]"),
                ([f, ("meta_user[0][a]", '{"a":"b"}')], "meta_user[0][a]"),
                ([f, ("meta_user[0", "{}")], "meta_user[0")):
            self.refused(self.upload(*parts), 400, word)
        self.none_kept(data)

    def test_version(self):
        """It makes another image of the same bytes, however it is sent."""
        f = ("f", "x.png", daemon.png(13, 11))
        plain = self.one(f)
        version = '{"text":"2"}'
        hashes = set()
        for name, text in (
                ("meta_dynamic[0]", '{"version":%s}' % version),
                ("meta_dynamic[]", '{"version": %s}' % version),
                ("meta_dynamic[0][version]", version),
                ("meta_dynamic[0]", json.dumps('{"version":%s}' % version)),
                ("meta_dynamic[0][version]", json.dumps(version))):
            o = self.one(f, (name, text))
            self.assertEqual(o["dynamic_metadata"],
                             {"version": {"text": "2"}})
            self.assertEqual(o["binary_hash"], plain["binary_hash"])
            hashes.add(o["hash"])
        self.assertEqual(len(hashes), 1)
        hashes |= {plain["hash"], self.one(
            f, ("meta_dynamic[0]", '{"version":{"text":"3"}}'))["hash"]}
        self.assertEqual(len(hashes), 3)
        for none in ("{}", "[]"):
            self.assertEqual(self.one(f, ("meta_dynamic[0]", none))["hash"],
                             plain["hash"])

    def test_refused_fields(self):
        data = daemon.png(12, 12)
        for name, text, word in (
                ("url[0]", "http://example.org/x.png", "url[0]"),
                ("meta_dynamic[0]", '{"version":{"text":"1"},"crop_area":{}}',
                 "crop_area"),
                ("meta_dynamic[0]", "3", "meta_dynamic[0]"),
                ("meta_dynamic[0]", '{"version":"1"}', "version"),
                ("meta_dynamic[0]", '{"version":{"text":""}}', "version"),
                ("meta_dynamic[0]", '{"version":{"text":"1","x":1}}',
                 "version"),
                ("meta_dynamic[0]", '{"version":{"text":"%s"}}' % ("x" * 256),
                 "version"),
                ("meta_dynamic[0][subject_area]", "{}", "subject_area"),
                ("meta_dynamic[0][version]", "{}", "version"),
                ("meta_dynamic[0][]", "{}", "meta_dynamic[0][]"),
                ("meta_dynamic[0][version", "{}", "meta_dynamic[0][version"),
                ("meta_dynamic[x][version]", "{}", "meta_dynamic[x]"),
                ("meta_dynamic[1][version]", '{"text":"1"}',
                 "meta_dynamic[1]"),
                ("options[0][version]", "{}", "options[0][version]"),
                ("meta_static[0]", "{}", "meta_static[0]"),
                ("meta_user[0]", "{", "meta_user[0]"),
                ("meta_user[0]", "[1]", "meta_user[0]"),
                ("meta_user[0]", "{}}", "meta_user[0]"),
                ("meta_user[99]", "{}", "meta_user[99]"),
                ("meta_user[x]", "{}", "meta_user[x]"),
                ("meta_user[0]", '{"AltText":"a"}', "AltText"),
                ("meta_user[0]", '{"int:n":"a"}', "int:n"),
                ("meta_user[0]", '{"a":"1","a":"2"}', "duplicate"),
                ("meta_user[0]", '{"a":"1","str:a":"2"}', "more than once"),
                ("meta_user[0]", '{"date:d":"2020-02-30T00:00:00Z"}',
                 "date:d"),
                ("meta_user[0]", b'{"a":"\xff"}', "meta_user[0]"),
                ("options[0]", '{"protected":1}', "protected"),
                ("options[0]", '{"x":true}', "x"),
                ("options[0]", "3", "options[0]")):
            self.refused(self.upload(("filedata", "x.png", data),
                                     (name, text)), 400, word)
        self.none_kept(data)

    def test_no_image(self):
        good = daemon.png(13, 13)
        for bad in (b"", b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n",
                    b"%PDF-1.4", b"GIF89a"):
            self.refused(self.upload(("filedata", "good.png", good),
                                     ("filedata", "bad.png", bad)), 400,
                         "bad.png")
        self.none_kept(good)

    def test_no_file(self):
        self.refused(self.upload(("meta_user[0]", "{}")), 400, "neither a file")

    def test_no_multipart(self):
        for kind in ("application/json", "multipart/form-data",
                     "multipart/mixed; boundary=x", None):
            self.refused(self.api("POST", "/sourceimages/demo", b"{}",
                                  Content_Type=kind), 400, "Content-Type")

    def test_cut_off(self):
        data = daemon.png(14, 14)
        body, kind = daemon.form(("filedata", "x.png", data))
        for n in (0, 1, 30, len(body) // 2, len(body) - 5):
            self.refused(self.api("POST", "/sourceimages/demo", body[:n],
                                  Content_Type=kind), 400)
        self.none_kept(data)

    def test_too_large(self):
        data = daemon.png(15, 15) + bytes(1024 * 1024)
        self.refused(self.upload(("filedata", "x.png", data)), 413)
        self.refused(self.upload(("meta_user[0]", "x" * 70000)), 413,
                     "meta_user[0]")
        self.none_kept(data)

    def test_memory(self):
        """
        An upload goes to the disk as it comes: the daemon stays small. It may
        be larger than what the worker that looks at it may allocate.
        """
        big = daemon.Daemon("render_memory_mb = 96\n")
        self.addCleanup(big.close)
        api = big.organization("demo")
        status = f"/proc/{big.process.pid}/status"

        def of(name):
            with open(status) as f:
                return int(next(x for x in f if x.startswith(name))
                           .split()[1])
        # its shadow is of terabytes, and it keeps what was freed
        if of("VmPeak") > 1 << 33:
            self.skipTest("not with AddressSanitizer")
        before = of("VmHWM")
        data = daemon.png(17, 17) + bytes(100 * 1024 * 1024)
        a = daemon.upload(api, "demo", ("filedata", "x.png", data))
        self.assertEqual(a.json["items"][0]["size"], len(data))
        grown = of("VmHWM") - before
        a = api("GET", a.json["items"][0]["link"] + "/download")
        self.assertEqual(len(a.body), len(data))
        self.assertLess(grown, 32 * 1024)
        self.assertLess(of("VmHWM") - before, 32 * 1024)

    def test_too_many(self):
        part = ("filedata", "x.png", daemon.png(16, 16))
        self.refused(self.upload(*[part] * 65), 400, "64")


if __name__ == "__main__":
    daemon.main()
