# SPDX-License-Identifier: BSD-2-Clause
"""Small files that would be huge pictures, never end, or lead outside."""
import gzip
import struct
import zlib

from hostile import pdf
from pixels import chunk, png_file as png

BE, LE = "big", "little"


def zeros(n):
    """n zeros, packed; at once, since each of the same pieces stands alone."""
    def piece(n, last):
        c = zlib.compressobj(9, zlib.DEFLATED, -15)
        return c.compress(bytes(n)) + c.flush(
            zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
    return b"\x78\xda" + piece(1 << 20, False) * (n >> 20) + \
        piece(n & (1 << 20) - 1, True) + \
        struct.pack(">I", n % 65521 << 16 | 1)


#----------------------------------------------------------------------
# PNG

def pngs():
    dot = zlib.compress(bytes(11) * 10)
    text = zeros(100 << 20)
    yield "png 2^31", png(2 ** 31 - 1, 2 ** 31 - 1, dot)
    yield "png 60000x60000", png(60000, 60000, dot)
    yield "png 0x0", png(0, 0, dot)
    yield "png 1x30000", png(1, 30000, zeros(60000))
    yield "png 30000x1", png(30000, 1, zeros(30001))
    yield "png 20000x20000", png(20000, 20000, zeros(400020000))
    yield "png 9000x9000", png(9000, 9000, zeros(9000 * 9001))
    yield "png 8000x8000 interlaced 16", png(
        8000, 8000, zeros(8 * 8000 * 8001), 16, 6, 1)
    yield "png nothing in 9000x9000", png(9000, 9000, b"")
    for kind, head in ((b"zTXt", b"Title\0\0"), (b"iCCP", b"x\0\0"),
                       (b"iTXt", b"Title\0\1\0\0\0")):
        yield f"png {kind.decode()}", png(
            10, 10, dot, before=chunk(kind, head + text))
    yield "png 100000 texts", png(
        10, 10, dot, before=chunk(b"tEXt", b"Title\0x") * 100000)
    yield "png 900 zTXt", png(10, 10, dot, before=chunk(
        b"zTXt", b"Title\0\0" + zeros(7 << 20)) * 900)


#----------------------------------------------------------------------
# GIF, JPEG, WebP

GIF_HEAD = b"GIF89a%s\x80\0\0\0\0\0\xff\xff\xff"
GIF_DOT = b",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"


def gif(w, h, frames):
    return GIF_HEAD % struct.pack("<HH", w, h) + frames + b";"


def gifs():
    wide = b",\0\0\0\0\xff\xff\xff\xff\0\2\2\x44\1\0"
    yield "gif 65535x65535", gif(65535, 65535, GIF_DOT)
    yield "gif frame 65535x65535", gif(1, 1, wide)
    yield "gif 100 frames 65535x65535", gif(1, 1, wide * 100)
    yield "gif 15000x15000", gif(15000, 15000, GIF_DOT)
    yield "gif 290 x 8000x8000", gif(8000, 8000, GIF_DOT * 290)
    yield "gif 100000 frames", gif(1, 1, GIF_DOT * 100000)
    yield "gif 100000 x 2000x2000", gif(2000, 2000, GIF_DOT * 100000)
    yield "gif 1000000 extensions", gif(
        1, 1, b"!\xf9\4\0\1\0\0\0" * 1000000 + GIF_DOT)
    yield "gif one comment of 20 MB", gif(
        1, 1, b"!\xfe" + (b"\xff" + bytes(255)) * 80000 + b"\0" + GIF_DOT)
    yield "gif no end", gif(9, 9, GIF_DOT * 10)[:-1] + b"," * 100000


def riff(*chunks):
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)
        for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def vp8x(w, h, flags):
    return (b"VP8X", bytes((flags, 0, 0, 0)) + (w - 1).to_bytes(3, LE) +
            (h - 1).to_bytes(3, LE))


def vp8l(w, h, rest=b"\x88\x88\x08\xff\xfd\xff\x0f" + bytes(8)):
    return b"\x2f" + ((w - 1) | (h - 1) << 14).to_bytes(4, LE) + rest


def anmf(w, h, data):
    return (b"ANMF", bytes(6) + (w - 1).to_bytes(3, LE) +
            (h - 1).to_bytes(3, LE) + b"\x64\0\0\0" + b"VP8L" +
            struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1))


