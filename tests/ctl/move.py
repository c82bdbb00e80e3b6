# SPDX-License-Identifier: BSD-2-Clause
"""doc/move.py, which moves an organization to another server."""
import os
import re
import subprocess
import sys
import daemon

MOVE = os.environ["top_srcdir"] + "/doc/move.py"


class Move(daemon.Test):
    settings = 'api_listen = "127.0.0.1:0"\n'

    def setUp(self):
        self.url = "http://" + re.search(r"(127\.0\.0\.1:[1-9]\d*)",
                                         self.daemon.log_text())[1]
        self.other = self.daemon.organization("other")
        self.report = self.daemon.dir + "/moved.csv"

    def move(self, status, *args, to="other"):
        p = subprocess.run(
            [sys.executable, MOVE, f"{self.url}/demo", f"{self.url}/{to}",
             "--report", self.report, *args], text=True, capture_output=True,
            timeout=60, env={**os.environ,
                             "FROM_KEY": self.api.key["api_key"],
                             "TO_KEY": self.other.key["api_key"]})
        self.assertEqual(p.returncode, status, p.stderr)
        return p.stderr

    def put(self, name, *parts):
        a = daemon.upload(self.api, "demo", ("f", name, daemon.png(
            20 + len(name), 10)), *parts)
        self.assertEqual(a.status, 200, a.body)
        return a.json["items"][0]

    def test_all_of_it(self):
        images = [
            self.put("plain.png"),
            self.put("für den Fuß.png", ("meta_user[0]", '{"int:n":3}'),
                     ("meta_dynamic[0]", '{"subject_area":{"x":1,"y":2}}')),
            self.put("protected image.png", ("options[0]",
                                             '{"protected":true}'))]
        self.assertEqual(self.api("PUT", "/stacks/demo/small", {
            "operations": [{"name": "resize", "options": {"width": 9}}],
            "options": {"jpg.quality": 60}}).status, 201)
        for name, image in zip(("one", "two"), images):
            self.assertEqual(self.api(
                "PUT", f"/sourceimages/demo/alias/{name}",
                {"hash": image["hash"]}).status, 201)
        names = self.daemon.dir + "/names"
        with open(names, "w") as f:
            f.write("one\n\ntwo\nnone\n")
        said = self.move(1, "--aliases", names)
        self.assertIn('alias none: 404 There is no alias', said)
        self.assertIn("3 images moved, 1 refusals", said)
        with open(self.report) as f:
            hashes = dict(x.strip().split(",") for x in f)
        for old in images:
            new = self.other(
                "GET", f"/sourceimages/other/{hashes[old['hash']]}").json
            for field in ("name", "binary_hash", "user_metadata",
                          "dynamic_metadata", "protected"):
                self.assertEqual(new.get(field), old.get(field), field)
        alias = self.other("GET", "/sourceimages/other/alias/two").json
        self.assertEqual(alias["hash"], hashes[images[1]["hash"]])
        self.assertEqual(
            self.other("GET", "/stacks/other/small").json["stack_options"],
            {"jpg.quality": 60})
        # Again: nothing is sent twice, and the report does not grow.
        self.assertIn("3 images moved, 0 refusals", self.move(0))
        with open(self.report) as f:
            self.assertEqual(len(f.readlines()), 3)

    def test_wrong_key(self):
        said = self.move(1, to="demo")
        self.assertRegex(said, "40[34] ")


if __name__ == "__main__":
    daemon.main()
