# SPDX-License-Identifier: BSD-2-Clause
"""Sources of every format, orientation, profile and shape, made by the vips
command line, against the model of render_model.py."""
import struct
import tempfile

import daemon
import pixels
import render_model
from vips import vips

JPG = ".jpg[Q=100,subsample-mode=off]"
# Suffix that vips writes -> levels by which it may be off; the decoder of JPEG
# shrinks by whole numbers, which shows in a picture of 9 pixels
FORMATS = {JPG: 6, ".jpg[Q=100,interlace]": 6,
           ".png[interlace]": 2, ".webp[lossless]": 2, ".webp[Q=98]": 8,
           ".gif": 12, ".tif": 2, ".tif[compression=lzw]": 2,
           ".tif[tile,pyramid]": 2, ".avif[Q=97]": 6, ".heic[Q=97]": 6,
           ".jxl[Q=98]": 6}
CHAINS = ("noop", "resize-width-40", "resize-width-9",
          "crop-width-30-height-20-anchor-5_7",
          "crop-width-30-height-30-anchor-left_top--resize-width-13",
          "rotate-angle-90--resize-width-20")
OPERATIONS = dict(render_model.OPERATIONS, **{
    "resize-width-9": lambda m: render_model.resize(m, 9),
    "crop-width-30-height-20-anchor-5_7":
        lambda m: render_model.crop(m, 30, 20, "5_7"),
    "rotate-angle-90--resize-width-20":
        lambda m: render_model.resize(m.turned(90), 20)})
# How EXIF's orientation is shown: mirrored first, then turned
UPRIGHT = {1: (False, 0), 2: (True, 0), 3: (False, 180), 4: (True, 180),
           5: (True, 270), 6: (False, 90), 7: (True, 90), 8: (False, 270)}


