# SPDX-License-Identifier: BSD-2-Clause
"""Stacks and options are kept as they were parsed: each picture is as the last
change says, whoever else has a stack of that name, and memory has a bound."""
import struct
import unittest

import daemon

CHANGES = 1000 // daemon.SLOWER


def size(answer):
    return struct.unpack(">II", answer.body[16:24])


class Kept(daemon.Test):
    settings = "purges_stack = 0\npurges_source = 0\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture(2, 2)
        cls.other = cls.daemon.organization("other")
        daemon.upload(cls.other, "other", ("filedata", "a.png",
                                           daemon.png(2, 2)))
        cls.others = cls.daemon.pictures("other")

    def put(self, name, body, client=None, org="demo"):
        a = (client or self.api)(
            "PUT", f"/stacks/{org}/{name}?overwrite=true", body)
        self.assertIn(a.status, (200, 201), a.body)

    def resize(self, name, width, **more):
        self.put(name, {"operations": [
            {"name": "resize", "options": {"width": width, "height": 1,
                                           "mode": "absolute",
                                           "upscale": True}}]}, **more)

    def shows(self, name, width, pictures=None):
        a = (pictures or self.pictures)("GET", f"/{name}/{self.hash}.png")
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(size(a), (width, 1))

    def test_each_change_shows(self):
        """The second stack stands on the one that changes."""
        self.resize("often", 1)
        self.put("above", {"operations": [],
                           "options": {"basestack": "often"}})
        for width in range(1, CHANGES + 1):
            self.resize("often", width)
            self.shows("often", width)
            if width % 50 == 0:
                self.shows("above", width)
        self.shows("above", CHANGES)

    def test_another_base(self):
        self.resize("one", 3)
        self.resize("two", 4)
        for base, width in (("one", 3), ("two", 4), ("one", 3)):
            self.put("moved", {"operations": [],
                               "options": {"basestack": base}})
            for _ in range(2):
                self.shows("moved", width)

    def test_deleted(self):
        for width in (5, 6):
            self.resize("gone", width)
            self.put("upon", {"operations": [],
                              "options": {"basestack": "gone"}})
            self.shows("gone", width)
            self.shows("upon", width)
            self.assertEqual(self.api("DELETE", "/stacks/demo/gone").status,
                             204)
            for name in ("gone", "upon"):
                a = self.pictures("GET", f"/{name}/{self.hash}.png")
                self.assertEqual(a.status, 404, name)

    def test_organizations(self):
        for i in range(20):
            self.resize("same", 7 + i)
            self.resize("same", 40 + i, client=self.other, org="other")
            self.shows("same", 7 + i)
            self.shows("same", 40 + i, self.others)

    def test_options(self):
        self.resize("sized", 2)
        path = f"/sized/resize-width-9/{self.hash}.png"
        for _ in range(20):
            for widths, status in (([9], 200), ([8], 403)):
                a = self.api("PUT", "/organizations/demo/options",
                             {"allowed_widths": widths})
                self.assertEqual(a.status, 200, a.body)
                for _ in range(2):
                    self.assertEqual(self.pictures("GET", path).status,
                                     status)
                a = self.others("GET", path)
                self.assertEqual(a.status, 404)    # it has no such stack
        self.api("PUT", "/organizations/demo/options",
                 {"allowed_widths": []})

    def resident(self):
        with open(f"/proc/{self.daemon.process.pid}/statm") as f:
            return int(f.read().split()[1]) * 4096

    @unittest.skipIf(daemon.SANITIZED, "its allocator keeps what was freed")
    def test_memory(self):
        """Parsed, these would be 150 MB."""
        big = {f"v{i}": i for i in range(4000)}
        for i in range(300):
            self.put(f"big{i}", {"operations": [], "variables": big})
        before = self.resident()
        for i in range(300):
            # Found, and no picture: there is no such format.
            a = self.pictures("GET", f"/big{i}/{self.hash}.bmp")
            self.assertEqual(a.status, 400, a.body)
        self.assertLess(self.resident() - before, 40 << 20)


if __name__ == "__main__":
    daemon.main()
