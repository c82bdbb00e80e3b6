# SPDX-License-Identifier: BSD-2-Clause
"""Odd files: cut short, flipped, with a header that lies. What is accepted can
be rendered in each format, and what is refused is refused for its cause."""
import os
import random
import re
import struct
import tempfile
import unittest

import daemon
import hostile
import pixels

# Words that tell of a library's insides, never of what is wrong
NO_CAUSE = re.compile(r"unable to write|bad seek|extraneous bytes|makes no "
                      r"sense$|: $|vips2|\berror code\b")
PATHS = ("noop/%s.png", "noop/%s.jpg", "noop/%s.webp",
         "resize-width-11/%s.png", "resize-width-11/%s.webp")


class Test(daemon.Test):
    settings = "render_svg = 1\nrender_pdf = 1\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = hostile.good()

    def put(self, data, status=200):
        a = daemon.upload(self.api, "demo", ("f", "x", data))
        self.assertEqual(a.status, status, a.body[:300])
        return a.json["items"][0] if status == 200 else a.message

    def get(self, hash, path="noop/%s.png"):
        a = self.pictures("GET", "/dynamic/" + path % hash)
        self.assertEqual(a.status, 200, (path, a.body[:300]))
        return a.body

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
            hostile.vips("webpsave", d + "/in.png", d + "/out.webp",
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
        self.assertEqual(a.count(b"ANMF"), 3)

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


if __name__ == "__main__":
    daemon.main()
