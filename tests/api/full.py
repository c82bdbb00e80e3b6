# SPDX-License-Identifier: BSD-2-Clause
"""A file system without room for the map, and one that has room again."""
import os
import subprocess
import tempfile
import unittest

import daemon

# In a namespace of its own, where one may mount; its files are seen from here
# by way of the process.
SMALL = ["unshare", "-rm", "sh", "-c",
         'mount -t tmpfs -o size=4m none "$1" && shift && exec "$@"', "sh"]


class Full(unittest.TestCase):
    def setUp(self):
        self.mount = tempfile.mkdtemp(prefix="moniker-")
        self.addCleanup(os.rmdir, self.mount)
        if subprocess.run(SMALL + [self.mount, "true"],
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("nothing can be mounted here")

    def aliases(self, map):
        """What Varnish would find: a line an alias, or None for no map."""
        p = subprocess.run(["moniker-map", "dump", map],
                           capture_output=True, text=True)
        return p.stdout.splitlines() if p.returncode == 0 else None

    def test_room_again(self):
        d = daemon.Daemon(map_dir=self.mount + "/map",
                          prefix=SMALL + [self.mount])
        self.addCleanup(d.close)
        map = f"/proc/{d.process.pid}/root{self.mount}/map"
        api = d.organization("demo")
        red = daemon.upload(api, "demo", ("filedata", "r.png",
                                          daemon.png(2, 2)))
        red = red.json["items"][0]["hash"]
        n = self.fill(d, api, red, map)
        a = api("GET", "/ready")
        self.assertEqual(a.status, 503, a.body)
        text = d.local()("GET", "/metrics").body.decode()
        self.assertIn("\nmoniker_map_generation 0\n", text)
        # What the daemon says is right all the while.
        a = api("DELETE", "/sourceimages/demo/alias/a0")
        self.assertEqual(a.status, 204)
        picture = d.pictures("demo")("GET", "/dynamic/-_a1_-.png")
        self.assertEqual(picture.headers["X-Moniker-Source"], red)
        os.unlink(map + "/../filler")
        daemon.wait_for(lambda: self.aliases(map) is not None, d.log_text)
        self.put(api, red, n, 1)
        lines = self.aliases(map)
        self.assertEqual(len(lines), n)
        self.assertFalse([x for x in lines if x.split()[1] == "a0"])
        self.assertIn("there is room again", d.log_text())
        self.assertEqual(subprocess.run(["moniker-map", "check", map],
                                        stdout=subprocess.DEVNULL)
                         .returncode, 0)

    def put(self, api, hash, first, count):
        a = api("POST", "/sourceimages/demo/alias",
                {"changes": [{"alias": f"a{first + i}", "hash": hash}
                             for i in range(count)]})
        self.assertEqual(a.status, 200, a.body)

    def fill(self, d, api, hash, map):
        """Leaves no room, and puts aliases until the map has none left."""
        n = 0
        with open(map + "/../filler", "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(65536))
            except OSError:
                pass
        while self.aliases(map) is not None:
            self.put(api, hash, n, 1000)
            n += 1000
            self.assertLess(n, 200_000)
        self.assertIn("the map is withdrawn", d.log_text())
        return n

    def test_the_database_without_room(self):
        """Refused, told by its name, and over as soon as there is room."""
        d = daemon.Daemon(f'store_dir = "{self.mount}/store"\n'
                          "ready_free_mb = 0\n", prefix=SMALL + [self.mount])
        self.addCleanup(d.close)
        api = d.organization("demo")
        filler = f"/proc/{d.process.pid}/root{self.mount}/filler"
        with open(filler, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass

        def put(n):
            return api("PUT", f"/stacks/demo/s{n}", {"operations": [
                {"name": "noop"}]}).status

        status = next(s for s in map(put, range(10000)) if s != 201)
        self.assertEqual(status, 507, d.log_text())
        # At first it may be a worker that is not up yet.
        daemon.wait_for(lambda: "the disk of store_dir is full" in
                        api("GET", "/ready").message, d.log_text)
        os.unlink(filler)
        self.assertEqual(put("room"), 201)
        self.assertEqual(api("GET", "/ready").status, 200)


if __name__ == "__main__":
    daemon.main()
