# SPDX-License-Identifier: BSD-2-Clause
"""The map's folder is removed under a daemon."""
import os
import shutil

import daemon

ALIASES = 150_000
ROUNDS = 30


class Small(daemon.Test):
    def test_said(self):
        """Made anew within a heartbeat, and the log tells all the same."""
        shutil.rmtree(self.daemon.dir + "/map_dir")
        daemon.wait_for(lambda: "made=1" in self.daemon.log_text())
        self.assertIn("folder was removed", self.daemon.log_text())


class Large(daemon.Test):
    def test_loop_goes_on(self):
        """What is asked while the map is made anew is answered meanwhile."""
        red = self.picture()
        for i in range(0, ALIASES, 1000):
            a = self.api("POST", "/sourceimages/demo/alias",
                         {"changes": [{"alias": f"a{n}", "hash": red}
                                      for n in range(i, i + 1000)]})
            self.assertEqual(a.status, 200, a.body)
        # A client that is kept from the processor misses the moment.
        meanwhile = any(self.meanwhile(red) for _ in range(ROUNDS))
        self.assertTrue(meanwhile)

    def meanwhile(self, hash):
        """Removes the folder. Was a request answered while it was made?"""
        folder = self.daemon.dir + "/map_dir"
        control, lock = folder + "/control", folder + "/lock"
        shutil.rmtree(folder)
        daemon.wait_for(lambda: os.path.exists(lock))
        begun = not os.path.exists(control)
        a = self.api("PUT", "/sourceimages/demo/alias/a7?overwrite=true",
                     {"hash": hash})
        self.assertIn(a.status, (200, 201))
        a = self.api("GET", "/sourceimages/demo/alias/a8")
        self.assertEqual(a.status, 200)
        ended = os.path.exists(control)
        daemon.wait_for(lambda: os.path.exists(control))
        return begun and not ended


if __name__ == "__main__":
    daemon.main()
