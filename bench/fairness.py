# SPDX-License-Identifier: BSD-2-Clause
"""See fairness.sh."""
import itertools
import os
import socket
import statistics
import sys
import tempfile
import threading
import time

import daemon
import hostile

ROUNDS = int(os.environ.get("ROUNDS", 3))
N = int(os.environ.get("N", 100))
ATTACKERS = 230
WANTED = 3

widths = itertools.count(300)
small = itertools.count(1)


class Attack:
    """230 renders always wait; each asks for a width that nobody had."""

    def __init__(self, d, hash):
        self.path, self.hash = d.dir + "/image.sock", hash
        self.over = False
        self.threads = [threading.Thread(target=self.ask)
                        for _ in range(ATTACKERS)]
        for t in self.threads:
            t.start()

    def ask(self):
        while not self.over:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(0.5)
                s.connect(self.path)
                s.sendall(f"GET /dynamic/resize-width-{next(widths)}/"
                          f"o-avif.effort-4/{self.hash}.avif HTTP/1.1\r\nHost: greedy.x\r\n"
                          "Connection: close\r\n\r\n".encode())
                while not self.over:
                    try:
                        got = s.recv(65536)
                    except TimeoutError:
                        continue
                    break
                # Refused: not at once again
                if not self.over and b" 503 " in got[:20]:
                    time.sleep(0.5)

    def end(self):
        self.over = True
        for t in self.threads:
            t.join()


def photo():
    """12 megapixels of a slope with noise, as JPEG."""
    with tempfile.TemporaryDirectory() as d:
        hostile.vips("gaussnoise", d + "/n.v", "4000", "3000", "--mean",
                     "128", "--sigma", "20")
        hostile.vips("cast", d + "/n.v", d + "/u.v", "uchar")
        hostile.vips("bandjoin", f"{d}/u.v {d}/u.v {d}/u.v", d + "/b.v")
        hostile.vips("copy", d + "/b.v", d + "/rgb.v", "--interpretation",
                     "srgb")
        return hostile.written(d, "copy", "rgb", ".jpg")


def put(api, org, data):
    a = daemon.upload(api, org, ("f", "p", data))
    assert a.status == 200, a.body
    return a.json["items"][0]["hash"]


def timed(f):
    """Milliseconds of each of N calls, with a pause between."""
    took = []
    for _ in range(N):
        began = time.monotonic()
        f()
        took.append((time.monotonic() - began) * 1e3)
        time.sleep(0.01)
    return took


def picture():
    n = next(small)
    a = quiet("GET", f"/dynamic/resize-width-{40 + n % 4}-height-{40 + n}/"
              f"{hash}.png")
    assert a.status == 200, a.body


def upload():
    n = next(small)
    put(api, "quiet", daemon.png(50, 50, (n % 256, n // 256, 7)))


d = daemon.Daemon(os.environ.get("SETTINGS", "") + 'log_level = "warn"\n',
                  workers=0)
try:
    greedy = d.organization("greedy")
    api = d.organization("quiet")
    quiet = d.pictures("quiet")
    big = put(greedy, "greedy", photo())
    hash = put(api, "quiet", daemon.png(640, 480))
    kinds = {"40-pixel picture": picture, "upload": upload}
    for f in kinds.values():
        f()
    p99 = {}
    for _ in range(ROUNDS):
        for state in "idle", "attacked":
            attack = Attack(d, big) if state == "attacked" else None
            while attack and b"moniker_render_queue_length 0\n" in \
                    d.local()("GET", "/metrics").body:
                time.sleep(0.01)
            for name, f in kinds.items():
                t = sorted(timed(f))
                p99.setdefault((name, state), []).append(
                    (t[len(t) // 2], t[len(t) * 99 // 100 - 1]))
            if attack:
                attack.end()
            while b"moniker_render_busy_workers 0\n" not in \
                    d.local()("GET", "/metrics").body:
                time.sleep(0.05)
finally:
    d.close()

print(f"{'ms':24} {'p50':>8} {'p99':>8}")
for (name, state), rows in p99.items():
    print(f"{name + ', ' + state:24} "
          f"{statistics.median(r[0] for r in rows):8.1f} "
          f"{statistics.median(r[1] for r in rows):8.1f}")
missed = False
for name in kinds:
    ratio = statistics.median(
        b[1] / a[1] for a, b in zip(p99[name, "idle"],
                                    p99[name, "attacked"]))
    met = ratio <= WANTED
    missed |= not met
    print(f"goal {name} p99, attacked/idle: {ratio:.2f} (wanted <= {WANTED}):"
          f" {'met' if met else 'missed'}")
sys.exit(missed)
