# SPDX-License-Identifier: BSD-2-Clause
"""Whether an image is opaque is told by what is quickest to read: the opacity
of a PNG alone, the heads of an animation's frames. It has to be what its pixels
say; and what is found whole so has to be."""
import functools
import random
import struct
import tempfile
import zlib

import daemon
import pixels
from vips import vips


def filtered(row, above, step, how):
    """A row of a PNG, as its filter *how* leaves it."""
    out = bytearray([how])
    for i, v in enumerate(row):
        a = row[i - step] if i >= step else 0
        b, c = above[i], above[i - step] if i >= step else 0
        d = a + b - c
        nearest = min((abs(d - a), 0, a), (abs(d - b), 1, b),
                      (abs(d - c), 2, c))[2]
        out.append(v - (0, a, b, (a + b) // 2, nearest)[how] & 255)
    return bytes(out)


class Png:
    """Noise with opacity, opaque but for *holes*, {place: opacity}."""
    def __init__(self, r, color, depth, holes, interlace=0):
        self.w, self.h = r.randrange(1, 40), r.randrange(2, 20)
        step = {4: 2, 6: 4}[color] * depth // 8
        above, raw = bytes(self.w * step), b""
        for y in range(self.h):
            row = bytearray(r.randbytes(self.w * step))
            for x in range(self.w):
                at = (y * self.w + x) / (self.w * self.h)
                a = holes(at) if depth == 16 else holes(at) >> 8
                row[(x + 1) * step - depth // 8:(x + 1) * step] = \
                    a.to_bytes(depth // 8, "big")
            raw += filtered(row, above, step, r.randrange(5))
            above = row
        self.raw, self.color, self.depth = raw, color, depth

    def file(self, raw=None, packed=None):
        return pixels.png_file(
            self.w, self.h, packed or zlib.compress(raw or self.raw),
            self.depth, self.color)


class Test(daemon.Test):
    def put(self, data):
        a = daemon.upload(self.api, "demo", ("f", "x", data))
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]


class Still(Test):
    def test_filters(self):
        """Every filter, both depths; a hole in the last row, or in none. More
        than 8 bits are opaque if they are in 8."""
        r = random.Random("filters")
        for color in 4, 6:
            for depth in 8, 16:
                for hole, opaque in ((0xfeff, False), (0, False),
                                     (0xff00, True), (0xffff, True)):
                    for _ in range(6):
                        p = Png(r, color, depth, lambda at, v=hole:
                                v if at > .9 else 0xffff)
                        # The hole may fall between the pixels.
                        at = 1 - 1 / (p.w * p.h)
                        if at <= .9:
                            continue
                        with self.subTest(color=color, depth=depth, hole=hole):
                            o = self.put(p.file())
                            self.assertEqual(o["opaque"], opaque)
                            a = self.pictures(
                                "GET", f"/dynamic/noop/{o['hash']}.png")
                            got = pixels.Picture(a.body)
                            self.assertEqual(got.at(p.w - 1, p.h - 1)[3],
                                             hole >> 8)

    def test_broken(self):
        """All checksums of the chunks are right, and yet it is broken."""
        p = Png(random.Random("broken"), 6, 8, lambda at: 0xffff)
        packed, row = zlib.compress(p.raw), p.w * 4 + 1
        bad_row = p.raw[:-row] + b"\x05" + p.raw[1 - row:]
        whole = p.file()
        at = whole.index(b"IDAT") - 4
        for what, data in (
                ("row", p.file(raw=p.raw[:-row])),
                ("byte", p.file(raw=p.raw[:-1])),
                ("filter", p.file(raw=bad_row)),
                ("parted", whole[:at] + pixels.chunk(b"IDAT", b"") +
                 pixels.chunk(b"tEXt", b"a\0b") + whole[at:]),
                ("cut", p.file(packed=packed[:len(packed) // 2]))):
            with self.subTest(what):
                a = daemon.upload(self.api, "demo", ("f", "x", data))
                self.assertEqual(a.status, 400, a.body)

    def test_odd(self):
        """Not broken: split data, a smaller window, rows that are too many, a
        checksum behind all of them that is wrong."""
        p = Png(random.Random("odd"), 6, 8, lambda at: 0xffff)
        packed = zlib.compress(p.raw)
        whole, part = p.file(), pixels.chunk(b"IDAT", packed)
        at = whole.index(part)
        parts = b"".join(pixels.chunk(b"IDAT", packed[i:i + 7])
                         for i in range(0, len(packed), 7))
        small = zlib.compressobj(wbits=9)
        for what, data in (
                ("split", whole[:at] + parts + whole[at + len(part):]),
                ("empty", whole[:at] + pixels.chunk(b"IDAT", b"") +
                 whole[at:]),
                ("window", p.file(packed=small.compress(p.raw) +
                                  small.flush())),
                ("checksum", p.file(packed=packed[:-1] +
                                    bytes([packed[-1] ^ 1]))),
                ("rows", p.file(raw=p.raw + bytes(p.w * 4 + 1)))):
            with self.subTest(what):
                self.assertTrue(self.put(data + what.encode())["opaque"])


KEEP, CLEAR, REPLACE = 0, 1, 2		# what a frame's flags say


class Moving(Test):
    @functools.cache
    def part(self, w, h, opacity):
        with tempfile.TemporaryDirectory() as d:
            with open(d + "/in.png", "wb") as f:
                f.write(pixels.png_file(w, h, zlib.compress(
                    (b"\0" + bytes((w, h, 9, opacity)) * w) * h), 8, 6))
            vips("webpsave", d + "/in.png", d + "/out.webp",
                         "--lossless")
            with open(d + "/out.webp", "rb") as f:
                data = f.read()
            return data[data.index(b"VP8L"):]

    def webp(self, *frames):
        """Of 20 x 10, whose frames are (size, opacity, flags)."""
        body = b"VP8X" + struct.pack("<IB3x", 10, 0x12) + \
            (19).to_bytes(3, "little") + (9).to_bytes(3, "little") + \
            b"ANIM" + struct.pack("<IIH", 6, 0, 0)
        for (w, h), opacity, flags in frames:
            f = b"".join(v.to_bytes(3, "little") for v in (
                0, 0, w - 1, h - 1, 100)) + bytes([flags]) + \
                self.part(w, h, opacity)
            body += b"ANMF" + struct.pack("<I", len(f)) + f + bytes(len(f) & 1)
        return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body

    def test_unused(self):
        """A lossless picture whose header says that its opacity is not used:
        shown without, unless the file's own header says that there is some."""
        data = bytearray(self.part(20, 10, 99))
        for used in True, False:
            data[12] = data[12] & ~0x10 | used << 4
            more = b"VP8X" + struct.pack("<IB3x", 10, 0x10) + \
                (19).to_bytes(3, "little") + (9).to_bytes(3, "little")
            for before in b"", more:
                o = self.put(b"RIFF" + struct.pack(
                    "<I", 4 + len(before + data)) + b"WEBP" + before + data)
                clear = used or before != b""
                self.assertEqual(o["opaque"], not clear)
                a = self.pictures("GET", f"/dynamic/noop/{o['hash']}.png")
                self.assertEqual(pixels.Picture(a.body).at(3, 3),
                                 (20, 10, 9, 99 if clear else 255))

    def test_frames(self):
        all, some = (20, 10), (8, 4)
        for opaque, *frames in (
                (True, (all, 255, KEEP), (some, 99, KEEP)),
                (True, (all, 255, KEEP), (all, 0, KEEP), (some, 255, KEEP)),
                (True, (all, 255, KEEP), (some, 255, REPLACE)),
                (True, (all, 255, CLEAR), (all, 255, KEEP)),
                (True, (all, 255, KEEP), (some, 255, CLEAR)),
                (False, (all, 255, KEEP), (some, 99, REPLACE)),
                (False, (all, 255, KEEP), (some, 255, CLEAR),
                 (some, 9, KEEP)),
                (False, (all, 255, CLEAR), (some, 255, KEEP)),
                (False, (some, 255, KEEP), (all, 255, KEEP)),
                (False, (all, 99, KEEP), (all, 255, KEEP))):
            with self.subTest(frames):
                o = self.put(self.webp(*frames))
                self.assertTrue(o["animated"])
                self.assertEqual(o["opaque"], opaque)


if __name__ == "__main__":
    daemon.main()
