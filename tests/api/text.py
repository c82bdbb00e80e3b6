# SPDX-License-Identifier: BSD-2-Clause
"""Text with a font that was uploaded."""
import json
import random
from urllib.parse import quote

import daemon
import font
import pixels

# Small, it is made soon.
DRAWING = (b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30">'
           b'<filter id="f">' +
           b'<feTurbulence baseFrequency="0.3" numOctaves="9"/>' * 9 +
           b'</filter><rect width="30" height="30" filter="url(#f)"/></svg>')

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


class Text(daemon.Shown):
    settings = "render_ttf = 1\nrender_svg = 1\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = cls.picture(80, 60, WHITE)
        a = daemon.upload(cls.api, "demo", ("f", "box.ttf", font.ttf()))
        assert a.status == 200, a.body
        cls.object = a.json["items"][0]
        cls.font = cls.object["hash"]
        a = cls.api("PUT", "/stacks/demo/lines", {"operations": [
            {"name": "text", "options": {
                "font": cls.font, "text": "$words", "anchor": "left_top"}}],
            "variables": {"words": ""}})
        assert a.status == 201, a.body

    def draw(self, options, page=None):
        """Text in the left upper corner, if not said otherwise. A line's end
        is no part of a path, so the text is a variable."""
        name, text, *rest = options.split("-", 2)
        self.assertEqual(name, "text")
        a = self.pictures("GET", f"/lines/{'text-' + rest[0] if rest else ''}/"
                          f"{page or self.page}.png?v=" + quote(json.dumps(
                              {"words": text})))
        self.assertEqual(a.status, 200, a.body)
        return pixels.Picture(a.body)

    def boxes(self, picture, color=BLACK):
        """The rows' ranges of that colour: {y: (first, last + 1)}."""
        rows = {}
        for y in range(picture.height):
            xs = [x for x in range(picture.width)
                  if picture.at(x, y)[:3] == color]
            if xs:
                rows[y] = (xs[0], xs[-1] + 1)
        return rows

    def shows(self, options, *want):
        """Each of *want* is (y from, to, x from, to)."""
        rows = {y: (c, d) for a, b, c, d in want for y in range(a, b)}
        self.assertEqual(self.boxes(self.draw(options)), rows, options)

    def test_font(self):
        self.assertEqual(self.object["format"], "ttf")
        self.assertEqual(self.object["mimetype"], "font/ttf")
        self.refused(self.pictures("GET", f"/dynamic/{self.font}.png"), 422,
                     "font", "text")

    def test_lines(self):
        for options, *want in (
                ("text-A-size-10", (0, 10, 0, 10)),
                ("text-ABC-size-10", (0, 10, 0, 30)),
                ("text-A\nAB-size-10", (0, 10, 0, 10), (10, 20, 0, 20)),
                ("text-A\nAB-size-10-spacing-5", (0, 10, 0, 10),
                 (15, 25, 0, 20)),
                # wrapped at blanks; a word that is too wide stays whole
                ("text-AA AA A-size-10-width-50", (0, 10, 0, 50),
                 (10, 20, 0, 10)),
                ("text-AAA A-size-10-width-20", (0, 10, 0, 20),
                 (10, 20, 0, 10)),
                ("text-A A A-size-10-width-15-height-15",
                 (0, 10, 0, 10), (10, 15, 0, 10)),
                ("text-AB\nA-size-10-align-right", (0, 10, 0, 20),
                 (10, 20, 10, 20)),
                ("text-A\nABC-size-10-align-centre", (0, 10, 10, 20),
                 (10, 20, 0, 30)),
                ("text-A-size-10-width-40-align-right", (0, 10, 30, 40)),
                ("text-AB-width-40-height-30-resize_to_box-true",
                 (0, 20, 0, 40)),
                ("text-A-size-10-angle-90", (0, 10, 0, 10)),
                ("text-AB-size-10-angle-90", (0, 20, 0, 10)),
                ("text-A-size-10-anchor-right_bottom", (50, 60, 70, 80)),
                ("text-A-size-10-anchor-center_center", (25, 35, 35, 45))):
            with self.subTest(options):
                self.shows(options, *want)

    def test_colour(self):
        p = self.draw("text-A-size-10-color-ff0000")
        self.assertEqual(p.at(5, 5), (255, 0, 0, 255))
        self.assertEqual(p.bands, 3)
        p = self.draw("text-A-size-10-opacity-50")
        self.assertTrue(abs(p.at(5, 5)[0] - 127) < 2, p.at(5, 5))
        # beside the letter a picture stays as transparent as it is
        clear = self.put(daemon.png(20, 20, (0, 0, 0, 0)))["hash"]
        p = self.draw("text-A-size-10", clear)
        self.assertEqual((p.at(5, 5)[3], p.at(15, 15)[3]), (255, 0))

    def test_dpr(self):
        p = pixels.Picture(self.get(
            self.page, f"resize-width-40--text-font-{self.font}-anchor-"
            "left_top-text-A-size-5--o-dpr-2/%s.png"))
        self.assertEqual(self.boxes(p), {y: (0, 10) for y in range(10)})

    def test_stack(self):
        """By an alias, with a variable, and as a layer of a composition."""
        self.api("PUT", "/sourceimages/demo/alias/type", {"hash": self.font})
        a = self.api("PUT", "/stacks/demo/label", {"operations": [
            {"name": "resize", "options": {
                "width": 30, "height": 10, "mode": "absolute"}},
            {"name": "text", "options": {
                "font": "_type_", "text": "$words", "size": 10,
                "anchor": "left_top"}}], "variables": {"words": "A"}})
        self.assertEqual(a.status, 201, a.body)
        a = self.pictures("GET", f"/label/v-words-AB/{self.page}.png")
        self.assertEqual(a.headers["X-Moniker-Secondary"],
                         f"_type_={self.font},{self.font}")
        self.assertEqual(self.boxes(pixels.Picture(a.body)),
                         {y: (0, 20) for y in range(10)})
        p = pixels.Picture(self.get(
            self.page, "composition-mode-background-anchor-left_bottom-"
            f"secondary_image-{self.page}-secondary_stack-label/%s.png"))
        self.assertEqual(self.boxes(p), {y: (0, 10) for y in range(50, 60)})

    def test_most_lines(self):
        self.assertEqual(self.boxes(self.draw("text-" + "\n" * 500)), {})

    def test_area(self):
        """Where the picture's area is does not change when a text is turned."""
        a = daemon.upload(
            self.api, "demo", ("f", "x", daemon.png(80, 60, (0, 0, 99))),
            ("meta_dynamic[0]", json.dumps({"subject_area": {
                "x": 0, "y": 0, "width": 20, "height": 10}})))
        p = pixels.Picture(self.get(
            a.json["items"][0]["hash"], f"text-font-{self.font}-text-A-size-"
            "10-anchor-left_top-angle-90--crop-width-20-height-10/%s.png"))
        self.assertEqual(self.boxes(p), {y: (0, 10) for y in range(10)})

    def test_drawing(self):
        """A drawing has its second also where a text or an image that lies on
        it has one of its own."""
        o = self.put(DRAWING)
        for path in ("noop", f"text-font-{self.font}-text-A",
                     "composition-mode-background-secondary_image-" +
                     self.page):
            with self.subTest(path):
                self.refused(self.pictures(
                    "GET", f"/dynamic/resize-width-3000--{path}/"
                    f"{o['hash']}.png"), 422, "drawing the image",
                    "limit of 1000 ms")

    def test_refused(self):
        text = f"text-font-{self.font}-"
        for path, status, words in (
                (text[:-1], 400, ("font|text",)),
                ("text-text-A", 400, ("font|text",)),
                (f"{text}text-%FF", 400, ("text.text",)),
                (f"{text}text-" + "A" * 501, 400, ("text.text",)),
                (f"{text}text-A-size-1001", 400, ("text.size",)),
                (f"{text}text-A-align-middle", 400, ("text.align",)),
                (f"text-font-{self.page}-text-A", 400, ("font",)),
                (f"text-font-{'0' * 40}-text-A", 404, ("text.font",)),
                ("text-font-_none_-text-A", 404, ("text.font", "none")),
                (f"{text}text-" + "A" * 400 + "-size-1000", 422, ("limit",)),
                (f"{text}text-A--composition-mode-background-secondary_image"
                 f"-{self.page}", 400, ("secondary_stack",)),
                (f"composition-mode-background-secondary_image-{self.font}",
                 400, ("secondary_image", "font"))):
            with self.subTest(path[:80]):
                self.refused(self.pictures(
                    "GET", f"/dynamic/{path}/{self.page}.png"), status,
                    *words)

    def test_broken(self):
        """Damaged fonts are refused or draw something; no worker dies."""
        good, r = font.ttf(), random.Random("fonts")
        before = self.daemon.workers()
        for i in range(60):
            bad = bytearray(good)
            if i % 3 == 0:
                bad = bad[:r.randrange(12, len(bad))]
            for _ in range(r.randrange(1, 9)):
                bad[r.randrange(4, len(bad))] = r.randrange(256)
            a = daemon.upload(self.api, "demo", ("f", "x.ttf", bytes(bad)))
            self.assertIn(a.status, (200, 400, 422), a.body)
            if a.status != 200:
                continue
            hash = a.json["items"][0]["hash"]
            a = self.pictures("GET", f"/dynamic/text-font-{hash}-text-ABC%20"
                              f"A-size-40-width-90/{self.page}.png")
            self.assertIn(a.status, (200, 422), a.body)
        self.assertEqual(self.daemon.workers(), before)


class Off(daemon.Shown):
    def test_off(self):
        self.assertIn("render_ttf", self.put(font.ttf(), 400))


if __name__ == "__main__":
    daemon.main()
