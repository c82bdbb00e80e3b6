# SPDX-License-Identifier: BSD-2-Clause
"""To take away is never refused, and counts as a purge when it is done again
within the hour; what gives back is refused then, when none is left."""
import re

import daemon

TURNS = 30


class Withdraw(daemon.Test):
    settings = """
purges_source = 3
purges_stack = 3
varnish away { instance = "/nonexistent" }
"""

    def owed(self):
        text = self.daemon.local()("GET", "/metrics").body.decode()
        return int(re.search(r'pending_bans{target="away"} (\d+)',
                             text).group(1))

    def churn(self, away, back, bans):
        """Takes away and gives back until it is refused: one for free, and
        as many as there are purges."""
        before = self.owed()
        for turn in range(TURNS):
            a = away()
            self.assertLess(a.status, 300, a.body)
            a = back()
            if a.status == 429:
                break
            self.assertLess(a.status, 300, a.body)
        self.assertIn("was deleted or protected repeatedly", a.message)
        self.assertGreater(int(a.headers["Retry-After"]), 3000)
        # The first is free, three count; the last of them is not undone.
        self.assertEqual(turn, 3)
        self.assertEqual(self.owed() - before, 4 * bans)
        self.assertEqual(back().status, 429)
        self.assertEqual(self.owed() - before, 4 * bans)

    def fresh(self, name):
        """An organization with all of its purges."""
        api = self.daemon.organization(name)
        hash = daemon.upload(api, name, ("f", "p.png", daemon.png(7, 7))
                             ).json["items"][0]["hash"]
        return api, hash

    def test_an_image_deleted_and_restored(self):
        api, hash = self.fresh("restore")
        self.churn(lambda: api("DELETE", f"/sourceimages/restore/{hash}"),
                   lambda: api("POST", f"/sourceimages/restore/{hash}/restore"
                               ), 2)
        # A purge on top is one of them, and what is another image's first
        # is free: both ways.
        self.assertEqual(api("DELETE", f"/sourceimages/restore/{hash}/cache"
                             ).status, 429)
        other = daemon.upload(api, "restore", ("f", "p.png", daemon.png(5, 5))
                              ).json["items"][0]["hash"]
        self.empty(api("DELETE", f"/sourceimages/restore/{other}"))
        self.assertEqual(api("POST", f"/sourceimages/restore/{other}/restore"
                             ).status, 200)
        listed = api("GET", "/purges/restore").json["items"]
        self.assertEqual([(p["kind"], p["counted"]) for p in listed],
                         [("sourceimage", True)] * 3)

    def test_an_image_deleted_and_uploaded(self):
        api, hash = self.fresh("upload")
        self.churn(lambda: api("DELETE", f"/sourceimages/upload/{hash}"),
                   lambda: daemon.upload(api, "upload", (
                       "f", "p.png", daemon.png(7, 7))), 2)

    def test_an_image_protected_and_opened(self):
        """Two images take turns; each is deleted by the other."""
        api, hash = self.fresh("protect")
        at = [hash]

        def turn(on):
            a = api("PUT", f"/sourceimages/protect/{at[0]}/options/protected"
                    "?deletePrevious=true", on)
            if a.status < 300:
                at[0] = a.json["hash"]
            return a
        refused = 0
        for i in range(TURNS):
            refused += turn("true").status == 429
            refused += turn("false").status == 429
        self.assertGreater(refused, TURNS - 5)
        self.assertLess(len(api("GET", "/purges/protect").json["items"]), 6)

    def test_a_focal_point_that_goes_to_and_fro(self):
        """Does not count, as keepHash does not; to delete the image does."""
        api, hash = self.fresh("focus")
        at = [f"/sourceimages/focus/{hash}"]

        def move(method, x=None):
            a = api(method, at[0] + "/meta/dynamic/subject_area"
                    "?deletePrevious=true",
                    x and {"x": x, "y": 1, "width": 1, "height": 1})
            if a.status == 201:
                at[0] = a.headers["Location"]
            return a.status
        before = self.owed()
        for x in range(TURNS):
            self.assertEqual(move("PUT", x % 2 + 1), 201)
        self.assertEqual(move("DELETE"), 201)
        self.assertEqual(at[0], f"/sourceimages/focus/{hash}")
        self.assertEqual(self.owed() - before, 2 * (TURNS + 1))
        self.assertEqual(api("GET", "/purges/focus").json["items"], [])
        self.churn(lambda: api("DELETE", at[0]),
                   lambda: api("POST", at[0] + "/restore"), 2)
        # What was taken away too often does not come back this way either.
        api, hash = self.fresh("focus2")
        at = [f"/sourceimages/focus2/{hash}"]
        self.assertEqual(move("PUT", 1), 201)
        other = at[0]
        first = daemon.upload(api, "focus2", ("f", "p.png", daemon.png(7, 7))
                              ).json["items"][0]["link"]
        self.churn(lambda: api("DELETE", first),
                   lambda: api("POST", first + "/restore"), 2)
        self.assertEqual(move("DELETE"), 429)
        self.assertEqual(api("GET", other).status, 200)

    def test_a_stack_deleted_and_made(self):
        api, _ = self.fresh("stack")
        stack = {"operations": [], "options": {}}
        api("PUT", "/stacks/stack/s", stack)
        self.churn(lambda: api("DELETE", "/stacks/stack/s"),
                   lambda: api("PUT", "/stacks/stack/s", stack), 1)

    def test_a_stack_on_a_protected_one_and_off(self):
        api, _ = self.fresh("base")
        api("PUT", "/stacks/base/shut",
            {"operations": [], "options": {"protected": True}})
        open_, shut = ({"operations": [], "options": o}
                       for o in ({}, {"basestack": "shut"}))
        api("PUT", "/stacks/base/s", open_)
        api("PUT", "/stacks/base/t", {"operations": [],
                                      "options": {"basestack": "s"}})
        put = "/stacks/base/s?overwrite=true"
        self.churn(lambda: api("PUT", put, shut),
                   lambda: api("PUT", put, open_), 2)
        # Nothing is in the way of a change that changes no right.
        self.assertEqual(api("PUT", put, shut).status, 200)

    def test_dynamic_stacks_protected_and_not(self):
        api, _ = self.fresh("option")
        put = "/organizations/option/options/protect_dynamic_stack"
        self.churn(lambda: api("PUT", put, "true"),
                   lambda: api("PUT", put, "false"), 1)

    def test_signing_keys_made_and_deleted(self):
        api, _ = self.fresh("signer")
        path = "/organizations/signer/signing_keys"
        self.assertEqual(api("POST", path).status, 201)

        def delete():
            newest = api("GET", path).json["items"][0]["id"]
            return api("DELETE", f"{path}/{newest}")
        self.churn(delete, lambda: api("POST", path), 1)

    def test_overrides_protected_and_not(self):
        api, _ = self.fresh("overrides")
        put = "/organizations/overrides/options/protect_overrides"
        self.churn(lambda: api("PUT", put, "true"),
                   lambda: api("PUT", put, "false"), 1)

    def test_sizes_allowed_and_not(self):
        for name in "widths", "heights":
            api, _ = self.fresh(name)
            put = f"/organizations/{name}/options/allowed_{name}"
            self.churn(lambda: api("PUT", put, "[9]"),
                       lambda: api("PUT", put, "[]"), 1)

    def test_a_list_of_sizes_that_changes(self):
        """What takes one size and gives another does both."""
        api, _ = self.fresh("lists")
        put = "/organizations/lists/options"
        for widths, bans in (([1, 2], 1), ([2, 1], 0), ([1, 2, 3], 0),
                             ([1, 3], 1)):
            before = self.owed()
            self.assertEqual(api("PUT", put, {"allowed_widths": widths})
                             .status, 200)
            self.assertEqual(self.owed() - before, bans, widths)
        # Several at once are one purge.
        before = self.owed()
        self.assertEqual(api("PUT", put, {
            "allowed_widths": [1], "allowed_heights": [1],
            "protect_overrides": True}).status, 200)
        self.assertEqual(self.owed() - before, 1)
        for turn in range(TURNS):
            a = api("PUT", put, {"allowed_widths": [turn + 2]})
            if a.status == 429:
                break
        self.assertEqual(turn, 1)
        self.assertEqual(api("PUT", put, {"protect_dynamic_stack": True})
                         .status, 200)

    def test_more_stacks_than_are_purged_one_by_one(self):
        api, _ = self.fresh("many")
        api("PUT", "/stacks/many/base", {"operations": [], "options": {}})
        for i in range(40):
            self.assertEqual(api("PUT", f"/stacks/many/s{i}", {
                "operations": [], "options": {"basestack": "base"}}).status,
                201)
        before = self.owed()
        self.empty(api("DELETE", "/stacks/many/base"))
        self.assertEqual(self.owed() - before, 1)

    def test_a_ring_of_stacks(self):
        api, _ = self.fresh("ring")
        for name, base in (("a", None), ("b", "a"), ("a", "b")):
            options = {"basestack": base} if base else {}
            self.assertLess(api("PUT", f"/stacks/ring/{name}?overwrite=true", {
                "operations": [], "options": options}).status, 300)
        before = self.owed()
        self.empty(api("DELETE", "/stacks/ring/a"))
        self.assertEqual(self.owed() - before, 2)


