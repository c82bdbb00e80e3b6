# SPDX-License-Identifier: BSD-2-Clause
"""What an organization's options let a URL ask for that nobody signed:
protect_overrides, allowed_widths and allowed_heights."""
import hashlib

import daemon


class Overrides(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture(60, 40)
        cls.key = cls.api("GET", "/organizations/demo") \
            .json["signing_keys"][0]["key"]
        for name, body in {
                "small": {"operations": [
                    {"name": "resize", "options": {"width": 30}}]},
                "plain": {"operations": []},
                "vars": {"operations": [
                    {"name": "resize", "options": {"width": "$w"}}],
                    "variables": {"w": 12}},
                "need": {"operations": [
                    {"name": "resize", "options": {"width": "$w"}}]},
                "dpr": {"operations": [
                    {"name": "resize", "options": {"width": 30}}],
                    "options": {"dpr": 1.5}},
                "box": {"operations": [
                    {"name": "resize", "options": {"width": 30,
                                                   "height": 30}},
                    {"name": "crop", "options": {"width": 9, "height": 9}}]},
                "secret": {"operations": [], "options": {"protected": True}},
        }.items():
            a = cls.api("PUT", f"/stacks/demo/{name}", body)
            assert a.status == 201, a.body
        cls.api("PUT", "/sourceimages/demo/alias/logo", {"hash": cls.hash})

    def options(self, **options):
        """Sets these and none else."""
        all = {"protect_overrides": False, "allowed_widths": [],
               "allowed_heights": []}
        a = self.api("PUT", "/organizations/demo/options", all | options)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["options"], all | options)

    def signed(self, path):
        sig = hashlib.sha256((path + ":" + self.key).encode()).hexdigest()
        return f"{path}{'&' if '?' in path else '?'}sig={sig[:16]}"

    def shown(self, *paths):
        for path in paths:
            for image in (self.hash, "-_logo_-", self.hash[:12]):
                a = self.pictures("GET", path.format(image))
                self.assertEqual(a.status, 200, path)

    def closed(self, word, *paths):
        """Refused, but for who signs."""
        for path in paths:
            for image in (self.hash, "-_logo_-", self.hash[:12]):
                at = path.format(image)
                self.refused(self.pictures("GET", at), 403, word, "sign")
                a = self.pictures("GET", self.signed(at))
                self.assertEqual(a.status, 200, path)
            self.refused(self.pictures("GET", self.signed(at)[:-1] + "x"),
                         403, "wrong")

    asis = ("/small/{}.png", "/small/{}.jpg", "/small/{}/a-slug.png",
            "/small/{}/v7.png", "/small/v-x-1/{}.png", '/small/{}.png?v={{}}',
            '/small/{}.png?v={{"x":1}}', "/small/resize-width-30/{}.png",
            "/small/resize-width-10/resize-width-030/{}.png",
            "/small/o-jpg.quality-3/{}.png", "/vars/{}.png",
            "/vars/v-w-12/{}.png", '/vars/{}.png?v={{"w":"12.0"}}',
            "/plain/resize-width-9/{}.png", "/box/{}.webp")
    other = ("/small/resize-width-31/{}.png", "/small/o-dpr-2/{}.png",
             "/small/o-png.compression_level-3/{}.png",
             "/small/resize-height-9/{}.png", "/vars/v-w-13/{}.png",
             '/vars/{}.png?v={{"w":13}}', "/vars/resize-width-13/{}.png",
             "/box/crop-anchor-left_top/{}.png", "/need/v-w-12/{}.png")
    dynamic = ("/dynamic/{}.png", "/dynamic/noop/{}.png",
               "/dynamic/resize-width-30/{}.png")

    def test_overrides(self):
        self.options()
        self.shown(*self.asis, *self.other, *self.dynamic)
        self.options(protect_overrides=True)
        self.shown(*self.asis)
        self.closed("protect_overrides", *self.other, *self.dynamic)
        # Nothing else is opened by it, and what is wrong stays wrong.
        self.refused(self.pictures("GET", f"/secret/{self.hash}.png"), 403,
                     "signed URL")
        self.refused(self.pictures("GET", self.signed(
            f"/small/resize-width-0/{self.hash}.png")), 400, "resize.width")
        self.options()
        self.shown(*self.other, *self.dynamic)

    def test_what_is_signed_in_vain_leads_to_what_needs_none(self):
        self.options(protect_overrides=True)
        for path, leads in (
                (f"/small/resize-width-30/{self.hash}.png",
                 f"/small/{self.hash}.png"),
                (f"/small/resize-width-31/{self.hash}.png", None)):
            a = self.pictures("GET", self.signed(path),
                              X_Moniker_Spelling="canonical")
            self.assertEqual(a.headers["X-Moniker-Canonical"], leads)

    def test_widths(self):
        self.options(allowed_widths=[12, 60])
        self.shown(*self.asis, "/small/resize-width-60/{}.png",
                   "/small/resize-width-12/{}.png", "/small/o-dpr-2/{}.png",
                   "/small/resize-width-6--o-dpr-2/{}.png",
                   "/small/resize-height-9/{}.png", "/need/v-w-12/{}.png",
                   "/dynamic/resize-width-12/{}.png", "/dynamic/{}.png",
                   "/dynamic/resize-height-13/{}.png",
                   "/dynamic/resize-width-13-enabled-false/{}.png",
                   "/dpr/{}.png", "/dpr/resize-width-45--o-dpr-1/{}.png",
                   "/dpr/resize-width-12--o-dpr-1/{}.png", "/box/{}.png",
                   "/box/crop-width-12/{}.png",
                   "/small/blur-sigma-3/{}.png")
        self.closed("resize.width: 31 pixels",
                    "/small/resize-width-31/{}.png", "/vars/v-w-31/{}.png",
                    '/need/{}.png?v={{"w":31}}', "/dpr/resize-width-31"
                    "--o-dpr-1/{}.png", "/dynamic/resize-width-31/{}.png",
                    "/dynamic/resize-width-60/resize-width-31/{}.png",
                    "/dynamic/resize-width-60--resize-width-31/{}.png")
        self.closed("allowed_widths", "/small/o-dpr-1.01/{}.png",
                    "/small/resize-width-60--o-dpr-2/{}.png",
                    "/dpr/o-dpr-1/{}.png", "/box/crop-width-31/{}.png",
                    "/dynamic/crop-width-31-height-5/{}.png",
                    "/dynamic/composition-mode-foreground-width-61"
                    "-height-40/{}.png")
        self.refused(self.pictures(
            "GET", f"/small/resize-width-x/{self.hash}.png"), 400)

    def test_heights(self):
        self.options(allowed_widths=[12], allowed_heights=[9, 20])
        self.shown(*self.asis, "/small/resize-height-9/{}.png",
                   "/small/resize-width-12-height-20/{}.png")
        self.closed("resize.height: 10 pixels",
                    "/small/resize-height-10/{}.png",
                    "/dynamic/resize-height-10/{}.png")
        self.closed("allowed_widths", "/small/resize-height-9-width-9/{}.png")

    def test_values(self):
        path = "/organizations/demo/options/"
        for value in ("12", "{}", "null", "true", "[0]", "[-1]", "[1.5]",
                      '["12"]', "[100000]", "[[12]]", str([1] * 65)):
            for name in "allowed_widths", "allowed_heights":
                self.refused(self.api("PUT", path + name, value), 400, name)
        for value in ("1", "[]", "null", '"true"'):
            self.refused(self.api("PUT", path + "protect_overrides", value),
                         400, "protect_overrides")
        longest = list(range(99936, 100000))
        self.options(allowed_widths=longest, allowed_heights=longest,
                     protect_overrides=True)


if __name__ == "__main__":
    daemon.main()
