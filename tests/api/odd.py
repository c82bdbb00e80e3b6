# SPDX-License-Identifier: BSD-2-Clause
"""Odd files: cut short, flipped, with a header that lies. What is accepted can
be rendered in each format, and what is refused is refused for its cause."""
import functools
import os
import random
import re
import struct
import tempfile
import zlib

import daemon
import hostile
import pixels
from vips import vips

# Words that tell of a library's insides, never of what is wrong
NO_CAUSE = re.compile(r"unable to write|bad seek|extraneous bytes|makes no "
                      r"sense$|: $|vips2|\berror code\b|error in tile|"
                      r"unable to read PNG")
PATHS = ("noop/%s.png", "noop/%s.jpg", "noop/%s.webp",
         "resize-width-11/%s.png", "resize-width-11/%s.webp")


@functools.cache
def good():
    return hostile.good()


class Test(daemon.Shown):
    settings = "render_svg = 1\nrender_pdf = 1\n"

    @property
    def good(self):
        return good()

    def sound(self, what, data):
        """Accepted and rendered, or refused with a cause, which is given."""
        with self.subTest(what):
            a = daemon.upload(self.api, "demo", ("f", "x", data))
            self.assertIn(a.status, (200, 400, 422), a.body[:300])
            if a.status != 200:
                self.assertNotRegex(a.message, NO_CAUSE)
                return a.message
            for path in PATHS:
                self.get(a.json["items"][0]["hash"], path)
        return None


