# SPDX-License-Identifier: BSD-2-Clause
"""Workers that hang or die, too many requests, clients that go, descriptors
that run out: each costs its own request and nothing else."""
import glob
import os
import re
import resource
import signal
import socket
import threading
import time
import unittest

import daemon
from daemon import PATIENCE, SANITIZED, SLOWER

DIED = re.compile(r"event=render_worker_died how=\"([^\"]*)\" source=(\w+)")


class Asked(threading.Thread):
    """A request under way."""
    def __init__(self, get, path):
        super().__init__()
        self.get, self.path = daemon.Client(get.path, **get.headers), path
        self.answer = None
        self.start()

    def run(self):
        self.answer = self.get("GET", self.path)
        self.get.close()

    def wait(self):
        self.join(2 * PATIENCE)
        return self.answer


class Faults(daemon.Test):
    settings = f"render_wall_ms = {1500 * SLOWER}\nrender_queue = 2\n" \
        "render_reserve = 0\n"

    def setUp(self):
        # One worker, so that it is known who has what. Replaced: see daemon.py
        self.daemon = daemon.Daemon(self.settings, workers=1)
        self.addCleanup(self.daemon.close)
        self.api = self.daemon.organization("demo")
        self.pictures = self.daemon.pictures("demo")
        self.hash = self.picture(60, 40)

    @classmethod
    def setUpClass(cls):
        pass

    def picture(self, width, height):
        a = daemon.upload(self.api, "demo",
                          ("f", "p.png", daemon.png(width, height)))
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]["hash"]

    def worker(self):
        return self.daemon.workers()[0]

    def metric(self, name):
        return self.daemon.metric("moniker_" + name)

    def until(self, name, value):
        """Waits for a metric to have it."""
        daemon.wait_for(lambda: self.metric(name) == value,
                        lambda: (name, value))

    def until_refused(self, n):
        """Waits until the system has *n* times had no descriptor for a
        connection; returns how often by then."""
        def times():
            return self.daemon.log_text().count("event=http_accept ")
        daemon.wait_for(lambda: times() >= n)
        return times()

    def path(self, n, hash=None):
        return f"/dynamic/resize-width-{n}/{hash or self.hash}.png"

    def stopped(self, n, hash=None):
        """A request that a worker has in hand which does nothing."""
        os.kill(self.worker(), signal.SIGSTOP)
        asked = Asked(self.pictures, self.path(n, hash))
        self.until("render_busy_workers", 1)
        return asked

    def good(self, n):
        a = self.pictures("GET", self.path(n))
        self.assertEqual(a.status, 200, a.body)

    def died(self):
        return DIED.findall(self.daemon.log_text())

    def test_hangs(self):
        """Killed when its time is over; who waits behind it is served."""
        hangs = self.stopped(30)
        behind = Asked(self.pictures, self.path(31))
        self.refused(hangs.wait(), 500)
        self.assertEqual(hangs.answer.headers["Cache-Control"], "no-store")
        self.assertEqual(behind.wait().status, 200)
        self.assertEqual(self.died(), [("took too long", self.hash)])

    def test_is_killed(self):
        asked = self.stopped(30)
        os.kill(self.worker(), signal.SIGKILL)
        self.refused(asked.wait(), 500)
        self.good(31)
        self.assertEqual(self.died(), [("ended by signal 9", self.hash)])

    def test_daemon_is_killed(self):
        """A worker that would not leave by itself goes with it."""
        worker = self.worker()
        os.kill(worker, signal.SIGSTOP)
        self.daemon.stop(signal.SIGKILL)
        daemon.wait_for(lambda: not os.path.exists(f"/proc/{worker}"))
        self.daemon.start()

    def test_poison(self):
        """What killed two workers does not get a third; others do."""
        bad = self.picture(61, 41)
        for n in (30, 31):
            asked = self.stopped(n, bad)
            os.kill(self.worker(), signal.SIGKILL)
            self.refused(asked.wait(), 500)
            self.good(n)
        self.refused(self.pictures("GET", self.path(32, bad)), 422,
                     "repeatedly")
        self.good(33)
        self.assertEqual(len(self.died()), 2)
        self.assertIn("event=render_quarantine", self.daemon.log_text())

    def test_queue(self):
        """Two may wait, the next is told to come again; health is green."""
        asked = [self.stopped(30)]
        for n in (1, 2):
            asked.append(Asked(self.pictures, self.path(30 + n)))
            self.until("render_queue_length", n)
        a = self.pictures("GET", self.path(40))
        self.refused(a, 503)
        self.assertGreater(int(a.headers["Retry-After"]), 0)
        self.assertEqual(a.headers["Cache-Control"], "no-store")
        self.assertEqual(self.pictures("GET", "/health").status, 200)
        self.assertEqual(
            self.daemon.local()("GET", "/health").status, 200)
        os.kill(self.worker(), signal.SIGCONT)
        self.assertEqual([x.wait().status for x in asked], [200] * 3)

    def test_client_has_gone(self):
        """Its render is dropped if it has not begun."""
        asked = self.stopped(30)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.pictures.path)
            s.sendall(f"GET {self.path(31)} HTTP/1.1\r\n"
                      "Host: demo.x\r\n\r\n".encode())
            self.until("render_queue_length", 1)
        self.until("render_queue_length", 0)
        os.kill(self.worker(), signal.SIGCONT)
        self.assertEqual(asked.wait().status, 200)
        self.good(32)
        self.assertEqual(self.metric("renders_total"), 2)

    def test_descriptors(self):
        """More connections than descriptors: all are answered in the end, and
        the daemon does not turn in circles meanwhile."""
        pid = self.daemon.process.pid
        with open(f"/proc/{pid}/limits") as f:
            was = re.search(r"Max open files +(\d+) +(\d+)", f.read())
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE,
                         (used + 12, int(was[2])))
        before, began = daemon.spent(pid), time.monotonic()
        idle = [socket.socket(socket.AF_UNIX) for _ in range(40)]
        for s in idle:
            s.connect(self.pictures.path)
        self.until_refused(1)
        asked = [Asked(self.pictures, self.path(30 + n)) for n in range(5)]
        for s in idle[:20]:
            s.sendall(f"GET {self.path(50)} HTTP/1.1\r\nHost: demo.x\r\n"
                      "Connection: close\r\n\r\n".encode())
        # Accepting rests for a second, in which next to nothing is done.
        tries = self.until_refused(2)
        took = time.monotonic() - began
        self.assertLessEqual(tries, 2 + took)
        self.assertLess(daemon.spent(pid) - before, 0.5 * took)
        for s in idle[20:]:
            s.close()
        for s in idle[:20]:
            s.settimeout(PATIENCE)
            self.assertRegex(s.recv(100), b"^HTTP/1.1 (200|503) ")
            s.close()
        for a in asked:
            self.assertIn(a.wait().status, (200, 503))
        self.good(99)
        resource.prlimit(pid, resource.RLIMIT_NOFILE,
                         (int(was[1]), int(was[2])))

    def test_no_descriptor_for_an_upload(self):
        """Told to come again, as it is not the upload's fault."""
        pid = self.daemon.process.pid
        body, kind = daemon.form(("f", "p.png", daemon.png(62, 42)))
        with open(f"/proc/{pid}/limits") as f:
            was = re.search(r"Max open files +(\d+) +(\d+)", f.read())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, int(was[2])))
        a = self.api("POST", "/sourceimages/demo", body, Content_Type=kind)
        self.refused(a, 503, "descriptors")
        self.assertGreater(int(a.headers["Retry-After"]), 0)
        resource.prlimit(pid, resource.RLIMIT_NOFILE,
                         (int(was[1]), int(was[2])))
        self.picture(62, 42)

    @unittest.skipIf(SANITIZED, "its allocator does not fail")
    def test_no_memory_for_a_body(self):
        """It is not taken for an empty one, nor for a part of itself."""
        pid, path = self.daemon.process.pid, "/sourceimages/demo/alias"
        was = resource.prlimit(pid, resource.RLIMIT_AS,
                               (1 << 20, resource.RLIM_INFINITY))
        a = self.api("POST", path, b" " * 900_000)
        self.refused(a, 503, "memory")
        resource.prlimit(pid, resource.RLIMIT_AS, was)
        self.refused(self.api("POST", path, b" " * 900_000), 400, "JSON")


