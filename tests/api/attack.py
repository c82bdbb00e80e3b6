# SPDX-License-Identifier: BSD-2-Clause
"""Files that mean harm, through the API as anybody could send them: each is
answered, in time and without a word of 5xx, no worker dies or outgrows its
limit, and whoever asks for good pictures does not notice. ATTACKS=n breaks n
files of each kind instead of the few of make check, ATTACK_SEED=s others."""
import os
import statistics
import threading
import time
import unittest

import daemon
from daemon import SANITIZED, SLOWER
import hostile
import hostile_bombs

MEMORY_MB = 512
# Of a worker's processor time, so that other work of the machine is no fault
MOST_SECONDS = 2 * SLOWER


def peak_mb(pid):
    """The most that it had in memory since this was asked last."""
    try:
        with open(f"/proc/{pid}/status") as f:
            kb = [line.split()[1] for line in f if line.startswith("VmHWM")]
        with open(f"/proc/{pid}/clear_refs", "w") as f:
            f.write("5")
        return int(kb[0]) // 1024
    except (OSError, IndexError):
        return 0


class Bystander(threading.Thread):
    """Asks for good pictures, a new one each time, until told to stop."""
    def __init__(self, d):
        super().__init__()
        api = d.organization("good")
        a = daemon.upload(api, "good", ("f", "g.png", daemon.png(300, 200)))
        self.hash = a.json["items"][0]["hash"]
        self.get = d.pictures("good")
        self.statuses, self.times = [], []
        self.over = threading.Event()
        self.start()

    def run(self):
        n = 0
        while n == 0 or not self.over.wait(0.1):
            n += 1
            began = time.monotonic()
            a = self.get("GET", f"/dynamic/resize-width-{20 + n % 200}--"
                         f"blur-sigma-{1 + n / 1e5:.5f}/{self.hash}.png")
            self.times.append(time.monotonic() - began)
            self.statuses.append(a.status)

    def end(self):
        self.over.set()
        self.join()
        self.get.close()


