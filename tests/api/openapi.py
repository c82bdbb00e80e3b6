# SPDX-License-Identifier: BSD-2-Clause
"""doc/openapi.yaml says what the table of routes says, both ways."""
import os
import re
import subprocess

import yaml

import daemon
import schema

# OpenAPI has no COPY.
METHODS = ("get", "put", "post", "patch", "delete", "x-copy")


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
        cls.settings = 'webhook_allow = "example.com"\n'
        super().setUpClass()
        with open(os.environ.get("top_srcdir", "..") +
                  "/doc/openapi.yaml", "rb") as f:
            cls.text = f.read()
        cls.doc = yaml.safe_load(cls.text)
        text = subprocess.run(["monikerd", "--routes"], check=True,
                              capture_output=True, text=True).stdout
        cls.routes = {(x[0].lower(), x[1]): x[2:] for x in
                      (line.split("\t") for line in text.splitlines())}
        cls.operations = {(m.removeprefix("x-"), p): (o, path)
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

    def hook(self):
        return self.api("POST", "/organizations/demo/webhooks", {
            "url": "https://example.com/"}).json["id"]

    def test_limits(self):
        """How long a page may be is as it is written."""
        values = {"organization": "demo", "hash": self.picture(),
                  "alias": "any", "webhook": self.hook()}
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

    def asked(self, method, target, body=None, **headers):
        """An answer that has to be as the page says."""
        ask = self.daemon.local() if target.startswith("/organizations?") \
            else self.api
        a = ask(method, target, body, **headers)
        path, what = target.split("?")[0], f"{method} {target} {a.status}"
        fits = [p for m, p in self.operations if m == method.lower() and
                re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", p), path)]
        pattern = min(fits, key=lambda p: p.count("{"))
        responses = self.operations[method.lower(), pattern][0]["responses"]
        self.assertIn(str(a.status), responses, what)
        response = self.resolve(responses[str(a.status)])
        self.assertLessEqual(set(response.get("headers", {})),
                             set(a.headers.keys()), what)
        kinds = response.get("content")
        if kinds is None:
            self.assertEqual(a.body, b"", what)
            return a
        kind = a.headers["Content-Type"]
        self.assertIn(kind, kinds, what)
        if kind == "application/json":
            self.assertEqual(list(schema.Schemas(self.doc).faults(
                kinds[kind]["schema"], a.json)), [], what)
        return a

    def test_answers(self):
        """What comes is what is written, field by field."""
        hash, image = self.picture(), "/sourceimages/demo"
        none, alias = "0" * 40, image + "/alias"
        local = self.daemon.local()
        local("PUT", "/organizations/demo/options", {"purges_stack": 1})
        local("PUT", "/organizations/shelf/options", {"copy_from": ["demo"]})
        for call in (
                ("PUT", alias + "/a", {"hash": hash}),
                ("PUT", alias + "/a", {"hash": hash}),
                ("PUT", alias + "/a?overwrite=true", {"hash": hash}),
                ("PUT", alias + "/b", {"hash": none}),
                ("PUT", alias + "/b", {"hash": 1}),
                ("POST", alias, {"changes": [{"alias": "a", "hash": None},
                                             {"alias": "b", "hash": hash}]}),
                ("POST", alias, {"changes": [{"alias": "c", "hash": None}]}),
                ("GET", alias + "/a/history"), ("GET", alias + "/b"),
                ("GET", alias + "?limit=1"), ("GET", f"{image}/{hash}/aliases"),
                ("PATCH", f"{image}/{hash}/meta/user", {"a": "b"}),
                ("GET", f"{image}/{hash}/meta/user"),
                ("GET", f"{image}/{hash}"), ("GET", image + "?limit=1"),
                ("GET", f"{image}?limit=1&offset=1"),
                ("PUT", f"{image}/{hash}/name", '"n"'),
                ("PUT", f"{image}/{hash}/options/locked", "true"),
                ("DELETE", f"{image}/{hash}"),
                ("PUT", f"{image}/{hash}/options/locked", "false"),
                ("PUT", f"{image}/{hash}/options/protected", "true"),
                ("DELETE", f"{image}/{hash}"), ("DELETE", f"{image}/{hash}"),
                ("GET", f"{image}/{hash}?deleted=true"),
                ("POST", f"{image}/{hash}/restore"),
                ("PUT", "/stacks/demo/s", []), ("GET", "/stacks/demo/s"),
                ("GET", "/stacks/demo"), ("GET", "/stacks/demo/t"),
                ("DELETE", "/stacks/demo/s/cache"),
                ("DELETE", "/stacks/demo/s/cache"),
                ("DELETE", alias + "/b/cache"),
                ("DELETE", f"{image}/{hash}/cache"),
                ("GET", "/purges/demo"), ("GET", "/purges/demo/quota"),
                ("GET", "/purges/demo/1"), ("GET", "/operations"),
                ("GET", "/organizations?limit=1"), ("GET", "/user"),
                ("GET", "/organizations/demo"), ("GET", "/user/apikeys"),
                ("GET", "/organizations/demo/keys"), ("GET", "/"),
                ("PUT", "/organizations/demo/options", {"purges_stack": 9}),
                ("POST", "/user/apikeys", {"comment": "x"})):
            self.asked(*call)
        self.asked("GET", alias, Api_Key="x")
        for call in (("POST", f"{image}/{hash}/copy"),
                     ("COPY", f"{image}/{hash}"),
                     ("POST", f"{image}/copy", [hash, none]),
                     ("POST", f"{image}/{hash}/move"),
                     ("POST", f"{image}/move", [hash]),
                     ("POST", f"{image}/move", [])):
            self.asked(*call, Destination="shelf")
        self.asked("COPY", f"{image}/{self.picture(9)}", Destination="x")
        local("PUT", "/organizations/demo/options", {"purges_stack": 0})

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
            self.assertTrue({"200", "201", "202", "204", "307"} &
                            set(o["responses"]), key)
            if self.routes[key][0] != "public":
                self.assertIn("403", o["responses"], key)
            if key[0] in ("put", "post", "patch") and \
                    not key[1].endswith(("/restore", "/withdraw",
                                         "{hash}/copy", "/links",
                                         "{hash}/move", "/session",
                                         "/test", "/resend",
                                         "/session/link")):
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
