# SPDX-License-Identifier: BSD-2-Clause
"""doc/openapi.yaml says what the table of routes says, both ways."""
import os
import subprocess

import yaml

import daemon

METHODS = ("get", "put", "post", "patch", "delete")


def refs(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


class Openapi(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.environ.get("top_srcdir", "..") +
                  "/doc/openapi.yaml", "rb") as f:
            cls.text = f.read()
        cls.doc = yaml.safe_load(cls.text)
        text = subprocess.run(["monikerd", "--routes"], check=True,
                              capture_output=True, text=True).stdout
        cls.routes = {(x[0].lower(), x[1]): x[2:] for x in
                      (line.split("\t") for line in text.splitlines())}
        cls.operations = {(m, p): (o, path)
                          for p, path in cls.doc["paths"].items()
                          for m, o in path.items() if m in METHODS}

    def at(self, ref):
        node = self.doc
        for part in ref[2:].split("/"):
            node = node[part]
        return node

    def test_same_routes(self):
        self.assertEqual(set(self.routes), set(self.operations))

    def test_served(self):
        a = self.api("GET", "/openapi.yaml", Api_Key=None)
        self.assertEqual((a.status, a.headers["Content-Type"]),
                         (200, "application/yaml"))
        self.assertEqual(a.body, self.text)

    def resolve(self, node):
        return self.at(node["$ref"]) if "$ref" in node else node

    def test_limits(self):
        """How long a page may be is as it is written."""
        values = {"organization": "demo", "hash": self.picture(),
                  "alias": "any"}
        seen = 0
        for (method, path), (o, _) in self.operations.items():
            limits = [p["schema"] for p in
                      map(self.resolve, o.get("parameters", []))
                      if p["name"] == "limit"]
            if not limits:
                continue
            ask = self.api if "{" in path else self.daemon.local()
            target = path.format(**values) + "?limit="
            most = limits[0]["maximum"]
            a = ask("GET", target + str(most))
            self.assertEqual(a.status, 200, (target, a.body))
            self.refused(ask("GET", target + str(most + 1)), 400, "limit",
                         str(most))
            seen += 1
        self.assertGreater(seen, 5)

    def test_kinds_of_purges(self):
        kinds = self.at("#/components/schemas/Purge/properties/kind/enum")
        hash = self.picture()
        self.api("PUT", "/stacks/demo/kind", [])
        for target in (f"sourceimages/demo/{hash}", "stacks/demo/kind",
                       "sourceimages/demo/alias/kind"):
            a = self.api("DELETE", f"/{target}/cache")
            self.assertEqual(a.status, 200, a.body)
        a = self.api("GET", "/purges/demo")
        self.assertEqual({x["kind"] for x in a.json["items"]}, set(kinds))

    def test_public(self):
        """What needs no key says so, and nothing else does."""
        for key, (o, path) in self.operations.items():
            self.assertEqual(o.get("security") == [],
                             self.routes[key][0] == "public", key)

    def test_parameters(self):
        """Those of a path are described, each by its name."""
        for (method, pattern), (o, path) in self.operations.items():
            wanted = {x[1:-1] for x in pattern.split("/")
                      if x.startswith("{")}
            listed = [self.at(x["$ref"]) if "$ref" in x else x
                      for x in path.get("parameters", []) +
                      o.get("parameters", [])]
            self.assertEqual({x["name"] for x in listed
                              if x["in"] == "path"}, wanted, pattern)

    def test_whole(self):
        ids = [o["operationId"] for o, path in self.operations.values()]
        self.assertEqual(len(ids), len(set(ids)))
        tags = {t["name"] for t in self.doc["tags"]}
        for key, (o, path) in self.operations.items():
            self.assertTrue(o["summary"].strip().endswith("."), key)
            self.assertLessEqual(set(o["tags"]), tags)
            self.assertTrue({"200", "201", "204"} & set(o["responses"]), key)
            if self.routes[key][0] != "public":
                self.assertIn("403", o["responses"], key)
            if key[0] in ("put", "post", "patch") and \
                    not key[1].endswith("/restore"):
                self.assertIn("requestBody", o, key)

    def test_references(self):
        used = set(refs(self.doc))
        for ref in used:
            self.at(ref)
        for kind, things in self.doc["components"].items():
            if kind == "securitySchemes":
                continue
            for name in things:
                self.assertIn(f"#/components/{kind}/{name}", used)


if __name__ == "__main__":
    daemon.main()
