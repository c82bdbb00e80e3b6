# SPDX-License-Identifier: BSD-2-Clause
"""What a file says of its colours and its opacity: profiles that fit or do
not, spaces of TIFF, gAMA, cHRM, cICP and nclx, weighed colours."""
import os
import struct
import tempfile
import zlib

import daemon
import icc
import pixels
import render_model
import tiff
from vips import vips

IMAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "images")
SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
BROWN = (200, 100, 50)
CHAINS = ("noop", "resize-width-9", "rotate-angle-90",
          "crop-width-12-height-12-anchor-left_top--resize-width-7")


def image(name):
    with open(os.path.join(IMAGES, name), "rb") as f:
        return f.read()


def gama(v):
    return pixels.chunk(b"gAMA", struct.pack(">I", v))


def chrm(v):
    return pixels.chunk(b"cHRM", struct.pack(">8I", *v))


def cicp(*v):
    return pixels.chunk(b"cICP", bytes(v))


def iccp(space):
    return pixels.chunk(b"iCCP", b"x\0\0" + zlib.compress(icc.profile(space)))


def png(pixel, bits=8, before=b"", ramp=False):
    """16 x 16; *ramp*: opacity is 16 y + x behind *pixel*."""
    color = {1: 0, 2: 4, 3: 2, 4: 6}[len(pixel) + ramp]
    form, most = (">B", 1) if bits == 8 else (">H", 257)
    rows = b""
    for y in range(16):
        rows += b"\0" + b"".join(
            struct.pack(form, v * most) for x in range(16)
            for v in tuple(pixel) + ((16 * y + x,) if ramp else ()))
    return pixels.png_file(16, 16, zlib.compress(rows), bits, color,
                           before=before)


