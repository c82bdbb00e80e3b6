# SPDX-License-Identifier: BSD-2-Clause
"""TIFF files of one colour, of kinds that no encoder at hand writes."""
import struct

SIDE = 16
GREY_WHITE, GREY, RGB, PALETTE, CMYK, YCBCR, CIELAB, ICCLAB = \
    0, 1, 2, 3, 5, 6, 8, 9
LOGLUV, CFA = 32845, 32803
WHITE_D65 = (318, 5, (3127, 10000, 3290, 10000))
SIZES = {1: "B", 3: "H", 4: "I", 5: "I"}


def entry(tag, kind, values, heap, at):
    """An entry of the directory; what is long goes onto *heap*, at *at*."""
    data = struct.pack(f"<{len(values)}{SIZES[kind]}", *values)
    n = len(values) // (2 if kind == 5 else 1)
    if len(data) > 4:
        data, heap[:] = struct.pack("<I", at + len(heap)), heap + data
    return struct.pack("<HHI", tag, kind, n) + data.ljust(4, b"\0")


def tiff(photometric, sample, pixel, *more):
    """*sample* is the struct letter of a sample, *pixel* its values; *more*
    are entries: tag, type, values."""
    bits = 8 * struct.calcsize("<" + sample)
    data = struct.pack(f"<{len(pixel)}{sample}", *pixel) * SIDE * SIDE
    tags = [(256, 3, (SIDE,)), (257, 3, (SIDE,)),
            (258, 3, (bits,) * len(pixel)), (259, 3, (1,)),
            (262, 3, (photometric,)), (273, 4, (8,)),
            (277, 3, (len(pixel),)), (278, 3, (SIDE,)),
            (279, 4, (len(data),)), *more]
    heap = bytearray()
    at = 8 + len(data) + 2 + 12 * len(tags) + 4
    entries = b"".join(entry(*t, heap, at) for t in sorted(tags))
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + \
        struct.pack("<H", len(tags)) + entries + b"\0\0\0\0" + bytes(heap)


def extra(*kinds):
    return (338, 3, kinds)


def form(sample_format, samples):
    return (339, 3, (sample_format,) * samples)
