# SPDX-License-Identifier: BSD-2-Clause
"""Expressions of stacks: given back as they were put, checked, and shown in
the size of pictures."""
import struct

import daemon

# The best practice of the hosted service's guide.
ULTIMATE = {
    "operations": [
        {"name": "resize", "options": {"mode": "fill", "upscale": False},
         "expressions": {"width": "$finalWidth", "height": "$finalHeight "}},
        {"name": "crop", "options": {"anchor": "center_center"},
         "expressions": {"width": "$finalWidth", "height": "$finalHeight"}},
    ],
    "options": {"autoformat": True},
    "expressions": [{"expression": "options.dpr >= 2",
                     "overrides": {"options": {"jpg.quality": 60}}}],
    "variables": {
        "w": 0, "h": 0, "defaultWidth": 900, "defaultHeight": 600,
        "finalHeight": "$h == 0 ? $finalWidth / $r : $h",
        "finalWidth":
            "$w == 0 ? ($h == 0 ? $defaultWidth : ($h * $r)) : $w",
        "r": "$defaultHeight > 0 ? ($defaultWidth / $defaultHeight) : "
             "(image.width / image.height)",
    },
}
NUXT = {"operations": [
    {"name": "resize", "options": {"mode": "fill", "upscale": False},
     "expressions": {"width": "$w", "height": "$h"}},
    {"name": "crop", "expressions": {"width": "$w", "height": "$h"}},
]}
# Uses a variable before it is defined.
KIRBY = {"operations": [
    {"name": "resize", "expressions": {"width": "$defaultWidth"}}],
    "variables": {"defaultWidth": "$w == 0 ? (image.width) : $w", "w": 0}}


