# SPDX-License-Identifier: BSD-2-Clause
"""Small ICC profiles: the primaries of sRGB, or grey, with a gamma of 1.8."""
import struct

D50 = (0.9642, 1.0, 0.8249)
RED, GREEN, BLUE = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), \
    (0.1431, 0.0606, 0.7141)


def shown(v):
    """A value with this gamma, as sRGB says it."""
    y = (v / 255) ** 1.8
    return 255 * (y * 12.92 if y <= 0.0031308 else
                  1.055 * y ** (1 / 2.4) - 0.055)


def xyz(v):
    return b"XYZ \0\0\0\0" + struct.pack(
        ">3i", *(round(x * 65536) for x in v))


def profile(space):
    """*space*: "RGB ", "GRAY", or one with nothing in it"""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(1.8 * 256)) + b"\0\0"
    tags = {"wtpt": xyz(D50)}
    if space == "RGB ":
        tags.update(rXYZ=xyz(RED), gXYZ=xyz(GREEN), bXYZ=xyz(BLUE),
                    rTRC=curve, gTRC=curve, bTRC=curve)
    elif space == "GRAY":
        tags["kTRC"] = curve
    at, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, t in tags.items():
        table += name.encode() + struct.pack(">II", at + len(data), len(t))
        data += t
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"test", 0x02400000,
                       b"mntr", space.encode(), b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    return (head.ljust(68, b"\0") + xyz(D50)[8:]).ljust(128, b"\0") + \
        struct.pack(">I", len(tags)) + table + data


def in_jpeg(jpg, icc):
    head = b"ICC_PROFILE\0\1\1" + icc
    return jpg[:2] + b"\xff\xe2" + struct.pack(">H", len(head) + 2) + head + \
        jpg[2:]