class Different(daemon.Test):
    """Things that are made only to be deleted."""
    settings = """
purges_source = 1
purges_stack = 1
varnish away { instance = "/nonexistent" }
"""
    MANY = 200

    def churn(self, make, delete):
        for n in range(self.MANY):
            a = make(n)
            self.assertLess(a.status, 300, a.body)
            self.empty(delete(n, a))
        a = make(self.MANY)
        self.refused(a, 429, "Too many source images or stacks")
        self.assertEqual(a.headers["Retry-After"], "3600")

    def test_stacks(self):
        stack = {"operations": [], "options": {}}
        self.assertEqual(self.api("PUT", "/stacks/demo/kept", stack).status,
                         201)
        self.churn(lambda n: self.api("PUT", f"/stacks/demo/s{n}", stack),
                   lambda n, a: self.api("DELETE", f"/stacks/demo/s{n}"))
        # A preview is in no cache, and what is there may be changed and go.
        preview = "/stacks/demo/_preview_1"
        for _ in range(3):
            self.assertEqual(self.api("PUT", preview, stack).status, 201)
            self.empty(self.api("DELETE", preview))
        self.assertEqual(self.api("PUT", "/stacks/demo/kept?overwrite=true",
                                  stack).status, 200)
        self.empty(self.api("DELETE", "/stacks/demo/kept"))
        # Others do not notice.
        other = self.daemon.organization("other")
        self.assertEqual(other("PUT", "/stacks/other/s", stack).status, 201)

    def test_images(self):
        kept = self.picture(3, 3)
        self.churn(lambda n: daemon.upload(self.api, "demo", (
                       "f", "p.png", daemon.png(4, 4, (n, n, n)))),
                   lambda n, a: self.api("DELETE", "/sourceimages/demo/" +
                                         a.json["items"][0]["hash"]))
        self.assertEqual(self.picture(3, 3), kept)
        self.refused(self.api("PUT", f"/sourceimages/demo/{kept}/options/"
                              "protected", "true"), 429)


class Unlimited(daemon.Test):
    settings = "purges_source = 0\n"

    def test_no_quota(self):
        hash = self.picture()
        for _ in range(TURNS):
            self.empty(self.api("DELETE", f"/sourceimages/demo/{hash}"))
            self.assertEqual(self.api(
                "POST", f"/sourceimages/demo/{hash}/restore").status, 200)


if __name__ == "__main__":
    daemon.main()
