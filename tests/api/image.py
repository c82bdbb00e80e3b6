# SPDX-License-Identifier: BSD-2-Clause
"""The render host: grammar, overrides, formats, signatures."""
import hashlib
import json
import re
import threading
import time
from urllib.parse import quote

import daemon
import pixels



def bent(kind, u, v):
    """No wave of it is 0, which would be rounded by its last bit, and the
    highest is above 0: blurhash in JavaScript overlooks those below, which its
    code in C does not."""
    return (250 * (1 - u) ** 2, 200 * (1 - u * v) ** 3,
            180 * (1 - u) * (1 - v) ** 2) + \
        ((pixels.opacity(u, v ** 2),) if "a" in kind else ())


# What the npm packages blurhash 2.0.5 and thumbhash 0.1.1 make of it. The first
# knows no opacity.
HASHES = (
    ("rgb", 48, 32, "LlDcvF~8=^$~ptoNjJjbgfe?e=f8",
     "0tkRPY6fiIiLd3d4iIh3eK9X1wlp"),
    ("rgb", 31, 64, "TlDcvF~8=^lQj^jJgMe?e=kojJjb",
     "0tkROw6fi4eHeHiIr1fXCWk="),
    ("rgb", 64, 64, "LlDcvF~8=w$~lQj^jJjIgMe?e=f8",
     "0tkRPw6fiIiLd3d4iIh3h4d4+Hp1nZAG"),
    ("rgba", 40, 64, None, "EPqJIwYnn1t3iHevN9cJl3h4gIiJeIg="),
    ("rgba", 60, 10, None, "EPqJIYYnn4hbd4evN9cJl3h4cIiJd4g="))


def size(png):
    return (int.from_bytes(png[16:20], "big"),
            int.from_bytes(png[20:24], "big"))


def sign(target, key):
    """As rokka.js and the PHP client do it."""
    sig = hashlib.sha256((target + ":" + key).encode()).hexdigest()[:16]
    return target + ("&" if "?" in target else "?") + "sig=" + sig


def until(seconds):
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z",
                       time.gmtime(time.time() + seconds))
    return "sigopts=" + quote(json.dumps({"until": at},
                                         separators=(",", ":")), safe="")