def webps():
    anim = (b"ANIM", bytes(6))
    dot = anmf(1, 1, vp8l(1, 1))
    yield "webp 16383x16383", riff((b"VP8L", vp8l(16383, 16383)))
    yield "webp 14000x14000", riff((b"VP8L", vp8l(14000, 14000)))
    yield "webp 9000x9000", riff((b"VP8L", vp8l(9000, 9000)))
    yield "webp canvas lies", riff(vp8x(1 << 24, 1 << 24, 0),
                                   (b"VP8L", vp8l(1, 1)))
    yield "webp canvas of 2^24", riff(vp8x(1 << 24, 200, 2), anim, dot)
    yield "webp 14000x14000 moving", riff(vp8x(14000, 14000, 2), anim, dot)
    yield "webp 290 x 2000x2000", riff(vp8x(2000, 2000, 2), anim,
                                       *[dot] * 290)
    yield "webp 290 x 800x800", riff(vp8x(800, 800, 2), anim, *[dot] * 290)
    yield "webp 100000 frames", riff(vp8x(1, 1, 2), anim, *[dot] * 100000)
    yield "webp 100000 x 2000x2000", riff(vp8x(2000, 2000, 2), anim,
                                          *[dot] * 100000)
    yield "webp 1000000 chunks", riff(vp8x(1, 1, 0),
                                      *[(b"ABCD", b"")] * 1000000)


def jpeg_sized(p, w, h):
    """*p* saying it has another size."""
    at = max(p.find(b"\xff\xc0"), p.find(b"\xff\xc2"))
    return p[:at + 5] + struct.pack(">HH", h, w) + p[at + 9:]


def jpegs(good):
    for name in ("jpg", "jpg-progressive"):
        p = good[name]
        yield name + " 65500x65500", jpeg_sized(p, 65500, 65500)
        yield name + " 15000x15000", jpeg_sized(p, 15000, 15000)
        yield name + " 65500x1", jpeg_sized(p, 65500, 1)
        yield name + " 1x30000", jpeg_sized(p, 1, 30000)
        sos = p.rfind(b"\xff\xda")
        yield name + " 5000 scans", p[:sos] + p[sos:-2] * 5000 + p[-2:]
        big = jpeg_sized(p, 9000, 9000)
        yield name + " 90 scans of 9000x9000", \
            big[:sos] + p[sos:-2] * 90 + p[-2:]
        yield name + " 500000 markers", p[:2] + b"\xff\xfe\0\2" * 500000 + \
            p[2:]
        yield name + " 300 profiles", p[:2] + (
            b"\xff\xe2\xff\xffICC_PROFILE\0\1\1" + bytes(65519)) * 300 + p[2:]
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + \
        struct.pack("<HHII", 0x8769, 4, 1, 8) + bytes(4)
    p = good["jpg"]
    yield "jpg EXIF in a circle", p[:2] + b"\xff\xe1" + \
        struct.pack(">H", len(exif) + 2) + exif + p[2:]


#----------------------------------------------------------------------
# TIFF

def ifd(tags, at, more=0):
    """A directory at *at*: tags are (tag, type, count, value)."""
    return struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", *t) for t in sorted(tags)) + \
        struct.pack("<I", more)


def tiff(w, h, data=b"", extra=(), more=0, compression=1, strip=None,
         **over):
    at = 8 + len(data)
    tags = {256: (4, 1, w), 257: (4, 1, h), 258: (3, 1, 8),
            259: (3, 1, compression), 262: (3, 1, 1), 273: (4, 1, 8),
            277: (3, 1, 1), 278: (4, 1, strip or h),
            279: (4, 1, len(data))}
    tags.update({t[0]: t[1:] for t in extra})
    return b"II*\0" + struct.pack("<I", at) + data + ifd(
        [(k,) + v for k, v in tags.items()], at, more)


