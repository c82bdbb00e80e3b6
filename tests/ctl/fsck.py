# SPDX-License-Identifier: BSD-2-Clause
"""monikerd --fsck: each fault is named with what to do about it."""
import os
import shutil
import sqlite3
import daemon


class Fsck(daemon.unittest.TestCase):
    """Each breaks the folder of a stopped daemon of its own."""
    def setUp(self):
        self.own = daemon.Daemon()
        self.addCleanup(shutil.rmtree, self.own.dir)
        self.picture = daemon.png(9, 9)
        api = self.own.organization("demo")
        self.hash = daemon.upload(api, "demo", ("f", "p.png", self.picture)
                                  ).json["items"][0]["hash"]
        api("POST", "/sourceimages/demo/alias", {"changes": [
            {"alias": f"logo{i}", "hash": self.hash} for i in range(500)]})
        self.key = api.key["api_key"]
        self.assertEqual(self.own.stop(), 0)
        self.store = self.own.dir + "/store_dir/"
        self.db = self.store + "moniker.db"
        self.blob, = [os.path.join(d, f) for d, _, files in os.walk(
            self.store + "blobs") for f in files]

    def finds(self, *words, args=(), status=1):
        rc, text = self.own.fsck(*args)
        self.assertEqual(rc, status, text)
        for word in words:
            self.assertRegex(text, word)
        return text

    def good(self):
        rc, text = self.own.fsck("--deep")
        self.assertEqual(rc, 0, text)

    def upload_again(self):
        self.own.start()
        api = self.own.client(Api_Key=self.key)
        self.assertEqual(daemon.upload(api, "demo", (
            "f", "p.png", self.picture)).status, 200)
        self.own.stop()

    def sql(self, text):
        db = sqlite3.connect(self.db)
        db.execute(text)
        db.commit()
        db.close()

    def test_a_missing_blob(self):
        os.unlink(self.blob)
        self.finds(f"store: blob .*{os.path.basename(self.blob)} of image "
                   f"demo/{self.hash}: is missing: .*upload")
        self.upload_again()
        self.good()

    def test_a_blob_with_wrong_bytes(self):
        os.chmod(self.blob, 0o600)
        with open(self.blob, "r+b") as f:
            f.seek(20)
            b = f.read(1)
            f.seek(20)
            f.write(bytes([b[0] ^ 1]))
        self.finds("good", status=0)
        self.finds("has other bytes than .*upload", args=["--deep"])
        self.upload_again()
        self.good()

    def test_a_blob_that_was_cut(self):
        os.truncate(self.blob, 20)
        self.finds(f"image demo/{self.hash}: has not the size .*backup")

    def test_a_blob_that_cannot_be_read(self):
        os.unlink(self.blob)
        os.symlink("/etc/passwd", self.blob)
        self.finds(f"image demo/{self.hash}: Too many .*backup")

    def test_blobs_that_belong_to_nobody(self):
        orphan = self.blob[:-1] + ("0" if self.blob[-1] != "0" else "1")
        shutil.copy(self.blob, orphan)
        self.finds(f"blob {os.path.basename(orphan)}: belongs to no image: "
                   "keep it. .*older than its pictures, restore a newer")
        os.unlink(orphan)
        shutil.copy(self.blob, os.path.dirname(self.blob) + "/junk")
        self.finds("blob junk: is not the name of a blob: move it away")

    def test_a_dangling_alias(self):
        self.sql("UPDATE alias SET hash = zeroblob(20) WHERE name = 'logo7'")
        self.finds("alias demo/logo7: points at an image that never was: "
                   "set it anew")

    def test_a_deleted_image_that_the_map_would_show(self):
        self.sql("UPDATE source SET deleted_ms = 5")
        self.finds("is deleted, but not revoked: restore it and delete")

    def test_a_wrong_count(self):
        self.sql("UPDATE source_count SET n = n + 1")
        self.finds("its count of images is wrong: .*report")

    def test_rows_that_refer_to_nothing(self):
        self.sql("UPDATE alias SET org = 77 WHERE name = 'logo7'")
        self.finds("refers to no row of org: restore a backup")

    def test_every_page_of_the_database_overwritten(self):
        with open(self.db, "rb") as f:
            whole = f.read()
        size = int.from_bytes(whole[16:18], "big")
        self.assertGreater(len(whole), 20 * size)
        for page in range(len(whole) // size):
            with open(self.db, "r+b") as f:
                f.seek(page * size)
                f.write(b"\xd5" * size)
            # Of a page that is free nobody misses anything.
            rc, text = self.own.fsck()
            self.assertIn(rc, (0, 1), (page, text))
            if rc == 1:
                self.assertIn("database: is damaged: stop monikerd and "
                              "restore a backup", text)
            with open(self.db, "wb") as f:
                f.write(whole)
        self.good()

    def test_a_database_that_was_cut(self):
        os.truncate(self.db, os.path.getsize(self.db) // 2)
        self.finds("database: is damaged")
        os.truncate(self.db, 100)
        self.finds("cannot open", "restore a backup")

    def test_nothing_to_look_at(self):
        os.unlink(self.db)
        self.finds("moniker.db: No such file .*store_dir", status=69)
        shutil.rmtree(self.store)
        self.finds("blobs: No such file .*store_dir", status=69)

    def test_a_map_that_lags(self):
        self.sql("UPDATE alias SET name = 'other' WHERE name = 'logo7'")
        self.finds("demo/other: differs .*monikerd mends it when it starts")

    def test_an_epoch_of_no_image(self):
        self.own.start()
        api = self.own.client(Api_Key=self.key)
        self.assertEqual(api("DELETE", "/sourceimages/demo/"
                             f"{self.hash}/cache").status, 200)
        self.own.stop()
        self.good()
        self.sql("UPDATE epoch SET epoch = epoch + 1 WHERE kind = 1")
        self.finds(f"map: demo/{self.hash}: differs")
        self.sql("UPDATE epoch SET key = 'damaged' WHERE kind = 1")
        self.finds("map: demo/damaged: differs")

    def test_a_damaged_map(self):
        folder = self.own.dir + "/map_dir/"
        name, = [n for n in os.listdir(folder) if n.startswith("data.")]
        with open(folder + name, "r+b") as f:
            f.seek(8)
            f.write(b"\xff" * 64)
        self.finds("map: ", "makes it anew when it starts")
        shutil.rmtree(folder)
        self.finds("there is no map .*", "makes it anew when it starts")
        self.own.start()
        self.own.stop()
        self.good()


if __name__ == "__main__":
    daemon.main()
