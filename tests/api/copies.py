# SPDX-License-Identifier: BSD-2-Clause
"""Source images in another organization: copied, moved, and by whose leave."""
import glob
import time

import daemon

NONE = "0" * 40
ORG_FOR = "render_org_fallback_for"


def upload_to(client, org, color=(9, 9, 9)):
    """A new image there."""
    return daemon.upload(client, org, (
        "filedata", "p.png", daemon.png(20, 20, color))).json[
            "items"][0]["hash"]


class Copies(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.daemon.organization("other")
        cls.shut = cls.daemon.organization("shut")
        cls.local = cls.daemon.local()
        assert cls.other("PUT", "/organizations/other/options/copy_from",
                         ["demo"]).status == 200
        cls.n = 0

    def fresh(self, **meta):
        """A new image with that user metadata."""
        type(self).n += 1
        h = self.picture(100 + self.n, 10, name=f"{self.n}.png")
        if meta:
            self.empty(self.api("PUT", self.at(h) + "/meta/user", meta))
        return h

    def at(self, hash, org="demo"):
        return f"/sourceimages/{org}/{hash}"

    def copy(self, hash, to="other", client=None, how="", **headers):
        if how:
            return (client or self.api)("POST", self.at(hash) + how,
                                        Destination=to, **headers)
        return (client or self.api)("COPY", self.at(hash), Destination=to,
                                    **headers)

    def list(self, hashes, to="other", how="copy", client=None, **headers):
        return (client or self.api)("POST", f"/sourceimages/demo/{how}",
                                    hashes, Destination=to, **headers)

    def created(self, answer, hash, to="other"):
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.json, {})
        self.assertEqual(answer.headers["Location"], self.at(hash, to))

    def test_copy(self):
        h = self.fresh(a="b")
        files = len(glob.glob(self.daemon.dir + "/store_dir/*/*"))
        self.created(self.copy(h), h)
        mine = self.api("GET", self.at(h)).json
        copy = self.other("GET", self.at(h, "other")).json
        for part in mine:
            if part not in ("organization", "link", "created", "short_hash"):
                self.assertEqual(copy[part], mine[part], part)
        self.assertEqual(copy["user_metadata"], {"a": "b"})
        self.assertEqual(
            len(glob.glob(self.daemon.dir + "/store_dir/*/*")), files)
        pictures = self.daemon.pictures("other")
        self.assertEqual(pictures("GET", f"/dynamic/{h}.png").status, 200)
        # One stays when the other goes.
        self.empty(self.api("DELETE", self.at(h)))
        self.assertEqual(
            self.other("GET", self.at(h, "other") + "/download").status, 200)
        self.assertEqual(self.daemon.fsck("--deep")[0], 0)

    def test_overwrite(self):
        h = self.fresh(a="1")
        self.created(self.copy(h, Overwrite="F"), h)
        self.api("PUT", self.at(h) + "/meta/user", {"a": "2", "b": "3"})
        self.api("PUT", self.at(h) + "/name", '"new.png"')
        self.refused(self.copy(h, Overwrite="F"), 412, "other")
        a = self.other("GET", self.at(h, "other")).json
        self.assertEqual(a["user_metadata"], {"a": "1"})
        key = {"Destination_Api_Key": self.other.key["api_key"]}
        # By copy_from alone it may add images, but change none.
        for way in ({}, {"Overwrite": "T"}, {"how": "/copy"}):
            a = self.copy(h, **way)
            self.empty(a)
            self.assertEqual(a.headers["Location"], self.at(h, "other"))
        self.assertEqual(self.list([h]).json["existing"], [h])
        a = self.other("GET", self.at(h, "other")).json
        self.assertNotEqual(a["name"], "new.png")
        self.assertEqual(a["user_metadata"], {"a": "1"})
        for way in ({}, {"Overwrite": "T"}, {"how": "/copy"}):
            self.empty(self.copy(h, **way, **key))
        a = self.other("GET", self.at(h, "other")).json
        self.assertEqual((a["name"], a["user_metadata"]),
                         ("new.png", {"a": "2", "b": "3"}))
        self.other("PUT", self.at(h, "other") + "/options/locked", True)
        self.refused(self.copy(h, **key), 403, "locked", "nothing was copied")
        self.refused(self.copy(h, Overwrite="F"), 412)

    def test_deleted_there(self):
        h = self.fresh(a="1")
        self.created(self.copy(h), h)
        self.empty(self.other("DELETE", self.at(h, "other")))
        self.api("PUT", self.at(h) + "/meta/user", {"a": "2"})
        self.created(self.copy(h, Overwrite="F"), h)
        # With what it had there.
        a = self.other("GET", self.at(h, "other")).json
        self.assertEqual(a["user_metadata"], {"a": "1"})

    def test_wrong_calls(self):
        h = self.fresh()
        self.refused(self.api("COPY", self.at(h)), 400, "Destination")
        for to, word in (("Other", "name"), ("", "name"),
                         ("demo", "the image is in this organization")):
            self.refused(self.copy(h, to), 400, "Destination", word)
            self.refused(self.list([h], to), 400, "Destination", word)
        self.refused(self.copy(h, Overwrite="no"), 400, "Overwrite")
        self.refused(self.copy(h, "gone"), 400, "Destination", "gone")
        # A wrong key does not tell whether there is such an organization.
        for how in ({"Destination_Api_Key": "0" * 64},
                    {"Destination_Api_Key": self.api.key["api_key"]}):
            no = [self.copy(h, to, **how) for to in ("shut", "gone")]
            for a in no:
                self.refused(a, 403, "Destination")
            self.assertEqual(no[0].body.replace(b"shut", b"gone"), no[1].body)
        a = self.copy(h, "gone", client=self.daemon.local())
        self.refused(a, 400, "gone")
        self.refused(self.copy(NONE), 404, "No source image found")
        self.refused(self.copy("nohash"), 404, "No source image found")
        self.refused(self.api("COPY", "/sourceimages/shut/" + h,
                              Destination="other"), 404, "shut")
        for body, *words in (([], "1 to 100"), ({}, "1 to 100"),
                             ([h] * 101, "1 to 100"), ([1], "[0]", "hash"),
                             ([h, "x"], "[1]", "hash")):
            self.refused(self.list(body), 400, *words)

    def test_list(self):
        a, b = self.fresh(), self.fresh()
        self.copy(a)
        for overwrite in ("F", "T"):
            r = self.list([a, b, NONE], Overwrite=overwrite)
            self.assertEqual(r.status, 200, r.body)
            self.assertEqual(r.json, {
                "created": [b] if overwrite == "F" else [],
                "existing": [a] if overwrite == "F" else [a, b],
                "notfound": [NONE]})
        many = [self.fresh() for i in range(100)]
        r = self.list(many).json
        self.assertEqual(r["created"], many)
        r = self.list([many[0][:12], many[0]]).json
        self.assertEqual(r["existing"], [many[0]] * 2)

    def test_rights(self):
        h = self.fresh()
        self.refused(self.copy(h, "shut"), 403, "shut", "copy_from",
                     "Destination-Api-Key")
        for role, status in (("upload", 403), ("read", 403),
                             ("sourceimages:write", 201), ("write", 204)):
            key = self.daemon.organization("shut", (role,)).key["api_key"]
            a = self.copy(h, "shut", Destination_Api_Key=key)
            self.assertEqual(a.status, status, a.body)
        self.refused(self.copy(h, "shut", Destination_Api_Key="x" * 64), 403,
                     "Destination-Api-Key")
        # A key of one organization is none of another.
        self.refused(self.copy(h, "shut", Destination_Api_Key=self.other.key[
            "api_key"]), 403, "Destination-Api-Key")
        k = self.local("POST", "/organizations/shut/keys",
                       {"roles": ["write"], "expires": time.strftime(
                           "%FT%TZ", time.gmtime(time.time() + 1.5))}).json
        daemon.wait_for(lambda: self.copy(
            h, "shut", Destination_Api_Key=k["api_key"]).status == 403)
        k = self.local("POST", "/organizations/shut/keys",
                       {"roles": ["write"], "allowed_ips": ["192.0.2.1"]})
        self.assertEqual(k.status, 201, k.body)
        self.refused(self.copy(h, "shut", Destination_Api_Key=k.json[
            "api_key"]), 403, "Destination-Api-Key")
        # Who may only read here writes nowhere by copy_from.
        for role, status in (("read", 403), ("upload", 403),
                             ("sourceimages:write", 201)):
            client = self.daemon.organization("demo", (role,))
            self.assertEqual(self.copy(h, client=client).status, status)
        # With a key of there, to read is enough.
        client = self.daemon.organization("demo", ("sourceimages:read",))
        a = self.copy(h, "shut", client,
                      Destination_Api_Key=self.shut.key["api_key"])
        self.empty(a)
        self.refused(self.copy(h, "shut", client, "/move"), 403, "role")
        self.created(self.local("COPY", self.at(self.fresh()),
                                Destination="shut"),
                     self.api("GET", "/sourceimages/demo?limit=1")
                     .json["items"][0]["hash"], "shut")

    def test_dynamic_metadata(self):
        """It goes along, and a hash that was kept is no other's there."""
        h = self.fresh()
        area = "/meta/dynamic/subject_area"
        self.created(self.copy(h), h)
        a = self.api("PUT", self.at(h) + area, {"x": 1, "y": 2})
        b = a.json["hash"]
        self.created(self.copy(b), b)
        self.assertEqual(self.other("GET", self.at(b, "other")).json[
            "dynamic_metadata"], a.json["dynamic_metadata"])
        self.other("PUT", self.at(b, "other") + area + "?keepHash=true",
                   {"x": 5, "y": 5})
        a = self.copy(b, Overwrite="F")
        self.assertEqual(a.status, 201, a.body)
        twin = a.headers["Location"].split("/")[-1]
        self.assertNotEqual(twin, b)
        self.refused(self.copy(b, Overwrite="F"), 412)
        self.assertEqual(self.daemon.fsck()[0], 0)

    def test_protected(self):
        h = self.fresh()
        p = self.api("PUT", self.at(h) + "/options/protected", True) \
            .json["hash"]
        client = self.daemon.organization("demo", ("sourceimages:write",))
        self.refused(self.copy(p, client=client), 403, p,
                     "download:protected")
        self.refused(self.list([h, p], client=client), 403, p)
        self.assertEqual(self.other("GET", self.at(h, "other")).status, 404)
        self.created(self.copy(p), p)
        self.assertTrue(self.other("GET", self.at(p, "other"))
                        .json["protected"])

    def test_quota(self):
        there = self.daemon.organization("small")
        self.local("PUT", "/organizations/small/options",
                   {"quota_images": 1, "copy_from": ["demo"]})
        a, b = self.fresh(), self.fresh()
        self.refused(self.list([a, b], "small"), 403, "quota", "small")
        self.assertEqual(there("GET", "/sourceimages/small").json["total"], 0)
        self.created(self.copy(a, "small"), a, "small")
        self.empty(self.copy(a, "small"))
        self.refused(self.copy(b, "small"), 403, "quota", "small")
        used = there("GET", "/organizations/small/quota").json["quota"]
        self.assertEqual(used["images"]["used"], 1)
        self.assertEqual(self.daemon.fsck()[0], 0)

    def test_audit(self):
        h = self.fresh(a="b")
        key = {"Destination_Api_Key": self.other.key["api_key"]}
        self.created(self.copy(h), h)
        self.empty(self.copy(h, **key))
        self.empty(self.copy(h, how="/move", **key))
        lines = self.other("GET", "/organizations/other/audit?limit=3") \
            .json["items"]
        self.assertEqual([x["action"] for x in lines], [
            "sourceimage.update", "sourceimage.update",
            "sourceimage.create"])
        for x in lines:
            self.assertEqual((x["object"], x["after"]["copy_of"]),
                             (h, "demo"))
            self.assertEqual(x["key"], self.api.key["id"])
        x = self.api("GET", "/organizations/demo/audit?limit=1") \
            .json["items"][0]
        self.assertEqual((x["action"], x["object"], x["after"]),
                         ("sourceimage.delete", h, {"moved_to": "other"}))

    def test_move(self):
        h, b = self.fresh(a="b"), self.fresh()
        alias = "/sourceimages/demo/alias/moving"
        self.api("PUT", alias, {"hash": h})
        self.refused(self.copy(h, how="/move"), 409, h, "alias")
        self.refused(self.list([b, h], how="move"), 409, h, "alias")
        self.assertEqual(self.other("GET", self.at(b, "other")).status, 404)
        self.assertEqual(self.api("GET", self.at(b)).status, 200)
        self.empty(self.api("DELETE", alias))
        self.created(self.copy(h, how="/move"), h)
        self.refused(self.api("GET", self.at(h)), 404)
        self.assertEqual(self.other("GET", self.at(h, "other"))
                         .json["user_metadata"], {"a": "b"})
        self.assertEqual(self.pictures("GET", f"/dynamic/{h}.png").status, 404)
        # What is there and may not be overwritten stays here, too.
        self.copy(b)
        self.refused(self.copy(b, how="/move", Overwrite="F"), 412)
        self.assertEqual(self.api("GET", self.at(b)).status, 200)
        r = self.list([b, b, h], how="move").json
        self.assertEqual(r, {"created": [], "existing": [b],
                             "notfound": [b, h]})
        c = self.fresh()
        self.api("PUT", self.at(c) + "/options/locked", True)
        self.refused(self.copy(c, how="/move"), 403, "locked")
        self.assertEqual(self.other("GET", self.at(c, "other")).status, 404)

    def test_taken_away_too_often(self):
        h, rc = self.fresh(), 0
        for i in range(20):
            rc = self.copy(h).status
            if rc != 201:
                break
            self.empty(self.other("DELETE", self.at(h, "other")))
        self.assertEqual(rc, 429)
        b = self.fresh()
        self.refused(self.list([b, h]), 429, h, "nothing was copied")
        self.assertEqual(self.other("GET", self.at(b, "other")).status, 404)

    def test_fallback(self):
        """Pictures of an image that only another organization has."""
        lend = "/organizations/demo/options/render_org_fallback_for"
        borrow = "/organizations/shut/options/render_org_fallback"
        shut = self.daemon.pictures("shut")
        h = self.fresh()
        stack = {"operations": [{"name": "resize", "options": {"width": 7}}]}
        self.shut("PUT", "/stacks/shut/seven", stack)

        def get(path, status=200, client=shut):
            a = client("GET", path)
            self.assertEqual(a.status, status, (path, a.body))
            return a

        for bad in ('"demo"', [1], ["Demo"], ["a"] * 33, {}):
            self.refused(self.api("PUT", lend, bad), 400, "_for")
        for bad in ('"shut"', '"Demo"', '""', [], 1):
            self.refused(self.shut("PUT", borrow, bad), 400, "another")
        # Whether there is one of that name shows not.
        no = [self.shut("PUT", borrow, f'"{x}"') for x in ("demo", "nosuch")]
        for a in no:
            self.refused(a, 403, "render_org_fallback_for", "shut")
        self.assertEqual(no[0].body.replace(b"demo", b"nosuch"), no[1].body)
        get(f"/seven/{h}.png", 404)
        self.assertEqual(self.api("PUT", lend, ["shut"] * 31 + ["x"])
                         .status, 200)
        get(f"/seven/{h}.png", 404)
        self.assertEqual(self.shut("PUT", borrow, '"demo"').status, 200)
        a = get(f"/seven/{h}.png")
        self.assertEqual(a.headers["X-Moniker-Org"], "shut")
        self.assertEqual(a.headers["X-Moniker-Source"], h)
        get(f"/seven/{h[:12]}.png")
        # An image only: no stack, nothing by the API; and not the other way.
        self.api("PUT", "/stacks/demo/theirs", stack)
        get(f"/theirs/{h}.png", 404)
        self.refused(self.shut("GET", self.at(h, "shut")), 404)
        self.assertEqual(self.shut("GET", "/organizations/shut/quota")
                         .json["quota"]["images"]["used"], 0)
        # An alias, its own before the other's.
        self.api("PUT", "/sourceimages/demo/alias/lent", {"hash": h})
        a = get("/seven/-_lent_-.png")
        self.assertEqual(a.headers["X-Moniker-Alias"], "lent")
        self.assertIn("max-age=60", a.headers["Cache-Control"])
        own = upload_to(self.shut, "shut")
        self.shut("PUT", "/sourceimages/shut/alias/lent", {"hash": own})
        self.assertEqual(get("/seven/-_lent_-.png")
                         .headers["X-Moniker-Source"], own)
        self.shut("DELETE", f"/sourceimages/shut/{own}")
        get("/seven/-_lent_-.png", 404)
        # Laid over one of its own, and over itself.
        base = upload_to(self.shut, "shut", (0, 9, 0))
        over = "/dynamic/composition-mode-foreground-secondary_image-"
        a = get(f"{over}{h}--resize-width-9/{base}.png")
        self.assertIn(h, a.headers["X-Moniker-Secondary"])
        get(f"{over}{h}--resize-width-9/{h}.png")
        # Signed by its own key, and never what is protected there.
        self.shut("PUT", "/organizations/shut/options/protect_dynamic_stack",
                  True)
        url = f"/dynamic/resize-width-8/{h}.png"
        get(url, 403)
        signed = self.shut("POST", "/utils/shut/sign_url", {"url": url}).json
        get(signed["signed_url"])
        self.shut("DELETE",
                  "/organizations/shut/options/protect_dynamic_stack")
        a = self.api("PUT", self.at(h) + "/options/protected", True)
        shut_away = a.headers["Location"].split("/")[-1]
        get(f"/seven/{shut_away}.png", 404)
        get(f"/seven/{h}.png")
        # A ring of two ends at the other.
        self.shut("PUT", "/organizations/shut/options/" + ORG_FOR, ["demo"])
        self.assertEqual(self.api(
            "PUT", "/organizations/demo/options/render_org_fallback",
            '"shut"').status, 200)
        get(f"/seven/{NONE}.png", 404)
        get("/seven/-_nobodys_-.png", 404)
        get(f"/theirs/{base}.png", client=self.pictures)
        self.api("DELETE", "/organizations/demo/options/render_org_fallback")
        # No chain: what the other shows of a third is not passed on.
        self.other("PUT", "/organizations/other/options/" + ORG_FOR, ["demo"])
        self.api("PUT", "/organizations/demo/options/render_org_fallback",
                 '"other"')
        third = upload_to(self.other, "other", (3, 3, 3))
        get(f"/theirs/{third}.png", client=self.pictures)
        get(f"/seven/{third}.png", 404)
        self.api("DELETE", "/organizations/demo/options/render_org_fallback")
        # By no leave any more.
        self.api("PUT", lend, ["x"])
        get(f"/seven/{h}.png", 404)
        # Taken away once, however often it was in the list.
        self.assertEqual(self.api("PUT", lend, ["shut"]).status, 200)
        get(f"/seven/{h}.png")
        # The other's image comes first, then the own fallback image, and never
        # the other's.
        mine = upload_to(self.shut, "shut", (9, 99, 9))
        self.shut("PUT", "/organizations/shut/options",
                  {"fallback_image": mine, "fallback_for": "all"})
        self.api("PUT", "/organizations/demo/options/fallback_image",
                 f'"{h}"')
        self.api("PUT", "/sourceimages/demo/alias/lent2", {"hash": h})
        for path in (f"/seven/{h}.png", "/seven/-_lent2_-.png"):
            a = get(path)
            self.assertEqual((a.headers["X-Moniker-Source"],
                              a.headers["X-Moniker-Fallback"]), (h, None))
        shown = get(f"/seven/{mine}.png").body
        for path, why in ((f"/seven/{NONE}.png", "unknown-hash"),
                          ("/seven/-_nobodys_-.png", "unknown-alias")):
            a = get(path, 404)
            self.assertEqual((a.body, a.headers["X-Moniker-Fallback"]),
                             (shown, why))
        self.api("DELETE", "/organizations/demo/options/fallback_image")
        self.shut("DELETE", borrow)
        self.assertEqual(get(f"/seven/{h}.png", 404).body, shown)
        self.assertEqual(self.daemon.fsck()[0], 0)

    def test_option(self):
        option = "/organizations/shut/options/copy_from"
        for bad in ('"demo"', [1], ["Demo"], ["a"] * 33, {}):
            self.refused(self.shut("PUT", option, bad), 400, "copy_from")
        self.assertEqual(self.shut("PUT", option, ["a", "demo"]).status, 200)
        h = self.fresh()
        self.created(self.copy(h, "shut"), h, "shut")
        self.assertEqual(self.shut("DELETE", option).status, 200)
        self.refused(self.copy(h, "shut"), 403)


if __name__ == "__main__":
    daemon.main()
