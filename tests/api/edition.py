# SPDX-License-Identifier: BSD-2-Clause
"""The ETag of a picture that an earlier release showed otherwise is another
one; that of all others stays."""
import contextlib
import sqlite3
import tempfile

import daemon
import icc
import pixels
from colour import BROWN, P3, chrm, cicp, gama, iccp, image, png
from vips import vips

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"%s><path d="M0 0h9v9z"/></svg>'


def made(data, suffix):
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/in.png", "wb") as f:
            f.write(data)
        vips("copy", d + "/in.png", d + "/out" + suffix)
        with open(d + "/out" + suffix.split("[")[0], "rb") as f:
            return f.read()


def gif(width):
    """A frame of 16 x 16 on a screen of that width"""
    data = made(png(BROWN), ".gif")
    return data[:6] + bytes((width, 0)) + data[8:]


def usual():
    yield "png", png(BROWN)
    yield "png of sRGB", png(BROWN, before=gama(45455) + chrm(
        (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)))
    yield "png with opacity", png(BROWN + (90,))
    yield "grey png of 16 bits", png((90,), 16)
    yield "png with a profile", png(BROWN, before=iccp("RGB "))
    yield "png whose profile libpng drops", png((90,), before=iccp("RGB "))
    yield "jpg", made(png(BROWN), ".jpg")
    yield "jpg with a profile", icc.in_jpeg(made(png(BROWN), ".jpg"),
                                            icc.profile("RGB "))
    yield "webp", made(png(BROWN), ".webp")
    yield "avif", made(png(BROWN), ".avif")
    yield "gif", gif(16)
    yield "svg", SVG % b' width="9" height="9"'


def changed():
    yield "png of gamma 1", png(BROWN, before=gama(100000))
    yield "png of P3", png(BROWN, before=gama(45455) + chrm(P3))
    yield "png of cICP", png(BROWN, before=cicp(9, 16, 0, 1))
    yield "png of 16 bits", png(BROWN + (90,), 16, iccp("RGB "))
    yield "jpg, other profile", icc.in_jpeg(made(png(BROWN), ".jpg"),
                                            icc.profile("GRAY"))
    yield "avif, weighed", image("premultiplied.avif")
    yield "jxl", image("moving.jxl")
    yield "tif", made(png(BROWN), ".tif")
    yield "gif, background", gif(20)
    yield "svg, no size", SVG % b""


