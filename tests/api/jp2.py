# SPDX-License-Identifier: BSD-2-Clause
"""JPEG 2000, which a setting takes: as it looks, or refused with the reason."""
import functools
import random
import struct
import tempfile

import daemon
import hostile
import pixels
from vips import vips

# Of pixels.KINDS -> how far off a sample may be; all is without loss, but
# 16 bits are shown with 8.
KINDS = {"grey": 0, "rgb": 0, "grey-alpha": 0, "rgba": 0, "rgb 16": 1,
         "rgba 16": 1}


@functools.cache
def files(kind):
    """As PNG, in boxes, and the bare stream."""
    png = pixels.png(kind, 90, 70)
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/in.png", "wb") as f:
            f.write(png)
        vips("jp2ksave", d + "/in.png", d + "/out.jp2", "--lossless",
                     "--tile-width", "64", "--tile-height", "64")
        with open(d + "/out.jp2", "rb") as f:
            boxes = f.read()
    return png, boxes, boxes[boxes.index(b"jp2c") + 4:]


def put_at(data, mark, offset, value):
    at = data.index(mark) + offset
    return data[:at] + value + data[at + len(value):]


def with_channels(data, *entries):
    """What the file says of its channels is this alone."""
    head = data.index(b"jp2h") - 4
    end = head + int.from_bytes(data[head:head + 4], "big")
    body = data[head + 8:end].replace(b"cdef", b"free")
    body += struct.pack(">I4sH", 10 + 6 * len(entries), b"cdef",
                        len(entries)) + \
        b"".join(struct.pack(">HHH", *e) for e in entries)
    return data[:head] + struct.pack(">I4s", len(body) + 8, b"jp2h") + body + \
        data[end:]


def with_colour_before(data, space):
    """The same box once more, before it and of another colour space."""
    head, at = data.index(b"jp2h") - 4, data.index(b"colr") - 4
    box = data[at:at + 11] + struct.pack(">I", space)
    return data[:head] + struct.pack(">I", int.from_bytes(
        data[head:head + 4], "big") + len(box)) + data[head + 4:at] + box + \
        data[at:]


def with_header_hidden(data, change):
    """The changed header in what a marker without a meaning seems to hold."""
    at = data.index(b"jp2c") + 4
    stream = data[at:]
    head = change(stream)[2:stream.index(START)]
    return data[:at - 8] + struct.pack(">I", 0) + b"jp2c" + stream[:2] + \
        struct.pack(">HH", 0xff30, 2 + len(head)) + head + stream[2:]


SIZE, STYLE, START = b"\xff\x51", b"\xff\x52", b"\xff\x90"	# markers


class Test(daemon.Shown):
    settings = "render_jp2 = 1\n"

    def test_shown(self):
        for kind, off in KINDS.items():
            png, boxes, _ = files(kind)
            want, o = self.put(png), self.put(boxes)
            with self.subTest(kind):
                self.assertEqual(
                    (o["format"], o["mimetype"], o["width"], o["height"]),
                    ("jp2", "image/jp2", 90, 70))
                self.assertEqual(o["opaque"], "a" not in kind)
                for path in "noop/%s.png", "resize-width-31/%s.png":
                    got, as_png = (pixels.Picture(self.get(i["hash"], path))
                                   for i in (o, want))
                    self.assertEqual(got.bands, as_png.bands)
                    for y, row in enumerate(as_png.rows):
                        for a, b in zip(got.rows[y], row):
                            self.assertLessEqual(abs(a - b), off, (path, y))
                for end in "jpg", "webp":
                    self.get(o["hash"], "noop/%s." + end)

    def test_stream(self):
        """Without boxes there is only their number to tell of channels."""
        for kind in "rgb", "rgba":
            _, boxes, stream = files(kind)
            a, b = (self.get(self.put(v)["hash"]) for v in (boxes, stream))
            self.assertEqual(a, b, kind)

    def test_broken(self):
        """Cut short it is refused; with a byte flipped what is accepted can
        be rendered."""
        r = random.Random("jp2")
        for kind in "rgb", "rgba 16":
            for data in files(kind)[1:]:
                for n in len(data) * 2 // 3, len(data) // 2, 100, 20:
                    self.put(data[:n], 400)
                self.put(data[:-9], 400)
                for _ in range(12):
                    at = r.randrange(len(data))
                    p = bytearray(data)
                    p[at] ^= 1 << r.randrange(8)
                    a = daemon.upload(self.api, "demo", ("f", "x", bytes(p)))
                    self.assertIn(a.status, (200, 400, 422), (at, a.body))
                    if a.status == 200:
                        hash = a.json["items"][0]["hash"]
                        self.get(hash)
                        self.get(hash, "resize-width-9/%s.jpg")

    def test_refused(self):
        data = files("rgba")[1]
        colr = data.index(b"colr")
        channels = [(i, 0, i + 1) for i in range(3)] + [(3, 1, 0)]
        defined = functools.partial(with_channels, data)
        self.assertFalse(self.put(defined(*channels))["opaque"])
        for what, status, bad in (
                ("multiplied", 400, defined(*channels[:3], (3, 2, 0))),
                ("order", 400, defined((0, 0, 3), (1, 0, 2), (2, 0, 1),
                                       (3, 1, 0))),
                ("order", 400, defined((0, 1, 0), *((i, 0, i)
                                                    for i in (1, 2, 3)))),
                ("sRGB", 400, data[:colr + 7] + struct.pack(">I", 12) +
                 data[colr + 11:]),
                ("sRGB", 400, with_colour_before(data, 12)),
                ("no header", 400, with_header_hidden(data, lambda stream:
                    put_at(stream, SIZE, 22, b"\0\0\0\x01" * 2))),
                ("palette", 400, data.replace(b"colr", b"pclr", 1)),
                ("place", 400, put_at(data, SIZE, 14, b"\0\0\0\x01")),
                ("tiles", 422, put_at(data, SIZE, 22, b"\0\0\0\x01" * 2)),
                ("tiles", 422, put_at(data, SIZE, 22, bytes(8))),
                ("layers", 422, put_at(data, STYLE, 6, b"\xff\xff")),
                ("bits", 400, put_at(data, SIZE, 40, b"\x8f")),
                ("bits", 400, put_at(data, SIZE, 40, b"\x25" + b"\1\1\x25" *
                                     3)),
                ("limit", 422, put_at(files("rgba")[2], SIZE, 6, struct.pack(
                    ">IIIIII", 40000, 40000, 0, 0, 40000, 40000))),
                ("no header", 400, data[:colr])):
            with self.subTest(what):
                self.assertIn(what, self.put(bad, status))


class Off(daemon.Test):
    def test_named(self):
        """The reason of a refusal names the setting that would take it."""
        for name, data in (("jp2", files("rgb")[1]), ("jp2", files("rgb")[2]),
                           ("svg", hostile.SVG), ("pdf", hostile.pdf())):
            a = daemon.upload(self.api, "demo", ("f", "x", data))
            self.assertEqual(a.status, 400)
            self.assertIn(f"render_{name} = 1 accepts them", a.message)


if __name__ == "__main__":
    daemon.main()