def oriented(jpg, n):
    """With an EXIF block that holds nothing but the orientation."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1" + struct.pack(
        ">HHIHHI", 0x0112, 3, 1, n, 0, 0)
    return jpg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + \
        jpg[2:]


class Formats(render_model.Test):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def made(self, data, suffix, *steps):
        """*data* as vips writes it, after *steps*: operation and arguments."""
        path = self.dir.name + "/0.png"
        with open(path, "wb") as f:
            f.write(data)
        for i, (op, *args) in enumerate(steps):
            vips(op, path, f"{self.dir.name}/{i + 1}.v", *args)
            path = f"{self.dir.name}/{i + 1}.v"
        out = self.dir.name + "/out" + suffix.split("[")[0]
        vips("copy", path, out + suffix[len(suffix.split("[")[0]):])
        with open(out, "rb") as f:
            return f.read()

    def chains(self, data, model, within, what):
        hash = self.put("x", data)
        for segments in CHAINS:
            with self.subTest(what=what, ops=segments):
                self.compare(
                    pixels.Picture(self.render(hash, segments).body),
                    OPERATIONS[segments](model), (what, segments), within)

    def test_formats(self):
        for w, h in ((98, 62), (97, 61)):
            source = pixels.png("rgb", w, h)
            for suffix, within in FORMATS.items():
                self.chains(self.made(source, suffix),
                            render_model.model("rgb", w, h), within,
                            (suffix, w, h))

    def test_optim_quality(self):
        """More bytes the higher it is, where the format's own is not given."""
        hash = self.put("photo", pixels.png("rgb", 200, 150))

        def size(options, ext):
            return len(self.render(hash, "noop/o-" + options, ext).body)
        for ext, own in (("jpg", "jpg"), ("webp", "webp"), ("avif", "avif"),
                         ("jxl", "jxl"), ("heif", "heif")):
            with self.subTest(ext):
                sizes = [size(f"optim.quality-{n}", ext) for n in (0, 5, 10)]
                self.assertEqual(sizes, sorted(set(sizes)))
                self.assertEqual(sizes[1], size("dpr-1", ext))
                self.assertEqual(*(size(f"optim.quality-{n}-{own}.quality-60",
                                        ext) for n in (0, 10)))
        self.assertEqual(*(size(f"optim.quality-{n}", "png")
                           for n in (0, 10)))

    def test_avif_effort(self):
        """Other bytes by another tag, the same look."""
        hash = self.put("photo", pixels.png("rgb", 200, 150))
        got = [self.render(hash, f"noop/o-avif.effort-{n}", "avif")
               for n in range(5)]
        self.assertEqual(len({a.headers["ETag"] for a in got}), 5)
        self.assertLess(len(got[4].body), len(got[0].body))
        # Without the quality that goes with an effort, which ends at 100.
        best = [self.render(hash, "noop/o-avif.quality-100-"
                            f"avif.effort-{n}", "avif").body for n in (0, 4)]
        self.assertNotEqual(*best)
        plain = self.render(hash, "noop", "avif")
        self.assertEqual(plain.headers["ETag"], got[2].headers["ETag"])
        self.assertEqual(plain.body, got[2].body)

    def test_crop_to_area(self):
        """What Drupal's stacks have: without the area it is all of it."""
        hash = self.put("p", pixels.png("rgb", 40, 30))
        self.assertEqual(self.api("PUT", "/stacks/demo/area", {"operations": [
            {"name": "crop", "options": {"area": "subject", "mode": "box"}}]})
            .status, 201)
        whole = self.render(hash, "noop").body
        self.assertEqual(self.pictures("GET", f"/area/{hash}.png").body,
                         whole)
        self.assertEqual(self.render(hash, "crop-area-subject").body, whole)

    def test_alpha(self):
        source = pixels.png("rgba", 98, 62)
        for suffix, within in ((".webp[lossless]", 2), (".tif", 2),
                               (".avif[Q=97]", 8), (".jxl[Q=98]", 8)):
            self.chains(self.made(source, suffix),
                        render_model.model("rgba", 98, 62), within, suffix)

    def test_orientation(self):
        jpg = self.made(pixels.png("rgb", 97, 61), JPG)
        for n, (mirror, turn) in UPRIGHT.items():
            m = render_model.model("rgb", 97, 61)
            m = (m.mirrored() if mirror else m).turned(turn)
            self.chains(oriented(jpg, n), m, 5, f"orientation {n}")

    def test_sixteen_bits_and_grey(self):
        for kind in ("grey 16", "rgb 16", "grey", "rgba 16"):
            for suffix in (".tif", ".png"):
                self.chains(self.made(pixels.png(kind, 97, 61), suffix),
                            render_model.model(kind, 97, 61), 2,
                            (kind, suffix))

    def test_palette(self):
        data = self.made(pixels.png("rgb", 97, 61), ".png[palette]")
        self.assertIn(b"PLTE", data)
        self.chains(data, render_model.model("rgb", 97, 61), 12, "palette")

    def test_wide_gamut(self):
        """The same colours said in Display P3 look the same."""
        source = pixels.png("rgb", 97, 61)
        for suffix in (JPG, ".png", ".tif", ".webp[lossless]"):
            self.chains(self.made(source, suffix, (
                "icc_transform", "p3", "--input-profile", "srgb")),
                render_model.model("rgb", 97, 61), 4, "P3 " + suffix)

    def test_cmyk(self):
        """As libvips converts it, by print's usual profile or the file's."""
        for kept in ("", ",strip"):
            data = self.made(pixels.png("rgb", 97, 61),
                             JPG.replace("]", kept + "]"),
                             ("icc_transform", "cmyk", "--input-profile",
                              "srgb"))
            with open(self.dir.name + "/in.jpg", "wb") as f:
                f.write(data)
            vips("icc_transform", self.dir.name + "/in.jpg",
                 self.dir.name + "/want.png", "srgb", "--embedded",
                 "--input-profile", "cmyk", "--intent", "relative",
                 "--black-point-compensation")
            with open(self.dir.name + "/want.png", "rb") as f:
                want = pixels.Picture(f.read())
            hash = self.put("cmyk", data)
            got = pixels.Picture(self.render(hash, "noop").body)
            for y in range(0, 61, 5):
                for x in range(0, 97, 6):
                    self.assertLess(pixels.distance(
                        got.at(x, y), want.at(x, y)), 2, (kept, x, y))

    def test_panoramas(self):
        """Nothing but the size: a side that would have no pixel has one."""
        for w, h in ((10000, 10), (10, 10000), (9001, 1), (1, 9001)):
            data = self.made(pixels.png("rgb", 1, 1), ".png",
                             ("replicate", str(w), str(h)))
            for suffix in (".png", ".jpg", ".webp", ".webp[lossless]",
                           ".gif", ".tif", ".jxl"):
                hash = self.put("x", self.made(data, suffix))
                for segments in ("resize-width-100-height-100",
                                 "resize-width-2-height-2",
                                 "crop-width-3-height-1-mode-ratio--"
                                 "resize-width-8",
                                 "rotate-angle-90--resize-width-70-height-70"):
                    with self.subTest(size=(w, h), f=suffix, ops=segments):
                        got = pixels.Picture(
                            self.render(hash, segments).body)
                        m = render_model.Model(w, h, None)
                        for op in segments.split("--"):
                            m = self.sized(m, op)
                        self.assertEqual((got.width, got.height), (m.w, m.h))

    @staticmethod
    def sized(m, op):
        if op.startswith("rotate"):
            return m.turned(90)
        if op.startswith("crop"):
            return render_model.crop(m, 3, 1, mode="ratio")
        v = [int(x) for x in op.split("-")[2::2]]
        return render_model.resize(m, *v)


if __name__ == "__main__":
    daemon.main()
