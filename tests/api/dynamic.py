# SPDX-License-Identifier: BSD-2-Clause
"""Dynamic metadata of source images, and what clients send and read of it."""
import json
import zlib

import daemon
import pixels

AREA = {"x": 10, "y": 20, "width": 5, "height": 6}
OTHER = {"x": 1, "y": 2, "width": 3, "height": 4}
WARNING = '299 - "Browsers keep pictures by hash for up to a year"'


class Base(daemon.Test):
    count = 0

    def new(self, *parts):
        """A picture of its own for a test, 100 x 50; its object."""
        Base.count += 1
        self.data = daemon.png(100, 50, (Base.count, 7, 7))
        return self.again(*parts)

    def again(self, *parts):
        a = daemon.upload(self.api, "demo", ("filedata", "p.png", self.data),
                          *parts)
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]

    def put(self, link, name, value, query=""):
        return self.api("PUT", f"{link}/meta/dynamic/{name}{query}", value)

    def delete(self, link, name, query="", body=None):
        return self.api("DELETE", f"{link}/meta/dynamic/{name}{query}", body)

    def made(self, answer, metadata):
        """201 with another image, and where; its link."""
        self.assertEqual(answer.status, 201, answer.body)
        o = answer.json
        link = "/sourceimages/demo/" + o["hash"]
        self.assertEqual(answer.headers["Location"], link)
        self.assertNotIn("link", o)
        self.assertEqual(o.get("dynamic_metadata"), metadata)
        self.assertEqual(self.api("GET", link).json, dict(o, link=link))
        self.assertIsNone(answer.headers["X-Moniker-Error"])
        return link

    def same(self, answer, link):
        """204, which names the image as it is."""
        self.empty(answer)
        self.assertEqual(answer.headers["Location"], link)
        self.assertIsNone(answer.headers["Warning"])


