# SPDX-License-Identifier: BSD-2-Clause
"""Source images in a bucket: a bounded cache on disk, and a server that is slow,
gone or wrong. The S3 server is a real one."""
import glob
import hashlib
import os
import re
import signal
import unittest
import zlib

import daemon
import pixels
import s3_bucket
from daemon import wait_for


def content(data):
    hex = hashlib.blake2b(data, digest_size=20).hexdigest()
    return f"{hex[:2]}/{hex}"


def noise(seed, side=400):
    """A PNG of some 480 kB, which no two seeds share."""
    rows = b"".join(b"\0" + os.urandom(side * 3) for _ in range(side))
    return pixels.png_file(side, side, zlib.compress(rows, 0),
                           color=2)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bucket = s3_bucket.Bucket()
        cls.addClassCleanup(cls.bucket.close)

    def begin(self, settings=None):
        d = daemon.Daemon(self.bucket.settings("blob_cache_mb = 1\n")
                          if settings is None else settings, workers=1)
        self.addCleanup(d.close)
        self.daemon = d
        self.api = d.organization("demo")
        self.pictures = d.pictures("demo")

    def put(self, data):
        a = daemon.upload(self.api, "demo", ("f", "p.png", data))
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]["hash"]

    def get(self, hash):
        return self.api("GET", f"/sourceimages/demo/{hash}/download")

    def files(self, folder):
        return glob.glob(f"{self.daemon.dir}/store_dir/{folder}/*/*")

    def forget(self):
        """As if the cache had been needed for others."""
        for path in self.files("cache"):
            os.unlink(path)


class Good(Base):
    def test_small_disk(self):
        """More than the cache holds, and all of it is shown."""
        self.begin()
        data = [noise(i) for i in range(4)]
        hashes = [self.put(d) for d in data]
        self.assertEqual(self.files("blobs"), [])
        self.assertLessEqual(sum(map(os.path.getsize, self.files("cache"))),
                             1 << 20)
        self.assertLess(set(content(d) for d in data[:1]),
                        set(self.bucket.names()))
        for d, h in zip(data, hashes):
            self.assertEqual(self.get(h).body, d)
            self.assertEqual(self.bucket.get(content(d)), d)
            a = self.pictures("GET", f"/dynamic/resize-width-9/{h}.png")
            self.assertEqual(a.status, 200, a.body)
            self.assertEqual(len(a.headers.get_all("X-Moniker-Source")), 1)
        self.assertGreater(self.daemon.metric("moniker_blob_fetches_total"), 2)
        self.assertGreater(self.daemon.metric("moniker_blob_cache_evicted_total"), 2)
        self.assertLessEqual(self.daemon.metric("moniker_blob_cache_bytes"), 1 << 20)
        with open(os.environ["top_srcdir"] + "/doc/monikerd.8.rst") as f:
            named = re.findall(r"\*\*(moniker_(?:s3|blob)_\w+)\*\*", f.read())
        told = re.findall(r"^# HELP (moniker_(?:s3|blob)_\w+)", self.daemon.local()(
            "GET", "/metrics").body.decode(), re.M)
        self.assertEqual(sorted(told), sorted(named))

    def test_layers(self):
        """A composition waits for both of its images."""
        self.begin()
        a, b = self.put(daemon.png(40, 40)), self.put(daemon.png(9, 9))
        path = f"/dynamic/composition-mode-foreground-secondary_image-{b}/{a}.png"
        first = self.pictures("GET", path)
        self.assertEqual(first.status, 200, first.body)
        self.daemon.stop()
        self.forget()
        self.daemon.start()
        again = self.pictures("GET", path)
        self.assertEqual((again.status, again.body), (200, first.body))
        self.assertEqual(again.headers["ETag"], first.headers["ETag"])
        self.forget()
        t = self.api("GET", f"/sourceimages/demo/{a}/thumbnail?size=160")
        self.assertEqual(t.status, 200, t.body)

    def test_backup(self):
        """The bytes stay where they are; the copy finds them there, and fsck
        takes none for lost."""
        self.begin()
        data = daemon.png(70, 80)
        h = self.put(data)
        self.assertEqual(self.daemon.fsck("--deep")[0], 0)
        a = self.daemon.local()("POST", "/backup", {
            "to": self.daemon.dir + "/copy"})
        self.assertEqual((a.status, a.json["images"]), (201, 0), a.body)
        self.daemon.stop()
        os.rename(self.daemon.dir + "/store_dir", self.daemon.dir + "/old")
        os.rename(self.daemon.dir + "/copy", self.daemon.dir + "/store_dir")
        self.daemon.start()
        self.assertEqual(self.get(h).body, data)
        self.assertEqual(self.daemon.fsck("--deep")[0], 0)

    def test_moves_there(self):
        """What was uploaded before the bucket was set, and the way back."""
        self.begin("")
        h = self.put(daemon.png(33, 44))
        (path,) = self.files("blobs")
        name = path.split("blobs/")[1]
        with open(self.daemon.dir + "/monikerd.conf") as f:
            without = f.read()
        self.daemon.stop()
        with open(self.daemon.dir + "/monikerd.conf", "w") as f:
            f.write(without + self.bucket.settings())
        self.daemon.start()
        wait_for(lambda: not self.files("blobs"), self.daemon.log_text)
        self.assertIn(name, self.bucket.names())
        wait_for(lambda: "event=bucket_moved" in self.daemon.log_text())
        self.assertEqual(self.get(h).status, 200)
        self.daemon.stop()
        with open(self.daemon.dir + "/monikerd.conf", "w") as f:
            f.write(without)
        with self.assertRaisesRegex(RuntimeError, "copy them to"):
            self.daemon.start()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(self.bucket.get(name))
        os.unlink(self.daemon.dir + "/store_dir/bucket")
        self.daemon.start()
        self.assertEqual(self.get(h).status, 200)