class Image(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture(60, 40)
        cls.object = cls.api("GET", "/sourceimages/demo/" + cls.hash).json
        cls.key = cls.api("GET", "/organizations/demo") \
            .json["signing_keys"][0]["key"]
        cls.stack("small", [{"name": "resize", "options": {"width": 30}}])
        cls.stack("vars", {"operations": [
            {"name": "resize", "options": {"width": "$w"}}],
            "variables": {"w": 12}})
        cls.stack("secret", {"operations": [], "options":
                             {"protected": True}})
        cls.stack("auto", {"operations": [], "options":
                           {"autoformat": True}})
        cls.api("PUT", "/sourceimages/demo/alias/logo", {"hash": cls.hash})

    @classmethod
    def stack(cls, name, body):
        a = cls.api("PUT", f"/stacks/demo/{name}?overwrite=true", body)
        assert a.status in (200, 201), a.body

    def good(self, path, kind="image/png", **headers):
        a = self.pictures("GET", path, **headers)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.headers["Content-Type"], kind)
        self.assertEqual(a.headers["X-Content-Type-Options"], "nosniff")
        return a

    def test_sizes(self):
        h = self.hash
        for path, want in (
                (f"/small/{h}.png", (30, 20)),
                (f"/small/{h}/any-name.png", (30, 20)),
                (f"/small/-_logo_-.png", (30, 20)),
                (f"/small/-_logo_-/name-v12.png", (30, 20)),
                (f"/small/{self.object['short_hash']}.png", (30, 20)),
                (f"/small/resize-width-15/{h}.png", (15, 10)),
                (f"/small/resize-width-15/resize-width-6/{h}.png", (6, 4)),
                (f"/small/o-dpr-2/{h}.png", (60, 40)),
                (f"/small/options-dpr-2--resize-width-12/{h}.png",
                 (24, 16)),
                (f"/small//{h}.png", (30, 20)),
                (f"/small/resize-width-__undefined__/{h}.png", (30, 20)),
                (f"/dynamic/{h}.png", (60, 40)),
                (f"/dynamic/noop/{h}.png", (60, 40)),
                (f"/dynamic/resize-width-30--crop-width-10-height-10/{h}.png",
                 (10, 10)),
                (f"/dynamic/rotate-angle-90/{h}.png", (40, 60)),
                (f"/vars/{h}.png", (12, 8)),
                (f"/vars/v-w-6/{h}.png", (6, 4)),
                (f"/vars/v-w-__undefined__/{h}.png", (12, 8)),
                (f"/vars/v-w-6/{h}.png?v=%7B%22w%22%3A3%7D", (3, 2)),
                (f"/small/{h}.png?unknown=1", (30, 20))):
            self.assertEqual(size(self.good(path).body), want, path)

    def test_formats(self):
        for ext, kind in (("png", "image/png"), ("jpg", "image/jpeg"),
                          ("webp", "image/webp")):
            self.good(f"/small/{self.hash}.{ext}", kind)

    def put(self, data):
        a = daemon.upload(self.api, "demo", ("f", "p.png", data))
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]["hash"]

    def test_placeholders(self):
        """Texts that stand for a picture, as the code of reference has it."""
        for kind, w, h, blur, thumb in HASHES:
            hash = self.put(pixels.png(kind, w, h, bent))
            with self.subTest(kind=kind, size=(w, h)):
                a = self.good(f"/dynamic/{hash}.blur", "text/plain")
                if blur is not None:
                    self.assertEqual(a.body.decode(), blur)
                a = self.good(f"/dynamic/{hash}.THUMBHASH", "text/plain")
                self.assertEqual(a.body.decode(), thumb)

    def test_placeholder_of_big(self):
        """Of the picture as the stack makes it, in 64 pixels."""
        for w, h, ops in ((300, 200, "noop"),
                          (200, 300, "rotate-angle-90--resize-width-90")):
            hash = self.put(pixels.png("rgb", w, h))
            small = self.put(self.good(
                f"/dynamic/{ops}--resize-width-64-height-64/{hash}.png").body)
            a, b = (self.good(path, "text/plain") for path in (
                f"/dynamic/{ops}/{hash}.blur", f"/dynamic/{small}.blur"))
            self.assertEqual(a.body, b.body)

    def test_placeholder_as_picture(self):
        """Kept for a year, never another format, no image when uploaded."""
        a = self.good(f"/auto/{self.hash}.blur", "text/plain",
                      Accept="image/webp")
        self.assertIsNone(a.headers["Vary"])
        self.assertEqual(a.headers["Cache-Control"],
                         "public, max-age=31536000, immutable")
        b = self.pictures("GET", f"/auto/{self.hash}.blur",
                          If_None_Match=a.headers["ETag"])
        self.assertEqual(b.status, 304)
        self.assertEqual(self.good(f"/auto/{self.hash}.blur",
                                   "text/plain").headers["ETag"],
                         a.headers["ETag"])
        c = daemon.upload(self.api, "demo", ("f", "x.blur", a.body))
        self.assertEqual(c.status, 400, c.body)
        self.assertNotEqual(
            self.good(f"/dynamic/rotate-angle-45--o-transparency.color-000000"
                      f"/{self.hash}.blur", "text/plain").body,
            self.good(f"/dynamic/rotate-angle-45/{self.hash}.blur",
                      "text/plain").body)

    def test_autoformat(self):
        a = self.good(f"/auto/{self.hash}.jpg", "image/jpeg")
        self.assertEqual(a.headers["Vary"], "Accept")
        b = self.good(f"/auto/{self.hash}.jpg", "image/webp",
                      Accept="image/webp")
        self.assertEqual(b.headers["Vary"], "Accept")
        self.assertNotEqual(a.headers["ETag"], b.headers["ETag"])
        for accept, kind in (("image/webp;q=0", "jpeg"),
                             ("IMAGE/WEBP ; q=0.1", "webp"),
                             ("image/avif;q=0.0, image/webp;q=0.5", "webp"),
                             ("image/webpx, text/html;a=image/webp", "jpeg"),
                             ("image/*, */*", "jpeg")):
            self.good(f"/auto/{self.hash}.jpg", "image/" + kind,
                      Accept=accept)
        c = self.good(f"/small/{self.hash}.jpg", "image/jpeg",
                      Accept="image/webp")
        self.assertIsNone(c.headers["Vary"])
        # Lines of one name are one list.
        d = self.pictures.raw(
            f"GET /auto/{self.hash}.jpg HTTP/1.1\r\nHost: x\r\n"
            "X-Moniker-Organization: demo\r\nAccept: text/html\r\n"
            "Connection: close\r\naccept: image/webp\r\n\r\n".encode())
        self.assertIn(b"\r\nContent-Type: image/webp\r\n", d)

    def test_lifetimes(self):
        a = self.good(f"/small/{self.hash}.png")
        self.assertEqual(a.headers["Cache-Control"],
                         "public, max-age=31536000, immutable")
        # The beginning of a hash may mean another picture tomorrow.
        short = self.object["short_hash"]
        for image in ("-_logo_-", short, self.hash[:39]):
            a = self.good(f"/small/{image}.png")
            self.assertEqual(a.headers["Cache-Control"], "public, max-age=60, "
                             "stale-while-revalidate=600")

    def test_tags(self):
        a = self.good("/small/-_logo_-.png")
        self.assertEqual(
            [a.headers["X-Moniker-" + x]
             for x in ("Org", "Source", "Stack", "Alias")],
            ["demo", self.hash, "small", "logo"])
        b = self.good(f"/small/{self.hash}.png")
        self.assertEqual(b.headers["ETag"], a.headers["ETag"])
        self.assertIsNone(b.headers["X-Moniker-Alias"])
        c = self.good(f"/dynamic/{self.hash}.png")
        self.assertNotEqual(c.headers["ETag"], a.headers["ETag"])
        self.empty(self.pictures("GET", f"/small/{self.hash}.png",
                                 If_None_Match=a.headers["ETag"]), 304)
        d = self.pictures("HEAD", f"/small/{self.hash}.png")
        self.assertEqual((d.status, d.body), (200, b""))
        self.assertEqual(d.headers["Content-Length"], str(len(a.body)))

    def test_not_there(self):
        h = self.hash
        for path, word in (
                (f"/nothing/{h}.png", "nothing"),
                ("/small/" + "0" * 40 + ".png", "0000"),
                ("/small/-_nothing_-.png", "nothing"),
                ("/small/-_a-b_-.png", ""), ("/", "render URL"),
                ("/small", "render URL"), (f"/{h}.png", ""),
                (f"/small/{h}", ""), (f"/small/{h[:5]}.png", ""),
                (f"/small/-http://example.org/a.png-.png",
                 "remote_fullurl_allow")):
            self.refused(self.pictures("GET", path), 404, word)
        self.refused(self.daemon.pictures("nobody")(
            "GET", f"/small/{h}.png"), 404)
        self.refused(self.daemon.pictures("-bad-")(
            "GET", f"/small/{h}.png"), 404, "organization")

    def test_bad_options(self):
        h = self.hash
        for path, word in (
                (f"/small/resize-width-x/{h}.png", "width"),
                (f"/small/resize-width-10001/{h}.png", "width"),
                (f"/small/resize-width/{h}.png", "width"),
                (f"/small/resize-mode-odd/{h}.png", "mode"),
                (f"/small/o-jpg.quality-101/{h}.png", "jpg.quality"),
                (f"/small/o-nothing-1/{h}.png", "nothing"),
                (f"/dynamic/nothing-a-1/{h}.png", "nothing"),
                (f"/dynamic/o-dpr-2/{h}.png", "dpr"),
                (f"/small/{h}.png?v=%7B", "v"),
                (f"/vars/v-w-x/{h}.png", "width"),
                (f"/small/{h}.xyz", "xyz")):
            self.refused(self.pictures("GET", path), 400, word)

    def test_methods(self):
        for method in ("POST", "PUT", "DELETE"):
            a = self.pictures(method, f"/small/{self.hash}.png")
            self.refused(a, 405)
            self.assertEqual(a.headers["Allow"], "GET, HEAD")

    def test_by_host(self):
        for host in ("demo.example.net:8080", "Demo.Example.net"):
            c = daemon.Client(self.pictures.path, Host=host)
            self.assertEqual(c("GET", f"/small/{self.hash}.png").status, 200)
        for host in ("other.example.net", "demo", "demo:80", "demo.",
                     "127.0.0.1", "api.example.net", "-demo.example.net"):
            c = daemon.Client(self.pictures.path, Host=host)
            self.refused(c("GET", f"/small/{self.hash}.png"), 404)
        for name in ("api", "Demo", "demo.example.net", "demo_"):
            c = daemon.Client(self.pictures.path, **{
                "X-Moniker-Organization": name})
            self.refused(c("GET", f"/small/{self.hash}.png"), 404)

    def test_source_file(self):
        self.stack("source", {"operations": [],
                              "options": {"source_file": True}})
        self.assertEqual(self.good(f"/source/{self.hash}.png").body,
                         daemon.png(60, 40))

    def test_what_only_a_stack_may_have(self):
        """Who knows a hash gets no original, unless a stack gives it."""
        h = self.hash
        for option in ("source_file-true", "source_file-1",
                       "source_file-false", "basestack-small",
                       "protected-true"):
            for path in (f"/small/o-{option}/{h}.png",
                         f"/dynamic/options-{option}/{h}.png",
                         f"/small/resize-width-5--o-{option}/-_logo_-.png"):
                self.refused(self.pictures("GET", path), 400,
                             "options." + option.split("-")[0], "only")
        self.assertEqual(size(self.good(
            f"/small/o-source_file-__undefined__/{h}.png").body), (30, 20))

    def test_protected_in_any_form(self):
        for i, yes in enumerate((True, "true", 1, "1")):
            self.stack(f"secret{i}", {"operations": [],
                                      "options": {"protected": yes}})
            self.refused(self.pictures(
                "GET", f"/secret{i}/{self.hash}.png"), 403, "signed")

    def test_attachment(self):
        a = self.good(f"/small/o-content_disposition-attachment/"
                      f"{self.hash}.png")
        self.assertEqual(a.headers["Content-Disposition"],
                         f'attachment; filename="{self.hash}.png"')
        for slug, name in (
                ("a-logo", 'filename="a-logo.png"'),
                ("two%20words-v12", 'filename="two words.png"'),
                ("caf%C3%A9", "filename*=UTF-8''caf%C3%A9.png; "
                 'filename="caf_.png"'),
                ("100%25", "filename*=UTF-8''100%25.png; "
                 'filename="100_.png"'),
                ("a%22;b%5Cx:y%E2%80%AEz%C2%85", 'filename="a;bx:yz.png"'),
                (".x-", 'filename="x.png"'),
                ("%C3%A9" * 80, "filename*=UTF-8''" + "%C3%A9" * 75 +
                 '.png; filename="' + "_" * 75 + '.png"'),
                ("x" * 149 + "%C3%A9", 'filename="' + "x" * 149 + '.png"'),
                ("%22", f'filename="{self.hash}.png"'),
                ("x" * 600, f'filename="{self.hash}.png"')):
            with self.subTest(slug):
                a = self.good("/small/o-content_disposition-attachment/"
                              f"{self.hash}/{slug}.png")
                self.assertEqual(a.headers["Content-Disposition"],
                                 "attachment; " + name)
        self.assertNotIn("Content-Disposition", self.good(
            f"/small/{self.hash}/a-logo.png").headers)

    def test_attachment_of_an_alias(self):
        """Its name, and what the picture is, not what was asked for."""
        part = "/small/o-content_disposition-attachment-autoformat-true/"
        for image, accept, name in (
                ("-_logo_-.png", "", "logo.png"),
                ("-_logo_-.jpg", "image/webp", "logo.webp"),
                ("-_logo_-/a-slug.jpg", "image/webp", "a-slug.webp"),
                (f"{self.hash}.jpg", "image/webp", f"{self.hash}.webp")):
            with self.subTest(image):
                a = self.good(part + image, accept or "image/png",
                              Accept=accept)
                self.assertEqual(a.headers["Content-Disposition"],
                                 f'attachment; filename="{name}"')

    def test_composition(self):
        mark = self.picture(10, 10, (0, 200, 0))
        a = self.good("/dynamic/composition-mode-background-width-10-"
                      f"height-10-secondary_image-{mark}/{self.hash}.png")
        self.assertEqual(size(a.body), (60, 40))
        self.refused(self.pictures(
            "GET", "/dynamic/composition-mode-background-width-10-height-10-"
            f"secondary_image-{'0' * 40}/{self.hash}.png"), 404,
            "secondary_image")

    def test_composition_by_short_hash(self):
        """The ETag is that of the whole hash, whatever the URL says."""
        mark = self.picture(11, 11, (0, 200, 0))
        short = self.api("GET", "/sourceimages/demo/" + mark) \
            .json["short_hash"]
        a, b = (self.good("/dynamic/composition-mode-background-width-10-"
                          f"height-10-secondary_image-{h}/{self.hash}.png")
                for h in (mark, short))
        self.assertEqual(a.headers["ETag"], b.headers["ETag"])
        part = "composition-mode-background-secondary_image-"
        self.refused(self.pictures(
            "GET", f"/dynamic/{part}{mark}--{part}{self.hash}/"
            f"{self.hash}.png"), 400, "secondary_image")

    MARK = "composition-mode-background-anchor-left_top-secondary_image-"

    def test_composition_by_alias(self):
        """What the alias means now; kept no longer than it."""
        red, blue = (self.picture(9, 9, c) for c in ((255, 0, 0),
                                                     (0, 0, 255)))
        part = f"/dynamic/{self.MARK}_mark_/{self.hash}.png"
        self.refused(self.pictures("GET", part), 404, "alias", "mark")
        for mark, rgb in ((red, (255, 0, 0)), (blue, (0, 0, 255))):
            a = self.api("PUT", "/sourceimages/demo/alias/mark"
                         "?overwrite=true", {"hash": mark})
            self.assertIn(a.status, (200, 201))
            a = self.good(part)
            self.assertEqual(pixels.Picture(a.body).at(3, 3)[:3], rgb)
            self.assertEqual(a.headers["Cache-Control"], "public, "
                             "max-age=60, stale-while-revalidate=600")
            self.assertEqual(a.headers["X-Moniker-Secondary"],
                             f"_mark_={mark},{mark}")
            b = self.good(f"/dynamic/{self.MARK}{mark}/{self.hash}.png")
            self.assertEqual(a.headers["ETag"], b.headers["ETag"])
            self.assertIn("immutable", b.headers["Cache-Control"])

    def test_composition_by_stack(self):
        """The secondary picture is what a stack makes of it."""
        mark = self.picture(40, 20, (0, 0, 255))
        self.stack("badge", {"operations": [
            {"name": "resize", "options": {"width": "$w"}},
            {"name": "grayscale", "expressions": {"enabled": "$dull"}}],
            "variables": {"w": 20, "dull": False}})

        def look(options, *where):
            a = self.good(f"/dynamic/{self.MARK}{mark}{options}/"
                          f"{self.hash}.png")
            p = pixels.Picture(a.body)
            return a, [p.at(x, y)[:3] for x, y in where]
        blue, red = (0, 0, 255), (200, 0, 0)
        at = (1, 1), (18, 8), (22, 8), (18, 12)
        a, got = look("-secondary_stack-badge", *at)
        self.assertEqual(got, [blue, blue, red, red])
        self.assertEqual(a.headers["X-Moniker-Secondary"], f"{mark},/badge")
        b, got = look("-secondary_stack-badge-secondary_stack_variables-"
                      "w%3D10%26dull%3Dtrue", (1, 1), (12, 3))
        self.assertEqual(len(set(got[0])), 1)
        self.assertEqual(got[1], red)
        self.assertNotEqual(a.headers["ETag"], b.headers["ETag"])
        # Its own source image, where none is named
        c = self.good("/dynamic/composition-mode-background-secondary_stack-"
                      f"badge-secondary_stack_variables-w%3D10--resize-width-"
                      f"60/{self.hash}.png")
        self.assertEqual(c.headers["X-Moniker-Secondary"],
                         f"{self.hash},/badge")
        # What another stack means shows in the ETag.
        self.stack("badge", [{"name": "resize", "options": {"width": 5}}])
        d, got = look("-secondary_stack-badge", (4, 1), (6, 1))
        self.assertEqual(got, [blue, red])
        self.assertNotEqual(a.headers["ETag"], d.headers["ETag"])

    def test_composition_variables(self):
        """Of an object: literal, a variable, an expression; given back."""
        mark = self.picture(40, 40, (0, 0, 255))
        self.stack("sized", {"operations": [{"name": "resize", "options": {
            "width": "$w", "height": "$h", "mode": "absolute"}}],
            "variables": {"w": 1, "h": 1}})
        body = {"operations": [{"name": "composition", "options": {
            "mode": "background", "anchor": "left_top",
            "secondary_image": mark, "secondary_stack": "sized",
            "secondary_stack_variables": {"w": "$side", "h": 7}}}],
            "options": {}, "variables": {"side": 9}}
        self.stack("framed", body)
        o = self.api("GET", "/stacks/demo/framed").json
        self.assertEqual(o["stack_operations"], body["operations"])
        for path, w, h in (("framed", 9, 7), ("framed/v-side-12", 12, 7)):
            p = pixels.Picture(self.good(f"/{path}/{self.hash}.png").body)
            self.assertEqual([p.at(*at)[2] for at in (
                (w - 1, h - 1), (w, h - 1), (w - 1, h))], [255, 0, 0], path)
        body["operations"][0]["expressions"] = {
            "secondary_stack_variables": {"w": "$side * 2",
                                          "h": "image.height / 4"}}
        self.stack("framed", body)
        o = self.api("GET", "/stacks/demo/framed").json
        self.assertEqual(o["stack_operations"], body["operations"])
        p = pixels.Picture(self.good(f"/framed/{self.hash}.png").body)
        self.assertEqual([p.at(*at)[2] for at in ((17, 9), (18, 9),
                                                  (17, 10))], [255, 0, 0])
        for value, words in (
                ({"w": [1]}, ("variables.w", "number")),
                ({"w": "$a + 1"}, ("variables.w", "expressions")),
                ("w", ("secondary_stack_variables", "a=1&b=2")),
                ([1], ("secondary_stack_variables",))):
            body["operations"][0]["options"]["secondary_stack_variables"] = \
                value
            self.refused(self.api("PUT", "/stacks/demo/framed?overwrite=true",
                                  body), 400, *words)

    def test_composition_depth(self):
        """Five below the picture; a circle of stacks is too deep."""
        for i in range(1, 8):
            self.stack(f"deep{i}", [] if i == 1 else [
                {"name": "resize", "options": {"width": 60 - 5 * (7 - i)}},
                {"name": "composition", "options": {
                    "mode": "background", "anchor": "right_bottom",
                    "width": 8, "height": 8, "secondary_image":
                    self.picture(8, 8, (0, 30 * i, 0)),
                    "secondary_stack": f"deep{i - 1}"}}])
        a = self.good(f"/deep6/{self.hash}.png")
        self.assertEqual(a.headers["X-Moniker-Secondary"].count("/deep"), 5)
        at = pixels.Picture(a.body).at
        self.assertEqual(at(49, 31)[:2], (0, 180))      # the last mark
        self.assertTrue(at(54, 36)[1] < 179)    # has another in its corner
        self.refused(self.pictures("GET", f"/deep7/{self.hash}.png"), 400,
                     "Composition nesting too deep")
        self.stack("deep1", [{"name": "composition", "options": {
            "mode": "background", "secondary_stack": "deep1"}}])
        self.refused(self.pictures("GET", f"/deep1/{self.hash}.png"), 400,
                     "Composition nesting too deep")

    def test_composition_stack_refused(self):
        part = f"/dynamic/{self.MARK}{self.hash}-secondary_stack-"
        self.refused(self.pictures("GET", f"{part}none/{self.hash}.png"),
                     404, "secondary_stack", "none")
        self.refused(self.pictures("GET", f"{part}secret/{self.hash}.png"),
                     403, "secondary_stack", "signed")
        self.good(sign(f"{part}secret/{self.hash}.png", self.key))
        self.refused(self.pictures(
            "GET", f"{part}vars-secondary_stack_variables-w%3Dx/"
            f"{self.hash}.png"), 400, "secondary_stack: resize.width")
        self.stack("bytes", {"operations": [],
                             "options": {"source_file": True}})
        self.refused(self.pictures("GET", f"{part}bytes/{self.hash}.png"),
                     400, "source_file")
        self.refused(self.pictures(
            "GET", f"{part}vars--{self.MARK[:-1]}-{self.hash}-"
            f"secondary_stack-small/{self.hash}.png"), 400,
            "secondary_stack", "same")

    def once(self, path, body, kind="image/png", api=None, **headers):
        return (api or self.api)("POST", "/utils/demo/render/" + path, body,
                                 Content_Type=kind, **headers)

    def test_render_once(self):
        """The same picture as of a stored one, of which nothing stays."""
        data = pixels.png("rgb", 60, 40, bent)
        hash = self.put(data)
        before = self.api("GET", "/sourceimages/demo?limit=0").json["total"]
        for path, url in (
                ("small.png", f"small/{hash}.png"),
                ("small/resize-width-20.jpg",
                 f"small/resize-width-20/{hash}.jpg"),
                ("vars.png?v=%7B%22w%22%3A9%7D",
                 f"vars/{hash}.png?v=%7B%22w%22%3A9%7D"),
                ("dynamic/rotate-angle-2.5/o-transparency.color-ff0000.png",
                 f"dynamic/rotate-angle-2.5/o-transparency.color-ff0000/"
                 f"{hash}.png"),
                (f"dynamic/{self.MARK}{self.hash}-secondary_stack-small.webp",
                 f"dynamic/{self.MARK}{self.hash}-secondary_stack-small/"
                 f"{hash}.webp"),
                ("dynamic.blur", f"dynamic/{hash}.blur"),
                ("secret.png", None)):
            a = self.once(path, data)
            self.assertEqual(a.status, 200, a.body)
            self.assertEqual(a.headers["Cache-Control"], "private, no-cache")
            self.assertEqual(a.headers["X-Content-Type-Options"], "nosniff")
            if url is None:
                continue
            b = self.pictures("GET", "/" + url)
            self.assertEqual(a.body, b.body, path)
            self.assertEqual(a.headers["Content-Type"],
                             b.headers["Content-Type"])
        body, kind = daemon.form(("filedata", "x.png", data))
        self.assertEqual(self.once("small.png", body, kind).body,
                         self.once("small.png", data).body)
        new = pixels.png("rgb", 61, 43)
        self.assertEqual(self.once("small.png", new).status, 200)
        self.assertEqual(self.api("GET", "/sourceimages/demo?limit=0")
                         .json["total"], before)

    def test_render_once_refused(self):
        data = pixels.png("rgb", 20, 10)
        self.stack("based", {"operations": [], "options":
                             {"basestack": "small"}})
        self.stack("bytes", {"operations": [],
                             "options": {"source_file": True}})
        two = daemon.form(("a", "a.png", data), ("b", "b.png", data))
        text = daemon.form(("a", "a.png", data), ("quality", "80"))
        for path, body, kind, status, words in (
                ("small.png", b"no picture", "image/png", 400, ("image",)),
                ("small.png", b"", "image/png", 400, ("no image",)),
                ("small.png", data[:-30], "image/png", 400, ()),
                ("small.png", *two, 400, ("b: send one file",)),
                ("small.png", *text, 400, ("quality",)),
                ("small.png", data, "multipart/form-data", 400,
                 ("Content-Type",)),
                ("small", data, "image/png", 400, ("format",)),
                ("small.exe", data, "image/png", 400, ("format",)),
                ("small.pdf", data, "image/png", 400, ("format",)),
                ("none.png", data, "image/png", 404, ("none",)),
                ("based.png", data, "image/png", 400, ("basestack",)),
                ("bytes.png", data, "image/png", 400, ("source_file",)),
                ("small/o-basestack-small.png", data, "image/png", 400,
                 ("basestack",)),
                ("small/o-source_file-true.png", data, "image/png", 400,
                 ("source_file",)),
                ("small/resize-width-0.png", data, "image/png", 400,
                 ("resize.width",)),
                ("dynamic/resize-width-99999.png", data, "image/png", 400,
                 ("resize.width",)),
                ("small.png?v=1", data, "image/png", 400, ("v",)),
                ("dynamic/composition-mode-background-secondary_stack-"
                 "small.png", data, "image/png", 400, ("secondary_image",))):
            with self.subTest(path=path, kind=kind):
                self.refused(self.once(path, body, kind), status, *words)
        a = daemon.Client(self.api.path)
        self.refused(self.once("small.png", data, api=a), 403)

    def test_errors(self):
        """JSON, or a picture for who shows pictures; kept for a moment."""
        c = daemon.Client(self.pictures.path, Host="demo.example.net")
        none = "/small/" + "0" * 40 + ".png"
        for accept in ("*/*", "image/webp,application/json",
                       "text/html,image/avif,*/*;q=0.8"):
            a = c("GET", none, Accept=accept)
            self.refused(a, 404, "0000")
        a = c("GET", none, Accept="image/avif,image/webp,image/*,*/*;q=0.8")
        self.assertEqual(a.status, 404)
        self.assertEqual(a.headers["Content-Type"], "image/svg+xml")
        self.assertEqual(a.headers["Vary"], "Accept")
        self.assertIn("0000", a.headers["X-Moniker-Error"])
        self.assertTrue(a.body.startswith(b"<svg "))
        self.assertEqual(a.headers["Cache-Control"], "public, max-age=5")
        # Varnish keeps one answer for all
        self.refused(self.pictures("GET", none, Accept="image/webp"), 404)
        a = self.pictures("GET", f"/secret/{self.hash}.png")
        self.refused(a, 403)
        self.assertEqual(a.headers["Cache-Control"], "no-store")

    def test_signed_stack(self):
        path = f"/secret/{self.hash}.png"
        self.refused(self.pictures("GET", path), 403, "signed")
        self.refused(self.pictures("GET", path + "?sig=" + "0" * 16), 403,
                     "wrong")
        self.refused(self.pictures("GET", sign(path, "x")), 403, "wrong")
        # an option in the URL does not open it
        self.refused(self.pictures(
            "GET", f"/secret/o-protected-false/{self.hash}.png"), 403)
        a = self.good(sign(path, self.key))
        self.assertEqual(a.headers["Cache-Control"],
                         "public, max-age=31536000, immutable")
        for target in (f"/secret/{self.hash}/slug.png",
                       f"/secret/resize-width-10/{self.hash}.png",
                       "/secret/-_logo_-.png",
                       path + "?v=%7B%22a%22%3A%22b%22%7D"):
            self.good(sign(target, self.key))
            self.refused(self.pictures("GET", sign(target, self.key)
                                       .replace(".png", ".jpg")), 403)

    def test_signed_for_a_time(self):
        path = f"/secret/{self.hash}.png?" + until(100)
        a = self.good(sign(path, self.key))
        age = int(re.fullmatch(r"public, max-age=(\d+), must-revalidate,"
                               " stale-while-revalidate=0",
                               a.headers["Cache-Control"])[1])
        # Caches count whole seconds: one less, so that none goes beyond.
        self.assertTrue(80 <= age <= 99, age)
        self.refused(self.pictures(
            "GET", sign(f"/secret/{self.hash}.png?" + until(-1), self.key)),
            403, "expired")
        self.refused(self.pictures("GET", sign(path, self.key)
                                   .replace("until", "unti1")), 403)
        for opts in ("%7B%7D", "x", "%7B%22until%22%3A%22never%22%7D",
                     "%7B%22until%22%3A1%7D"):
            self.refused(self.pictures("GET", sign(
                f"/secret/{self.hash}.png?sigopts={opts}", self.key)), 403)

    def test_signed_as_the_client_sent_it(self):
        """Varnish rewrites an alias and tells what it was."""
        sent = sign("/secret/-_logo_-/slug.png", self.key)
        here = f"/secret/{self.hash}.png?sig=" + sent[-16:]
        self.good(here, X_Moniker_Url=sent)
        self.refused(self.pictures("GET", here), 403)

    def test_signed_for_what_a_sticky_varnish_shows(self):
        """What an alias showed at its last purge, however often it moved."""
        shown, third = self.picture(62, 41), self.picture(63, 41)
        for n in range(12):
            self.api("PUT", "/sourceimages/demo/alias/still?overwrite=true",
                     {"hash": (third, self.hash)[n % 2] if n else shown})
        sent = sign("/secret/-_still_-.png", self.key)
        here = f"/secret/{shown}.png?sig=" + sent[-16:]
        self.good(here, X_Moniker_Url=sent)
        self.api("DELETE", "/sourceimages/demo/alias/still/cache")
        self.refused(self.pictures("GET", here, X_Moniker_Url=sent), 403)

    def test_url_of_another_picture(self):
        """A URL that was signed for one picture opens no other."""
        other = self.picture(61, 41)
        self.stack("secret2", {"operations": [], "options":
                               {"protected": True}})
        self.api("PUT", "/sourceimages/demo/alias/other", {"hash": other})
        sent = sign(f"/secret/{other}.png", self.key)
        sig = "?sig=" + sent[-16:]
        self.good(sent, X_Moniker_Url=sent)
        for path in (f"/secret/{self.hash}.png", "/secret/-_logo_-.png",
                     f"/secret/{other}.jpg", f"/secret2/{other}.png",
                     f"/secret/resize-width-9/{other}.png",
                     f"/secret/{other}/v1.png"):
            for query in (sig, "", "?v=%7B%7D&sig=" + sent[-16:]):
                self.refused(self.pictures("GET", path + query,
                                           X_Moniker_Url=sent), 403,
                             "X-Moniker-Url")
        for odd in ("", "x", "/secret?sig=1", "/" + "a" * 3000,
                    "http://h" + sent, sent + "#", sent[:-1]):
            self.refused(self.pictures("GET", f"/secret/{other}.png" + sig,
                                       X_Moniker_Url=odd), 403)
        # by the beginning of its hash and by its alias, which may have
        # been looked up just before it moved
        for image in (other[:39], "-_other_-"):
            sent = sign(f"/secret/{image}/x.png", self.key)
            here = f"/secret/{other}.png?sig=" + sent[-16:]
            self.good(here, X_Moniker_Url=sent)
            self.refused(self.pictures("GET", here.replace(other, self.hash),
                                       X_Moniker_Url=sent), 403)
        self.api("PUT", "/sourceimages/demo/alias/other?overwrite=true",
                 {"hash": self.hash})
        self.good(here, X_Moniker_Url=sent)
        self.good(here.replace(other, self.hash), X_Moniker_Url=sent)
        self.api("DELETE", "/sourceimages/demo/alias/other")

    def test_spellings_without_varnish(self):
        """What the edge takes for one URL is one here, and no other."""
        for path in ("/%73mall/{}.png", "/small/{}.PNG", "/small/{}/x.Png",
                     "/small/resize-%77idth-3%30/{}.png"):
            self.good(path.format(self.hash))
            self.good(path.format("-_lo%67o_-"))
        for image in ("%2D_logo_-", "-%5flogo_-", "-_logo%5f-", "-_logo_%2d",
                      "-_lo-go_-", "-_lo%2Dgo_-", "-__-", "-_lo%zzgo_-",
                      "-_lo.go_-"):
            self.refused(self.pictures("GET", f"/small/{image}.png"),
                         404 if "zz" not in image else 400)
        for end in (".pn%67", "%2Epng", ".p-g", ".bitmap"):
            self.refused(self.pictures("GET", f"/small/{self.hash}{end}"),
                         404)

    def test_signed_twice(self):
        good = sign(f"/secret/{self.hash}.png?" + until(100), self.key)
        for path in (good, good.replace("secret", "small"),
                     f"/small/{self.hash}.png?sig=1"):
            for more in ("&sig=junk", "&sig=", "&" + good[-20:],
                         "&sigopts=%7B%7D&sigopts="):
                self.refused(self.pictures("GET", path + more), 400,
                             "more than once", "sig")
                self.refused(self.pictures("GET", path, X_Moniker_Url=path +
                                           more), 400, "more than once")
        self.good(good + "&xsig=1&sig", "image/png", X_Moniker_Url=good)

    def test_protected_image(self):
        a = daemon.upload(self.api, "demo",
                          ("f", "p.png", daemon.png(33, 22)),
                          ("options[0]", '{"protected":true}'))
        path = f"/small/{a.json['items'][0]['hash']}.png"
        self.refused(self.pictures("GET", path), 403, "signed")
        self.good(sign(path, self.key))

    def test_protected_dynamic(self):
        other = self.daemon.organization("strict")
        hash = daemon.upload(other, "strict",
                             ("f", "p.png", daemon.png(8, 8))
                             ).json["items"][0]["hash"]
        o = other("PUT", "/organizations/strict/options",
                  {"protect_dynamic_stack": True})
        self.assertEqual(o.status, 200, o.body)
        key = o.json["signing_keys"][0]["key"]
        get = self.daemon.pictures("strict")
        path = f"/dynamic/{hash}.png"
        self.refused(get("GET", path), 403, "signed")
        self.assertEqual(get("GET", sign(path, key)).status, 200)
        # another's key opens nothing
        self.refused(get("GET", sign(path, self.key)), 403)
        other("PUT", "/organizations/strict/options/protect_dynamic_stack",
              "false")
        self.assertEqual(get("GET", path).status, 200)

    def test_fallback_image(self):
        """What an organization shows for what is not there."""
        own = self.daemon.organization("lost")
        hash = daemon.upload(own, "lost", ("f", "p.png", daemon.png(60, 40))
                             ).json["items"][0]["hash"]
        get = self.daemon.pictures("lost")
        options = "/organizations/lost/options"
        for name, value, word in (
                ("fallback_image", "x", "40 hex"), ("fallback_image", 1, ""),
                ("fallback_image", "alias:", ""),
                ("fallback_image", "alias:-", ""),
                ("fallback_image", "0" * 40, "names no source image"),
                ("fallback_image", "alias:none", "alias without one"),
                ("fallback_status", 410, "404 or 200"),
                ("fallback_status", "200", ""), ("fallback_for", "x", "all")):
            self.refused(own("PUT", options, {name: value}), 400, name + ": ")
            self.refused(own("PUT", options, {name: value}), 400, word)
        own("PUT", "/sourceimages/lost/alias/gone", {"hash": daemon.upload(
            own, "lost", ("f", "q.png", daemon.png(61, 40))
            ).json["items"][0]["hash"]})
        own("PUT", "/sourceimages/lost/alias/stand_in", {"hash": hash})
        own("PUT", "/stacks/lost/small", {"operations": [
            {"name": "resize", "options": {"width": 30}}]})
        own("PUT", "/stacks/lost/save", {"operations": [], "options": {
            "content_disposition": "attachment"}})
        own("PUT", "/stacks/lost/secret", {"operations": [], "options": {
            "protected": True}})
        path = "/small/-_nothing_-.png"
        self.refused(get("GET", path), 404, "nothing")
        a = own("PUT", options, {"fallback_image": "alias:stand_in"})
        self.assertEqual(a.status, 200, a.body)
        want = get("GET", f"/small/{hash}.png")
        self.assertEqual(want.status, 200, want.body)
        a = get("GET", path, If_None_Match=want.headers["ETag"],
                Range="bytes=0-0")
        self.assertEqual((a.status, a.body), (404, want.body))
        self.assertEqual(a.headers["ETag"], want.headers["ETag"])
        self.assertEqual(a.headers["Cache-Control"], "public, max-age=60")
        self.assertEqual(a.headers["X-Moniker-Fallback"], "unknown-alias")
        a = get("HEAD", path)
        self.assertEqual((a.status, a.body), (404, b""))
        self.assertEqual(a.headers["Content-Length"], str(len(want.body)))
        # Not for scripts, previews, what may not be seen or is for saving,
        # and stacks that are not there
        for target, accept in (
                (path, "application/json"), ("/save/-_nothing_-.png", "*/*"),
                ("/_preview1/-_nothing_-.png", "*/*"),
                ("/secret/-_nothing_-.png", "*/*"),
                ("/none/-_nothing_-.png", "*/*"),
                ("/small/" + "0" * 40 + ".png", "*/*")):
            a = get("GET", target, Accept=accept)
            self.refused(a, 404, "There is no ")
            self.assertIsNone(a.headers["X-Moniker-Fallback"], target)
        key = own("GET", "/organizations/lost").json["signing_keys"][0]["key"]
        self.assertEqual(get("GET", sign("/secret/-_nothing_-.png", key))
                         .headers["X-Moniker-Fallback"], "unknown-alias")
        # as Varnish asks, which has rewritten it, and for what it may
        sent = sign("/secret/-_nothing_-.png", key)
        here = f"/secret/{hash}.png?sig=" + sent[-16:]
        self.assertEqual(get("GET", here, X_Moniker_Url=sent).status, 200)
        own("DELETE", "/sourceimages/lost/alias/stand_in")
        self.refused(get("GET", here, X_Moniker_Url=sent), 403)
        self.refused(get("GET", path), 404, "nothing")
        local = self.daemon.local()
        self.assertIn("moniker_fallback_images_missing 1", local(
            "GET", "/metrics").body.decode())
        # by hash, with status 200
        a = own("PUT", options, {"fallback_image": hash, "fallback_for":
                                 "all", "fallback_status": 200})
        self.assertEqual(a.status, 200, a.body)
        a = get("GET", path)
        self.assertEqual((a.status, a.body), (200, want.body))
        self.empty(get("GET", path, If_None_Match=a.headers["ETag"]), 304)
        a = get("GET", "/small/" + "0" * 40 + ".png")
        self.assertEqual(a.headers["X-Moniker-Fallback"], "unknown-hash")
        # Varnish is told that the image is missing, and asks for the other.
        a = get("GET", "/small/" + "0" * 40 + ".png",
                X_Moniker_Source="0" * 40)
        self.refused(a, 404, "no source image")
        self.assertEqual(a.headers["X-Moniker-Missing"], "image")
        self.refused(get("GET", path, X_Moniker_Missing="tell"), 404, "noth")
        own("DELETE", "/sourceimages/lost/" + own(
            "GET", "/sourceimages/lost/alias/gone").json["hash"])
        self.assertEqual(get("GET", "/small/-_gone_-.png")
                         .headers["X-Moniker-Fallback"], "deleted")
        text = local("GET", "/metrics").body.decode()
        self.assertIn('moniker_fallbacks_total{organization="lost",'
                      'why="deleted"} 1', text)
        self.assertIn("moniker_fallback_images_missing 0", text)
        own("DELETE", "/sourceimages/lost/" + hash)
        self.refused(get("GET", path), 404, "nothing")

    def test_broken_image(self):
        """A head that is good, and nothing behind it."""
        data = daemon.png(400, 300)
        a = daemon.upload(self.api, "demo",
                          ("f", "cut.png", data[:len(data) // 2]))
        if a.status == 200:
            a = self.pictures("GET",
                              f"/small/{a.json['items'][0]['hash']}.png")
            self.refused(a, 422)
        else:
            self.refused(a, 400)

    def test_many_at_once(self):
        """Equal renders are joined; all get the same bytes."""
        seen = []

        def one():
            get = daemon.Client(self.pictures.path, **self.pictures.headers)
            seen.append(get("GET", f"/dynamic/resize-width-777/"
                                   f"{self.hash}.png").body)
        threads = [threading.Thread(target=one) for _ in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(set(seen)), 1)
        self.assertEqual(size(seen[0]), (777, 518))


if __name__ == "__main__":
    daemon.main()
