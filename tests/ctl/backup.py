# SPDX-License-Identifier: BSD-2-Clause
"""Backup under write load, and restore."""
import json
import os
import shutil
import subprocess
import threading
import daemon


class Backup(daemon.Test):
    def setUp(self):
        self.hash = self.picture()
        self.env = {**os.environ,
                    "MONIKER_SOCKET": self.daemon.dir + "/local.sock"}

    def put(self, name, **kw):
        return self.api("PUT", f"/sourceimages/demo/alias/{name}"
                        "?overwrite=true", {"hash": self.hash}, **kw)

    def backup(self, to):
        return subprocess.run(["monikerctl", "backup", "create", to],
                              env=self.env, capture_output=True, text=True,
                              timeout=60)

    def test_under_load_all_that_was_answered_before_is_in_it(self):
        stop, answered = threading.Event(), []

        def write():
            client = self.daemon.client(Api_Key=self.api.key["api_key"])
            while not stop.is_set():
                name = f"w{len(answered)}"
                if client("PUT", f"/sourceimages/demo/alias/{name}",
                          {"hash": self.hash}).status == 201:
                    answered.append(name)

        thread = threading.Thread(target=write)
        thread.start()
        while len(answered) < 200:
            pass
        before = len(answered)
        to = self.daemon.dir + "/backup"
        p = self.backup(to)
        stop.set()
        thread.join()
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual(json.loads(p.stdout)["to"], to)
        self.assertEqual(self.backup(to).returncode, 1)

        other = daemon.Daemon()
        try:
            other.stop()
            shutil.rmtree(other.dir + "/store_dir")
            shutil.copytree(to, other.dir + "/store_dir")
            self.assertIn(other.fsck("--deep")[0], (0, 1))
            other.start()
            client = other.client(Api_Key=self.api.key["api_key"])
            for name in answered[:before]:
                self.assertEqual(client(
                    "GET", f"/sourceimages/demo/alias/{name}").json["hash"],
                    self.hash)
            self.assertEqual(other.pictures("demo")(
                "GET", f"/dynamic/resize-width-5/{self.hash}.png").status, 200)
            rc, text = other.fsck("--deep")
            self.assertEqual(rc, 0, text)
        finally:
            other.close()

    def test_a_place_that_cannot_be_written(self):
        p = self.backup("/proc/backup")
        self.assertEqual(p.returncode, 1)
        self.assertIn("cannot make the folder", p.stderr)

    def test_half_a_copy_is_taken_away(self):
        blob, = (os.path.join(path, name) for path, _, names in os.walk(
            self.daemon.dir + "/store_dir/blobs") for name in names)
        to = self.daemon.dir + "/half"
        os.rename(blob, blob + ".away")
        p = self.backup(to)
        os.rename(blob + ".away", blob)
        self.assertEqual(p.returncode, 1)
        self.assertIn("cannot copy an image", p.stderr)
        self.assertFalse(os.path.exists(to))
        self.assertEqual(self.backup(to).returncode, 0)
        self.assertIn("exists; name one that does", self.backup(to).stderr)
        self.checked(to, blob)

    def checked(self, to, blob):
        """--fsck of a folder needs no configuration, and misses no map."""
        def fsck(*args):
            p = subprocess.run(["monikerd", "--fsck", *args], timeout=60,
                               capture_output=True, text=True)
            return p.returncode, p.stdout + p.stderr
        self.assertEqual(fsck("--deep", to), (0, f"{to}: good\n"))
        os.unlink(to + blob[len(self.daemon.dir + "/store_dir"):])
        rc, text = fsck(to)
        self.assertEqual(rc, 1)
        self.assertRegex(text, "image demo/[0-9a-f]{40}: is missing")
        self.assertEqual(fsck(to + "/none")[0], 69)
        self.assertEqual(fsck(to, to)[0], 64)

    def test_only_here(self):
        self.refused(self.api("POST", "/backup", {"to": "/x"}), 404)
        local = self.daemon.local()
        self.refused(local("POST", "/backup", {"to": "x"}), 400, "to:")
        self.refused(local("POST", "/backup", {}), 400, "to:")

    def test_fsck_while_in_use(self):
        self.put("present")
        rc, text = self.daemon.fsck()
        self.assertEqual(rc, 0, text)
        self.assertIn("good", text)


if __name__ == "__main__":
    daemon.main()