class Sweep(Base):
    def test_unused(self):
        """What no image has goes, once it is old; not what one has, nor what
        others put there, nor when the bucket is another database's."""
        self.begin()
        data, left = daemon.png(71, 81), b"left by a cut upload"
        h = self.put(data)
        self.bucket.put(content(left), left)
        self.bucket.put("others/file", b"x")
        self.daemon.stop()
        self.daemon.start()
        wait_for(lambda: self.daemon.metric('moniker_s3_requests_total{op="list"}'),
                 self.daemon.log_text)
        self.assertIn(content(left), self.bucket.names())    # it is new
        self.daemon.stop()
        owner = self.bucket.get("owner")
        self.bucket.put("owner", b"0" * 32)
        self.bucket.age()
        self.daemon.start()
        wait_for(lambda: "event=bucket_of_another" in self.daemon.log_text(),
                 self.daemon.log_text)
        self.assertIn(content(left), self.bucket.names())
        self.daemon.stop()
        self.bucket.put("owner", owner)
        self.bucket.age()
        self.daemon.start()
        wait_for(lambda: self.daemon.metric("moniker_blob_removed_total") == 1,
                 self.daemon.log_text)
        self.assertEqual(sorted(self.bucket.names()),
                         sorted([content(data), "others/file", "owner"]))
        self.forget()
        self.assertEqual(self.get(h).body, data)
        self.assertEqual(self.put(daemon.png(72, 82)) != h, True)


class Bad(Base):
    def refused(self, a, status, word):
        self.assertEqual(a.status, status, a.body)
        self.assertIn(word, a.message)
        if status == 503:
            self.assertGreater(int(a.headers["Retry-After"]), 0)

    def test_wrong_bytes(self):
        """They are not shown: the hash is what names them."""
        self.begin()
        data = daemon.png(50, 60)
        h = self.put(data)
        for wrong in (data[:-1] + b"x", data[:-1], data + b"x"):
            self.forget()
            self.bucket.put(content(data), wrong)
            self.refused(self.get(h), 500, "cannot be read")
        self.assertIn("event=blob_corrupt", self.daemon.log_text())
        self.bucket.delete(content(data))
        self.refused(self.pictures("GET", f"/dynamic/noop/{h}.png"), 500,
                     "cannot be read")
        self.assertEqual(self.put(data), h)     # mends it
        self.forget()
        self.assertEqual(self.get(h).body, data)

    def test_silent(self):
        """Nothing is lost, what is in the cache is shown, and when it answers
        all goes on by itself."""
        self.begin()
        kept, other = daemon.png(51, 61), daemon.png(52, 62)
        h, o = self.put(kept), self.put(other)
        (path,) = glob.glob(self.daemon.dir + "/store_dir/cache/"
                            + content(other))
        os.unlink(path)
        self.bucket.stop()
        a = daemon.upload(self.api, "demo", ("f", "p.png",
                                             daemon.png(53, 63)))
        self.refused(a, 503, "bucket")
        self.refused(self.get(o), 503, "bucket")
        self.refused(self.pictures("GET", f"/dynamic/noop/{o}.png"), 503,
                     "bucket")
        self.assertEqual(self.get(h).body, kept)
        self.assertEqual(self.daemon.metric("moniker_s3_up"), 0)
        self.bucket.go_on()
        wait_for(lambda: self.get(o).status == 200, self.daemon.log_text)
        self.put(daemon.png(53, 63))
        self.assertEqual(self.daemon.metric("moniker_s3_up"), 1)
        log = self.daemon.log_text()
        self.assertEqual(log.count("event=bucket_away"), 1, log)
        self.assertEqual(log.count("event=bucket_back"), 1, log)

    def test_wrong_secret(self):
        key = self.bucket.dir + "/wrong"
        with open(key, "w") as f:
            f.write("moniker:key\nguess\n")
        self.begin(self.bucket.settings(key_file=key))
        a = daemon.upload(self.api, "demo", ("f", "p.png",
                                             daemon.png(54, 64)))
        self.refused(a, 503, "bucket")
        log = self.daemon.log_text()
        self.assertIn("event=bucket_refuses", log)
        self.assertIn("SignatureDoesNotMatch", log)
        self.assertNotIn("guess", log)

    def test_killed(self):
        """An upload that was answered is there after it."""
        self.begin()
        data = daemon.png(55, 65)
        h = self.put(data)
        self.daemon.stop(signal.SIGKILL)
        self.forget()
        self.daemon.start()
        self.assertEqual(self.get(h).body, data)


if __name__ == "__main__":
    daemon.main()
