# SPDX-License-Identifier: BSD-2-Clause
"""monikerctl where things are not as they should be, or not as usual."""
import fcntl
import json
import os
import struct
import subprocess
import termios
import threading
import daemon
import monikerctl
from monikerctl import Terminal, run


class Edges(monikerctl.Test):
    def commands(self):
        text = self.ctl("--help")
        return [line.split()[:2] for line in text.splitlines()
                if line.startswith("  ") and line[2].isalpha()]

    def test_help_of_each_command_is_of_that_command(self):
        self.assertGreater(len(self.commands()), 30)
        for words in self.commands():
            for args in ([*words, "--help"], ["--help", *words]):
                shown = [x for x in self.ctl(*args).splitlines()
                         if x.startswith("  ") and x[2].isalpha()]
                self.assertEqual([x.split()[:2] for x in shown], [words])

    def test_wrong_usage_of_each_command(self):
        for words in self.commands():
            err = self.ctl(*words, *["x"] * 9, "", status=64)
            self.assertIn("usage: monikerctl " + " ".join(words), err)
        self.assertIn("purge   status", self.ctl("purge", status=64))
        self.assertIn("--help", self.ctl("--nonsense", status=64))
        # A variable of a script that was never set.
        for words in ("alias rm", "image rm", "stack rm", "purge stack"):
            self.ctl(*words.split(), "", status=64)

    def arguments(self, words):
        """That would do for a command."""
        csv = self.file("rows.csv", f"each,{self.hash}\n")
        json = self.file("object.json", '{"operations":[]}')
        return {
            "alias set": ["x", self.hash], "alias import": [csv],
            "alias list": [], "alias export": [],
            "alias rollback-all": ["2020-01-01T00:00:00Z"],
            "alias repoint": [self.hash, self.hash],
            "plan add": ["x", self.hash, "2099-01-01T00:00:00Z"],
            "plan list": [], "plan rm": ["x", "1"],
            "set list": [], "set put": ["x", f"x={self.hash}"],
            "image put": [self.file("p.png", daemon.png(2, 2))],
            "image list": [], "image focus": [self.hash, "1", "1"],
            "image set": [self.hash, "version", json],
            "image unset": [self.hash, "version"],
            "image copy": ["other", self.hash],
            "image move": ["other", self.hash],
            "image download": ["x", self.daemon.dir + "/none"],
            "stack set": ["x", json], "stack list": [],
            "purge aliases": ["--prefix", "x"], "target list": [],
            "org set": ["albums=true"],
            "purge list": [], "quota show": [], "quota used": [],
            "org list": [], "key create": [], "key list": [],
            "key edit": ["x", "--expires", "never"],
            "member add": [], "member list": [],
            "member edit": ["x", "--role", "read"],
            "signkey create": [], "signkey list": [],
            "signkey edit": ["x", "--expires", "never"],
            "token create": [], "token rotate": [],
            "webhook create": ["http://x.example/"], "webhook list": [],
            "webhook url": ["1", "http://x.example/"],
            "webhook events": ["1", "*"], "webhook show": ["1", "1"],
            "webhook resend": ["1", "1"],
            "audit list": [], "audit export": [], "stats show": [],
            "status show": [], "status top": [],
            "backup create": [self.daemon.dir + "/none"],
        }.get(" ".join(words), ["x"])

    def each_fails(self, status, said, *options, **env):
        """Every command, with arguments that would do."""
        for words in self.commands():
            err = self.ctl(*options, *words, *self.arguments(words),
                           status=status, **env)
            self.assertRegex(err, said)
            self.assertNotIn("usage", err)

    def test_each_command_without_a_daemon(self):
        self.each_fails(69, "/nowhere: .*does monikerd run",
                        MONIKER_SOCKET="/nowhere")

    def test_each_command_with_a_broken_configuration(self):
        self.each_fails(78, r"bad.conf:2: unknown setting 'colour'", "-c",
                        self.file("bad.conf", "# one\ncolour = red\n"))
        for conf, said in ((self.file("open.conf", 'url = "x\n'), ":1: "),
                           ("/nowhere", "No such file"),
                           (self.daemon.dir, "Is a directory")):
            err = self.ctl("-c", conf, "org", "list", status=78)
            self.assertIn(conf, err)
            self.assertIn(said, err)

    def test_each_command_of_an_organization_with_a_wrong_key(self):
        for words in self.commands():
            if (words[0] in ("status", "backup", "org") or
                    words == ["token", "rotate"]):
                continue
            self.assertIn("API key", self.ctl(
                *words, *self.arguments(words), status=77, MONIKER_KEY="wrong",
                MONIKER_SOCKET=self.daemon.dir + "/api.sock"))
        self.assertFalse(os.path.exists("x"))

    def test_an_organization_that_is_none(self):
        """A typing error is no empty list, above all not in a backup."""
        to = self.file("all.csv", "as it was\n")
        for words in (["alias", "list"], ["alias", "export", to],
                      ["image", "list"], ["stack", "list"],
                      ["key", "list"], ["purge", "list"], ["quota", "show"]):
            self.assertIn('no organization "dmeo"', self.ctl(
                "-o", "dmeo", *words, status=1))
        with open(to) as f:
            self.assertEqual(f.read(), "as it was\n")

    def test_an_option_of_another_command(self):
        for words in ("--prefix x alias export", "--prefix x image list",
                      "--overwrite alias get x", "--variants purge stack s",
                      "--wait 3 purge list",
                      "--soft purge status 1", "--comment c key list",
                      "--role read key list", "--format csv alias list"):
            words = words.split()
            self.assertIn(f"{words[0]} is not for", self.ctl(*words,
                                                             status=64))

    def test_an_answer_of_what_is_not_the_api(self):
        """It is no success, and no empty list that replaces a file."""
        to = self.file("site.csv", "as it was\n")
        for body, commands in (
                ("<h1>", (["alias", "set", "x", self.hash], ["alias", "list"],
                          ["alias", "export", to], ["quota", "show"])),
                ("{}", (["alias", "list"], ["alias", "export", to]))):
            with daemon.socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                s.listen(8)
                for words in commands:
                    site = threading.Thread(target=self.site, args=(s, body))
                    site.start()
                    self.assertIn("API of monikerd", self.ctl(
                        "-u", "http://127.0.0.1:%d" % s.getsockname()[1],
                        *words, status=69))
                    site.join()
        with open(to) as f:
            self.assertEqual(f.read(), "as it was\n")

    def site(self, listener, body):
        """Answers one request as a web site does."""
        peer, _ = listener.accept()
        with peer:
            peer.recv(65536)
            peer.sendall((f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}"
                          f"\r\n\r\n{body}").encode())

    def test_a_slash_behind_the_url(self):
        self.ctl("-c", self.file("slash.conf", 'url = "http://localhost//"\n'
                                 f'socket = "{self.daemon.dir}/local.sock"'),
                 "org", "list", MONIKER_SOCKET="")

    def test_the_nearest_address_holds(self):
        """A URL by option is not sent to the socket of the environment."""
        self.assertIn("http://127.0.0.1:1:", self.ctl(
            "-u", "http://127.0.0.1:1", "org", "list", status=69))
        conf = self.file("near.conf", 'socket = "/nowhere"\nurl = "http://x"')
        self.ctl("-c", conf, "org", "list")
        self.ctl("-c", conf, "-s", self.env["MONIKER_SOCKET"], "org", "list",
                 MONIKER_URL="http://127.0.0.1:1", MONIKER_SOCKET="")
        # Empty is not set: the local socket of an installed daemon.
        self.assertIn("/run/moniker/local.sock", self.ctl(
            "org", "list", status=69, MONIKER_SOCKET="", HOME="/nowhere"))

    def test_closed_and_full_output(self):
        self.ctl("alias", "import", self.file("pipe.csv", "".join(
            f"pipe{i:05},{self.hash}\n" for i in range(3000))))
        for words in ("alias list", "alias export", "--help"):
            with subprocess.Popen(["monikerctl", *words.split()],
                                  env={**os.environ, **self.env},
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as p:
                p.stdout.readline()
                p.stdout.close()
                self.assertIn(p.wait(60), (0, -13))
                self.assertEqual(p.stderr.read(), b"")
        for words in ("alias list", "alias export", "status show"):
            with open("/dev/full", "w") as full:
                p = subprocess.run(["monikerctl", *words.split()],
                                   env={**os.environ, **self.env},
                                   stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(p.returncode, 66)
            self.assertIn(b"cannot be written", p.stderr)

    def test_rows_as_spreadsheets_write_them(self):
        h = self.hash
        self.assertEqual(self.json("alias", "import", self.file(
            "excel.csv", b'\xef\xbb\xbf"alias","hash"\r\n' +
            f'"quoted","{h}"\r\nplain,{h}\r\n'.encode())),
            {"imported": 2, "refused": 0, "interrupted": False})
        os.mkdir(self.daemon.dir + "/of.old")
        self.assertEqual(self.json("alias", "import", self.file(
            "of.old/mac", f"alias,hash\rcr1,{h}\rcr2,{h}\r\rcr3,{h}")),
            {"imported": 3, "refused": 0, "interrupted": False})
        rc, out, err = run("alias", "import", self.file(
            "bytes.csv", f'a b,{h}\nx,{h},{h}\n"half,{h}\n\0,{h}\n'
            f'{"n" * 256},{h}\n{"n" * 255},{h}\nlast,{h}'.encode() +
            b"\n\xff\xfe," + h.encode() + b"\n" + b"l" * 9000 + b"\n" +
            f"nul,{h}\0and more\n".encode()), env=self.env)
        self.assertEqual((rc, json.loads(out)["refused"]), (2, 8), err)
        for n in (1, 2, 3, 4, 5, 8, 9, 10):
            self.assertIn(f"line {n}: ", err)
        self.assertEqual(self.json("alias", "get", "n" * 255)["hash"], h)
        self.assertIn("Is a directory", self.ctl(
            "alias", "import", self.daemon.dir, status=66))
        for words in ["import", self.file("rows.txt", "")], ["export"]:
            self.assertIn("--format", self.ctl(
                "--format", "xml", "alias", *words, status=64))

    def test_an_interrupted_import_can_be_repeated(self):
        rows = "".join(f"again{i:05},{self.hash}\n" for i in range(2500))
        part = self.file("again.csv", rows[:len(rows) // 3])
        self.ctl("alias", "import", part)
        done = self.json("alias", "import", self.file("again.csv", rows))
        self.assertEqual(done["imported"], 2500)
        self.assertEqual(len(self.json("--prefix", "again", "alias", "list")),
                         2500)

    def test_text_that_is_not_utf_8_is_refused(self):
        latin = os.fsdecode(b"caf\xe9")
        for words in (["org", "create", "latin", latin],
                      ["--comment", latin, "key", "create"],
                      ["--role", latin, "key", "create"],
                      ["alias", "set", "latin", latin]):
            self.assertIn("UTF-8", self.ctl(*words, status=64))
        self.ctl("org", "get", "latin", status=1)
        # A file may be named as it likes.
        path = os.fsdecode(os.fsencode(self.daemon.dir) + b"/caf\xe9.png")
        with open(path, "wb") as f:
            f.write(daemon.png(31, 2))
        self.ctl("image", "put", path)

    def test_errors_cannot_move_the_cursor(self):
        for words in (["alias", "get", "a\x1b[2Jb"],
                      ["image", "put", "/nowhere/\x1b[2J.png"],
                      ["alias", "import", "/nowhere/\x1b[2J.png"]):
            t = Terminal(*words, env=self.env)
            self.assertNotEqual(t.status(), 0)
            self.assertIn("?[2J", t.text)
            self.assertNotIn("\x1b", t.text)

    def test_the_bar_fits_a_narrow_terminal(self):
        big = self.file("big.csv", f"big,{self.hash}\n" * 30000)
        for columns in (20, 40, 80):
            t = Terminal("alias", "import", big, env=self.env)
            fcntl.ioctl(t.fd, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 24, columns, 0, 0))
            self.assertEqual(t.status(), 0)
            bars = [x for x in t.text.split("\r") if x.endswith("%")]
            self.assertGreater(len(bars), 1)
            # The first may be of before the terminal was narrowed.
            for bar in bars[1:]:
                self.assertLess(len(bar), max(columns, 27))

    def test_json_is_json(self):
        self.ctl("alias", "set", "gone", self.hash)
        self.assertEqual(self.json("alias", "rm", "gone"),
                         {"deleted": ["gone"]})
        self.assertEqual(run("alias", "rm", "gone", env=self.env)[:2],
                         (1, ""))
        for words in ("org list", "org get demo", "key list", "quota show",
                      "purge list", "stack list", "image list", "status show",
                      "alias list", f"image get {self.hash}"):
            self.json("--json", *words.split())


if __name__ == "__main__":
    daemon.main()
