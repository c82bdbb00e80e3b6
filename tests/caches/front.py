# SPDX-License-Identifier: BSD-2-Clause
"""Real caches in front of ours keep what they may, and no longer.

CACHES_SOAK=1 takes the default lifetime of an alias, and so minutes."""
import os
import sys
import time
import daemon
import fronts

sys.path.insert(0, os.environ["srcdir"] + "/api")
from image import sign, until  # noqa: E402

SOAK = os.environ.get("CACHES_SOAK") == "1"
MAX_AGE = 60 if SOAK else 4
# Beside it, for who is asked on a busy machine
SLACK = 6
class Front(daemon.Test):
    settings = f"alias_max_age = {MAX_AGE}\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture()
        cls.key = cls.api("GET", "/organizations/demo") \
            .json["signing_keys"][0]["key"]
        for name in ("logo", "gone", "secret"):
            cls.api("PUT", f"/sourceimages/demo/alias/{name}",
                    {"hash": cls.hash})
        cls.api("PUT", "/stacks/demo/guarded", {
            "operations": [], "options": {"protected": True}})
        cls.edge = fronts.Edge(cls.daemon)
        cls.addClassCleanup(cls.edge.close)
        cls.fronts = []
        for kind in fronts.FRONTS:
            if kind.there():
                cls.fronts.append(kind(cls.edge.port))
                cls.addClassCleanup(cls.fronts[-1].close)
            else:
                print("skipped:", kind.program)
        cls.grow_old()

    @classmethod
    def grow_old(cls):
        """Until what Varnish has is older than an alias may be kept."""
        cls.end = int(time.time()) + MAX_AGE + 14
        cls.signed = [sign(f"/guarded/{x}.jpg?" + until(
            cls.end - time.time()), cls.key) for x in
            ("-_secret_-", cls.hash)]
        cls.plain = "/dynamic/resize-width-5/%s.jpg"
        for path in cls.signed + [cls.plain % "-_logo_-",
                                  cls.plain % "-_gone_-"]:
            answer = cls.edge.get(path)
            assert answer.status == 200, answer.body
        late = time.time() + MAX_AGE + daemon.PATIENCE
        while int(cls.edge.get(cls.plain % cls.hash)
                  .headers["Age"]) <= MAX_AGE + 1:
            assert time.time() < late
            time.sleep(0.1)

    def ask(self, front, path, **headers):
        a = front.get(path, **headers)
        self.assertEqual(a.status, 200, (front.program, path, a.body))
        return a

    def test_0_signed_urls_are_kept(self):
        for front in self.fronts:
            for path in self.signed:
                self.ask(front, path)

    def test_1_an_alias_is_kept_however_old_the_object(self):
        for front in self.fronts:
            for path in (self.plain % "-_logo_-", self.plain % self.hash):
                first = self.ask(front, path)
                again = self.ask(front, path)
                self.assertEqual(first.headers["X-Serial"],
                                 again.headers["X-Serial"],
                                 (front.program, path, first.headers))

    def test_2_a_deleted_alias_ends(self):
        path = self.plain % "-_gone_-"
        for front in self.fronts:
            self.ask(front, path)
        self.empty(self.api("DELETE", "/sourceimages/demo/alias/gone"))
        left = list(self.fronts)

        def gone():
            left[:] = [f for f in left if f.get(path).status != 404]
            return not left
        daemon.wait_for(gone, lambda: [f.program for f in left],
                        MAX_AGE + SLACK)
        # And it is not shown again, nor is its absence for long.
        for front in self.fronts:
            self.assertEqual(front.get(path).status, 404, front.program)
        self.api("PUT", "/sourceimages/demo/alias/gone", {"hash": self.hash})
        for front in self.fronts:
            daemon.wait_for(lambda f=front: f.get(path).status == 200,
                            lambda f=front: f.program)

    def test_3_a_signature_ends(self):
        """A cache counts from when an answer has reached it, which may take
        a moment on a busy machine; an object's age would be five seconds."""
        while time.time() < self.end + 1:
            time.sleep(0.05)
        shown = [(f.program, path) for f in self.fronts for path in
                 self.signed if f.get(path).status == 200]
        self.assertEqual(shown, [])


if __name__ == "__main__":
    daemon.main()