class Dynamic(Base):
    def test_put_and_delete(self):
        o = self.new(("meta_user[0]", '{"a":"b"}'))
        a = self.put(o["link"], "subject_area", AREA)
        link = self.made(a, {"subject_area": AREA})
        self.assertNotEqual(link, o["link"])
        self.assertIsNone(a.headers["X-Moniker-Aliases"])
        for key in ("binary_hash", "name", "size", "width", "user_metadata",
                    "protected", "static_metadata"):
            self.assertEqual(a.json[key], o[key])
        self.assertEqual(self.api("GET", o["link"]).json, o)
        self.same(self.put(link, "subject_area", AREA), link)
        # Known already: it is that image, and clients take 201.
        self.assertEqual(self.made(self.put(
            o["link"], "subject_area", AREA), {"subject_area": AREA}), link)
        both = self.made(self.put(link, "version", {"text": "é"}),
                         {"subject_area": AREA, "version": {"text": "é"}})
        version = self.made(self.delete(both, "subject_area"),
                            {"version": {"text": "é"}})
        self.assertEqual(self.made(self.delete(version, "version"), None),
                         o["link"])
        self.same(self.delete(o["link"], "version"), o["link"])
        self.same(self.delete(o["link"], "crop_area", "?deletePrevious=true"),
                  o["link"])

    def test_one_form(self):
        """What is the same is one image, however it is written."""
        o = self.new()
        for name, value, want in (
                ("subject_area", {"y": 3, "x": 2.0, "percentage": False},
                 {"x": 2, "y": 3, "width": 1, "height": 1}),
                ("subject_area", {"x": 33.3, "y": 0, "percentage": True},
                 {"x": 33.3, "y": 0, "width": 1, "height": 1,
                  "percentage": True}),
                ("crop_area", {"x": 99, "y": 49, "width": 900, "height": 1},
                 None),
                ("multi_areas", {"b_2": {"subject_area": {"x": 1, "y": 2}},
                                 "A": {"crop_area": OTHER}},
                 {"A": {"crop_area": OTHER},
                  "b_2": {"subject_area": {"x": 1, "y": 2, "width": 1,
                                           "height": 1}}})):
            link = self.made(self.put(o["link"], name, value),
                             {name: want or value})
            self.same(self.put(link, name, want or value), link)
            self.assertEqual(self.again(
                (f"meta_dynamic[0][{name}]", json.dumps(value)))["link"],
                link)

    def test_short_hash(self):
        o = self.new()
        a = self.put("/sourceimages/demo/" + o["short_hash"], "subject_area",
                     AREA)
        self.made(a, {"subject_area": AREA})

    def test_other_metadata_stays(self):
        """An image that is there keeps its own."""
        o = self.new(("meta_user[0]", '{"a":"old"}'))
        link = self.made(self.put(o["link"], "subject_area", AREA),
                         {"subject_area": AREA})
        self.empty(self.api("PUT", link + "/meta/user", {"b": "own"}))
        self.empty(self.api("PUT", link + "/name", '"own.png"'))
        a = self.put(o["link"], "subject_area", AREA)
        self.made(a, {"subject_area": AREA})
        self.assertEqual((a.json["user_metadata"], a.json["name"]),
                         ({"b": "own"}, "own.png"))

    def test_one_that_was_deleted_takes_over(self):
        """What was said of an image goes with it, also back to one that it
        was before."""
        o = self.new(("meta_user[0]", '{"a":"old"}'))
        link = self.made(self.put(o["link"], "subject_area", AREA,
                                  "?deletePrevious=true"),
                         {"subject_area": AREA})
        self.empty(self.api("PUT", link + "/meta/user", {"b": "new"}))
        self.empty(self.api("PUT", link + "/name", '"new.png"'))
        a = self.delete(link, "subject_area", "?deletePrevious=true")
        self.assertEqual(self.made(a, None), o["link"])
        self.assertEqual((a.json["user_metadata"], a.json["name"]),
                         ({"b": "new"}, "new.png"))
        self.refused(self.api("GET", link), 404)

    def test_delete_previous(self):
        o = self.new()
        for alias in ("one", "two"):
            a = self.api("PUT", f"/sourceimages/demo/alias/{alias}",
                         {"hash": o["hash"]})
            self.assertEqual(a.status, 201, a.body)
        shown = self.pictures("GET", "/dynamic/-_one_-.png")
        a = self.put(o["link"], "subject_area", AREA, "?deletePrevious=true")
        link = self.made(a, {"subject_area": AREA})
        self.assertEqual(a.headers["X-Moniker-Aliases"], "2")
        self.refused(self.api("GET", o["link"]), 404, "No source image found")
        for alias in ("one", "two"):
            got = self.api("GET", f"/sourceimages/demo/alias/{alias}").json
            self.assertEqual(got["hash"], a.json["hash"])
            got = self.api("GET",
                           f"/sourceimages/demo/alias/{alias}/history").json
            self.assertEqual([i["hash"] for i in got["items"]], [o["hash"]])
        again = self.pictures("GET", "/dynamic/-_one_-.png")
        self.assertEqual((again.status, again.body), (200, shown.body))
        self.assertEqual(again.headers["X-Moniker-Source"], a.json["hash"])
        # Nothing changes: nothing goes.
        a = self.put(link, "subject_area", AREA, "?deletePrevious=1")
        self.same(a, link)
        self.assertEqual(a.headers["X-Moniker-Aliases"], "0")
        self.assertEqual(self.api("GET", link).status, 200)
        # Back by each way of saying it, also in a body as rokka.js does.
        for body in ({"deletePrevious": "true"}, {"deletePrevious": True}):
            back = self.made(self.delete(link, "subject_area", "", body),
                             None)
            self.assertEqual(back, o["link"])
            self.refused(self.api("GET", link), 404)
            link = self.made(self.put(back, "subject_area", AREA),
                             {"subject_area": AREA})
        for body in ({"deletePrevious": "false"}, {"deletePrevious": False},
                     {}, [], ""):
            self.made(self.delete(link, "subject_area", "", body), None)
            self.assertEqual(self.api("GET", link).status, 200)

    def test_move_aliases(self):
        o = self.new()
        alias = "/sourceimages/demo/alias/moved"
        self.api("PUT", alias, {"hash": o["hash"]})
        a = self.put(o["link"], "version", {"text": "2"},
                     "?moveAliases=true")
        self.made(a, {"version": {"text": "2"}})
        self.assertEqual(a.headers["X-Moniker-Aliases"], "1")
        self.assertEqual(self.api("GET", alias).json["hash"], a.json["hash"])
        self.assertEqual(self.api("GET", o["link"]).status, 200)
        b = self.api("PUT", a.headers["Location"] +
                     "/options/protected?moveAliases=true", "true")
        self.assertEqual((b.status, b.headers["X-Moniker-Aliases"]),
                         (201, "1"))
        self.assertEqual(b.json["dynamic_metadata"],
                         {"version": {"text": "2"}})
        self.assertEqual(self.api("GET", alias).json["hash"], b.json["hash"])

    def test_too_many_aliases(self):
        h = self.picture(77, 50)
        for first in range(0, 10001, 1000):
            a = self.api("POST", "/sourceimages/demo/alias", {"changes": [
                {"alias": f"many{i}", "hash": h}
                for i in range(first, min(first + 1000, 10001))]})
            self.assertEqual(a.status, 200, a.body)
        at = f"/sourceimages/demo/{h}/meta/dynamic/subject_area?"
        for how in ("deletePrevious=true", "moveAliases=true"):
            self.refused(self.api("PUT", at + how, AREA), 409, "10000",
                         "/sourceimages/demo/alias")
        self.assertEqual(self.api(
            "GET", "/sourceimages/demo/alias/many0").json["hash"], h)

    def test_keep_hash(self):
        o = self.new(("meta_user[0]", '{"a":"b"}'))
        picture = f"/dynamic/crop-width-10-height-10/{o['hash']}.png"
        tag = self.pictures("GET", picture).headers["ETag"]
        purges = len(self.api("GET", "/purges/demo").json["items"])
        a = self.put(o["link"], "subject_area", AREA, "?keepHash=true")
        self.assertEqual(self.made(a, {"subject_area": AREA}), o["link"])
        self.assertEqual(a.headers["Warning"], WARNING)
        self.assertEqual(a.json["user_metadata"], {"a": "b"})
        new = self.api("GET", "/purges/demo").json["items"]
        self.assertEqual(len(new), purges + 1)
        self.assertEqual((new[0]["kind"], new[0]["key"], new[0]["counted"]),
                         ("sourceimage", o["hash"], False))
        # A picture of before is not taken for current.
        after = self.pictures("GET", picture, If_None_Match=tag)
        self.assertEqual(after.status, 200)
        self.assertNotEqual(after.headers["ETag"], tag)
        self.same(self.put(o["link"], "subject_area", AREA,
                           "?keepHash=true"), o["link"])
        self.assertEqual(len(self.api("GET", "/purges/demo").json["items"]),
                         purges + 1)
        # The same bytes without a word of it are this image.
        self.assertEqual(self.again()["hash"], o["hash"])
        # Those with the same area are not, nor those that have none any more.
        other = self.again(("meta_dynamic[0]",
                            json.dumps({"subject_area": AREA})))
        self.assertNotEqual(other["hash"], o["hash"])
        none = self.made(self.delete(o["link"], "subject_area"), None)
        self.assertNotIn(none, (o["link"], other["link"]))
        self.assertEqual(self.made(self.delete(
            other["link"], "subject_area"), None), none)
        # In the body of a DELETE as well.
        a = self.delete(o["link"], "subject_area", "", {"keepHash": "1"})
        self.assertEqual(self.made(a, None), o["link"])
        self.assertEqual(a.headers["Warning"], WARNING)
        self.assertEqual(self.daemon.fsck()[0], 0)

    def test_keep_hash_alone(self):
        o = self.new()
        for query, word in (("deletePrevious=true", "deletePrevious"),
                            ("moveAliases=1", "moveAliases")):
            query = "?keepHash=true&" + query
            self.refused(self.put(o["link"], "subject_area", AREA, query),
                         400, "keepHash", word)
            self.refused(self.delete(o["link"], "subject_area", query), 400,
                         "keepHash")
        self.refused(self.delete(o["link"], "subject_area", "?keepHash=true",
                                 {"deletePrevious": "true"}), 400, "keepHash")
        self.same(self.delete(o["link"], "subject_area",
                              "?keepHash=true&deletePrevious=false"),
                  o["link"])

    def test_locked(self):
        o = self.new()
        self.api("PUT", o["link"] + "/options/locked", "true")
        for query in ("?deletePrevious=true", "?keepHash=true"):
            self.refused(self.put(o["link"], "subject_area", AREA, query),
                         403, "locked")
        self.assertEqual(self.api("GET", o["link"]).json,
                         dict(o, locked=True))
        where = "/sourceimages/demo?binaryHash=" + o["binary_hash"]
        self.assertEqual(self.api("GET", where).json["total"], 1)
        a = self.put(o["link"], "subject_area", AREA)
        self.made(a, {"subject_area": AREA})
        self.assertFalse(a.json["locked"])

    def test_refused_names(self):
        o = self.new()
        for name, status, word in (
                ("detection_face", 403, "subject_area"),
                ("detection_eyemouth", 403, "subject_area"),
                ("linked", 400, "videos"), ("SubjectArea", 400, "crop_area"),
                ("elements", 400, "version"), ("x" * 200, 400, "version")):
            for a in (self.put(o["link"], name, {}),
                      self.put(o["link"], name, ""),
                      self.delete(o["link"], name)):
                self.refused(a, status, name[:60] + ":", word)
        for hash in ("0" * 40, "abcde"):
            link = "/sourceimages/demo/" + hash
            for a in (self.put(link, "version", {"text": "1"}),
                      self.delete(link, "version")):
                self.refused(a, 404, "No source image found")

    def test_refused_bodies(self):
        o = self.new()
        for name, body, word in (
                ("subject_area", "", "subject_area: must be an object"),
                ("subject_area", "[]", "subject_area: must be an object"),
                ("subject_area", "{", "not valid JSON"),
                ("subject_area", {"x": 1}, "subject_area.y"),
                ("subject_area", {"x": 1, "y": -1}, "subject_area.y"),
                ("subject_area", {"x": 1, "y": 1.5}, "subject_area.y"),
                ("subject_area", {"x": "1", "y": 1}, "subject_area.x"),
                ("subject_area", {"x": 1, "y": 1, "width": 0},
                 "subject_area.width"),
                ("subject_area", {"x": 1, "y": 1, "z": 1}, "subject_area.z"),
                ("subject_area", {"x": 1, "y": 1, "percentage": "yes"},
                 "subject_area.percentage"),
                ("subject_area", {"x": 101, "y": 1, "percentage": True},
                 "subject_area.x"),
                ("subject_area", {"x": 100, "y": 1}, "100 pixels wide"),
                ("subject_area", {"x": 1, "y": 50}, "50 pixels high"),
                ("crop_area", {"x": 1, "y": 1}, "crop_area.width"),
                ("multi_areas", {}, "multi_areas"),
                ("multi_areas", {"a-b": {"crop_area": AREA}},
                 "multi_areas.a-b"),
                ("multi_areas", {"a": {"crop_area": dict(AREA, y=99)}},
                 "multi_areas.a.crop_area.y"),
                ("version", {}, "version"), ("version", {"text": 1},
                                             "version"),
                ("version", {"text": "a", "b": "c"}, "version"),
                ("version", {"text": "x" * 256}, "version")):
            self.refused(self.put(o["link"], name, body), 400, word)
        for query in ("deletePrevious=x", "keepHash=2", "moveAliases=no",
                      "keepHash=1&keepHash=1"):
            name = query.split("=")[0]
            self.refused(self.put(o["link"], "version", {"text": "1"},
                                  "?" + query), 400, name)
        for body, word in (({"deletePrevious": 3}, "deletePrevious"),
                           ({"keepHash": "x"}, "keepHash"),
                           ({"previous": True}, "previous"),
                           ("true", "object"), ("{", "JSON")):
            self.refused(self.delete(o["link"], "version", "", body), 400,
                         word)
        self.assertEqual(self.api("GET", o["link"]).json, o)
        where = "/sourceimages/demo?binaryHash=" + o["binary_hash"]
        self.assertEqual(self.api("GET", where).json["total"], 1)

    def test_roles(self):
        o = self.new()
        reader = self.daemon.organization("demo", ["read"])
        self.refused(reader("PUT", o["link"] + "/meta/dynamic/version",
                            {"text": "1"}), 403)
        self.refused(reader("DELETE", o["link"] + "/meta/dynamic/version"),
                     403)
        writer = self.daemon.organization("demo", ["sourceimages:write"])
        self.assertEqual(writer("PUT", o["link"] + "/meta/dynamic/version",
                                {"text": "1"}).status, 201)

    def test_quota(self):
        """It counts as an image of its own, and nothing is left of one that
        is refused."""
        api = self.daemon.organization("few")
        a = daemon.upload(api, "few", ("f", "p.png", daemon.png(9, 9)))
        link = a.json["items"][0]["link"]
        local = self.daemon.local()
        a = local("PUT", "/organizations/few/options/quota_images", "2")
        self.assertEqual(a.status, 200, a.body)
        area = link + "/meta/dynamic/subject_area"
        self.assertEqual(api("PUT", area, {"x": 1, "y": 1}).status, 201)
        self.refused(api("PUT", area + "?deletePrevious=true",
                         {"x": 2, "y": 2}), 403, "quota")
        self.assertEqual(api("GET", link).status, 200)
        self.assertEqual(api("PUT", area + "?keepHash=true",
                             {"x": 2, "y": 2}).status, 201)
        self.assertEqual(api("GET", "/sourceimages/few").json["total"], 2)

    def test_audit(self):
        o = self.new()
        hash = self.put(o["link"], "subject_area", AREA,
                        "?deletePrevious=true").json["hash"]
        self.put("/sourceimages/demo/" + hash, "subject_area", AREA)
        a = self.api("GET", "/organizations/demo/audit?limit=1").json
        line, = a["items"]
        self.assertEqual(
            (line["action"], line["object"], line["before"], line["after"]),
            ("sourceimage.dynamic", o["hash"], {"dynamic_metadata": {}},
             {"dynamic_metadata": {"subject_area": AREA}, "hash": hash,
              "delete_previous": True}))