class Edition(daemon.Test):
    settings = "render_svg = 1\n"

    def put(self, data):
        a = daemon.upload(self.api, "demo", ("f", "x", data))
        self.assertEqual(a.status, 200, a.body[:300])
        return a.json["items"][0]["hash"]

    def tag(self, hash, status=200, segments="resize-width-7", **headers):
        a = self.pictures("GET", f"/dynamic/{segments}/{hash}.png", **headers)
        self.assertEqual(a.status, status, a.body[:300])
        return a.headers["ETag"]

    def forget(self, *hashes):
        """As an earlier release left them"""
        with contextlib.closing(sqlite3.connect(
                self.daemon.dir + "/store_dir/moniker.db")) as db, db:
            for h in hashes:
                n = db.execute("UPDATE source SET edition = NULL, "
                               "static_meta = json_remove(static_meta, "
                               "'$.edition') WHERE hex(hash) = ?",
                               (h.upper(),)).rowcount
                self.assertEqual(n, 1)

    def test_tags(self):
        for what, of, end in (("usual", usual, ""), ("new", changed, "-1")):
            for name, data in of():
                with self.subTest(what + ": " + name):
                    hash = self.put(data)
                    tag = self.tag(hash)
                    # libspng, which newer libvips read by, does not drop it.
                    may = "(-1)?" if "libpng drops" in name else end
                    self.assertRegex(
                        tag, f'^"{hash}-[0-9a-f]{{32}}{may}"$')
                    self.tag(hash, 304, If_None_Match=tag)
                    old = tag.replace('-1"', '"')
                    if end:
                        self.tag(hash, If_None_Match=old)
                    self.forget(hash)
                    self.assertEqual(self.tag(hash), tag)
                    self.tag(hash, 304, If_None_Match=tag)
                    if end:
                        self.assertEqual(self.tag(hash, If_None_Match=old),
                                         tag)

    def test_composition(self):
        """What is laid over counts, too; a source's own file never does."""
        under, over = (self.put(png(BROWN, before=b))
                       for b in (b"", gama(100000)))
        self.assertEqual(self.api("PUT", "/stacks/demo/file", {
            "options": {"source_file": True}, "operations": []}).status, 201)
        part = f"composition-secondary_image-{over}-mode-foreground-" \
            "width-9-height-9"
        for _ in range(2):
            tag = self.tag(under, segments=part)
            self.assertTrue(tag.endswith('-1"'), tag)
            self.tag(under, 304, part, If_None_Match=tag)
            self.tag(under, 200, part, If_None_Match=tag[:-3] + '"')
            tag = self.pictures("GET", f"/file/{over}.png").headers["ETag"]
            self.assertRegex(tag, r'^"[0-9a-f]{40}-[0-9a-f]{32}"$')
            self.forget(over)

    def cut(self, hash, segments):
        """The end of the ETag. An old tag must not be taken for it, and the
        new one is, whether the daemon knows it before the render or not."""
        tag = self.tag(hash, segments=segments)
        self.assertRegex(tag, f'^"{hash}-[0-9a-f]{{32}}(-[0-9])?"$')
        end = tag.rstrip('"')[len(hash) + 34:]
        self.tag(hash, 304, segments, If_None_Match=tag)
        if end:
            self.tag(hash, 200, segments,
                     If_None_Match=tag[:-len(end) - 1] + '"')
        return end

    def test_held_back(self):
        """Only what is cut to another shape than before has another tag."""
        big, small = (self.put(pixels.png("rgb", *size))
                      for size in ((90, 60), (50, 40)))
        held = "resize-width-90-height-60-mode-fill-upscale-false--"
        for hash, segments, end in (
                (small, held + "crop-width-90-height-60", "-2"),
                (small, held + "crop-width-90-height-60/o-dpr-2", "-2"),
                (small, held + "rotate-angle-90--crop-width-60-height-90",
                 "-2"),
                (small, held + "rotate-angle-90--crop-width-30-height-40", ""),
                (big, held + "crop-width-90-height-60", ""),
                (big, held + "rotate-angle-90--crop-width-60-height-90", ""),
                (small, held + "crop-width-30-height-20", ""),
                (small, held + "crop-width-100-height-80", ""),
                (small, held + "crop-width-90-height-60-mode-ratio", ""),
                (small, held.replace("-upscale-false", "") +
                 "crop-width-90-height-60", ""),
                (small, held + "resize-width-30--crop-width-90-height-60",
                 ""),
                (small, "crop-width-90-height-60", "")):
            with self.subTest(segments):
                self.assertEqual(self.cut(hash, segments), end)
        dark = self.put(png(BROWN, before=gama(100000)))
        self.assertEqual(self.cut(dark, held + "crop-width-90-height-90"),
                         "-1")
        self.assertEqual(self.cut(dark, held + "crop-width-90-height-20"),
                         "-2")

    def test_interlacing(self):
        """A PNG that is interlaced has another ETag than one that is not."""
        hash = self.put(png(BROWN))
        tags = {self.tag(hash, segments="noop" + s) for s in (
            "", "/o-interlacing.mode-plane", "/o-interlacing.mode-none")}
        bodies = {self.pictures("GET", f"/dynamic/noop{s}/{hash}.png").body
                  for s in ("", "/o-interlacing.mode-plane")}
        self.assertEqual((len(tags) >= 2, len(bodies)), (True, 2))


if __name__ == "__main__":
    daemon.main()
