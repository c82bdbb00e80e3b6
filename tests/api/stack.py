# SPDX-License-Identifier: BSD-2-Clause
"""Stacks, operations and stack options."""
import json

import daemon

RESIZE = {"name": "resize", "options": {"width": 10, "height": 10}}


class Stack(daemon.Test):
    def name(self):
        return self.id().split(".")[-1]

    def path(self, name=""):
        return f"/stacks/demo/{name or self.name()}"

    def put(self, body, name="", query=""):
        return self.api("PUT", self.path(name) + query, body)

    def test_create_get_overwrite_delete(self):
        body = {"operations": [RESIZE], "options": {"jpg.quality": 77},
                "expressions": [], "variables": {}}
        a = self.put(body)
        self.assertEqual(a.status, 201, a.body)
        o = a.json
        self.assertEqual((o["name"], o["organization"]),
                         (self.name(), "demo"))
        self.assertEqual(o["stack_operations"][0]["name"], "resize")
        self.assertEqual(o["stack_operations"][0]["options"]["width"], 10)
        self.assertEqual(o["stack_options"], {"jpg.quality": 77})
        self.assertEqual(o["stack_expressions"], [])
        self.assertEqual(o["stack_variables"], {})
        self.assertNotIn("link", o)
        o = self.api("GET", self.path()).json
        self.assertEqual(o["link"], self.path())
        self.refused(self.put(body), 409, self.name())
        self.refused(self.put(body, query="?overwrite=false"), 409)
        self.refused(self.put(body, query="?overwrite=x"), 400, "overwrite")
        a = self.put([{"name": "grayscale"}], query="?overwrite=true")
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual([x["name"] for x in a.json["stack_operations"]],
                         ["grayscale"])
        self.assertEqual(a.json["stack_operations"][0]["options"], {})
        self.empty(self.api("DELETE", self.path()))
        self.refused(self.api("GET", self.path()), 404, self.name())
        self.refused(self.api("DELETE", self.path()), 404)

    def test_overwrite_creates(self):
        self.assertEqual(self.put([RESIZE], query="?overwrite=true").status,
                         201)

    def test_as_it_is_shown(self):
        """What GET answers can be put again, under another name too."""
        self.put({"operations": [RESIZE], "options": {"jpg.quality": 77},
                  "variables": {"w": 5}, "description": "small"})
        shown = self.api("GET", self.path()).json
        a = self.put(shown, "as_shown_copy")
        self.assertEqual(a.status, 201, a.body)
        for key in ("stack_operations", "stack_options", "stack_variables",
                    "description"):
            self.assertEqual(a.json[key], shown[key])
        self.assertEqual(a.json["name"], "as_shown_copy")
        self.refused(self.put(dict(shown, operations=[RESIZE]), "other"), 400,
                     "stack_operations")
        self.refused(self.put(dict(shown, stack_other=1), "other"), 400,
                     "stack_other")
        self.refused(self.put({"stack_options": {}}, "other"), 400,
                     "stack_options")

    def test_maps_as_php_writes_them(self):
        a = self.put({"operations": [{"name": "grayscale", "options": [],
                                      "expressions": []}],
                      "options": [], "variables": [], "expressions": []})
        self.assertEqual(a.status, 201, a.body)
        self.assertEqual(a.json["stack_options"], {})
        self.assertEqual(a.json["stack_variables"], {})

    def test_types_as_php_writes_them(self):
        """Shown in the type that /operations names, for clients with types:
        ceil() makes 150.0, the Drupal module's crop "20"."""
        a = self.put('{"operations":[{"name":"resize","options":{"width":'
                     '150.0,"upscale":1}},{"name":"crop","options":{"width":'
                     '"20","height":"30"}},{"name":"blur","options":{"sigma":'
                     '2.5}}],"options":{"jpg.quality":80.0,"autoformat":0}}')
        self.assertEqual(a.status, 201, a.body)
        self.assertEqual(
            [json.dumps(o["options"], sort_keys=True)
             for o in a.json["stack_operations"]],
            ['{"upscale": true, "width": 150}',
             '{"height": 30, "width": 20}', '{"sigma": 2.5}'])
        self.assertEqual(json.dumps(a.json["stack_options"], sort_keys=True),
                         '{"autoformat": false, "jpg.quality": 80}')

    def test_names(self):
        for name in ("dynamic", "_x", "Upper", "a.b", "a%20b", "_previe"):
            self.refused(self.put([RESIZE], name), 400, "stack")
        for name in ("Upper", "a.b", "unknown", "dynamic"):
            self.refused(self.api("GET", self.path(name)), 404)
            self.refused(self.api("DELETE", self.path(name)), 404)
        for name in ("a", "0", "a-b_c", "x" * 255, "_preview",
                     "_preview_rokka_dashboard"):
            self.assertEqual(self.put([RESIZE], name).status, 201, name)
        self.refused(self.put([RESIZE], "x" * 256), 400)

    def test_refused(self):
        for body, words in (
                ("", "empty"), ("3", "object"), ('"x"', "object"),
                ("{", "JSON"), ('{"operations":{}}', "operations"),
                ('{"operations":[{"name":"nothing"}]}', "nothing"),
                ('{"operations":[{}]}', "name"),
                ('{"operations":[3]}', "operations"),
                ('{"operations":[{"name":"resize","options":'
                 '{"width":"wide"}}]}', "width"),
                ('{"operations":[{"name":"resize","options":'
                 '{"width":0}}]}', "width"),
                ('{"operations":[{"name":"resize","options":'
                 '{"width":10001}}]}', "width"),
                ('{"operations":[{"name":"resize","options":'
                 '{"height":5,"mode":"odd"}}]}', "mode"),
                ('{"operations":[{"name":"resize","options":'
                 '{"width":5,"depth":5}}]}', "depth"),
                ('{"operations":[],"options":{"jpg.quality":101}}',
                 "jpg.quality"),
                ('{"operations":[],"options":{"nothing":1}}', "nothing"),
                ('{"operations":[],"options":{"timestamp":1}}', "timestamp"),
                ('{"operations":[],"expressions":[{"expression":"true",'
                 '"overrides":{"x":1}}]}', "expressions"),
                ('{"operations":[{"name":"resize","options":{"width":5},'
                 '"expressions":{"height":"$w +"}}]}', "resize.expressions"),
                ('{"operations":[{"name":"resize","options":'
                 '{"width":"$w * 2"}}],"variables":{"w":5}}', "resize.width"),
                ('{"operations":[],"variables":{"w":5,"h":"$w /"}}',
                 "variables.h"),
                ('{"operations":[],"unknown":1}', "unknown"),
                ('{"operations":[],"variables":3}', "variables"),
                ('{"operations":[],"description":3}', "description"),
                ('{"operations":[],"operations":[]}', "duplicate"),
                ('{"operations":[{"name":"grayscale"}],'
                 '"options":{"source_file":true}}', "source_file")):
            self.refused(self.put(body), 400, words)
        self.refused(self.api("GET", self.path()), 404)

    def test_becomes_protected(self):
        """What it showed while it was open lies in caches."""
        secret = {"operations": [RESIZE], "options": {"protected": True}}
        self.put([RESIZE])
        self.refused(self.put(secret, query="?overwrite=true"), 400,
                     "protected")
        self.assertEqual(self.api("GET", self.path()).json["stack_options"],
                         {})
        self.assertEqual(self.put(secret, "other_name").status, 201)
        for body in (secret, [RESIZE]):
            self.assertEqual(self.put(body, "other_name", "?overwrite=true")
                             .status, 200)
        self.refused(self.put(secret, "other_name", "?overwrite=true"), 400)

    def test_list(self):
        lister = self.daemon.organization("lister")
        for i in range(7):
            lister("PUT", f"/stacks/lister/s{i}", [RESIZE])
        a = lister("GET", "/stacks/lister")
        self.assertEqual([x["name"] for x in a.json["items"]],
                         [f"s{i}" for i in range(7)])
        self.assertNotIn("cursor", a.json)
        self.assertNotIn("link", a.json["items"][0])
        seen, query = [], "?limit=3"
        while True:
            a = lister("GET", "/stacks/lister" + query)
            seen.append([x["name"] for x in a.json["items"]])
            if "cursor" not in a.json:
                break
            query = "?limit=3&offset=" + a.json["cursor"]
        self.assertEqual([len(x) for x in seen], [3, 3, 1])
        for limit in ("x", "1001", "-1"):
            self.refused(lister("GET", "/stacks/lister?limit=" + limit), 400,
                         "limit")

    def test_base_stack(self):
        hash = self.picture(40, 20)
        self.put([RESIZE], "base")
        self.assertEqual(self.put({"operations": [{"name": "grayscale"}],
                                   "options": {"basestack": "base"}}, "top")
                         .status, 201)
        a = self.pictures("GET", f"/top/{hash}.png")
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(size(a.body), (10, 5))
        self.refused(self.put({"operations": [],
                               "options": {"basestack": "missing"}}), 400,
                     "missing")
        self.empty(self.api("DELETE", self.path("base")))
        self.refused(self.pictures("GET", f"/top/{hash}.png"), 404, "base")

    def test_base_stack_loop(self):
        hash = self.picture()
        self.put([], "loop")
        self.put({"operations": [], "options": {"basestack": "loop"}},
                 "loop", "?overwrite=true")
        self.refused(self.pictures("GET", f"/loop/{hash}.png"), 400,
                     "basestack")

    def test_preview(self):
        hash = self.picture()
        self.put([RESIZE], "_preview_1")
        a = self.pictures("GET", f"/_preview_1/{hash}/preview_v1.png")
        self.assertEqual((a.status, a.headers["Cache-Control"]),
                         (200, "no-store"))

    def test_operations(self):
        a = self.api("GET", "/operations", Api_Key=None)
        self.assertEqual(a.status, 200)
        for name in ("resize", "crop", "rotate", "autorotate", "grayscale"):
            self.assertIn("properties", a.json[name])
        self.assertEqual(a.json["resize"]["oneOf"], ["width", "height"])

    def test_stackoptions(self):
        a = self.api("GET", "/stackoptions", Api_Key=None)
        self.assertEqual(a.status, 200)
        self.assertEqual(a.json["properties"]["jpg.quality"]["maximum"], 100)


def size(png):
    return (int.from_bytes(png[16:20], "big"),
            int.from_bytes(png[20:24], "big"))


if __name__ == "__main__":
    daemon.main()
