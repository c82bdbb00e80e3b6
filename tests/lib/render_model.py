# SPDX-License-Identifier: BSD-2-Clause
"""What the operations make of the pictures of pixels.py, by plain arithmetic,
and a test that holds a daemon's renders to it."""
import daemon
import pixels


class Model:
    """A picture as a function of places, (0, 0) the corner of the first
    pixel. at(x, y) is (r, g, b, a), or None where the model does not say."""
    def __init__(self, w, h, at):
        self.w, self.h, self.at = w, h, at

    def resized(self, w, h):
        fx, fy = self.w / w, self.h / h

        def at(x, y):
            # Beyond the middle of the last pixel there is nothing new.
            x, y = x * fx, y * fy
            if fx < 1:
                x = min(self.w - .5, max(.5, x))
            if fy < 1:
                y = min(self.h - .5, max(.5, y))
            return self.at(x, y)
        return Model(w, h, at)

    def cut(self, x0, y0, w, h):
        return Model(w, h, lambda x, y: self.at(x + x0, y + y0))

    def turned(self, degrees):
        if degrees == 90:
            return Model(self.h, self.w, lambda x, y: self.at(y, self.h - x))
        if degrees == 180:
            return Model(self.w, self.h,
                         lambda x, y: self.at(self.w - x, self.h - y))
        if degrees == 270:
            return Model(self.h, self.w, lambda x, y: self.at(self.w - y, x))
        return self

    def mirrored(self):
        return Model(self.w, self.h, lambda x, y: self.at(self.w - x, y))

    def mapped(self, f):
        def at(x, y):
            p = self.at(x, y)
            return None if p is None else f(*p)
        return Model(self.w, self.h, at)


def whole(x):
    return max(1, int(x + 0.5))


#----------------------------------------------------------------------
# The operations

def resize(m, w=None, h=None, mode="box", upscale=True):
    sx = (w or h * m.w / m.h) / m.w
    sy = (h or w * m.h / m.w) / m.h
    if mode != "absolute":
        sx = sy = min(sx, sy) if mode == "box" else max(sx, sy)
    if not upscale and max(sx, sy) > 1:
        s = max(sx, sy)
        sx, sy = sx / s, sy / s
    return m.resized(whole(m.w * sx), whole(m.h * sy))


def crop(m, w, h, anchor="center_center", mode="absolute", scale=100):
    if mode != "absolute":
        s = min(m.w / w, m.h / h)
        w, h = w * s, h * s
    w, h = (whole(min(a * scale / 100, b)) for a, b in ((w, m.w), (h, m.h)))
    at = []
    for part, size, all in zip(anchor.split("_"), (w, h), (m.w, m.h)):
        room = all - size
        at.append(min(room, {"left": 0, "top": 0, "center": room // 2,
                             "right": room, "bottom": room}[part]
                      if part.isalpha() else int(part)))
    return m.cut(*at, w, h)


def autorotate(m, w, h):
    if m.w != m.h and w != h and (w > h) != (m.w > m.h):
        return m.turned(90)
    return m


def sepia(r, g, b, a):
    return tuple(min(255, f[0] * r + f[1] * g + f[2] * b) for f in (
        (.393, .769, .189), (.349, .686, .168), (.272, .534, .131))) + (a,)


def gray(r, g, b, a):
    return (pixels.grey((r, g, b)),) * 3 + (a,)


def over(p, q):
    """p over q."""
    pa, qa = p[3] / 255, q[3] / 255
    a = pa + qa * (1 - pa)
    return tuple((c * pa + d * qa * (1 - pa)) / a if a else 0
                 for c, d in zip(p[:3], q[:3])) + (a * 255,)