class Pdf(Test):
    PAGES = b"".join(b"%d 0 obj\n%s\nendobj\n" % (i, o) for i, o in (
        (5, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 36 72]/Contents 6 0 R>>"),
        (6, b"<</Length 24>>stream\n0 0 1 rg 0 0 18 72 re f \nendstream")))

    def test_page_and_dpi(self):
        two = hostile.pdf(content=b"1 0 0 rg 0 0 97 61 re f",
                          more=self.PAGES).replace(
            b"/Kids[3 0 R]/Count 1", b"/Kids[3 0 R 5 0 R]/Count 2")
        hash = self.put(two)["hash"]
        red, blue, white = (255, 0, 0), (0, 0, 255), (255, 255, 255)
        for options, w, h, left, right in (
                ("noop", 97, 61, red, red),
                ("o-pdf.page-1", 97, 61, red, red),
                ("o-pdf.page-2", 36, 72, blue, white),
                ("o-pdf.page-2-pdf.dpi-144", 72, 144, blue, white),
                ("o-pdf.page-2-pdf.dpi-36", 18, 36, blue, white),
                ("o-pdf.dpi-150", 202, 127, red, red),
                ("o-pdf.page-2--resize-width-90", 90, 180, blue, white)):
            with self.subTest(options):
                p = pixels.Picture(self.get(
                    hash, options + "--o-transparency.color-ffffff/%s.png"))
                self.assertEqual((p.width, p.height), (w, h))
                self.assertEqual(p.at(w // 4, h // 2)[:3], left)
                self.assertEqual(p.at(3 * w // 4 + 1, h // 2)[:3], right)
        tag = [self.pictures("GET", f"/dynamic/{o}/{hash}.png").headers["ETag"]
               for o in ("noop", "o-pdf.page-2", "o-pdf.dpi-150")]
        self.assertEqual(len(set(tag)), 3)

    def test_refused(self):
        hash = self.put(hostile.pdf())["hash"]
        for options, status, word in (
                ("o-pdf.page-2", 400, "no page 2"),
                ("o-pdf.page-0", 400, "pdf.page"),
                ("o-pdf.page-1001", 400, "pdf.page"),
                ("o-pdf.dpi-9", 400, "pdf.dpi"),
                ("o-pdf.dpi-1001", 400, "pdf.dpi")):
            self.refused(self.pictures(
                "GET", f"/dynamic/{options}/{hash}.png"), status, word)
        big = self.put(hostile.pdf("0 0 6000 6000"))["hash"]
        self.refused(self.pictures(
            "GET", f"/dynamic/o-pdf.dpi-1000--resize-width-9/{big}.png"), 422,
            "limit")


class Broken(Test):
    def test_cut_short(self):
        """At each tenth; what lacks a third of its bytes is never taken, but
        by those which browsers show up to there."""
        for what, data in sorted(self.good.items()):
            for i in range(1, 10):
                self.sound(f"{what} {i}/10", data[:len(data) * i // 10])
            why = self.sound(f"{what} 2/3", data[:len(data) * 2 // 3])
            if what not in ("gif-moving", "pdf", "tif-pyramid", "tif-big",
                            "svg"):
                self.assertIsNotNone(why, what)
            self.sound(f"{what} less 1", data[:-1])

    def test_png_cause(self):
        """The first thing that libpng complains of, not what fails then."""
        rows = b"\0" + bytes(20)
        for want, data in (
                ("cut short", pixels.png_file(20, 20, zlib.compress(
                    rows * 9))),
                ("filter", pixels.png_file(20, 20, zlib.compress(
                    rows * 9 + b"\x09" + rows[1:] + rows * 10))),
                ("tRNS|invalid chunk position", pixels.png_file(
                    4, 4, zlib.compress(bytes(13 * 4)), 8, 2,
                    before=pixels.chunk(b"tRNS", bytes(6)) +
                    pixels.chunk(b"PLTE", bytes(6))))):
            said = self.put(data, 400)
            if "libspng" not in said:  # which gives no reason, or this one
                self.assertRegex(said, want)

    def test_broken(self):
        n = int(os.environ.get("ATTACKS", "8"))
        seed = os.environ.get("ATTACK_SEED", "odd")
        for what, data in hostile.broken(self.good, n, seed):
            self.sound(f"{what} of the seed {seed}", data)

    def test_flipped(self):
        """One bit, anywhere."""
        r = random.Random("flipped")
        for what, data in sorted(self.good.items()):
            for _ in range(6):
                p = bytearray(data)
                at = r.randrange(len(p))
                p[at] ^= 1 << r.randrange(8)
                self.sound(f"{what} at {at}", bytes(p))


def cut_jpegs(good):
    """Of each kind of JPEG, without its end, and cut in its last scan."""
    for kind in ("jpg", "jpg-progressive"):
        yield kind, good[kind][:-2], good[kind][:-400]


class Jpeg(Test):
    def test_no_end(self):
        """All pixels are there: the same picture."""
        for kind, no_end, cut in cut_jpegs(self.good):
            want = pixels.Picture(self.get(self.put(self.good[kind])["hash"]))
            hash = self.put(no_end)["hash"]
            self.assertEqual(pixels.Picture(self.get(hash)).rows, want.rows)
            self.get(hash, "resize-width-11/%s.jpg")
            self.assertIn("cut short", self.put(cut, 400))

    def test_second_picture(self):
        """One without its end, laid over another."""
        hash = self.put(self.good["jpg"][:-2])["hash"]
        self.get(self.picture(200, 200), "composition-secondary_image-" +
                 hash + "-width-200-height-200-mode-foreground/%s.png")


class Thin(Test):
    def test_second_picture(self):
        """Of 66667 pixels of a second picture those are made that are seen."""
        thin = self.put(pixels.png("rgb", 2000, 3))["hash"]
        below = self.picture(60, 100)
        lay = "composition-mode-background-secondary_image-" + thin + \
            "-width-100-height-100-resize_mode-fill-anchor-"
        for anchor in "left_top", "center_center", "right_bottom":
            got, want = (pixels.Picture(self.get(hash, path + "/%s.png"))
                         for hash, path in ((below, lay + anchor), (
                             thin, "resize-height-100--crop-width-60-height-"
                             "100-anchor-" + anchor)))
            self.assertEqual((got.width, got.height), (60, 100))
            for x, y in (0, 0), (59, 0), (30, 50), (0, 99), (59, 99):
                for a, b in zip(got.at(x, y), want.at(x, y)):
                    self.assertLessEqual(abs(a - b), 1, (anchor, x, y))
        # From the 30th pixel on
        got = pixels.Picture(self.get(below, lay + "30_0/%s.png"))
        self.assertEqual(got.at(29, 5), (200, 0, 0, 255))
        self.assertNotEqual(got.at(30, 5), (200, 0, 0, 255))
        # Where all of it is to be made, it is refused.
        lay += "center_center"
        for path in lay + "-angle-9", lay.replace("background", "foreground"):
            self.refused(self.pictures("GET", f"/dynamic/{path}/{below}.png"),
                         422, "66667 x 100")


class Partial(Test):
    settings = "render_partial = 1\n"

    def test_shown_in_part(self):
        for kind, no_end, cut in cut_jpegs(self.good):
            want = pixels.Picture(self.get(self.put(self.good[kind])["hash"]))
            for path in PATHS:
                self.get(self.put(cut)["hash"], path)
            got = pixels.Picture(self.get(self.put(cut)["hash"]))
            self.assertEqual((got.width, got.height),
                             (want.width, want.height))
            if kind == "jpg":
                self.assertEqual(got.rows[:20], want.rows[:20])
                self.assertNotEqual(got.rows[-1], want.rows[-1])


class Moving(Test):
    def frames(self, *parts):
        """A WebP of 200 x 100 whose frames are (x, y, file of one frame)."""
        body = b"VP8X" + struct.pack("<IB3x", 10, 0x12) + \
            (199).to_bytes(3, "little") + (99).to_bytes(3, "little") + \
            b"ANIM" + struct.pack("<IIH", 6, 0, 0)
        for x, y, (w, h), data in parts:
            f = b"".join(v.to_bytes(3, "little") for v in (
                x // 2, y // 2, w - 1, h - 1, 100)) + b"\0" + data
            body += b"ANMF" + struct.pack("<I", len(f)) + f + bytes(len(f) & 1)
        return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body

    def still(self, w, h):
        with tempfile.TemporaryDirectory() as d:
            with open(d + "/in.png", "wb") as f:
                f.write(daemon.png(w, h, (w, h, 9)))
            vips("webpsave", d + "/in.png", d + "/out.webp",
                         "--lossless")
            with open(d + "/out.webp", "rb") as f:
                data = f.read()
            return (w, h), data[data.index(b"VP8L"):]

    def test_small_part(self):
        """A frame that changes 4 x 4 pixels, shrunk to less than one."""
        data = self.frames((0, 0, *self.still(200, 100)),
                           (10, 10, *self.still(4, 4)),
                           (0, 0, *self.still(100, 100)))
        hash = self.put(data)["hash"]
        a = self.get(hash, "resize-width-10/%s.webp")
        # Newer ones join a frame that changes nothing to the one before.
        self.assertIn(a.count(b"ANMF"), (2, 3))

    def test_broken_frame(self):
        """What there is before it is shown."""
        r = random.Random("frames")
        for what in ("gif-moving", "webp-moving"):
            good = self.good[what]
            for _ in range(12):
                p = bytearray(good)
                at = r.randrange(len(p) // 2, len(p))
                p[at:at + 2] = r.randbytes(2)
                self.sound(f"{what} at {at}", bytes(p))


BOX = "<rect x='7' y='3' width='40' height='20' fill='#c00'/>"
# Of the first element -> the size in browsers
SIZES = {
    "": (300, 150),
    "width='80'": (80, 150),
    "height='80'": (300, 80),
    "height = '100%' width\n=\"60\"": (60, 150),
    "width='100%' height='100%'": (300, 150),
    "width='' height='x'": (300, 150),
    "width='nan' height='inf'": (300, 150),
    "width='80' height='60'": (80, 60),
    "viewBox='0 0 90 30'": (90, 30),
    "viewBox='0 0 90 30' width='45'": (45, 15),
    "viewBox='0,0,90,30' height='60'": (180, 60),
    "viewBox='0 0 90'": (300, 150),
    "style='width:70px;height:50px'": (70, 50),
    "style='width:70px'": (70, 150),
    "style='max-width:100%;width:100%'": (300, 150),
}
REFUSED = {
    "width='-80' height='60'": (400, "negative"),
    "width='80' height='-60'": (400, "negative"),
    "viewBox='0 0 -9 9'": (400, "negative"),
    "width='0' height='60'": (400, "no pixels"),
    "viewBox='0 0 0 9'": (400, "no pixels"),
    "width='1e9' height='9'": (422, "limit"),
    "width='1e300' height='1e300'": (422, "limit"),
    "viewBox='0 0 1e-30 9' width='9'": (422, "limit"),
    "viewBox='0 0 1e12 9'": (422, "limit"),
}
BEFORE = ("", "<?xml version='1.0'?>\n<!-- <svg width='9'> -->\n",
          "<!DOCTYPE svg [ <!ENTITY a '<b>'> ]>",
          "<!-- <b>" + 9 * "as long as a licence may be " + "-->\n" +
          "<?xml-stylesheet href='" + 2000 * "a" + "'?>")


class Svg(Test):
    def drawing(self, before, size, inside=BOX):
        return (f"{before}<svg xmlns='http://www.w3.org/2000/svg' {size}>"
                f"{inside}</svg>").encode()

    def test_sizes(self):
        for size, want in SIZES.items():
            for before in BEFORE:
                for inside in (BOX, "", "<g/>"):
                    with self.subTest(size=size, before=before, of=inside):
                        o = self.put(self.drawing(before, size, inside))
                        self.assertEqual((o["width"], o["height"]), want)
                        got = {self.get(o["hash"], "noop/%s.png")[16:24]
                               for _ in range(2)}
                        self.assertEqual(got, {struct.pack(">II", *want)})
        o = self.put(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        self.assertEqual((o["width"], o["height"]), (300, 150))

    def test_where(self):
        """What is drawn is where browsers draw it: not moved, not scaled."""
        p = pixels.Picture(self.get(self.put(self.drawing("", ""))["hash"]))
        for x, y, a in ((8, 4, 255), (46, 22, 255), (5, 4, 0), (48, 22, 0)):
            self.assertEqual(p.at(x, y)[3], a, (x, y))

    def test_refused(self):
        for size, (status, word) in REFUSED.items():
            with self.subTest(size):
                self.assertIn(word, self.put(self.drawing("", size), status))


class Kinds(Test):
    def test_not_taken(self):
        """Kinds that people send are refused by their name."""
        rest = bytes(200)
        for name, magic in (
                ("BMP", b"BM"), ("ICO", b"\0\0\1\0"), ("Photoshop", b"8BPS"),
                ("PostScript", b"%!PS"),
                ("WebM video", b"\x1a\x45\xdf\xa3"),
                ("MP4 video", b"\0\0\0\x18ftypmp42"),
                ("MP4 video", b"\0\0\0\x14ftypM4V "),
                ("MP4 video", b"\0\0\0\x14ftypqt  ")):
            self.assertIn(name + " files are not accepted",
                          self.put(magic + rest, 400))
        self.assertIn("of a known kind", self.put(b"BB" + rest, 400))


if __name__ == "__main__":
    daemon.main()