def tiffs():
    yield "tif 2^31", tiff(2 ** 31 - 1, 2 ** 31 - 1)
    yield "tif 20000x20000", tiff(20000, 20000)
    yield "tif 10000x10000 deflate", tiff(
        10000, 10000, zeros(10000 * 10000), compression=8)
    yield "tif 14000x14000 one strip says 4 GB", tiff(
        14000, 14000, b"x", [(279, 4, 1, 2 ** 32 - 1)])
    yield "tif 2^31 strips", tiff(9000, 9000, b"x", [
        (273, 4, 2 ** 31, 8), (279, 4, 2 ** 31, 8)], strip=1)
    yield "tif tile 2^30", tiff(900, 900, b"x", [
        (322, 4, 1, 1 << 30), (323, 4, 1, 1 << 30), (324, 4, 1, 8),
        (325, 4, 1, 1)])
    yield "tif tile 32768", tiff(900, 900, b"x" * 99, [
        (322, 4, 1, 32768), (323, 4, 1, 32768), (324, 4, 1, 8),
        (325, 4, 1, 1)])
    yield "tif text of 4 GB", tiff(9, 9, bytes(81),
                                   [(270, 2, 2 ** 32 - 1, 8)])
    yield "tif profile of 4 GB", tiff(9, 9, bytes(81),
                                      [(34675, 7, 2 ** 32 - 1, 8)])
    yield "tif 65535 bands", tiff(900, 900, bytes(99), [
        (277, 3, 1, 65535)])
    yield "tif 64 bits", tiff(9000, 9000, bytes(99), [(258, 3, 1, 64)])
    yield "tif float", tiff(90, 90, b"\xff" * 32400, [
        (258, 3, 1, 32), (339, 3, 1, 3)])
    loop = tiff(9, 9, bytes(81))
    yield "tif in a circle", loop[:-4] + struct.pack("<I", 8 + 81)
    yield "tif 60000 pages", pages(60000)
    yield "tif G4 30000x7000", tiff(30000, 7000, b"\0" * 100, [
        (258, 3, 1, 1)], compression=4)
    yield "tif LZW 14000x14000", tiff(14000, 14000, b"\x80\x00" * 99,
                                      compression=5)
    yield "tif PackBits 14000x14000", tiff(
        14000, 14000, b"\x81\0" * (14000 * 14000 // 128 + 1),
        compression=32773)


def pages(n):
    """Directories of one dot each, one after the other."""
    tags = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, 1), (279, 4, 1, 1)]
    size = 2 + 12 * len(tags) + 4
    out = b"II*\0" + struct.pack("<I", 12) + bytes(4)
    return out + b"".join(ifd(tags, 0, 12 + (i + 1) * size
                              if i + 1 < n else 0) for i in range(n))


#----------------------------------------------------------------------
# HEIF, JXL

def box(kind, data):
    return struct.pack(">I", len(data) + 8) + kind + data


def heifs(good):
    for name in ("avif", "heic"):
        p = good[name]
        at = p.find(b"ispe")
        for w, h in ((2 ** 31 - 1, 2 ** 31 - 1), (30000, 7000),
                     (9000, 9000), (0, 0), (1, 1)):
            yield f"{name} says {w}x{h}", \
                p[:at + 8] + struct.pack(">II", w, h) + p[at + 16:]
        yield name + " of boxes", p[:32] + box(b"free", b"") * 200000 + p[32:]
        nest = b""
        for _ in range(2000):
            nest = box(b"moov", nest)
        yield name + " nested", p[:32] + nest + p[32:]
        iloc = p.find(b"iloc")
        yield name + " iloc of 2^32", p[:iloc + 8] + b"\xff" * 40 + \
            p[iloc + 48:]
    ftyp = box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    yield "avif without a picture", ftyp + box(b"meta", bytes(4))
    yield "avif sequence", box(b"ftyp", b"avis\0\0\0\0avisavif") + \
        box(b"moov", bytes(100))


def jxls(good):
    p = good["jxl"]
    # A codestream: the size follows ff 0a as numbers of 9, 13, 18 or 30 bits
    for name, bits in (("2^30", 30), ("2^18", 18)):
        select = (9, 13, 18, 30).index(bits)
        v, at = 0, 1
        for ratio in (3, 0):    # small = 0, height, ratio = 0, width
            v |= select << at | ((1 << bits) - 1) << at + 2
            at += 2 + bits + ratio
        yield "jxl " + name, b"\xff\x0a" + v.to_bytes(12, LE) + p[6:]
    signature = b"\0\0\0\x0cJXL \r\n\x87\n"
    yield "jxl of boxes", signature + box(b"free", b"") * 200000
    yield "jxl Brotli box", signature + box(b"brob", b"Exif" + bytes(99)) * 99


