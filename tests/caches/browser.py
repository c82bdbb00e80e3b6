# SPDX-License-Identifier: BSD-2-Clause
"""Chromium keeps what it may, and no longer: by alias however old the object
in Varnish is, by hash for good.

CACHES_SOAK=1 takes the default lifetime of an alias, and so minutes."""
import os
import sys
import time
import daemon
import fronts
from chromium import Chromium

SOAK = os.environ.get("CACHES_SOAK") == "1"
MAX_AGE = 60 if SOAK else 4
# Beside it, for who is asked on a busy machine
SLACK = 6

if not Chromium.there():
    print("there is no chromium")
    sys.exit(77)


class Browser(daemon.Test):
    settings = f"alias_max_age = {MAX_AGE}\nalias_swr = 0\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash, cls.other = cls.picture(), cls.picture(color=(0, 0, 200))
        cls.api("PUT", "/sourceimages/demo/alias/logo", {"hash": cls.hash})
        cls.edge = fronts.Edge(cls.daemon)
        cls.addClassCleanup(cls.edge.close)
        cls.by_alias, cls.by_hash, cls.by_other = (
            f"/dynamic/resize-width-5/{x}.png"
            for x in ("-_logo_-", cls.hash, cls.other))
        cls.old = list(cls.edge.get(cls.by_alias).body)
        cls.new = list(cls.edge.get(cls.by_other).body)
        assert cls.old != cls.new
        cls.browser = Chromium()
        cls.addClassCleanup(cls.browser.close)
        late = time.time() + MAX_AGE + 2 * daemon.PATIENCE
        while int(cls.edge.get(cls.by_hash).headers["Age"]) <= MAX_AGE + 1:
            assert time.time() < late
            time.sleep(0.1)
        cls.browser.open(f"http://{fronts.HOST}:{cls.edge.port}{cls.by_other}")

    def ask(self, path, body):
        """The number of the answer of Varnish that the browser shows."""
        a = self.browser.get(path)
        self.assertEqual((a["status"], a["body"]), (200, body))
        return a["headers"]["x-serial"]

    def kept(self):
        """When an answer came to be kept, and its number."""
        for _ in range(5):
            began = time.monotonic()
            first = self.ask(self.by_alias, self.old)
            again = self.ask(self.by_alias, self.old)
            if time.monotonic() < began + MAX_AGE - 1 or first == again:
                self.assertEqual(first, again)
                return first
        self.fail("the machine is too busy")

    def test_an_alias_is_kept_asked_for_again_and_ends(self):
        self.ask(self.by_hash, self.old)
        by_hash = self.ask(self.by_hash, self.old)
        first = self.kept()
        time.sleep(MAX_AGE + 1)
        self.assertNotEqual(self.ask(self.by_alias, self.old), first)
        self.api("PUT", "/sourceimages/demo/alias/logo?overwrite=true",
                 {"hash": self.other})
        daemon.wait_for(
            lambda: self.browser.get(self.by_alias)["body"] == self.new,
            patience=MAX_AGE + SLACK)
        self.ask(self.by_alias, self.new)
        # Longer than an alias, and asked once.
        self.assertEqual(self.ask(self.by_hash, self.old), by_hash)


if __name__ == "__main__":
    daemon.main()
