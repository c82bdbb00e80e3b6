# SPDX-License-Identifier: BSD-2-Clause
"""See avif.sh."""
import math
import os
import statistics
import subprocess
import sys
import tempfile

import daemon

BENCH = os.environ["BENCH"]
PHOTOS = ("j24.jpg", "j12.jpg", "j2.jpg", "j05.jpg", "prog12.jpg",
          "exif6.jpg", "p3.jpg", "cmyk.jpg", "png16.png")
QUALITIES = (36, 45, 54, 63)
LEVELS = (14, 22, 30, 38, 46)       # of libaom, the best first
PEER_SPEED = 8
BOX = "resize-width-400-height-300"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


class Curve:
    """What one encoder needs for one photo: bytes by SSIM."""

    def __init__(self, points):
        self.points = sorted(points)

    def bytes_at(self, ssim):
        """By the line through its two neighbours, in the log of bytes."""
        i = 1
        while i + 1 < len(self.points) and self.points[i][0] < ssim:
            i += 1
        (s, a), (t, b) = self.points[i - 1:i + 1]
        x = (ssim - s) / (t - s) if t > s else 0
        return math.exp(math.log(a) + x * (math.log(b) - math.log(a)))


def measured(source, files):
    """SSIM and bytes of each."""
    found = run(BENCH + "/render_ssim", source, *files).split()
    return [(float(s), os.path.getsize(f)) for s, f in zip(found, files)]


def libaom(dir, source, png, speed):
    files = []
    for level in LEVELS:
        files.append(f"{dir}/aom.{level}.avif")
        run("avifenc", "-c", "aom", "-s", str(speed), "-j", "1", "-y", "420",
            "--min", "0", "--max", "63", "-a", "end-usage=q", "-a",
            f"cq-level={level}", "-a", "tune=ssim", png, files[-1])
    return Curve(measured(source, files))


class Photo:
    def __init__(self, server, api, name, path):
        self.server, self.path = server, path
        with open(path, "rb") as f:
            a = daemon.upload(api, "demo", ("f", name, f.read()))
        assert a.status == 200, a.body
        self.hash = a.json["items"][0]["hash"]
        self.dir = tempfile.mkdtemp(dir=server.dir)
        self.png = self.render("", "png", self.dir + "/p.png")
        self.peer = libaom(self.dir, path, self.png, PEER_SPEED)

    def render(self, options, ext, to):
        a = self.server.pictures("demo")(
            "GET", f"/dynamic/{BOX}{options}/{self.hash}.{ext}")
        assert a.status == 200, a.body
        with open(to, "wb") as f:
            f.write(a.body)
        return to

    def ours(self, effort):
        return measured(self.path, [self.render(
            f"/o-avif.quality-{q}-avif.effort-{effort}", "avif",
            f"{self.dir}/{q}.avif") for q in QUALITIES])

    def compare(self, effort):
        """By quality: SSIM, and bytes of ours, of libaom and of the peer."""
        aom = libaom(self.dir, self.path, self.png, 9 - effort)
        return [(s, n, aom.bytes_at(s), self.peer.bytes_at(s))
                for s, n in self.ours(effort)]


def goal(what, x, most):
    met = x <= most
    print(f"goal {what}: {x:.3f} (wanted <= {most}): " +
          ("met" if met else "missed"), flush=True)
    return met


def curve(photos, effort):
    rows = [p.compare(effort) for p in photos]
    met = True
    for i, q in enumerate(QUALITIES):
        of = [r[i] for r in rows]
        ssim = statistics.fmean(o[0] for o in of)
        n, aom, other = (sum(o[k] for o in of) for k in (1, 2, 3))
        print(f"effort {effort}, quality {q}: SSIM {ssim:.4f}, {n} bytes; "
              f"for as much libaom {aom:.0f}, the peer {other:.0f}")
        what = f"effort {effort}, quality {q}: bytes at equal SSIM, to "
        met &= goal(what + "libaom's own", n / aom, 1.02)
        if effort >= 9 - PEER_SPEED:
            met &= goal(what + "the peer's", n / other, 1)
    return met


def cpu_ms(*args):
    return float(run(BENCH + "/render_load", *args).split()[1])


def cost(server, photo, effort, rounds):
    """Of one picture, in turns with the loop."""
    pairs = [(cpu_ms("http", server.dir + "/image.sock", "demo.localhost",
                     str(server.process.pid), "2", f"/dynamic/{BOX}/o-avif"
                     f".quality-50-avif.effort-{effort}/{photo.hash}.avif"),
              cpu_ms("loop", photo.path, "avif", "1", "2"))
             for _ in range(rounds)]
    ours, loop = (statistics.median(t) for t in zip(*pairs))
    print(f"j05 at effort {effort}: {ours:.1f} ms of a processor, the loop "
          f"{loop:.1f}")
    return goal("j05:avif by CPU, to the loop", ours / loop, 0.14)


def main(folder):
    efforts = [int(e) for e in os.environ.get("EFFORTS", "2").split()]
    rounds, met = int(os.environ.get("ROUNDS", "3")), True
    server = daemon.Daemon()
    api = server.organization("demo")
    photos = [Photo(server, api, n, f"{folder}/{n}") for n in PHOTOS]
    for effort in efforts:
        met &= curve(photos, effort)
    met &= cost(server, photos[PHOTOS.index("j05.jpg")], 2, rounds)
    server.close()
    return not met


sys.exit(main(sys.argv[1]))