class Attack(daemon.Test):
    # Seconds of the processor are what counts here; on a busy machine, and
    # after all else, a worker may wait for them as long again and again.
    settings = "render_svg = 1\nrender_pdf = 1\nrender_nice = 0\n" \
        f"render_memory_mb = {MEMORY_MB}\n" \
        f"render_wall_ms = {min(60000 * SLOWER, 600000)}\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = hostile.good()

    def setUp(self):
        self.bystander = Bystander(self.daemon)
        self.slowest = (0, "")
        self.biggest = (0, "")
        self.count = 0

    def tearDown(self):
        self.bystander.end()
        self.assertEqual(set(self.bystander.statuses), {200})
        self.assertNotIn("render_worker_died", self.daemon.log_text())
        t = sorted(self.bystander.times)
        print(f"{self.count} files; slowest {self.slowest}; biggest "
              f"{self.biggest} MB; good pictures meanwhile: {len(t)}, median "
              f"{statistics.median(t) * 1e3:.0f} ms, 99 % "
              f"{t[len(t) * 99 // 100] * 1e3:.0f} ms")

    def minded(self, what, ask):
        """Asks, and looks at what it did to the workers."""
        pids = self.daemon.workers()
        before = [daemon.spent(p) for p in pids]
        a = ask()
        seconds = max(daemon.spent(p) - b for p, b in zip(pids, before))
        mb = 0 if SANITIZED else max(peak_mb(p) for p in pids)
        self.slowest = max(self.slowest, (round(seconds, 2), what))
        self.biggest = max(self.biggest, (mb, what))
        self.assertIn(a.status, (200, 400, 422), (what, a.body[:300]))
        self.assertLess(seconds, MOST_SECONDS, (what, a.status))
        # Beside what it may allocate: the programs, and the file itself
        self.assertLess(mb, MEMORY_MB + 150, (what, a.status))
        if a.status != 200:
            self.assertNotIn("/tmp", a.message, what)
            self.assertFalse(a.message.endswith(": "), what)
        return a

    def throw(self, what, data):
        """Uploads it; a file that gets in is rendered in several ways."""
        self.count += 1
        a = self.minded(what, lambda: daemon.upload(
            self.api, "demo", ("f", "x", data)))
        if a.status != 200:
            return
        hash = a.json["items"][0]["hash"]
        for path in (f"/dynamic/resize-width-10/{hash}.png",
                     f"/dynamic/resize-width-99/{hash}.webp",
                     f"/dynamic/crop-width-9-height-9--rotate-angle-30/"
                     f"{hash}.jpg", f"/dynamic/noop/{hash}.jpg"):
            a = self.minded(f"{what} {path[:20]}",
                            lambda: self.pictures("GET", path))
            if a.status != 200:
                break       # and the others would not be

    def test_good(self):
        """What is broken below is whole here."""
        for what, data in self.good.items():
            a = daemon.upload(self.api, "demo", ("f", "x", data))
            self.assertEqual(a.status, 200, (what, a.body))
            hash = a.json["items"][0]["hash"]
            for kind in ("png", "webp", "gif", "jpg"):
                a = self.pictures("GET", f"/dynamic/noop/{hash}.{kind}")
                self.assertEqual(a.status, 200, (what, kind, a.body[:200]))

    def test_recipes(self):
        """Operations that read what others make: none of it twice."""
        a = daemon.upload(self.api, "demo",
                          ("f", "p.png", daemon.png(1200, 900)))
        hash = a.json["items"][0]["hash"]
        for chain in ("rotate-angle-200--resize-width-10-height-133",
                      "rotate-angle-238--blur-sigma-28--resize-height-73",
                      "blur-sigma-26--rotate-angle-30--resize-width-18",
                      "dropshadow-sigma-16--resize-width-60--blur-sigma-1",
                      "rotate-angle-30--blur-sigma-5--sharpen",
                      "rotate-angle-10--rotate-angle-20--rotate-angle-30"):
            a = self.minded(chain, lambda: self.pictures(
                "GET", f"/dynamic/resize-width-800--{chain}/{hash}.png"))
            self.assertEqual(a.status, 200, (chain, a.body[:200]))

    def test_svg_as_it_is(self):
        """A source_file may be a drawing with a script: it runs nowhere."""
        a = daemon.upload(self.api, "demo", ("f", "x.svg", (
            b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
            b"<script>alert(1)</script></svg>")))
        self.assertEqual(a.status, 200, a.body)
        hash = a.json["items"][0]["hash"]
        self.api("PUT", "/stacks/demo/asis?overwrite=true",
                 {"operations": [], "options": {"source_file": True}})
        a = self.pictures("GET", f"/asis/{hash}.svg")
        self.assertEqual(a.status, 200, a.body)
        self.assertIn(b"<script>", a.body)
        self.assertEqual(a.headers["Content-Type"], "image/svg+xml")
        self.assertEqual(a.headers["X-Content-Type-Options"], "nosniff")
        policy = a.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("sandbox", policy)
        # The API gives it to be saved, not to be shown.
        a = self.api("GET", f"/sourceimages/demo/{hash}/download")
        self.assertTrue(a.headers["Content-Disposition"]
                        .startswith("attachment;"))
        self.assertEqual(a.headers["X-Content-Type-Options"], "nosniff")
        # What is rendered of it is no drawing any more.
        a = self.pictures("GET", f"/dynamic/noop/{hash}.png")
        self.assertEqual(a.headers["Content-Type"], "image/png")
        self.refused(self.pictures("GET", f"/dynamic/noop/{hash}.svg"), 400,
                     "svg")

    def test_bombs(self):
        for what, data in hostile_bombs.bombs(self.good):
            with self.subTest(what):
                self.throw(what, data)

    def test_broken(self):
        n = int(os.environ.get("ATTACKS", "12"))
        seed = os.environ.get("ATTACK_SEED", "moniker")
        for what, data in hostile.broken(self.good, n, seed):
            with self.subTest(f"{what} of the seed {seed}"):
                self.throw(what, data)


@unittest.skipIf(SANITIZED, "workers have no limit of memory then")
class Memory(daemon.Test):
    """What a picture needs is told before, or by the worker as it ends."""
    settings = "render_memory_mb = 96\n"

    def tearDown(self):
        self.assertNotIn("render_worker_died", self.daemon.log_text())

    def test_heif(self):
        """libheif without memory crashes, or waits for a thread for ever."""
        for name, data in hostile.flat(3500, 3000):
            with self.subTest(name):
                a = daemon.upload(self.api, "demo", ("f", name, data))
                self.refused(a, 422, "3500 x 3000", "need 92 MB", "96 MB")

    def test_glib(self):
        """GLib ends the process that gets no memory by a trap."""
        hash = self.picture(6000, 4000)
        self.refused(self.pictures("GET", f"/dynamic/noop/{hash}.gif"), 422,
                     "more memory than the limit")


if __name__ == "__main__":
    daemon.main()
