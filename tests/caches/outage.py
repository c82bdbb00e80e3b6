# SPDX-License-Identifier: BSD-2-Clause
"""The daemon goes away for longer than Varnish's probe has patience."""
import time
import daemon
import fronts


class Outage(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture()
        cls.api("PUT", "/sourceimages/demo/alias/logo", {"hash": cls.hash})
        cls.edge = fronts.Edge(cls.daemon)
        cls.addClassCleanup(cls.edge.close)

    def is_sick(self):
        lines = self.edge.adm("backend.list", "*.moniker_image").splitlines()
        return any(" sick" in x for x in lines)

    def fresh(self, n):
        """One that is in no cache."""
        return self.edge.get(f"/dynamic/resize-width-{n}/-_logo_-.jpg").status

    def test_no_503_half_a_second_after_it_is_ready(self):
        self.assertEqual(self.fresh(1), 200)
        self.daemon.stop(9)
        daemon.wait_for(self.is_sick, lambda: "never sick")
        self.assertEqual(self.fresh(1), 200)    # the cache goes on
        self.assertEqual(self.fresh(2), 503)
        self.daemon.start()
        ready, bad, good, n = time.monotonic(), 0, 0, 3
        while good < 5:
            began = time.monotonic()
            if self.fresh(n) == 200:
                good += 1
            else:
                good, bad = 0, began
            n += 1
            self.assertLess(n, 1000)
            time.sleep(0.01)
        self.assertLess(bad - ready, 0.5 * daemon.SLOWER)


if __name__ == "__main__":
    daemon.main()
