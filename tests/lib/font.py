# SPDX-License-Identifier: BSD-2-Clause
"""A font whose letters are boxes, so that each pixel of a text is known: "A" to
"Z" fill their em, a blank is as wide and empty."""
import struct

EM = 1000


def box():
    """A glyph of one contour: the em from the line's foot to its top."""
    return struct.pack(">hhhhh", 1, 0, 0, EM, EM) + struct.pack(
        ">HH", 3, 0) + bytes([1] * 4) + struct.pack(
        ">hhhh", 0, 0, EM, 0) + struct.pack(">hhhh", 0, EM, 0, -EM)


def cmap():
    """A format 4 of two ranges: blank to glyph 1, A to Z to glyph 2."""
    ends, starts = (32, 90, 0xffff), (32, 65, 0xffff)
    deltas = (1 - 32, 2 - 65, 1)
    seg = struct.pack(">3H", *ends) + b"\0\0" + struct.pack(">3H", *starts) + \
        struct.pack(">3H", *(d & 0xffff for d in deltas)) + bytes(6)
    sub = struct.pack(">HHHHHHH", 4, 14 + len(seg), 0, 6, 4, 1, 2) + seg
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + sub


def ttf(glyphs=28):
    one = box()
    one += bytes(-len(one) % 4)
    loca = [0, 0, 0] + [len(one) * i for i in range(1, glyphs - 1)]
    tables = {
        b"cmap": cmap(),
        b"glyf": one * (glyphs - 2),
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0,
                             0x5f0f3cf5, 0, EM, 0, 0, 0, 0, EM, EM, 0, 8, 2,
                             1, 0),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, EM, 0, 0, EM, 0,
                             0, EM, 1, 0, 0, 0, 0, 0, 0, 0, glyphs),
        b"hmtx": struct.pack(">Hh", EM, 0) * glyphs,
        b"loca": struct.pack(f">{glyphs + 1}I", *loca),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, glyphs, 4, 1, 0, 0,
                             1, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    at = 12 + 16 * len(tables)
    head, body = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 48), b""
    for name, data in sorted(tables.items()):
        head += struct.pack(">4sIII", name, 0, at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return head + body
