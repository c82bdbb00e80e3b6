# SPDX-License-Identifier: BSD-2-Clause
"""GIFs made at random, and what browsers make of them: the canvas is clear at
first, the background colour is ignored, and disposal 2 clears again."""
import random
import struct

CLEAR = (0, 0, 0, 0)


def blocks(data):
    out = b""
    for i in range(0, len(data), 255):
        out += bytes((len(data[i:i + 255]),)) + data[i:i + 255]
    return out + b"\0"


def packed(indexes, bits):
    """LZW that never gets to longer codes: it clears its table in time."""
    size, clear = bits + 1, 1 << bits
    value = shift = 0
    codes = [clear]
    for i, v in enumerate(indexes):
        if i and i % (clear - 2) == 0:
            codes.append(clear)
        codes.append(v)
    for c in codes + [clear + 1]:
        value |= c << shift
        shift += size
    return bytes((bits,)) + blocks(value.to_bytes((shift + 7) // 8, "little"))


class Frame:
    def __init__(self, r, w, h, first):
        self.w, self.h = r.randint(1, w), r.randint(1, h)
        self.x, self.y = r.randrange(w), r.randrange(h)
        if r.random() < (0.6 if first else 0.2):
            self.x, self.y, self.w, self.h = 0, 0, w, h
        self.disposal = r.choice((0, 1, 1, 2, 2, 2, 3, 4))
        self.clear = r.choice((None, None, 3))
        self.lace = r.random() < 0.2
        self.own = r.random() < 0.3
        self.palette = [tuple(r.randrange(256) for _ in range(3))
                        for _ in range(16)]
        self.pixels = [r.randrange(16) for _ in range(self.w * self.h)]

    def rows(self):
        """In the order of the file."""
        order = range(self.h)
        if self.lace:
            order = [y for a, step in ((0, 8), (4, 8), (2, 4), (1, 2))
                     for y in range(a, self.h, step)]
        return [p for y in order
                for p in self.pixels[y * self.w:(y + 1) * self.w]]

    def file(self):
        control = b"!\xf9\4" + struct.pack(
            "<BHBB", self.disposal << 2 | (self.clear is not None), 5,
            self.clear or 0, 0)
        flags = (0x83 if self.own else 0) | (0x40 if self.lace else 0)
        table = b"".join(map(bytes, self.palette)) if self.own else b""
        return control + b"," + struct.pack(
            "<HHHHB", self.x, self.y, self.w, self.h, flags) + table + \
            packed(self.rows(), 4)


class Gif:
    def __init__(self, seed):
        r = random.Random(seed)
        w, h = r.choice(((8, 6), (11, 9), (20, 16)))
        self.palette = [tuple(r.randrange(256) for _ in range(3))
                        for _ in range(16)]
        self.frames = [Frame(r, w, h, i == 0)
                       for i in range(r.choice((1, 2, 3, 6)))]
        self.screen = (w, h)
        f = self.frames[0]
        self.w, self.h = max(w, f.x + f.w), max(h, f.y + f.h)
        self.data = b"GIF89a" + struct.pack("<HHBBB", w, h, 0x83, 5, 0) + \
            b"".join(map(bytes, self.palette)) + \
            b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0" + \
            b"".join(f.file() for f in self.frames) + b";"

    def shown(self):
        """Each frame: rows of (r, g, b, a)."""
        canvas = [[CLEAR] * self.w for _ in range(self.h)]
        for f in self.frames:
            before = [row[:] for row in canvas]
            palette = f.palette if f.own else self.palette
            places = [(f.x + x, f.y + y, f.pixels[y * f.w + x])
                      for y in range(f.h) for x in range(f.w)
                      if f.x + x < self.w and f.y + y < self.h]
            for x, y, v in places:
                if v != f.clear:
                    canvas[y][x] = palette[v] + (255,)
            yield [row[:] for row in canvas]
            if f.disposal == 2:
                for x, y, _ in places:
                    canvas[y][x] = CLEAR
            elif f.disposal in (3, 4):
                canvas = before
