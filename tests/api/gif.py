# SPDX-License-Identifier: BSD-2-Clause
"""GIFs are shown as browsers show them: by the model of gif_model.py."""
import os
import tempfile

import daemon
import gif_model
import pixels
from vips import vips


class Gif(daemon.Shown):
    def roll(self, data, suffix):
        """All frames, one below the other."""
        with tempfile.TemporaryDirectory() as d:
            with open(d + "/in" + suffix, "wb") as f:
                f.write(data)
            vips("copy", d + f"/in{suffix}[n=-1]", d + "/out.png")
            with open(d + "/out.png", "rb") as f:
                return pixels.Picture(f.read())

    def same(self, got, frames, what):
        """Pixels that are clear have no colour."""
        for i, rows in enumerate(frames):
            for y, row in enumerate(rows):
                for x, want in enumerate(row):
                    p = got.at(x, i * len(rows) + y)
                    if p[3] or want[3]:
                        self.assertEqual(p, want, (what, i, x, y))

    def test_random(self):
        for seed in range(int(os.environ.get("GIFS", "60"))):
            g = gif_model.Gif(seed)
            frames = list(g.shown())
            o = self.put(g.data)
            with self.subTest(seed):
                self.assertEqual((o["width"], o["height"]), (g.w, g.h))
                clear = any(p[3] == 0 for f in frames for r in f for p in r)
                self.assertEqual(o["opaque"], not clear)
                self.same(pixels.Picture(self.get(o["hash"], "noop/%s.png")),
                          frames[:1], "png")
                self.same(self.roll(self.get(
                    o["hash"], "noop/o-webp.quality-100/%s.webp"), ".webp"),
                    frames, "webp")
                self.get(o["hash"], "noop/%s.jpg")


if __name__ == "__main__":
    daemon.main()