def field(m, w, h, rgb, opacity, anchor, front):
    """composition with a colour; *front*: where the picture is."""
    c = rgb + (opacity * 2.55,)
    big, small = (w, h) if front else (m.w, m.h), \
        (m.w, m.h) if front else (w, h)
    x0, y0 = {"left_top": (0, 0), "right_bottom":
              (big[0] - small[0], big[1] - small[1]), "center_center":
              ((big[0] - small[0]) // 2, (big[1] - small[1]) // 2)}[anchor]

    def at(x, y):
        inside = 0 <= x - x0 < small[0] and 0 <= y - y0 < small[1]
        if front:
            return over(m.at(x - x0, y - y0), c) if inside else c
        return over(c, m.at(x, y)) if inside else m.at(x, y)
    return Model(*big, at)


def circle(m, radius=None):
    r = min(m.w, m.h) / 2 if radius is None else radius

    def at(x, y):
        d = ((x - m.w / 2) ** 2 + (y - m.h / 2) ** 2) ** .5
        p = m.at(x, y)
        return p if d < r - 1 else (0, 0, 0, 0) if d > r + 1 else None
    return Model(m.w, m.h, at)


def shadow(m, dx, dy, rgb, opacity):
    left, top = max(0, -dx), max(0, -dy)

    def place(x, y):
        return m.at(x, y) if 0 <= x < m.w and 0 <= y < m.h else (0, 0, 0, 0)

    def at(x, y):
        s = place(x - left - dx, y - top - dy)
        return over(place(x - left, y - top), rgb + (s[3] * opacity / 100,))
    return Model(m.w + abs(dx), m.h + abs(dy), at)


def mul(*f):
    return lambda r, g, b, a: (r * f[0], g * f[1], b * f[2], a)


# Segments -> what they make of a model
OPERATIONS = {
    "noop": lambda m: m,
    "resize-width-40": lambda m: resize(m, 40),
    "resize-height-33": lambda m: resize(m, h=33),
    "resize-width-30-height-30": lambda m: resize(m, 30, 30),
    "resize-width-30-height-20-mode-fill":
        lambda m: resize(m, 30, 20, "fill"),
    "resize-width-31-height-47-mode-absolute":
        lambda m: resize(m, 31, 47, "absolute"),
    "resize-width-64-upscale-false": lambda m: resize(m, 64, upscale=False),
    "crop-width-20-height-10": lambda m: crop(m, 20, 10),
    "crop-width-20-height-10-anchor-left_top":
        lambda m: crop(m, 20, 10, "left_top"),
    "crop-width-20-height-10-anchor-right_bottom":
        lambda m: crop(m, 20, 10, "right_bottom"),
    "crop-width-20-height-10-anchor-5_7":
        lambda m: crop(m, 20, 10, "5_7"),
    "crop-width-3-height-2-mode-ratio":
        lambda m: crop(m, 3, 2, mode="ratio"),
    "crop-width-1-height-2-mode-ratio-scale-60":
        lambda m: crop(m, 1, 2, mode="ratio", scale=60),
    "rotate-angle-90": lambda m: m.turned(90),
    "rotate-angle-180": lambda m: m.turned(180),
    "rotate-angle-270": lambda m: m.turned(270),
    "autorotate-width-30-height-20": lambda m: autorotate(m, 30, 20),
    "autorotate-width-20-height-30": lambda m: autorotate(m, 20, 30),
    "grayscale": lambda m: m.mapped(gray),
    "sepia": lambda m: m.mapped(sepia),
    "multiply-factor-0.5": lambda m: m.mapped(mul(.5, .5, .5)),
    "multiply-factor_color-ff8000":
        lambda m: m.mapped(mul(1, 128 / 255, 0)),
    "modulate": lambda m: m,
    "alpha-mode-extract":
        lambda m: m.mapped(lambda r, g, b, a: (a, a, a, 255)),
    "alpha-mode-remove":
        lambda m: m.mapped(lambda *p: over(p, (255, 255, 255, 255))),
    "alpha-mode-apply-opacity-30":
        lambda m: m.mapped(lambda r, g, b, a: (r, g, b, a * .3)),
    "alpha-mode-mask": lambda m: m.mapped(
        lambda r, g, b, a: (r, g, b, a * pixels.grey((r, g, b)) / 255)),
    "circlemask": circle,
    "circlemask-radius-9": lambda m: circle(m, 9),
    "circlemask-radius-30p": lambda m: circle(m, .3 * min(m.w, m.h)),
    "dropshadow-horizontal-6-vertical-4-sigma-0-color-ff0000-opacity-60":
        lambda m: shadow(m, 6, 4, (255, 0, 0), 60),
    "composition-mode-foreground-width-120-height-90-secondary_color-0000ff":
        lambda m: field(m, 120, 90, (0, 0, 255), 100, "center_center", True),
    "composition-mode-foreground-width-50-height-20-anchor-left_top":
        lambda m: field(m, 50, 20, (0, 0, 0), 100, "left_top", True),
    "composition-mode-background-width-11-height-9-secondary_color-00ff00-"
    "secondary_opacity-40-anchor-right_bottom":
        lambda m: field(m, 11, 9, (0, 255, 0), 40, "right_bottom", False),
    "trim": lambda m: m if min(m.w, m.h) > 3 else None,
    # Several, of which the geometry is put together
    "resize-width-50--crop-width-20-height-10":
        lambda m: crop(resize(m, 50), 20, 10),
    "crop-width-30-height-30-anchor-left_top--resize-width-13":
        lambda m: resize(crop(m, 30, 30, "left_top"), 13),
    "rotate-angle-90--resize-width-24--crop-width-7-height-9":
        lambda m: crop(resize(m.turned(90), 24), 7, 9),
    "crop-width-40-height-40--sepia--resize-width-10--rotate-angle-180":
        lambda m: resize(crop(m, 40, 40).mapped(sepia), 10).turned(180),
}


#----------------------------------------------------------------------
# Renders held to it

def model(kind, w, h):
    def at(x, y):
        u, v = x / w, y / h
        r, g, b = pixels.colour(u, v)
        if kind.startswith("grey"):
            r = g = b = pixels.grey((r, g, b))
        return r, g, b, pixels.opacity(u, v) if "a" in kind else 255
    return Model(w, h, at)


def places(n):
    """Some of 0 to n - 1: the ends, what is next to them, and between."""
    return sorted({0, 1, n // 3, n // 2, n - 2, n - 1} & set(range(n)))


class Test(daemon.Test):
    def put(self, name, data):
        a = daemon.upload(self.api, "demo", ("filedata", name, data))
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]["hash"]

    def render(self, hash, segments, kind="png"):
        a = self.pictures("GET", f"/dynamic/{segments}/{hash}.{kind}")
        self.assertEqual(a.status, 200, (segments, a.body[:300]))
        return a

    def compare(self, got, want, what, within=2):
        """*within* levels, and a third of what a pixel's width makes."""
        self.assertEqual((got.width, got.height), (want.w, want.h), what)
        for y in places(want.h):
            for x in places(want.w):
                self.compare_at(got, want, x, y, what, within)

    def compare_at(self, got, want, x, y, what, within):
        p = want.at(x + .5, y + .5)
        near = [want.at(min(want.w - .01, max(.01, x + a)),
                        min(want.h - .01, max(.01, y + b)))
                for a, b in ((0, .5), (1, .5), (.5, 0), (.5, 1))]
        if p is None or None in near:
            return
        q = got.at(x, y)
        step = [max(n[i] for n in near) - min(n[i] for n in near)
                for i in range(4)]
        self.assertLessEqual(abs(p[3] - q[3]), within + step[3] / 3,
                             (what, x, y, q, p))
        for i in range(3 if p[3] > 8 else 0):
            self.assertLessEqual(abs(p[i] - q[i]), within * 255 / p[3] +
                                 step[i] / 3, (what, x, y, q, p))
