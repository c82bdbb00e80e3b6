# SPDX-License-Identifier: BSD-2-Clause
"""Pictures that are functions, so that what any chain of operations has to
make of them can be computed by plain arithmetic; and PNG files of them."""
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + \
        struct.pack(">I", zlib.crc32(kind + data))


def png_file(w, h, packed, depth=8, color=0, interlace=0, before=b""):
    """Of ready rows; *before* are chunks that go before them."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
        ">IIBBBBB", w, h, depth, color, 0, 0, interlace)) + before + \
        chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def colour(u, v):
    """Red, green and blue at a place of the unit square: slopes, which
    resizing keeps, nowhere near black or white, and no corner like another."""
    return (40 + 160 * u, 50 + 140 * v, 220 - 70 * u - 60 * v)


def opacity(u, v):
    return 255 * (0.25 + 0.75 * v)


def linear(c):
    """A value of sRGB as light, 0 to 1."""
    c /= 255
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def grey(rgb):
    """The lightness of sRGB by linear light, with the weights of libvips."""
    y = sum(f * linear(c) for f, c in zip((0.2, 0.7, 0.1), rgb))
    y = y * 12.92 if y <= 0.0031308 else 1.055 * y ** (1 / 2.4) - 0.055
    return y * 255


def lab(p):
    """CIE Lab (D65) of a pixel in sRGB."""
    def root(t):
        return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
    rgb = [linear(c) for c in p[:3]]
    x, y, z = (root(sum(f * c for f, c in zip(row, rgb)) / white)
               for row, white in (((.4124, .3576, .1805), .9505),
                                  ((.2126, .7152, .0722), 1),
                                  ((.0193, .1192, .9505), 1.089)))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(p, q):
    """Of two colours as the eye sees them: dE 1976; 2 is just visible."""
    return sum((a - b) ** 2 for a, b in zip(lab(p), lab(q))) ** .5


# Name -> (type of PNG colour, bits)
KINDS = {"grey": (0, 8), "rgb": (2, 8), "grey-alpha": (4, 8), "rgba": (6, 8),
         "grey 16": (0, 16), "rgb 16": (2, 16), "rgba 16": (6, 16)}


def samples(kind, u, v):
    r, g, b = colour(u, v)
    first = (grey((r, g, b)),) if kind.startswith("grey") else (r, g, b)
    return first + ((opacity(u, v),) if "a" in kind else ())


def png(kind, width, height, of=samples):
    """The function as a file."""
    color, bits = KINDS[kind]
    scale, form = (257, ">H") if bits == 16 else (1, ">B")
    rows = []
    for y in range(height):
        row = b"\0"
        for x in range(width):
            for s in of(kind, (x + .5) / width, (y + .5) / height):
                row += struct.pack(form, round(min(255, max(0, s)) * scale))
        rows.append(row)
    return png_file(width, height, zlib.compress(b"".join(rows)), bits, color)


class Picture:
    """A PNG of 8 bits, read: at(x, y) is (r, g, b, a)."""
    def __init__(self, data):
        assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:60]
        self.width, self.height, bits, color, _, _, lace = struct.unpack(
            ">IIBBBBB", data[16:29])
        assert bits == 8 and lace == 0 and color in (0, 2, 4, 6), \
            (bits, color, lace)
        self.bands = {0: 1, 2: 3, 4: 2, 6: 4}[color]
        packed, at = b"", 8
        while at < len(data):
            n = int.from_bytes(data[at:at + 4], "big")
            if data[at + 4:at + 8] == b"IDAT":
                packed += data[at + 8:at + 8 + n]
            at += 12 + n
        self.rows = self.unfilter(zlib.decompress(packed))

    def unfilter(self, raw):
        n, size = self.bands, self.width * self.bands
        rows, above = [], bytearray(size)
        for y in range(self.height):
            how = raw[y * (size + 1)]
            row = bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
            for i in range(size if how else 0):
                a = row[i - n] if i >= n else 0
                b, c = above[i], above[i - n] if i >= n else 0
                if how == 1:
                    p = a
                elif how == 2:
                    p = b
                elif how == 3:
                    p = (a + b) // 2
                else:
                    d = a + b - c
                    p = min((abs(d - a), 0, a), (abs(d - b), 1, b),
                            (abs(d - c), 2, c))[2]
                row[i] = row[i] + p & 255
            rows.append(row)
            above = row
        return rows

    def at(self, x, y):
        p = self.rows[y][x * self.bands:(x + 1) * self.bands]
        rgb = tuple(p[:3]) if self.bands > 2 else (p[0],) * 3
        return rgb + (p[-1] if self.bands % 2 == 0 else 255,)