class Expressions(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture(1500, 1000)
        cls.small = cls.picture(300, 200)

    def name(self):
        return self.id().split(".")[-1]

    def put(self, body, name=None, status=201):
        a = self.api("PUT", f"/stacks/demo/{name or self.name()}?overwrite=1",
                     body)
        self.assertIn(a.status, (200, 201) if status == 201 else (status,),
                      a.body)
        return a

    def bad(self, body, *words):
        self.refused(self.put(body, status=400), 400, *words)

    def get(self, segments="", hash=None, fmt="png"):
        return self.pictures("GET", f"/{self.name()}{segments}/"
                                    f"{hash or self.hash}.{fmt}")

    def size(self, segments="", hash=None):
        a = self.get(segments, hash)
        self.assertEqual(a.status, 200, a.body)
        return struct.unpack(">II", a.body[16:24])

    def test_table_of_the_guide(self):
        self.put(ULTIMATE)
        for segments, size in (("", (900, 600)), ("/v-r-1.2", (900, 750)),
                               ("/v-h-800", (1200, 800)),
                               ("/v-w-800", (800, 533)),
                               ("/v-r-1.25-w-1000", (1000, 800))):
            self.assertEqual(self.size(segments), size, segments)

    def test_given_back_as_put(self):
        for body in (ULTIMATE, NUXT, KIRBY):
            o = self.put(body).json
            self.assertEqual(o["stack_variables"], body.get("variables", {}))
            self.assertEqual(o["stack_expressions"],
                             body.get("expressions", []))
            self.assertEqual(
                [p["expressions"] for p in o["stack_operations"]],
                [p["expressions"] for p in body["operations"]])
            again = self.api("GET", f"/stacks/demo/{self.name()}").json
            copied = self.put(again).json
            for part in o:
                if part != "created":
                    self.assertEqual(copied[part], o[part])

    def test_clients(self):
        self.put(NUXT)
        self.assertEqual(self.size("/v-w-400-h-200"), (400, 200))
        self.assertEqual(self.size('/v-w-33.4-h-20'), (33, 20))
        self.refused(self.get("/v-w-400"), 400, "height", "character 1",
                     '"h" is not set')
        self.put(KIRBY)
        self.assertEqual(self.size(), (1500, 1000))
        self.assertEqual(self.size("/v-w-30"), (30, 20))

    def test_over_options_and_under_the_url(self):
        self.put({"operations": [
            {"name": "resize", "options": {"width": 10},
             "expressions": {"width": "$w / 2"}},
            {"name": "rotate", "options": {"angle": 90},
             "expressions": {"enabled": "$turn"}}],
            "variables": {"w": "500", "turn": False}})
        self.assertEqual(self.size(), (250, 167))
        self.assertEqual(self.size("/v-w-60"), (30, 20))
        self.assertEqual(self.size("/resize-width-60"), (60, 40))
        self.assertEqual(self.size("/v-turn-true"), (167, 250))
        self.assertEqual(self.size("/v-turn-false"), (250, 167))

    def test_of_the_image(self):
        self.put([{"name": "resize",
                   "expressions": {"width": "image.width > 1000 ? 100 : "
                                            "image.height / 2"}}])
        self.assertEqual(self.size(), (100, 67))
        self.assertEqual(self.size(hash=self.small), (100, 67))
        self.put([{"name": "resize", "options": {"width": 50}, "expressions":
                   {"enabled": "image.format == 'png' && !image.isAnimated "
                               "&& !image.hasSubjectArea && image.hash "
                               f"== '{self.hash}'"}}])
        self.assertEqual(self.size(), (50, 33))
        self.assertEqual(self.size(hash=self.small), (300, 200))

    def test_results(self):
        for text, width in (("33.5", 34), ("'40'", 40), ("true ? 20", 20),
                            ("null ?: 30", 30), ("round(9.6)", 10),
                            ("1e2", 100)):
            self.put([{"name": "resize", "options": {"height": 1000},
                       "expressions": {"width": text}}])
            self.assertEqual(self.size()[0], width, text)
        # null is "not given".
        self.put([{"name": "resize", "options": {"height": 100},
                   "expressions": {"width": "false ? 20"}}])
        self.assertEqual(self.size(), (150, 100))

    def test_errors_of_a_picture(self):
        self.put({"operations": [
            {"name": "resize", "expressions": {"width": "100 / $n"}}],
            "variables": {"n": 0}})
        self.refused(self.get(), 400, "resize.width: at character 5",
                     "division by zero")
        self.refused(self.get("/v-n-abc"), 400, "not a number")
        self.refused(self.get("/v-n-0.00001"), 400, "whole number from 1")
        self.assertEqual(self.size("/v-n-2"), (50, 33))

    def test_same_values_are_the_same_picture(self):
        self.put(ULTIMATE)
        a = self.get("/v-w-600")
        for segments in ("/v-w-600-h-400", "/v-defaultWidth-600-"
                         "defaultHeight-400", "/v-h-400"):
            self.assertEqual(self.get(segments).headers["ETag"],
                             a.headers["ETag"])
        plain = self.get()
        self.put({"operations": [
            {"name": "resize", "options": {
                "mode": "fill", "upscale": False, "width": 900,
                "height": 600}},
            {"name": "crop", "options": {
                "anchor": "center_center", "width": 900, "height": 600}}],
            "options": {"autoformat": True}})
        self.assertEqual(self.get().headers["ETag"], plain.headers["ETag"])

    def test_overrides(self):
        self.put({"operations": [
            {"name": "resize", "expressions": {"width": "$w"}}],
            "variables": {"w": 100, "double": "$w * 2"},
            "expressions": [
                {"expression": "$double > 400",
                 "overrides": {"variables": {"w": 50}}},
                {"expression": "$double == 100",
                 "overrides": {"options": {"dpr": 2}}},
                {"expression": "options.dpr >= 2 && options.format == 'png'",
                 "overrides": {"options": {"png.compression_level": 1,
                                           "dpr": 3}}}]})
        self.assertEqual(self.size(), (100, 67))
        self.assertEqual(self.size("/v-w-201"), (150, 100))
        # An override beats the URL.
        self.assertEqual(self.size("/o-dpr-2"), (300, 200))
        self.assertEqual(self.size("/o-dpr-1.5"), (150, 100))

    def test_base_stack(self):
        self.put(ULTIMATE, "exprbase")
        self.put({"operations": [], "options": {"basestack": "exprbase"},
                  "variables": {"defaultWidth": 300}})
        self.assertEqual(self.size(), (300, 600))
        self.assertEqual(self.size("/v-defaultHeight-100"), (300, 100))

    def test_refused(self):
        def op(**expressions):
            return [{"name": "resize", "options": {"width": 5},
                     "expressions": expressions}]
        for text, *words in (
                ("1 +", "character 4", "more is expected"),
                ("$h * foo(2)", "character 6", 'no function "foo"'),
                ("auto", "character 1", '"auto"', "quotes"),
                ("image.nothing", "there is no image.nothing"),
                ("options.nothing", "there is no options.nothing"),
                ("1 + image.entropy", "character 5", "image.entropy",
                 "not supported"),
                ("image.meta_user.x", "image.meta_user.x", "not supported"),
                ("request.headers.dnt == 'on'",
                 "request.headers.dnt", "not supported"),
                ("$w matches '/x/'", "matches"),
                ("constant('X')", "constant"),
                ("(" * 100, "nested too deeply"),
                ("1" * 1001, "longer than 1000")):
            self.bad(op(height=text), "resize.expressions.height", *words)
            self.bad({"expressions": [{"expression": text, "overrides": {}}]},
                     "expressions[0]", *words)
        self.bad(op(wide="1"), "resize.expressions.wide", "unknown option")
        self.bad(op(height=[1]), "resize.expressions.height", "text")
        self.bad([{"name": "resize", "expressions": ["1"]}],
                 "resize.expressions", "object")
        self.bad([{"name": "resize", "expressions": {"mode": "'fill'"}}],
                 "width|height", "missing")
        self.bad([{"name": "resize", "options": {"width": "$w * 2"}}],
                 "resize.width", "expressions")

    def test_refused_variables(self):
        for variables, *words in (
                ({"a": "$a + 1"}, "variables.a", "circle"),
                ({"a": "$b", "b": "$c", "c": "1 + $a"}, "circle"),
                ({"a": "$b +"}, "variables.a", "character 5"),
                ({"a": "$b + image.entropy"}, "variables.a", "not supported"),
                ({f"v{i}": "$x" for i in range(101)}, "at most 100")):
            self.bad({"variables": variables}, *words)
        # These are texts.
        self.put({"variables": {"a": "ff00ff", "b": "Hello world",
                                "c": "1 + 1", "d": "costs $", "e": "notset"}})

    def test_refused_overrides(self):
        for one, *words in (
                ("x", "expressions[0]"), ({"expression": 1}, "expression"),
                ({"expression": "1"}, "overrides"),
                ({"expression": "1", "overrides": {"x": {}}}, "overrides"),
                ({"expression": "1", "overrides": {"options": {"x": 1}}},
                 "overrides.options.x", "unknown option"),
                ({"expression": "1", "overrides": {"options": {"dpr": 99}}},
                 "overrides.options.dpr"),
                ({"expression": "1", "overrides": {"options": {"dpr": "$w"}}},
                 "overrides.options.dpr", "not a variable"),
                ({"expression": "1",
                  "overrides": {"options": {"protected": False}}},
                 "protected", "cannot be overridden"),
                ({"expression": "1", "overrides": {"variables": {"x": []}}},
                 "overrides.variables.x"),
                ({"expression": "1", "overrides": {}, "more": 1},
                 "expressions[0]")):
            self.bad({"expressions": [one]}, *words)
        self.bad({"expressions": {"expression": "1"}}, "list")
        self.bad({"expressions": [{"expression": "1", "overrides": {}}] * 101},
                 "at most 100")

    def dynamic(self, part, hash=None):
        return self.pictures(
            "GET", f"/dynamic/{part}/{hash or self.hash}.png")

    def same(self, a, b):
        self.assertEqual((a.status, b.status), (200, 200), a.body + b.body)
        self.assertEqual(a.headers["ETag"], b.headers["ETag"])

    def test_in_a_url(self):
        for part, plain in (
                ("resize-width-[image.width/10]", "resize-width-150"),
                ("resize-width-%5Bimage.height%20/%2010%5D",
                 "resize-width-100"),
                ("resize-width-[image.width-1400]", "resize-width-100"),
                ("resize-width-[min(90,--70)]", "resize-width-70"),
                ("resize-width-[99.5]", "resize-width-100"),
                ("resize-width-[$w*2]/v-w-20", "resize-width-40"),
                ("resize-width-[options.dpr*20]--o-dpr-2",
                 "resize-width-40--o-dpr-2"),
                ("resize-width-50--rotate-angle-90-enabled-[image.width"
                 "%3Cimage.height]", "resize-width-50"),
                ("resize-width-50-height-[null]", "resize-width-50"),
                ("resize-width-50--crop-width-20-height-20-anchor-"
                 "['left'~'_top']", "resize-width-50--crop-width-20-height-20"
                 "-anchor-left_top"),
                ("resize-width-9/resize-width-[1%3C2%3F40:50]",
                 "resize-width-40")):
            with self.subTest(part):
                self.same(self.dynamic(part), self.dynamic(plain))
        self.same(self.dynamic("resize-width-[image.width/10]", self.small),
                  self.dynamic("resize-width-30", self.small))

    def test_in_a_url_of_a_stack(self):
        self.put({"operations": [
            {"name": "resize", "expressions": {"width": "image.width / $n"}}],
            "variables": {"n": 10, "half": "image.width / 2"}})
        self.assertEqual(self.size("/resize-width-[$half/$n]"), (75, 50))
        self.assertEqual(self.size("/resize-width-[$half/$n]/v-n-75"),
                         (10, 7))
        # Of an operation that the stack does not have.
        self.assertEqual(self.size("/crop-width-[1-1]"), (150, 100))
        # Brackets of a variable are text.
        self.refused(self.get("/v-n-[5]"), 400, "not a number")

    def test_refused_in_a_url(self):
        for text, *words in (
                ("[image.nothing]", "resize.width: at character 1",
                 "image.nothing"),
                ("[1+foo(2)]", "character 3", 'no function "foo"'),
                ("[1+]", "character 3"), ("[]", "character 1"),
                ("[$w]", '"w" is not set'),
                ("[1/0]", "character 2", "division by zero"),
                ("['x']", "resize.width", "whole number"),
                ("[image.entropy]", "image.entropy", "not supported"),
                ("[image.meta_user.x]", "image.meta_user.x", "not supported"),
                ("[request.headers.save_data==%27on%27]", "only a stack",
                 "request.headers.save_data"),
                ("[" + "1" * 1001 + "]", "longer than 1000"),
                ("[" + "1" * 1021 + "]", "too long"),
                ("[1", "resize.width", "whole number"),
                ("1]", "resize.width", "whole number"),
                ("[1][2]", "resize.width: at character 2")):
            with self.subTest(text):
                self.refused(self.dynamic("resize-width-" + text), 400,
                             *words)
        many = "/".join(["resize-width-[1]"] * 101)
        self.refused(self.dynamic(many), 400, "at most 100")

    def test_signature_for_expressions_in_a_url(self):
        self.put([{"name": "resize", "options": {"width": 50}}])
        options = "/organizations/demo/options/protect_dynamic_stack"
        self.api("PUT", options, True)
        try:
            path = f"/{self.name()}/resize-width-[20*2]/{self.hash}.png"
            self.refused(self.pictures("GET", path), 403, "signed")
            self.assertEqual(self.get("/resize-width-40").status, 200)
            url = self.api("POST", "/utils/demo/sign_url",
                           {"url": path}).json["signed_url"]
            a = self.pictures("GET", url[url.index("/" + self.name()):])
            self.assertEqual(a.status, 200, a.body)
        finally:
            self.api("PUT", options, False)

    def test_allowed_sizes_of_expressions_in_a_url(self):
        options = "/organizations/demo/options/allowed_widths"
        self.api("PUT", options, [40])
        try:
            self.assertEqual(self.dynamic("resize-width-[20*2]").status, 200)
            self.refused(self.dynamic("resize-width-[20*3]"), 403,
                         "60 pixels")
        finally:
            self.api("DELETE", options)

    def test_save_data(self):
        """A stack that asks for it varies by it, no other does."""
        self.put({"operations": [{"name": "resize",
                                  "options": {"width": 50}}]})
        for value in ("on", "off"):
            self.assertNotIn("Vary", self.get_with(value).headers)
        self.put({"operations": [{"name": "resize",
                                  "options": {"width": 50}}],
                  "expressions": [
                      {"expression": "request.headers.save_data == 'on'",
                       "overrides": {"options": {"dpr": 1}}},
                      {"expression": "$s == 1 && "
                                     "request.headers.save_data != 'on'",
                       "overrides": {"options": {"dpr": 3}}}],
                  "variables": {"s": 0}})
        for value, width in (("on", 50), ("off", 100), ("", 100),
                             ("on, off", 100)):
            a = self.get_with(value, "/o-dpr-2")
            self.assertEqual(struct.unpack(">I", a.body[16:20])[0], width)
            self.assertEqual(a.headers["Vary"], "Save-Data")
        self.assertEqual(self.get_with("on", "/o-af-1").headers["Vary"],
                         "Accept, Save-Data")
        # Where it leads to is the same for all, so it keeps the variable.
        for value in ("on", "off"):
            a = self.pictures("GET", f"/{self.name()}/v-s-1-x-1/"
                              f"{self.hash}.png", **{
                                  "X-Moniker-Spelling": "canonical",
                                  "Save-Data": value})
            self.assertEqual(a.headers["X-Moniker-Canonical"],
                             f"/{self.name()}/v-s-1/{self.hash}.png")

    def test_save_data_in_a_url(self):
        """A variable may ask for it: what the URL says then is not the same
        for all, and leads nowhere."""
        self.put({"operations": [{"name": "resize",
                                  "options": {"width": 50}}],
                  "expressions": [
                      {"expression": "request.headers.save_data == 'on'",
                       "overrides": {"variables": {"w": 30}}}],
                  "variables": {"w": 60, "s":
                                "request.headers.save_data == 'on' ? 20 : 40"}
                  })
        for value, w, s in (("on", 30, 20), ("off", 60, 40)):
            for name, width in (("w", w), ("s", s)):
                a = self.get_with(value, f"/resize-width-[${name}]",
                                  X_Moniker_Spelling="canonical")
                self.assertEqual(struct.unpack(">I", a.body[16:20])[0], width)
                self.assertEqual(a.headers["Vary"], "Save-Data")

    def get_with(self, save_data, segments="", **headers):
        a = self.pictures("GET", f"/{self.name()}{segments}/{self.hash}.png",
                          **{"Save-Data": save_data}, **headers)
        self.assertEqual(a.status, 200, a.body)
        return a

    def test_allowed_sizes(self):
        self.put([{"name": "resize", "expressions":
                   {"width": "image.width / $n"}}])
        try:
            self.api("PUT", "/organizations/demo/options",
                     {"allowed_widths": [100]})
            self.assertEqual(self.get("/v-n-15").status, 200)
            self.refused(self.get("/v-n-10"), 403, "150 pixels")
            self.assertEqual(self.get("/v-n-3", self.small).status, 200)
        finally:
            self.api("PUT", "/organizations/demo/options",
                     {"allowed_widths": []})


daemon.main()