#----------------------------------------------------------------------
# SVG, PDF

SVG = '<svg xmlns="http://www.w3.org/2000/svg" ' \
    'xmlns:xlink="http://www.w3.org/1999/xlink" %s>%s</svg>'
BOX = 'width="100" height="100"'


def svg(body, size=BOX, before=""):
    return (before + SVG % (size, body)).encode()


def filtered(filters):
    """A big rectangle through them."""
    return svg(f"<filter id='f'>{filters}</filter>"
               "<rect filter='url(#f)' width='2000' height='2000'/>",
               'width="2000" height="2000"')


def svgs():
    yield "svg 1e9", svg("", 'width="1000000000" height="1000000000"')
    yield "svg viewBox 1e30", svg("<rect width='1e30' height='9'/>",
                                  'viewBox="0 0 1e30 1e30"')
    yield "svg without a size", svg("<rect width='9' height='9'/>", "")
    yield "svg -1", svg("", 'width="-1" height="nan"')
    yield "svg 15000x15000", svg("<rect width='9' height='9'/>",
                                 'width="15000" height="15000"')
    laughs = '<!DOCTYPE svg [<!ENTITY a "haha">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 20}">'
        for i in range(9)) + "]>"
    yield "svg billion laughs", svg("<text>&j;</text>", before=laughs)
    yield "svg entity of a file", svg(
        "<text>&x;</text>", before='<!DOCTYPE svg [<!ENTITY x SYSTEM '
        '"file:///etc/passwd">]>')
    for ref in ("file:///etc/passwd", "http://127.0.0.1:9/", "/etc/passwd",
                "data:image/svg+xml,&lt;svg/&gt;"):
        yield "svg leads to " + ref, svg(
            f'<image xlink:href="{ref}" {BOX}/><use xlink:href="{ref}#a"/>')
    yield "svg includes", svg('<xi:include xmlns:xi="http://www.w3.org/2001/'
                              'XInclude" href="/etc/passwd"/>')
    uses = '<rect id="u0" width="9" height="9"/>' + "".join(
        f'<g id="u{i + 1}">' + f'<use xlink:href="#u{i}"/>' * 10 + "</g>"
        for i in range(12))
    yield "svg nested use", svg(uses)
    yield "svg uses itself", svg('<g id="a"><use xlink:href="#a"/></g>')
    yield "svg deep", svg("<g>" * 200000 + "</g>" * 200000)
    yield "svg 500000 elements", svg("<rect width='9' height='9'/>" * 500000)
    yield "svg long path", svg("<path stroke='red' d='M0 0" +
                               "L9 9L0 1" * 500000 + "'/>")
    yield "svg dashes", svg("<path stroke='red' stroke-dasharray='.0001' "
                            "d='M0 0L1e6 1e6'/>")
    yield "svg blur", svg(
        "<filter id='f' x='-99' y='-99' width='999' height='999'>" +
        "<feGaussianBlur stdDeviation='999'/>" * 50 + "</filter>"
        "<rect filter='url(#f)' width='99' height='99'/>")
    yield "svg turbulence", filtered(
        "<feTurbulence baseFrequency='9' numOctaves='100000'/>" * 20)
    yield "svg morphology", filtered("<feMorphology radius='900'/>")
    yield "svg pattern", svg(
        "<pattern id='p' width='.001' height='.001' "
        "patternUnits='userSpaceOnUse'><rect width='1' height='1'/>"
        "</pattern><rect fill='url(#p)' width='99' height='99'/>")
    yield "svg layers", svg(
        "<g opacity='.9'>" * 200 + "<rect width='9' height='9'/>" +
        "</g>" * 200, 'width="4000" height="4000"')
    yield "svgz", gzip.compress(svg("x"))
    yield "svgz cut short", gzip.compress(svg("x"))[:60]
    yield "svg script", svg("<script>while(1);</script>"
                            "<foreignObject><p>x</p></foreignObject>")
    yield "svg text of 1 MB", svg("<text>" + "x" * 1000000 + "</text>")


