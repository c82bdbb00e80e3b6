# SPDX-License-Identifier: BSD-2-Clause
"""What is missing, or older than what lies beside it: the table "State that
does not fit together" of doc/backup.rst, a test for each row."""
import os
import shutil
import signal
import sqlite3
import subprocess
import daemon


def inode(path):
    return os.stat(path).st_ino


class Past(daemon.unittest.TestCase):
    """A daemon with two aliases and two pictures, stopped."""
    def setUp(self):
        self.own = daemon.Daemon()
        self.addCleanup(self.end)
        self.dir = self.own.dir
        self.store = self.dir + "/store_dir"
        self.db = self.store + "/moniker.db"
        self.map = self.dir + "/map_dir"
        api = self.own.organization("demo")
        self.key = api.key["api_key"]
        self.red = self.upload(daemon.png(9, 9))
        self.put("one", self.red)
        self.put("two", self.red)
        self.own.stop()

    def end(self):
        if self.own.process.poll() is None:
            self.own.stop()
        shutil.rmtree(self.dir)

    def api(self, *args):
        return self.own.client(Api_Key=self.key)(*args)

    def upload(self, data):
        a = daemon.upload(self.own.client(Api_Key=self.key), "demo",
                          ("f", "p.png", data))
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]["hash"]

    def put(self, name, hash):
        a = self.api("PUT", f"/sourceimages/demo/alias/{name}?overwrite=true",
                     {"hash": hash})
        self.assertIn(a.status, (200, 201), a.body)

    def status(self, name):
        return self.api("GET", f"/sourceimages/demo/alias/{name}").status

    def picture(self, name):
        return self.own.pictures("demo")("GET", f"/dynamic/-_{name}_-.png"
                                         ).status

    def monikerd(self, *args):
        return subprocess.run(
            ["monikerd", *args, "-f", self.dir + "/monikerd.conf"],
            capture_output=True, text=True, timeout=60)

    def refuses(self, *words):
        p = self.monikerd()
        self.assertEqual(p.returncode, 69, p.stderr)
        for word in words:
            self.assertIn(word, p.stderr)
        self.assertFalse(os.path.exists(self.own.ready))

    def mapped(self):
        """The aliases that readers of the map see."""
        p = subprocess.run(["moniker-map", "stat", self.map],
                           capture_output=True, text=True, timeout=60)
        return int(p.stdout.split("\nalias")[1].split()[0])

    def value(self, sql):
        db = sqlite3.connect(self.db)
        try:
            return db.execute(sql).fetchone()[0]
        finally:
            db.close()

    def seq(self):
        return self.value("SELECT value FROM meta WHERE key = 'seq'")

    def epoch(self):
        return self.value("SELECT coalesce(max(epoch), 0) FROM epoch "
                          "WHERE kind = 3")

    def blobs(self):
        return [f for _, _, files in os.walk(self.store + "/blobs")
                for f in files]

    def lose_database(self):
        for name in os.listdir(self.store):
            if name.startswith("moniker.db"):
                os.rename(f"{self.store}/{name}", f"{self.dir}/{name}")

    # The database is missing

    def test_no_database_but_pictures(self):
        self.lose_database()
        shutil.rmtree(self.map)
        self.refuses("is missing, but what it knew of in blobs",
                     "--begin-anew")
        self.assertFalse(os.path.exists(self.db))
        self.assertEqual(len(self.blobs()), 1)
        rc, text = self.own.fsck()
        self.assertEqual(rc, 69)
        self.assertIn("keep them, and restore a backup", text)

    def test_no_database_but_a_map_of_it(self):
        os.rename(self.store, self.dir + "/not_mounted")
        os.mkdir(self.store)
        self.refuses("the map still has 2 aliases", "is the disk mounted")
        self.assertEqual(self.mapped(), 2)
        shutil.rmtree(self.store)
        os.rename(self.dir + "/not_mounted", self.store)
        self.own.start()
        self.assertEqual(self.status("one"), 200)

    def test_an_empty_file_is_no_database(self):
        os.truncate(self.db, 0)
        self.refuses("is missing, but what it knew of in blobs")

    def test_a_database_without_tables_is_none(self):
        self.lose_database()
        sqlite3.connect(self.db).execute("VACUUM").close()
        self.refuses("is missing, but")

    def test_only_the_log_is_left(self):
        self.own.start()
        self.put("three", self.red)
        self.own.stop(signal.SIGKILL)
        os.rename(self.db, self.dir + "/kept.db")
        self.refuses("is missing, but its log moniker.db-wal is there")
        os.rename(self.dir + "/kept.db", self.db)
        self.own.start()
        self.assertEqual(self.status("three"), 200)

    def test_begin_anew_keeps_the_pictures(self):
        p = self.monikerd("--begin-anew")
        self.assertEqual(p.returncode, 69)
        self.assertIn("move it away to begin anew", p.stderr)
        self.lose_database()
        with open(self.store + "/dirty", "w"):
            pass
        p = self.monikerd("--begin-anew")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.own.start()
        self.own.organization("demo")
        self.assertEqual(self.mapped(), 0)
        self.assertEqual(self.own.stop(), 0)
        self.assertEqual(len(self.blobs()), 1)
        rc, text = self.own.fsck()
        self.assertIn("belongs to no image: keep it", text)
        self.assertNotIn("remove", text)

    def test_a_new_installation(self):
        shutil.rmtree(self.store)
        shutil.rmtree(self.map)
        self.own.start()
        self.assertEqual(self.own.stop(), 0)

    # The database is older, or another one

    def test_a_backup_beside_a_newer_map(self):
        self.own.start()
        to = self.dir + "/backup"
        a = self.own.local()("POST", "/backup", {"to": to})
        self.assertEqual(a.status, 201, a.body)
        self.put("three", self.upload(daemon.png(8, 8)))
        self.assertEqual(self.own.stop(), 0)
        before = self.seq()
        shutil.rmtree(self.store)
        shutil.copytree(to, self.store)
        rc, text = self.own.fsck("--deep")
        self.assertEqual(rc, 0, text)
        self.assertIn("monikerd makes it anew when it starts", text)
        self.assertNotIn("restart", text)
        self.own.start()
        self.assertIn("from=backup", self.own.log_text())
        self.assertEqual((self.status("one"), self.status("three")),
                         (200, 404))
        self.assertEqual(self.picture("one"), 200)
        self.assertEqual(self.mapped(), 2)
        self.assertEqual(self.own.fsck()[0], 0)
        self.own.stop()
        self.assertGreater(self.seq(), before)
        # Nothing that caches have of this organization is used any more.
        self.assertGreater(self.epoch(), before)

    def test_an_older_copy_in_place(self):
        shutil.copy(self.db, self.dir + "/old.db")
        self.own.start()
        self.put("three", self.red)
        self.own.stop()
        before, place = self.seq(), inode(self.db)
        with open(self.dir + "/old.db", "rb") as f, open(self.db, "wb") as g:
            g.write(f.read())
        self.assertEqual(inode(self.db), place)
        self.own.start()
        self.assertIn("event=store_restored from=older", self.own.log_text())
        self.assertEqual(self.status("three"), 404)
        self.assertEqual(self.mapped(), 2)
        self.own.stop()
        self.assertGreater(self.epoch(), before)
        # Once is enough.
        before = self.epoch()
        self.own.start()
        self.own.stop()
        self.assertEqual(self.epoch(), before)

    def test_a_log_that_was_lost(self):
        self.own.start()
        self.put("three", self.red)
        self.own.stop(signal.SIGKILL)
        self.assertGreater(os.path.getsize(self.db + "-wal"), 0)
        os.unlink(self.db + "-wal")
        os.unlink(self.db + "-shm")
        self.own.start()
        self.assertIn("event=store_restored from=older", self.own.log_text())
        self.assertEqual((self.status("one"), self.status("three")),
                         (200, 404))

    def test_a_copy_beside_the_log_of_another(self):
        shutil.copy(self.db, self.dir + "/old.db")
        self.own.start()
        self.put("three", self.red)
        self.own.stop(signal.SIGKILL)
        os.rename(self.dir + "/old.db", self.db)
        self.refuses("was replaced, but the log of the one before")
        os.unlink(self.db + "-wal")
        os.unlink(self.db + "-shm")
        self.own.start()
        self.assertEqual((self.status("one"), self.status("three")),
                         (200, 404))

    def test_a_folder_that_was_moved_after_a_kill(self):
        """Its log is its own, and nothing of it is lost."""
        self.own.start()
        self.put("three", self.red)
        self.own.stop(signal.SIGKILL)
        shutil.copytree(self.store, self.dir + "/moved")
        shutil.rmtree(self.store)
        os.rename(self.dir + "/moved", self.store)
        self.own.start()
        self.assertEqual((self.status("one"), self.status("three")),
                         (200, 200))

    def test_a_copied_folder_used_in_turn(self):
        """Both have had the same id: each start is of a database that the
        map did not follow."""
        copy = self.dir + "/copy"
        shutil.copytree(self.store, copy)
        for turn, names in enumerate((["a"], ["b", "c"], [], ["d"])):
            if turn > 0:
                os.rename(self.store, self.dir + "/aside")
                os.rename(copy, self.store)
                os.rename(self.dir + "/aside", copy)
                if turn == 2:
                    self.refuses("is not the one whose 4 aliases")
                if turn > 1:
                    shutil.rmtree(self.map)
            self.own.start()
            for name in names:
                self.put(name, self.red)
            self.assertEqual(self.mapped(), self.count())
            self.own.stop()

    def count(self):
        return len(self.api("GET", "/sourceimages/demo/alias").json["items"])

    def test_the_database_of_another(self):
        other = daemon.Daemon()
        other.organization("demo")
        other.stop()
        aside = self.dir + "/aside"
        os.rename(self.store, aside)
        os.rename(other.dir + "/store_dir", self.store)
        shutil.rmtree(other.dir)
        self.refuses("is not the one whose 2 aliases the map has",
                     "remove the map's folder")
        shutil.rmtree(self.map)
        self.own.start()
        self.own.stop()

    # Pictures

    def test_pictures_newer_than_the_database(self):
        shutil.copy(self.db, self.dir + "/old.db")
        self.own.start()
        new = self.upload(daemon.png(8, 8))
        self.own.stop()
        os.rename(self.db, self.dir + "/new.db")
        shutil.copy(self.dir + "/old.db", self.db)
        with open(self.store + "/dirty", "w"):
            pass
        self.assertIn("keep it", self.own.fsck()[1])
        self.own.start()
        self.own.stop()
        self.assertEqual(len(self.blobs()), 1)
        lost = os.listdir(self.store + "/lost")
        self.assertEqual(len(lost), 1)
        # and the newer database turns up
        shutil.copy(self.dir + "/new.db", self.db)
        rc, text = self.own.fsck()
        self.assertRegex(text, "is missing: it lies in the folder lost")
        self.own.start()
        a = self.own.pictures("demo")("GET", f"/dynamic/{new}.png")
        self.assertEqual(a.status, 200)
        self.assertEqual(os.listdir(self.store + "/lost"), [])

    def test_no_pictures(self):
        os.rename(self.store + "/blobs", self.dir + "/blobs")
        self.refuses("knows 1 images, but", "blobs is missing or empty")
        os.mkdir(self.store + "/blobs")
        self.refuses("knows 1 images, but", "blobs is missing or empty")
        os.rmdir(self.store + "/blobs")
        os.rename(self.dir + "/blobs", self.store + "/blobs")
        self.own.start()
        self.assertEqual(self.picture("one"), 200)

    def test_a_pipe_in_place_of_a_file(self):
        """Nobody waits for its other end."""
        blob = next(f"{folder}/{f}" for folder, _, files in
                    os.walk(self.store + "/blobs") for f in files)
        self.own.start()
        self.own.stop(signal.SIGKILL)
        for path, says, starts in (
                (self.store + "/lock", "", True),
                (self.store + "/dirty", "", True),
                (blob, "has not the size", True),
                (self.db + "-wal", "not a regular file", False),
                (self.db, "not a regular file", False)):
            if os.path.exists(path):
                os.rename(path, self.dir + "/aside")
            os.mkfifo(path)
            self.assertIn(says, self.own.fsck()[1], path)
            if starts:
                self.own.start()
                self.assertEqual(self.status("one"), 200, path)
                if path == blob:
                    self.assertEqual(self.picture("one"), 500)
                self.own.stop(signal.SIGKILL)
            else:
                self.assertEqual(self.monikerd().returncode, 69)
            os.unlink(path)
            if os.path.exists(self.dir + "/aside"):
                os.rename(self.dir + "/aside", path)

    # The map

    def test_no_map_or_a_map_of_before(self):
        shutil.copytree(self.map, self.dir + "/old_map")
        shutil.rmtree(self.map)
        rc, text = self.own.fsck()
        self.assertIn("monikerd makes it anew when it starts", text)
        self.own.start()
        self.put("three", self.red)
        self.assertEqual(self.mapped(), 3)
        self.own.stop()
        shutil.rmtree(self.map)
        shutil.copytree(self.dir + "/old_map", self.map)
        self.assertEqual(self.mapped(), 2)
        rc, text = self.own.fsck()
        self.assertIn("three: differs from the database; monikerd mends it "
                      "when it starts", text)
        self.own.start()
        self.assertEqual(self.mapped(), 3)


if __name__ == "__main__":
    daemon.main()