class Uploads(Base):
    def refused_field(self, name, text, *words):
        a = daemon.upload(self.api, "demo", ("f", "p.png", self.data),
                          (name, text))
        self.refused(a, 400, *words)

    def test_each_spelling(self):
        both = {"subject_area": AREA, "version": {"text": "1"}}
        plain = self.new()
        links = set()
        area, version = (json.dumps(v) for v in both.values())
        for parts in (
                [("meta_dynamic[0]", json.dumps(both))],
                [("meta_dynamic", json.dumps(both))],
                [("meta_dynamic[]", json.dumps(both))],
                [("meta_dynamic[0]", json.dumps(json.dumps(both)))],
                [("meta_dynamic[0][version]", version),
                 ("meta_dynamic[0][subject_area]", area)],
                [("meta_dynamic[0][subject_area]", area),
                 ("meta_dynamic[0][version]", json.dumps(version))],
                [("meta_dynamic[0]", '{"version":{"text":"1"}}'),
                 ("meta_dynamic[0][subject_area]", area)],
                [("meta_dynamic[0][subject_area]", area),
                 ("meta_dynamic[0]", '{"version":{"text":"1"}}')]):
            o = self.again(*parts)
            self.assertEqual(o["dynamic_metadata"], both)
            self.assertEqual(o["binary_hash"], plain["binary_hash"])
            links.add(o["link"])
        self.assertEqual(len(links), 1)
        link = self.made(self.put(plain["link"], "subject_area", AREA),
                         {"subject_area": AREA})
        self.assertEqual(self.made(self.put(link, "version", {"text": "1"}),
                                   both), links.pop())

    def test_of_each_file(self):
        files = [("f", f"{n}.png", daemon.png(50, 50, (n, 1, 200)))
                 for n in range(3)]
        a = daemon.upload(
            self.api, "demo", *files,
            ("meta_dynamic[2][subject_area]", json.dumps(AREA)),
            ("meta_dynamic[0]", json.dumps({"crop_area": OTHER})))
        self.assertEqual([i.get("dynamic_metadata")
                          for i in a.json["items"]],
                         [{"crop_area": OTHER}, None,
                          {"subject_area": AREA}])

    def test_refused(self):
        self.data = daemon.png(60, 50, (1, 2, 99))
        area = json.dumps(AREA)
        for name, text, word in (
                ("meta_dynamic[0]", '{"detection_face":{}}',
                 "detection_face"),
                ("meta_dynamic[0][detection_face]", "{}", "detection_face"),
                ("meta_dynamic[0]", '{"id":"unit_test"}', "id"),
                ("meta_dynamic[0][subject_area]", '{"x":1}',
                 "subject_area.y"),
                ("meta_dynamic[0][subject_area][x]", "1", "subject_area"),
                # Its size is known when it was looked at.
                ("meta_dynamic[0][subject_area]", '{"x":60,"y":1}',
                 "60 pixels wide"),
                ("meta_dynamic[0]", '{"multi_areas":{"a":{"subject_area":'
                 '{"x":0,"y":50}}}}', "meta_dynamic[0]: multi_areas.a."),
                ("meta_dynamic[1][subject_area]", area, "meta_dynamic[1]")):
            self.refused_field(name, text, word)
        twice = [("meta_dynamic[0][subject_area]", area)] * 2
        a = daemon.upload(self.api, "demo", ("f", "p.png", self.data), *twice)
        self.refused(a, 400, "subject_area", "more than once")
        # Of several files none is kept.
        a = daemon.upload(self.api, "demo", ("f", "p.png", self.data),
                          ("f", "q.png", daemon.png(9, 9)),
                          ("meta_dynamic[1][subject_area]", area))
        self.refused(a, 400, "meta_dynamic[1]: subject_area.x")
        # What is taken comes behind what would have been.
        self.new()
        a = self.api("GET", "/sourceimages/demo?width=60")
        self.assertEqual(a.json["total"], 0)