def pdfs():
    flate = b"5 0 obj\n<</Length %d/Filter/FlateDecode>>stream\n%s\n" \
        b"endstream\nendobj\n"
    packed = zeros(1 << 30)
    yield "pdf 1e9", pdf("0 0 1000000000 1000000000")
    yield "pdf 15000x15000", pdf("0 0 15000 15000")
    yield "pdf -1", pdf("0 0 -1 0")
    yield "pdf of 1 GB", pdf(more=flate % (len(packed), packed)).replace(
        b"/Contents 4 0", b"/Contents 5 0")
    kids = pdf().replace(b"/Kids[3 0 R]", b"/Kids[2 0 R 2 0 R]")
    yield "pdf pages in a circle", kids.replace(b"Count 1", b"Count 99999999")
    form = b"5 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 9 9]" \
        b"/Resources<</XObject<</F 5 0 R>>>>/Length 12>>stream\n" \
        b"/F Do /F Do \nendstream\nendobj\n"
    yield "pdf form in itself", pdf(
        content=b"/F Do", more=form,
        page=b"/Resources<</XObject<</F 5 0 R>>>>")
    yield "pdf deep", pdf(content=b"q " * 1000000)
    yield "pdf 500000 strokes", pdf(content=b"0 0 m 97 61 l S " * 500000)
    yield "pdf dashes", pdf(content=b"[.0001] 0 d 0 0 m 1e6 1e6 l S")
    tile = b"5 0 obj\n<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1" \
        b"/BBox[0 0 1 1]/XStep .001/YStep .001/Resources<<>>/Length 12>>" \
        b"stream\n0 0 1 1 re f\nendstream\nendobj\n"
    yield "pdf pattern", pdf(
        content=b"/Pattern cs /P scn 0 0 97 61 re f", more=tile,
        page=b"/Resources<</Pattern<</P 5 0 R>>>>")
    image = b"5 0 obj\n<</Type/XObject/Subtype/Image/Width 30000" \
        b"/Height 30000/BitsPerComponent 8/ColorSpace/DeviceRGB" \
        b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n"
    yield "pdf image of 2.7 GB", pdf(
        content=b"97 0 0 61 0 0 cm /I Do", more=image % (
            len(packed), packed),
        page=b"/Resources<</XObject<</I 5 0 R>>>>")
    yield "pdf leads outside", pdf(page=b"/Resources<</XObject<</F 5 0 R>>>>",
        content=b"/F Do", more=b"5 0 obj\n<</Type/XObject/Subtype/Form"
        b"/BBox[0 0 9 9]/F(/etc/passwd)/Length 0>>stream\n\nendstream\n"
        b"endobj\n")


#----------------------------------------------------------------------

def odd(good):
    """Two formats in one, or none."""
    yield "gif and png", good["gif-moving"] + good["png"]
    yield "png and script", good["png"] + b"<script>alert(1)</script>"
    yield "jpg and pdf", good["jpg"] + good["pdf"]
    yield "pdf in gif", b"GIF89a" + good["pdf"]
    yield "svg in text", b"hello " + good["svg"]
    for name, p in (("matrix", b"3 3\n1 2 3\n4 5 6\n7 8 9\n"),
                    ("csv", b"1,2\n"), ("ppm", b"P6\n9 9\n255\n"),
                    ("bmp", b"BM\x36\0"), ("psd", b"8BPS\0\1"),
                    ("hdr", b"#?RADIANCE\n"), ("eps", b"%!PS-Adobe-3.0 EPSF"),
                    ("ico", b"\0\0\1\0\1\0"), ("mvg", b"push graphic-context"),
                    ("playlist", b"#EXTM3U\nfile:///etc/passwd\n"),
                    ("vips", b"\xb6\xa6\xf2\x08" + bytes(60)),
                    ("zip", b"PK\3\4"), ("nothing", b""), ("byte", b"x"),
                    ("jpg head", b"\xff\xd8\xff"), ("riff", b"RIFF"),
                    ("png head", b"\x89PNG\r\n\x1a\n"),
                    ("ftyp", b"\0\0\0\x10ftypavif\0\0\0\0")):
        yield name, p


def bombs(good):
    """(what, bytes), each once"""
    for some in (pngs(), gifs(), webps(), jpegs(good), tiffs(), heifs(good),
                 jxls(good), svgs(), pdfs(), odd(good)):
        yield from some