class Damage(daemon.Test):
    """The file of a source image is not what it was: that is an error of the
    server's, which the log tells, and no half of an answer."""
    def damaged(self, damage):
        hash = self.picture()
        (path,) = glob.glob(self.daemon.dir + "/store_dir/blobs/*/*")
        damage(path)
        before = len(self.daemon.log_text())
        for client, ask in ((self.pictures, f"/dynamic/noop/{hash}.png"),
                            (self.api, f"/sourceimages/demo/{hash}/download")):
            self.refused(client("GET", ask), 500, "cannot be read")
        log = self.daemon.log_text()[before:]
        self.assertEqual(log.count("event=blob_missing"), 2, log)
        self.assertIn("source=" + hash, log)
        # Who has the picture can mend it.
        self.assertEqual(self.picture(), hash)
        a = self.pictures("GET", f"/dynamic/noop/{hash}.png")
        self.assertEqual(a.status, 200, a.body)

    def test_missing(self):
        self.damaged(os.unlink)

    def test_truncated(self):
        self.damaged(lambda path: os.truncate(path, 40))

    def test_longer(self):
        self.damaged(lambda path: os.truncate(path, 4000))

    def test_another_kind(self):
        def pipe(path):
            os.unlink(path)
            os.mkfifo(path)
        self.damaged(pipe)


class Closed(unittest.TestCase):
    def test_started_without_standard_files(self):
        """No other file gets into their place, and the log into none."""
        d = daemon.Daemon(prefix=["sh", "-c",
                                  'exec "$@" <&- >&- 2>&-', "sh"])
        self.addCleanup(d.close)
        for n in range(3):
            self.assertEqual(os.readlink(f"/proc/{d.process.pid}/fd/{n}"),
                             "/dev/null")
        self.assertEqual(d.local()("GET", "/health").status, 200)


if __name__ == "__main__":
    daemon.main()
