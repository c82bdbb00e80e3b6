# SPDX-License-Identifier: BSD-2-Clause
"""A daemon whose libraries are others: its pictures have ETags of their own,
and it says which formats it has no coder for.

Stands for a machine of another release: a copy of monikerd in which the name
of a library, or that of an operation it looks for, is written otherwise.
"""
import os
import shutil

import daemon
import pixels

# The names of operations stand between zero bytes; libs.c alone has them.
OTHERS = ((b"libvips %s, ", b"libvips %s! "),
          *((b"\0%s\0" % name, b"\0%s\0" % name[::-1])
            for name in (b"jxlsave_buffer", b"heifload_buffer")))


def copy(to):
    with open(shutil.which("monikerd"), "rb") as f:
        program = f.read()
    for old, new in OTHERS:
        assert program.count(old) == 1, old
        program = program.replace(old, new)
    with open(to, "wb") as f:
        f.write(program)
    os.chmod(to, 0o755)


class Platforms(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program = cls.daemon.dir + "/other"
        copy(program)
        cls.other = daemon.Daemon(prefix=["sh", "-c",
                                          'shift; exec "$0" "$@"', program])
        cls.addClassCleanup(cls.other.close)
        cls.hash = cls.put(cls, cls.daemon)
        cls.path = f"/dynamic/resize-width-7/{cls.hash}.jpg"
        assert cls.put(cls, cls.other) == cls.hash

    def put(self, d):
        api = d.organization("demo")
        a = daemon.upload(api, "demo", ("f", "p.png",
                                        pixels.png("rgb", 90, 60)))
        assert a.status == 200, a.body
        b = api("PUT", "/stacks/demo/file?overwrite=true",
                {"operations": [], "options": {"source_file": True}})
        assert b.status in (200, 201), b.body
        return a.json["items"][0]["hash"]

    def ask(self, d, path, **headers):
        return d.pictures("demo")("GET", path, **headers)

    def ready(self, d):
        """A busy machine may let a heartbeat be late."""
        return daemon.wait_for(lambda: (
            (a := d.client()("GET", "/ready")).status == 200 and a.json))

    def test_etag(self):
        """Neither takes the other's for its own. A file that is sent as it
        was uploaded is the same everywhere."""
        here = self.ask(self.daemon, self.path)
        d = self.other
        there = self.ask(d, self.path)
        self.assertEqual((here.status, there.status), (200, 200))
        tags = here.headers["ETag"], there.headers["ETag"]
        self.assertNotEqual(*tags)
        for tag in tags:
            self.assertRegex(tag, f'^"{self.hash}-[0-9a-f]{{32}}"$')
        for one, tag, status in ((self.daemon, tags[0], 304),
                                 (self.daemon, tags[1], 200),
                                 (d, tags[1], 304), (d, tags[0], 200)):
            a = self.ask(one, self.path, If_None_Match=tag)
            self.assertEqual(a.status, status)
        file = f"/file/{self.hash}.png"
        a, b = (self.ask(one, file) for one in (self.daemon, d))
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.headers["ETag"], b.headers["ETag"])

    def test_nothing_missing(self):
        self.ask(self.daemon, self.path)
        self.assertEqual(self.ready(self.daemon), {"status": "ready", "formats_missing": {
            "read": [], "write": []}})
        self.assertEqual(self.daemon.log_text().count(
            "event=render_libraries "), 1)
        for name in ("cairo", "freetype", "harfbuzz", "librsvg"):
            self.assertRegex(self.daemon.log_text(),
                             rf"event=render_libraries .*, {name} [0-9]+\.")
        self.assertNotIn("event=render_formats", self.daemon.log_text())

    def test_missing(self):
        avif = self.ask(self.daemon, f"/dynamic/{self.hash}.avif").body
        d = self.other
        self.assertEqual(self.ask(d, self.path).status, 200)
        a = self.ask(d, f"/dynamic/{self.hash}.jxl")
        self.assertEqual(a.status, 422)
        self.assertIn("cannot write jxl", a.message)
        a = self.ask(d, f"/dynamic/o-autoformat-true/{self.hash}.jpg",
                     Accept="image/jxl,image/webp")
        self.assertEqual((a.status, a.headers["Content-Type"]),
                         (200, "image/webp"))
        a = daemon.upload(d.organization("demo"), "demo", ("f", "p", avif))
        self.assertEqual(a.status, 422)
        self.assertIn("cannot read avif", a.message)
        self.assertEqual(self.ready(d)["formats_missing"], {
            "read": ["avif", "heif"], "write": ["jxl"]})
        text = d.local()("GET", "/metrics").body.decode()
        for line in ('{format="avif",use="read"} 0',
                     '{format="jxl",use="write"} 0',
                     '{format="jxl",use="read"} 1',
                     '{format="png",use="write"} 1'):
            self.assertIn("moniker_render_format" + line, text)
        self.assertIn('event=render_formats not_read="avif heif" '
                      'not_written=jxl', d.log_text())


if __name__ == "__main__":
    daemon.main()