class Crops(Base):
    """Where a crop has been made, its pixels tell: (x, y) is red = x, green
    = y."""

    def new(self, *parts):
        Base.count += 1
        rows = b"".join(b"\0" + b"".join(bytes((x, y, Base.count))
                                         for x in range(100))
                        for y in range(50))
        self.data = pixels.png_file(100, 50, zlib.compress(rows), color=2)
        return self.again(*parts)

    def where(self, hash, segments, stack="dynamic"):
        """(x, y, width, height) of the part, and the ETag."""
        url = "".join("/" + i for i in (stack, segments, hash + ".png") if i)
        a = self.pictures("GET", url)
        self.assertEqual(a.status, 200, (url, a.body))
        p = pixels.Picture(a.body)
        self.assertEqual(self.pictures(
            "GET", url, If_None_Match=a.headers["ETag"]).status, 304, url)
        return p.at(0, 0)[:2] + (p.width, p.height), a.headers["ETag"]

    def shows(self, o, **metadata):
        """The hash of the image with these areas."""
        a = self.again(("meta_dynamic[0]", json.dumps(metadata)))
        self.assertNotEqual(a["hash"], o["hash"])
        return a["hash"]

    def test_crop_follows(self):
        o = self.new()
        named = {"a": {"crop_area": OTHER}, "b": {"subject_area": AREA}}
        hash = {"none": o["hash"], "subject": self.shows(o, subject_area=AREA),
                "crop": self.shows(o, crop_area=AREA),
                "named": self.shows(o, multi_areas=named,
                                    subject_area={"x": 60, "y": 30}),
                "percent": self.shows(o, subject_area={
                    "x": 10, "y": 40, "width": 5, "height": 12,
                    "percentage": True})}
        for name, segments, want in (
                ("none", "crop-width-10-height-10", (45, 20, 10, 10)),
                ("subject", "crop-width-10-height-10", (8, 18, 10, 10)),
                ("percent", "crop-width-11-height-10", (7, 18, 11, 10)),
                ("subject", "crop-width-1-height-1-mode-ratio",
                 (0, 0, 50, 50)),
                ("crop", "crop-width-10-height-10", (10, 20, 5, 6)),
                ("crop", "crop-width-10-height-10-anchor-subjectarea-"
                 "fallback-left_bottom", (0, 40, 10, 10)),
                ("named", "crop-area-a", (1, 2, 3, 4)),
                ("named", "crop-area-b", (10, 20, 5, 6)),
                ("named", "crop-area-c", (0, 0, 100, 50)),
                ("named", "crop-width-10-height-10-area-c",
                 (56, 26, 10, 10)),
                ("named", "crop-width-10-height-10-area-b",
                 (8, 18, 10, 10))):
            self.assertEqual(self.where(hash[name], segments)[0], want,
                             (name, segments))

    def test_held_back(self):
        """An image smaller than asked for: tagged the same before it is made
        and afterwards, wherever its size comes from."""
        o = self.new()
        hash = self.shows(o, subject_area=AREA, multi_areas={
            "a": {"crop_area": {"x": 30, "y": 5, "width": 60, "height": 40}}})
        held = "resize-width-900-upscale-false--"
        for segments, want in (
                ("crop-width-900-height-900", (0, 0, 50, 50)),
                ("crop-area-a", (30, 5, 60, 40)),
                ("crop-area-a--crop-width-90-height-90", (40, 5, 40, 40)),
                ("crop-area-a--crop-width-90-height-90-anchor-right_top",
                 (50, 5, 40, 40)),
                ("crop-width-1-height-2-mode-area--crop-width-900-"
                 "height-900", (10, 21, 5, 5))):
            self.assertEqual(self.where(hash, held + segments)[0], want,
                             segments)

    def test_etag_and_kept_hash(self):
        """Only what follows an area is another picture with another area."""
        o = self.new()
        follow = ("crop-width-10-height-10", "crop-width-1-height-1-mode-area",
                  "resize-width-50--crop-width-9-height-9-area-x")
        stay = ("resize-width-10", "crop-width-10-height-10-anchor-left_top",
                "crop-width-10-height-10-anchor-face", "crop-area-x",
                "crop-width-10-height-10-anchor-croparea")
        tags = {i: [self.where(o["hash"], i)] for i in follow + stay}
        for area in (AREA, dict(AREA, x=11)):
            a = self.put(o["link"], "subject_area", area, "?keepHash=true")
            self.assertEqual(a.json["hash"], o["hash"], a.body)
            for i, was in tags.items():
                was.append(self.where(o["hash"], i))
        self.made(self.delete(o["link"], "subject_area", "?keepHash=true"),
                  None)
        for i, was in tags.items():
            self.assertEqual(self.where(o["hash"], i), was[0], i)
            self.assertEqual(len({tag for where, tag in was}),
                             3 if i in follow else 1, i)
        self.assertEqual([i[0] for i in tags[follow[0]]],
                         [(45, 20, 10, 10), (8, 18, 10, 10), (9, 18, 10, 10)])

    def test_stacks_of_clients(self):
        """What WordPress and Drupal make of their images' sizes."""
        o = self.new()
        hash = self.shows(o, subject_area={"x": 80, "y": 10, "width": 8,
                                           "height": 8})
        for name, operations in (
                ("wp", [{"name": "resize", "options": {
                    "width": 30, "height": 30, "mode": "fill",
                    "upscale": False}},
                    {"name": "crop", "options": {"width": 30, "height": 30}}]),
                ("drupal", [{"name": "crop", "options": {"area": "teaser"}},
                            {"name": "resize", "options": {"width": 20}}]),
                ("computed", [{"name": "crop", "expressions": {
                    "width": "image.subject_area.width * 2",
                    "height": "image.hasSubjectArea ? 7 : 9"}}])):
            a = self.api("PUT", "/stacks/demo/" + name,
                         {"operations": operations})
            self.assertEqual(a.status, 201, a.body)
        # 60 x 30 after the resize: the middle of the area is at 50.4, 8.4.
        x, y, width, height = self.where(hash, "", "wp")[0]
        self.assertEqual((width, height), (30, 30))
        self.assertAlmostEqual(x, 30 / 0.6, delta=2)
        self.assertEqual(self.where(hash, "", "drupal")[0][2:], (20, 10))
        self.assertEqual(self.where(hash, "", "computed")[0],
                         (76, 11, 16, 7))
        # The secondary picture's crop follows an area of its own image.
        a = self.api("PUT", "/stacks/demo/spot", {"operations": [
            {"name": "crop", "options": {"width": 10, "height": 10}}]})
        self.assertEqual(a.status, 201, a.body)
        spot = "composition-mode-background-anchor-left_top-" \
            "secondary_stack-spot-secondary_image-"
        first = self.where(o["hash"], spot + hash)
        self.assertEqual(first, ((79, 9, 100, 50), first[1]))
        a = self.put("/sourceimages/demo/" + hash, "subject_area",
                     {"x": 20, "y": 10, "width": 8, "height": 8},
                     "?keepHash=true")
        self.assertEqual(a.status, 201, a.body)
        second = self.where(o["hash"], spot + hash)
        self.assertEqual(second[0][:2], (19, 9))
        self.assertNotEqual(first[1], second[1])
        teaser = self.shows(o, multi_areas={"teaser": {"crop_area": {
            "x": 40, "y": 10, "width": 20, "height": 30}}})
        x, y, width, height = self.where(teaser, "", "drupal")[0]
        self.assertEqual((width, height), (20, 30))
        self.assertEqual((x, y), (40, 10))
        percent = self.shows(o, subject_area={
            "x": 80, "y": 20, "width": 8, "height": 16, "percentage": True})
        self.assertEqual(self.where(percent, "", "computed")[0],
                         (76, 11, 16, 7))


