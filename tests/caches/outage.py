# SPDX-License-Identifier: BSD-2-Clause
"""The daemon goes away for longer than Varnish's probe has patience.

CACHES_SOAK=1: ten times."""
import os
import time
import daemon
import fronts


ROUNDS = 10 if os.environ.get("CACHES_SOAK") == "1" else 1


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

    def ask(self, n):
        return self.edge.get(f"/dynamic/resize-width-{n}/-_logo_-.jpg").status

    def fresh(self):
        """One that is in no cache."""
        self.width += 1
        self.assertLess(self.width, 1000 * ROUNDS)
        return self.ask(self.width)

    def round(self):
        self.assertEqual(self.ask(1), 200)
        self.daemon.stop(9)
        daemon.wait_for(self.is_sick, lambda: "never sick")
        self.assertEqual(self.ask(1), 200)      # the cache goes on
        self.assertEqual(self.fresh(), 503)
        self.daemon.start()
        ready, bad, good = time.monotonic(), 0, 0
        while good < 5:
            began = time.monotonic()
            if self.fresh() == 200:
                good += 1
            else:
                good, bad = 0, began
            time.sleep(0.01)
        self.assertLess(bad - ready, 0.5 * daemon.SLOWER)

    def test_no_503_half_a_second_after_it_is_ready(self):
        self.width = 1
        for _ in range(ROUNDS):
            self.round()


if __name__ == "__main__":
    daemon.main()
