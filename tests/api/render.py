# SPDX-License-Identifier: BSD-2-Clause
"""Every operation and mode on pictures of every kind and shape, through the
daemon, against a model of plain arithmetic."""
import daemon
import pixels
import render_model

SHAPES = ((97, 61), (61, 98), (1, 1), (1, 7), (7, 1), (2, 3), (3, 200),
          (200, 3))


def ringing(w, h):
    """What a cubic makes of the steps between few pixels that it enlarges."""
    return max(24 / n if n > 1 else 0 for n in (w, h))


class Render(render_model.Test):
    def test_operations(self):
        """Each on each kind, and on each shape."""
        for kind in pixels.KINDS:
            for w, h in SHAPES if kind in ("rgb", "rgba") else SHAPES[:1]:
                hash = self.put(kind, pixels.png(kind, w, h))
                for segments, f in render_model.OPERATIONS.items():
                    with self.subTest(kind=kind, size=(w, h), ops=segments):
                        want = f(render_model.model(kind, w, h))
                        if want is None:
                            continue
                        got = pixels.Picture(
                            self.render(hash, segments).body)
                        self.compare(got, want, (kind, w, h, segments),
                                     2 + ringing(w, h))


if __name__ == "__main__":
    daemon.main()
