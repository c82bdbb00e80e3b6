# SPDX-License-Identifier: BSD-2-Clause
"""Lists of images for galleries, on the render host."""
import urllib.parse

import daemon


class Albums(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hashes = [cls.picture(10 + i, 5, name=f"{i}.png")
                      for i in range(4)]
        for h, albums, favorites in zip(
                cls.hashes, (["zoo"], ["zoo", "Zürich/1"], ["zoo"], []),
                ([], ["zoo"], ["other"], ["zoo"])):
            a = cls.api("PUT", f"/sourceimages/demo/{h}/meta/user",
                        {"array:albums": albums,
                         "array:favorites": favorites})
            assert a.status == 204, a.body
        cls.option = "/organizations/demo/options/albums"

    def setUp(self):
        self.api("PUT", self.option, True)

    def album(self, name, which="all", **headers):
        return self.pictures("GET", f"/_albums/{name}/{which}.json", **headers)

    def listed(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
        o = answer.json
        self.assertEqual(o["total"], len(o["items"]))
        return [x["hash"] for x in o["items"]]

    def test_lists(self):
        a, b, c, d = self.hashes
        answer = self.album("zoo")
        self.assertEqual(self.listed(answer), [c, b, a])
        self.assertEqual(answer.headers["Cache-Control"],
                         "public, max-age=60")
        self.assertEqual(answer.json["items"][0], {
            "hash": c, "name": "2.png", "mimetype": "image/png",
            "format": "png", "width": 12, "height": 5})
        self.assertEqual(self.listed(self.album("zoo", "favorites")), [b])
        self.assertEqual(self.listed(self.album("Z%C3%BCrich%2F1")), [b])
        for none in (self.album("nothing"), self.album("Zoo"),
                     self.album("zo*"), self.album("%5Ba,z%5D"),
                     self.album("nothing", "favorites")):
            self.assertEqual(self.listed(none), [])
            self.assertEqual(none.headers["Cache-Control"],
                             "public, max-age=1")

    def test_what_may_not_be_seen(self):
        gone, shut = self.hashes[0], self.hashes[1]
        self.api("DELETE", "/sourceimages/demo/" + gone)
        p = self.api("PUT", f"/sourceimages/demo/{shut}/options/protected",
                     True).json["hash"]
        listed = self.listed(self.album("zoo"))
        self.assertNotIn(gone, listed)
        self.assertNotIn(p, listed)
        self.assertIn(shut, listed)
        self.api("POST", f"/sourceimages/demo/{gone}/restore")

    def test_gallery_embed(self):
        """The URLs that rokka-gallery-embed makes of a list."""
        for x in self.album("zoo").json["items"]:
            name = urllib.parse.quote(x["name"])
            size = "resize-width-{0}-height-{1}-upscale-false--" \
                "crop-width-{0}-height-{1}-mode-ratio"
            for part in ("options-autoformat-true--" + size.format(8, 6),
                         "options-autoformat-true--resize-width-9-height-9-"
                         "upscale-false", "o-content_disposition-attachment"):
                a = self.pictures("GET", f"/dynamic/{part}/{x['hash']}/{name}")
                self.assertEqual(a.status, 200, a.body)
            self.assertEqual(a.headers["Content-Disposition"],
                             f'attachment; filename="{x["name"]}"')

    def test_off(self):
        for value in (False, None):
            if value is None:
                self.api("DELETE", self.option)
            else:
                self.api("PUT", self.option, value)
            self.refused(self.album("zoo"), 404, "albums")
        self.refused(self.api("PUT", self.option, '"yes"'), 400, "albums")

    def test_wrong_paths(self):
        for path in ("/_albums/zoo/some.json", "/_albums//all.json",
                     "/_albums/a/b/all.json", "/_albums/all.json",
                     "/_albums/" + "x" * 300 + "/all.json", "/_albums/zoo"):
            self.refused(self.pictures("GET", path), 404, "not a render URL")
        self.refused(self.daemon.pictures("nobody")(
            "GET", "/_albums/zoo/all.json"), 404, "nobody")
        self.refused(self.pictures("POST", "/_albums/zoo/all.json"), 405)


if __name__ == "__main__":
    daemon.main()
