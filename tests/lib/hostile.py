# SPDX-License-Identifier: BSD-2-Clause
"""Valid images of every kind, made small by libvips, and the same broken at
random from a seed."""
import os
import random
import tempfile
import zlib

from vips import vips

# Name -> suffix that vips writes it by
KINDS = {
    "jpg": ".jpg", "jpg-progressive": ".jpg[interlace]",
    "png": ".png", "png-interlaced": ".png[interlace]",
    "png-palette": ".png[palette,bitdepth=4]",
    "webp": ".webp", "webp-lossless": ".webp[lossless]",
    "avif": ".avif", "heic": ".heic", "jxl": ".jxl",
    "tif": ".tif", "tif-deflate": ".tif[compression=deflate]",
    "tif-lzw": ".tif[compression=lzw,predictor=horizontal]",
    "tif-jpeg": ".tif[compression=jpeg]",
    "tif-tiled": ".tif[tile,tile-width=16,tile-height=16]",
    "tif-pyramid": ".tif[tile,pyramid,tile-width=16,tile-height=16]",
    "tif-big": ".tif[bigtiff]",
}
MOVING = {"gif-moving": ".gif", "webp-moving": ".webp"}

SVG = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="97" height="61"
 viewBox="0 0 97 61"><defs><linearGradient id="g"><stop offset="0"
 stop-color="#f00"/><stop offset="1" stop-color="blue"/></linearGradient>
<filter id="f"><feGaussianBlur stdDeviation="2"/></filter></defs>
<rect width="97" height="61" fill="url(#g)"/><circle cx="40" cy="30" r="20"
 filter="url(#f)" transform="rotate(30)"/><path d="M0 0L50 60Q9 9 3 4z"
 stroke="black" stroke-dasharray="2 3"/><text x="3" y="9">hello</text></svg>
"""


def pdf(media="0 0 97 61", content=b"1 0 0 rg 10 10 50 30 re f", more=b"",
        page=b""):
    """One page; *more* are objects from number 5 on, ready made."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R %s>>" %
        (media.encode(), page),
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)]
    out = b"%PDF-1.4\n"
    for i, o in enumerate(objects):
        out += b"%d 0 obj\n%s\nendobj\n" % (i + 1, o)
    return out + more + b"trailer<</Root 1 0 R/Size 9>>\n%%EOF\n"


def flat(width, height):
    """(name, bytes): big in pixels and small in bytes, by libheif."""
    with tempfile.TemporaryDirectory() as d:
        vips("black", d + "/b.v", str(width), str(height), "--bands", "3")
        vips("copy", d + "/b.v", d + "/rgb.v", "--interpretation", "srgb")
        for suffix in (".heic[effort=0]", ".avif[effort=0]"):
            yield suffix[:5], written(d, "copy", "rgb", suffix)


def good():
    """{name: bytes}: one valid image of each kind."""
    made = {"svg": SVG, "pdf": pdf()}
    with tempfile.TemporaryDirectory() as d:
        # Structure and noise, so that every part of a decoder is used
        vips("zone", d + "/z.v", "97", "61", "--uchar")
        vips("gaussnoise", d + "/n.v", "97", "61", "--mean", "128")
        vips("cast", d + "/n.v", d + "/u.v", "uchar")
        vips("bandjoin", f"{d}/z.v {d}/u.v {d}/z.v", d + "/b.v")
        vips("copy", d + "/b.v", d + "/rgb.v", "--interpretation", "srgb")
        vips("bandjoin", f"{d}/rgb.v {d}/u.v", d + "/rgba.v")
        vips("invert", d + "/rgb.v", d + "/inv.v")
        vips("join", d + "/rgb.v", d + "/inv.v", d + "/two.v", "vertical")
        vips("join", d + "/two.v", d + "/rgb.v", d + "/roll.v", "vertical")
        for name, suffix in KINDS.items():
            made[name] = written(d, "copy", "rgb", suffix)
        for name in ("png", "webp", "avif", "tif", "jxl"):
            made[name + "-alpha"] = written(d, "copy", "rgba", "." + name)
        for name, suffix in MOVING.items():
            made[name] = written(d, "copy", "roll", suffix +
                                 "[page-height=61]")
    return made


def written(d, op, name, suffix):
    path = f"{d}/out" + suffix.split("[")[0]
    vips(op, f"{d}/{name}.v", path + suffix[suffix.find("["):]
         if "[" in suffix else path)
    with open(path, "rb") as f:
        return f.read()


#----------------------------------------------------------------------
# Breaking

NUMBERS = (b"\0", b"\1", b"\x7f", b"\x80", b"\xff", b"\0\0\0\0",
           b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f",
           b"\0\0\0\x01", b"\x01\0\0\0", b"\x80\0\0\0", b"\0\0\0\x80")


def truncate(r, p, others):
    return p[:r.randrange(1, len(p))]


def flip(r, p, others):
    p = bytearray(p)
    for _ in range(r.choice((1, 2, 8, 64))):
        p[r.randrange(len(p))] ^= 1 << r.randrange(8)
    return bytes(p)


def numbers(r, p, others):
    """Extreme values, mostly where a header has its sizes."""
    p = bytearray(p)
    for _ in range(r.randrange(1, 5)):
        v = r.choice(NUMBERS)
        at = r.randrange(min(len(p), r.choice((64, 400, 10 ** 9))))
        p[at:at + len(v)] = v
    return bytes(p)


def move(r, p, others):
    """A piece of the file over another, or twice, or not at all."""
    n = r.randrange(1, max(2, len(p) // 4))
    a, b = r.randrange(len(p)), r.randrange(len(p))
    piece = p[a:a + n]
    return r.choice((p[:b] + piece + p[b + len(piece):],
                     p[:b] + piece * r.choice((1, 1, 50)) + p[b:],
                     p[:a] + p[a + n:]))


def graft(r, p, others):
    """The head of one, the rest of another."""
    q = r.choice(others)
    return p[:r.randrange(4, len(p))] + q[r.randrange(len(q)):]


def blank(r, p, others):
    a = r.randrange(len(p))
    n = r.randrange(1, len(p))
    return p[:a] + r.choice((b"\0", b"\xff")) * min(n, len(p) - a) + p[a + n:]


def checked(p):
    """A PNG with its checksums put right, so that damage gets past them."""
    out, at = p[:8], 8
    while at + 12 <= len(p):
        n = int.from_bytes(p[at:at + 4], "big")
        if n > len(p) - at - 12:
            break
        body = p[at + 4:at + 8 + n]
        out += p[at:at + 4] + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + n
    return out + p[at:]


WAYS = (truncate, flip, numbers, move, graft, blank)


def broken(seeds, n, seed):
    """*n* files of each kind: (what, bytes); the same for the same seed."""
    others = list(seeds.values())
    for name, data in sorted(seeds.items()):
        r = random.Random(f"{seed} {name}")
        for i in range(n):
            p = data
            for _ in range(r.choice((1, 1, 1, 2, 3))):
                p = r.choice(WAYS)(r, p, others) or b"\0"
            if name.startswith("png") and r.random() < 0.7:
                p = checked(p)
            yield f"{name}, {i}", p


if __name__ == "__main__":
    import sys
    for name, data in good().items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(data)