class Clients(Base):
    """The calls of clients in their order, with what they read of them."""

    def php(self, objects, hash, **options):
        """setDynamicMetadata() of rokka/client: one after the other, on the
        hash of the one before, whose image goes from the second on."""
        for count, (name, value) in enumerate(objects):
            previous = count > 0 or options.get("deletePrevious")
            a = self.api(
                "PUT", f"/sourceimages/demo/{hash}/meta/dynamic/{name}" +
                ("?deletePrevious=true" if previous else ""),
                json.dumps(value).replace("/", "\\/"),
                Content_Type="application/json")
            self.assertLess(a.status, 300, a.body)
            hash = a.headers["Location"].split("/")[-1]
        return hash

    @staticmethod
    def area(x, y, width=1, height=1):
        """SubjectArea and CropArea, in the order of their properties."""
        return {"width": width, "height": height, "x": x, "y": y,
                "percentage": False}

    def test_php(self):
        o = self.new()
        objects = [("subject_area", self.area(3, 4)),
                   ("multi_areas", {"left": {"crop_area": self.area(
                       0, 0, 20, 20)}}), ("version", {"text": "v/1"})]
        hash = self.php(objects, o["hash"])
        got = self.api("GET", "/sourceimages/demo/" + hash).json
        self.assertEqual(set(got["dynamic_metadata"]),
                         {"subject_area", "multi_areas", "version"})
        self.assertEqual(self.api("GET", o["link"]).status, 200)
        where = "/sourceimages/demo?binaryHash=" + o["binary_hash"]
        self.assertEqual(self.api("GET", where).json["total"], 2)
        # Unchanged: 204, from which it takes the same hash.
        self.assertEqual(self.php(objects, hash), hash)
        # deleteDynamicMetadata()
        a = self.delete(got["link"], "version", "?deletePrevious=true")
        self.assertEqual(a.status, 201)
        self.refused(self.api("GET", got["link"]), 404)
        # Upload with options['meta_dynamic'] of objects
        self.assertEqual(self.again(
            ("meta_dynamic[0][subject_area]",
             json.dumps(self.area(3, 4))))["dynamic_metadata"],
            {"subject_area": {"x": 3, "y": 4, "width": 1, "height": 1}})

    def test_wordpress(self):
        """An attachment's selection is saved, saved again, and removed; the
        theme shows it by an alias all the time."""
        o = self.new()
        alias = "/sourceimages/demo/alias/wp_header"
        self.api("PUT", alias, {"hash": o["hash"]})
        hash = self.php([("subject_area", self.area(5, 6, 30, 20))],
                        o["hash"], deletePrevious=True)
        self.assertNotEqual(hash, o["hash"])
        self.assertEqual(self.php([("subject_area",
                                    self.area(5, 6, 30, 20))], hash,
                                  deletePrevious=True), hash)
        hash = self.php([("subject_area", self.area(50, 6, 30, 20))], hash,
                        deletePrevious=True)
        self.assertEqual(self.api("GET", alias).json["hash"], hash)
        # It takes away what may not be there as well.
        for status in (201, 204):
            a = self.delete("/sourceimages/demo/" + hash, "subject_area",
                            "?deletePrevious=true")
            self.assertEqual(a.status, status)
            hash = a.headers["Location"].split("/")[-1]
        self.assertEqual(hash, o["hash"])
        self.assertEqual(self.api("GET", alias).json["hash"], hash)
        self.assertEqual(self.pictures(
            "GET", "/dynamic/-_wp_header_-.png").status, 200)

    def test_drupal(self):
        """Focal point, then the crops of all bundles in one structure."""
        o = self.new()
        hash = self.php([("subject_area", self.area(40, 20))], o["hash"],
                        deletePrevious=True)
        crops = {f"crop_{n}": {"crop_area": self.area(n, n, 20, 10)}
                 for n in range(3)}
        hash = self.php([("multi_areas", crops)], hash, deletePrevious=True)
        got = self.api("GET", "/sourceimages/demo/" + hash).json
        self.assertEqual(set(got["dynamic_metadata"]["multi_areas"]),
                         set(crops))
        self.assertIn("subject_area", got["dynamic_metadata"])
        # An image that has gone is passed over by its 404.
        self.refused(self.put(o["link"], "subject_area", self.area(1, 1),
                              "?deletePrevious=true"), 404)

    def test_rokka_js(self):
        """Text/plain, and as the dashboard and the bundles of Directus read:
        the hash of the body, and the Location by its prefix."""
        o = self.new()
        path = o["link"] + "/meta/dynamic/subject_area?deletePrevious=true"
        plain = {"Content_Type": "text/plain;charset=UTF-8"}
        a = self.api("PUT", path, {"width": 1, "height": 1, "x": 7, "y": 8},
                     **plain)
        self.assertEqual((a.status, a.headers["Content-Type"]),
                         (201, "application/json"))
        self.assertEqual(a.headers["Location"],
                         "/sourceimages/demo/" + a.json["hash"])
        self.assertIn("Location",
                      a.headers["Access-Control-Expose-Headers"])
        link = a.headers["Location"]
        # removeSubjectArea() has no body, deleteDynamicMetaData() has one.
        a = self.api("DELETE", link + "/meta/dynamic/subject_area"
                     "?deletePrevious=true")
        self.assertEqual((a.status, a.json["hash"]), (201, o["hash"]))
        link = self.made(self.put(o["link"], "crop_area", OTHER),
                         {"crop_area": OTHER})
        a = self.api("DELETE", link + "/meta/dynamic/crop_area",
                     '{"deletePrevious":"true"}', **plain)
        self.assertEqual((a.status, a.json["hash"]), (201, o["hash"]))
        self.refused(self.api("GET", link), 404)

    def test_go_and_c_sharp(self):
        """Go wants 201 or 204 and a Location; C# sends all objects as one
        part, and takes no key that it does not know."""
        o = self.new()
        for status in (201, 204):
            a = self.put(o["link"], "subject_area", dict(AREA, x=1))
            self.assertEqual(a.status, status, a.body)
            o = {"link": a.headers["Location"]}
        o = self.again(("fileName", "p.png"), ("name", "filedata"),
                       ("meta_dynamic[0]", '{"subject_area":{"x":2,"y":4,'
                        '"width":5,"height":6},"version":{"text":"t"}}'))
        self.assertEqual(set(o["dynamic_metadata"]),
                         {"subject_area", "version"})


if __name__ == "__main__":
    daemon.main()