class Colour(render_model.Test):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def made(self, data, suffix, from_=".png"):
        """*data* as vips writes it, with its profile."""
        path, name = self.dir.name + "/in" + from_, suffix.split("[")[0]
        with open(path, "wb") as f:
            f.write(data)
        vips("copy", path, self.dir.name + "/out" + suffix)
        with open(self.dir.name + "/out" + name, "rb") as f:
            return f.read()

    def shows(self, data, want, within=2, what=None,
              chains=("noop", "resize-width-9")):
        """The colour of the middle, of 3 or 4 values, in each chain."""
        hash = self.put("x", data)
        for segments in chains:
            got = pixels.Picture(self.render(hash, segments).body)
            p = got.at(got.width // 2, got.height // 2)
            self.assertEqual(got.bands % 2 == 0, len(want) == 4,
                             (what, segments, got.bands))
            for g, w in zip(p, want):
                self.assertLessEqual(abs(g - w), within,
                                     (what, segments, p, want))
        jpg = self.made(self.render(hash, "noop/o-jpg.quality-100"
                                    "-jpg.transparency.autoformat-false",
                                    "jpg").body, ".png", ".jpg")
        back = [255 + (w - 255) * (want[3] / 255 if len(want) > 3 else 1)
                for w in want[:3]]
        p = pixels.Picture(jpg)
        p = p.at(p.width // 2, p.height // 2)
        for g, w in zip(p, back):
            self.assertLessEqual(abs(g - w), within + 3, (what, p, back))

    def test_profile_that_does_not_fit(self):
        """It is ignored, and one that fits is not."""
        brown, grey = png(BROWN), png((180,))
        shown = tuple(icc.shown(v) for v in BROWN)
        jpg = ".jpg[Q=100,subsample-mode=off]"
        for space in ("GRAY", "CMYK", "Lab ", "XYZ "):
            bad = icc.profile(space)
            self.shows(png(BROWN, before=iccp(space)), BROWN, 2, space,
                       CHAINS)
            self.shows(icc.in_jpeg(self.made(brown, jpg), bad), BROWN, 2,
                       space, CHAINS)
            with open(self.dir.name + "/p", "wb") as f:
                f.write(bad)
            for suffix in (".webp[lossless,profile=", ".tif[profile="):
                self.shows(self.made(brown, suffix + self.dir.name + "/p]"),
                           BROWN, 2, (space, suffix))
            for bits in (8, 16):
                t = tiff.tiff(tiff.RGB, "BH"[bits > 8],
                              [v * (257 if bits > 8 else 1) for v in BROWN],
                              (34675, 1, tuple(bad)))
                self.shows(t, BROWN, 2, (space, bits))
        self.shows(icc.in_jpeg(self.made(grey, jpg), icc.profile("RGB ")),
                   (180, 180, 180), 2)
        for space, data in (("RGB ", png(BROWN, before=iccp("RGB "))),
                            ("RGB ", icc.in_jpeg(self.made(brown, jpg),
                                                 icc.profile("RGB ")))):
            self.shows(data, shown, 3, space)

    def test_deep_alpha(self):
        """More than 8 bits, with and without a profile, keep it."""
        for pixel, space in ((BROWN, "RGB "), ((180,), "GRAY")):
            for bits in (8, 16):
                for before in (b"", iccp(space)):
                    self.keeps_alpha(pixel, bits, before)

    def keeps_alpha(self, pixel, bits, before):
        source = png(pixel, bits, before, True)
        want = pixel if len(pixel) == 3 else pixel * 3
        if before:
            want = tuple(icc.shown(v) for v in want)
        deep = ",bitdepth=10" if bits > 8 else ""
        for suffix in ("", ".tif", ".jxl[lossless]",
                       ".heic[Q=100%s]" % deep):
            if suffix.startswith(".heic") and len(pixel) == 1:
                continue  # grey becomes RGB, its profile does not fit
            data = self.made(source, suffix) if suffix else source
            hash = self.put("x", data)
            what = (pixel, bits, bool(before), suffix)
            got = pixels.Picture(self.render(hash, "noop").body)
            for a in range(256):
                p = got.at(a % 16, a // 16)
                self.assertLessEqual(abs(p[3] - a), 2, (what, a, p))
            self.assertLessEqual(
                max(abs(g - w) for g, w in zip(got.at(15, 15), want)), 3,
                (what, got.at(15, 15), want))
            for segments in ("resize-width-15-height-15", "rotate-angle-180"):
                got = pixels.Picture(self.render(hash, segments).body)
                a = got.at(7, 7)[3]
                self.assertLess(abs(a - 128), 12, (what, segments, a))

    def test_alpha_of_all_outputs(self):
        hash = self.put("x", png(BROWN + (128,), 16, iccp("RGB ")))
        want = tuple(icc.shown(v) for v in BROWN) + (128,)
        for kind in ("png", "webp", "avif", "jxl", "heif"):
            data = self.render(hash, "noop", kind).body
            if kind != "png":
                data = self.made(data, ".png", "." + kind)
            p = pixels.Picture(data).at(8, 8)
            for g, w in zip(p, want):
                self.assertLessEqual(abs(g - w), 8, (kind, p, want))

    def test_weighed_colours(self):
        """Colours multiplied by their opacity are divided by it."""
        hash = self.put("x", image("premultiplied.avif"))
        got = pixels.Picture(self.render(hash, "noop").body)
        for g, w in zip(got.at(80, 0), (128, 0, 48, 128)):
            self.assertLessEqual(abs(g - w), 2, got.at(80, 0))
        for sample, most in (("B", 1), ("H", 257)):
            self.shows(tiff.tiff(tiff.RGB, sample,
                                 [v * most for v in (100, 50, 25, 128)],
                                 tiff.extra(1)), (200, 100, 50, 128), 2)

    def test_lost_alpha(self):
        """Opacity that libheif leaves out is refused, not made opaque."""
        data = image("premultiplied.avif")
        size = data.index(b"\0\x02\x04\x01\x05")  # properties of item 2
        for other in (b"\x05", b"\x02"):  # instead of its size
            a = daemon.upload(self.api, "demo", ("filedata", "x",
                              data[:size + 3] + other + data[size + 4:]))
            if a.status == 200:  # newer ones scale it
                self.assertIs(a.json["items"][0]["static_metadata"]["alpha"],
                              True)
                continue
            self.assertEqual(a.status, 400, a.body)
            self.assertIn(b"alpha channel does not match", a.body)

    def test_moving_jxl(self):
        """The first frame, and no opacity where there is none."""
        hash = self.put("x", image("moving.jxl"))
        got = pixels.Picture(self.render(hash, "noop").body)
        self.assertEqual((got.at(20, 15), got.bands), ((255, 0, 0, 255), 3))
        source = self.api("GET", "/sourceimages/demo/" + hash).json
        self.assertIs(source["opaque"], True)
        self.assertIs(source["static_metadata"]["alpha"], False)

    def test_moving_alpha(self):
        """An animation is opaque if all its frames are."""
        for alpha, opaque in ((255, True), (128, False)):
            for n, colour in enumerate((BROWN, (9, 9, 9))):
                with open(f"{self.dir.name}/{n}.png", "wb") as f:
                    f.write(png(colour + (alpha,)))
            vips("arrayjoin", f"{self.dir.name}/0.png {self.dir.name}/1.png",
                 self.dir.name + "/j.v", "--across", "1")
            vips("webpsave", self.dir.name + "/j.v",
                 self.dir.name + "/j.webp", "--page-height", "16",
                 "--lossless")
            with open(self.dir.name + "/j.webp", "rb") as f:
                hash = self.put("x", f.read())
            source = self.api("GET", "/sourceimages/demo/" + hash).json
            self.assertIs(source["animated"], True)
            self.assertIs(source["opaque"], opaque)

    def test_tiff_shown(self):
        """Of each kind of the table in architecture-render.rst"""
        b, h = "B", "H"
        lab = (206, 230, 22)  # 80.8, -26, 22
        lab16 = (52942, 58880, 5632)
        green, green_d65 = (159, 213, 158), (165, 213, 158)
        d65 = tiff.WHITE_D65
        for want, t in (
                ((55,) * 3, (tiff.GREY_WHITE, b, (200,))),
                ((55,) * 3, (tiff.GREY_WHITE, h, (200 * 257,))),
                ((200,) * 3, (tiff.GREY, h, (200 * 257,))),
                ((200,) * 3 + (90,), (tiff.GREY, b, (200, 90))),
                ((200,) * 3, (tiff.GREY, b, (200, 90), tiff.extra(0))),
                (BROWN, (tiff.RGB, b, BROWN + (90,), tiff.extra(0))),
                (BROWN + (90,), (tiff.RGB, b, BROWN + (90,))),
                (BROWN + (90,), (tiff.RGB, b, BROWN + (90,), tiff.extra(2))),
                (BROWN + (90,), (tiff.RGB, b, BROWN + (7, 90),
                                 tiff.extra(0, 2))),
                (BROWN, (tiff.RGB, b, BROWN + (7, 90), tiff.extra(0, 0))),
                (green, (tiff.CIELAB, b, lab)),
                (green, (tiff.CIELAB, h, lab16)),
                (green_d65, (tiff.CIELAB, b, lab, d65)),
                (green_d65, (tiff.CIELAB, h, lab16, d65)),
                (green + (90,), (tiff.CIELAB, b, lab + (90,),
                                 tiff.extra(2))),
                (green + (200,), (tiff.CIELAB, h, lab16 + (200 * 257,),
                                  tiff.extra(2))),
                (green, (tiff.CIELAB, b, lab + (90,), tiff.extra(0))),
                (green, (tiff.ICCLAB, b, (206, 102, 150))),
                (green, (tiff.ICCLAB, h, (52736, 26112, 38400))),
                ((200, 100, 51), (tiff.YCBCR, b, (124, 86, 182),
                                  (530, 3, (1, 1)))),
                ((200, 100, 51), (tiff.YCBCR, b, (124,) * 4 + (86, 182),
                                  (530, 3, (2, 2)))),
                ((124, 124, 124), (tiff.YCBCR, b, (124, 128, 128),
                                   (530, 3, (1, 1))))):
            if len(t[2]) == 6:  # four of a block share their colour
                t = subsampled(t)
            else:
                t = tiff.tiff(*t)
            self.shows(t, want, 3, want)
        profile = (34675, 1, tuple(icc.profile("RGB ")))
        self.shows(tiff.tiff(tiff.CIELAB, b, lab, profile), green, 3)

    def test_tiff_refused(self):
        """With the reason, at the upload"""
        for why, t in (
                (b"floating-point", (tiff.GREY, "f", (.5,),
                                     tiff.form(3, 1))),
                (b"floating-point", (tiff.RGB, "f", (.5, .2, .1),
                                     tiff.form(3, 3))),
                (b"signed", (tiff.RGB, "B", BROWN, tiff.form(2, 3))),
                (b"signed", (tiff.GREY, "H", (9,), tiff.form(2, 1))),
                (b"neither 8 nor 16", (tiff.RGB, "I", BROWN)),
                (b"8 nor 16", (tiff.GREY, "I", (9,))),
                (b"CMYK", (tiff.CMYK, "B", (9, 9, 9, 9), (332, 3, (2,)))),
                (b"raw data", (tiff.CFA, "B", (9,))),
                (b"logarithmic", (tiff.LOGLUV, "B", (9, 9, 9))),
                (b"associated alpha", (tiff.CMYK, "B", (9, 9, 9, 9, 9),
                                       tiff.extra(1))),
                (b"unknown kind", (77, "B", (9, 9, 9)))):
            a = daemon.upload(self.api, "demo",
                              ("filedata", "x", tiff.tiff(*t)))
            self.assertEqual(a.status, 400, (why, a.body))
            self.assertIn(why, a.body)

    def test_png_declared(self):
        """As Chromium 156 shows them on a screen of sRGB"""
        plain, light = BROWN, (229, 168, 122)
        for want, before in (
                (light, gama(100000)), (light, gama(100000) + chrm(SRGB)),
                (plain, gama(45455)), (plain, gama(45455) + chrm(SRGB)),
                ((210, 119, 65), gama(55556)), (plain, chrm(P3)),
                ((216, 93, 24), gama(45455) + chrm(P3)),
                ((225, 113, 49), gama(55556) + chrm(P3)),
                (plain, gama(100000) + pixels.chunk(b"sRGB", b"\0")),
                (plain, gama(0)), (plain, gama(100000) + chrm((0,) * 8)),
                ((215, 93, 31), cicp(12, 13, 0, 1)),
                ((197, 91, 39), cicp(1, 1, 0, 1)),
                (light, cicp(1, 8, 0, 1)), (plain, cicp(1, 13, 0, 1)),
                ((202, 117, 67), cicp(7, 7, 0, 1)),
                ((241, 76, 29), cicp(9, 13, 0, 1)),
                (plain, cicp(12, 13, 0, 0)), (plain, cicp(2, 2, 0, 1)),
                (plain, cicp(1, 13, 0, 1) + iccp("RGB ")),
                (plain, cicp(1, 13, 0, 1) + gama(100000)),
                ((215, 93, 31), cicp(12, 13, 0, 1) + iccp("RGB "))):
            self.shows(png(BROWN, 8, before), want, 2, before[:8])
            self.shows(png(BROWN + (90,), 16, before), want + (90,), 2,
                       before[:8], ("resize-width-9",))
        for v, want in ((32, 5), (64, 30), (128, 132), (200, 255)):
            self.shows(png((v,) * 3, 8, cicp(9, 16, 0, 1)), (want,) * 3)
        for v, want in ((64, 137), (128, 188)):
            self.shows(png((v,), 8, gama(100000)), (want,) * 3)

    def test_shrunk_as_shown(self):
        """Black and white mix to the grey of sRGB, whatever the curve."""
        rows = b"".join(b"\0" + bytes(255 * (x + y & 1) for x in range(16))
                        for y in range(16))
        for before in (b"", gama(45455), gama(100000), gama(250000),
                       cicp(1, 8, 0, 1), cicp(1, 16, 0, 1)):
            hash = self.put("x", pixels.png_file(
                16, 16, zlib.compress(rows), before=before))
            for n in (2, 4, 8):
                got = pixels.Picture(self.render(
                    hash, "resize-width-%d" % n).body).at(n // 2, n // 2)
                self.assertLessEqual(abs(got[0] - 128), 3, (before, n, got))

    def test_nclx(self):
        """The same words of H.273 in AVIF and HEIF"""
        data = image("premultiplied.avif")
        at = data.index(b"nclx")
        for want, codes in (((128, 0, 48), (1, 13)), ((128, 0, 48), (2, 2)),
                            ((128, 0, 48), (1, 1)), ((188, 0, 120), (2, 8)),
                            ((106, 0, 24), (1, 5)),
                            ((141, 0, 46), (12, 13)),
                            ((141, 0, 46), (12, 2))):
            hash = self.put("x", data[:at + 4] + struct.pack(">HH", *codes) +
                            data[at + 8:])
            got = pixels.Picture(self.render(hash, "noop").body).at(80, 0)
            for g, w in zip(got, want + (128,)):
                self.assertLessEqual(abs(g - w), 3, (codes, got, want))

    def test_limited_range(self):
        """Grey and RGB of 16 to 235, as the box nclx or the stream says"""
        grey, rgb = image("narrow_grey.avif"), image("narrow_rgb.avif")
        for want, data, full in (
                ((180,) * 3, grey, False), ((171,) * 3, grey, True),
                ((180,) * 3, grey.replace(b"colr", b"free"), False),
                ((200, 100, 50), rgb, False), ((188, 102, 59), rgb, True)):
            if full:
                at = data.index(b"nclx") + 10
                data = data[:at] + b"\x80" + data[at + 1:]
            self.shows(data, want, 2, (want, full), CHAINS)


    def test_boxes(self):
        """What lists the images may be the last box, and its length may stand
        where there is more room for it."""
        grey = image("narrow_grey.avif")
        at = grey.index(b"meta") - 4
        end = at + int.from_bytes(grey[at:at + 4], "big")
        meta = grey[at + 8:end]
        free = grey[:at + 4] + b"free" + grey[at + 8:]
        for head in ((len(meta) + 8).to_bytes(4, "big") + b"meta",
                     b"\0\0\0\1meta" + (len(meta) + 16).to_bytes(8, "big")):
            self.shows(free + head + meta, (180,) * 3, 2, head, CHAINS)


def subsampled(t):
    """YCbCr of 2 x 2 pixels: a block is four of light and two of colour."""
    photometric, sample, block, *more = t
    blocks = bytes(block) * (tiff.SIDE // 2) ** 2
    whole = bytearray(tiff.tiff(photometric, sample, block[:3], *more))
    whole[8:8 + len(blocks)] = blocks  # the strip is shorter than that
    count = struct.pack("<HHII", 279, 4, 1, 3 * tiff.SIDE ** 2)
    at = whole.index(count)
    whole[at + 8:at + 12] = struct.pack("<I", len(blocks))
    return bytes(whole)


if __name__ == "__main__":
    daemon.main()
