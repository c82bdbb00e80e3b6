# SPDX-License-Identifier: BSD-2-Clause
"""Every command of monikerctl, against a real daemon, piped and on a pty."""
import datetime
import json
import os
import re
import signal
import subprocess
import daemon
import hook_receiver
import monikerctl
import remote_server
from monikerctl import Terminal, run


class Ctl(monikerctl.Test):
    # A target of which no command waits: its line is in the live view.
    SETTINGS = ('varnish nobody { instance = "/nowhere/varnish"\n'
                'organization = "none" }\n'
                'api_listen = "127.0.0.1:0"\n')

    @classmethod
    def setUpClass(cls):
        cls.server = remote_server.Server()
        cls.addClassCleanup(cls.server.close)
        cls.hooks = hook_receiver.Server()
        cls.addClassCleanup(cls.hooks.close)
        cls.settings = (cls.SETTINGS + 'fetch_allow = "127.0.0.1"\n'
                        'fetch_allow_addresses = "127.0.0.1"\n'
                        f'fetch_ports = "{cls.server.port}"\n'
                        'webhook_allow = "127.0.0.1"\n'
                        'webhook_allow_addresses = "127.0.0.1"\n'
                        f'webhook_ports = "{cls.hooks.port}"\n')
        super().setUpClass()
        cls.other = cls.picture(color=(0, 200, 0))

    def test_alias_set_get_list_history_rm(self):
        o = self.json("alias", "set", "one", self.hash)
        self.assertEqual((o["alias"], o["hash"]), ("one", self.hash))
        self.assertIn("exists", self.ctl("alias", "set", "one", self.other,
                                         status=1))
        self.ctl("--overwrite", "alias", "set", "one", self.other)
        self.assertEqual(self.json("alias", "get", "one")["hash"], self.other)
        past = self.json("alias", "history", "one")
        self.assertEqual(self.json("alias", "rollback", "one")["hash"],
                         self.hash)
        for to in (self.other[:8], "1", "1"):
            self.ctl("alias", "rollback", "one", to)
        self.assertEqual(self.json("--dry-run", "alias", "repoint",
                                   self.other, self.hash)["changed"], ["one"])
        self.assertIn("dry-run", self.ctl("--dry-run", "alias", "rollback",
                                          "one", status=64))
        self.assertEqual(self.json(
            "--dry-run", "--prefix", "one", "alias", "rollback-all",
            "2020-01-01T00:00:00Z")["items"][0]["alias"], "one")
        self.ctl("--overwrite", "--tag", "a,b", "--description", "words",
                 "--comment", "why", "alias", "set", "one", self.other)
        self.assertEqual([x["description"] for x in self.json(
            "--tag", "b", "alias", "list")], ["words"])
        self.assertEqual(len(self.json("--tag", "a", "purge", "aliases")[
            "items"]), 3)
        self.ctl("purge", "aliases", status=1)
        self.assertEqual([x["hash"] for x in past], [self.hash])
        self.ctl("alias", "set", "other", self.hash)
        names = [x["alias"] for x in
                 self.json("--prefix", "on", "alias", "list")]
        self.assertEqual(names, ["one"])
        names = [x["alias"] for x in self.json("alias", "list", self.hash)]
        self.assertEqual(names, ["other"])
        self.ctl("alias", "rm", "one", "other")
        self.ctl("alias", "rm", "one", status=1)
        self.ctl("alias", "get", "one", status=1)

    def test_image_focus(self):
        h = self.json("image", "put", self.file(
            "focus.png", daemon.png(40, 23)))[0]["hash"]
        self.ctl("alias", "set", "focused", h)
        one = self.json("image", "focus", h, "3", "4")
        self.assertEqual(one["dynamic_metadata"], {"subject_area": {
            "x": 3, "y": 4, "width": 1, "height": 1}})
        self.assertNotEqual(one["hash"], h)
        # Again: nothing changes, and it tells which image it is.
        self.assertEqual(self.json("image", "focus", one["hash"], "3",
                                   "4")["hash"], one["hash"])
        two = self.json("--replace", "image", "focus", h, "12.5%", "10%",
                        "50%", "5%")
        self.assertEqual(two["dynamic_metadata"], {"subject_area": {
            "x": 12.5, "y": 10, "width": 50, "height": 5,
            "percentage": True}})
        self.ctl("image", "get", h, status=1)
        self.assertEqual(self.json("alias", "get", "focused")["hash"],
                         two["hash"])
        kept = self.json("--keep-hash", "image", "unset", two["hash"],
                         "subject_area")
        self.assertEqual(kept["hash"], two["hash"])
        self.assertNotIn("dynamic_metadata", kept)
        area = self.file("area.json", '{"x":1,"y":1,"width":2,"height":2}')
        self.assertIn("crop_area", self.json(
            "image", "set", two["hash"], "crop_area",
            area)["dynamic_metadata"])
        for args in (("1",), ("1", "2", "3"), ("1", "x"), ("1", "2%"),
                     ("1", "1e999"), ("1", "2%%")):
            self.ctl("image", "focus", h, *args, status=64)
        self.ctl("--replace", "image", "get", h, status=64)
        rc, out, err = run("--replace", "--keep-hash", "image", "focus",
                           two["hash"], "1", "1", env=self.env)
        self.assertEqual((rc, out), (1, ""))
        self.assertIn(" --keep-hash ", err)
        self.assertIn("leave --replace out", err)
        self.ctl("image", "set", two["hash"], "version", "/nowhere/x",
                 status=66)

    def test_image_put_get_list_download_rm_restore(self):
        folder = os.path.join(self.daemon.dir, "folder", "inner")
        os.makedirs(folder)
        bytes_ = daemon.png(11, 7)
        for name in ("a.png", "inner/b.png"):
            self.file("folder/" + name, bytes_ if name[0] == "a" else
                      daemon.png(12, 7))
        self.file("folder/no.png", "this is no picture")
        rc, out, err = run("image", "put", self.daemon.dir + "/folder",
                           env=self.env)
        self.assertEqual(rc, 2)
        self.assertIn("no.png", err)
        items = sorted(json.loads(out), key=lambda x: x["width"])
        self.assertEqual([x["width"] for x in items], [11, 12])
        h = items[0]["hash"]
        self.assertEqual(self.json("image", "get", h)["name"], "a.png")
        self.assertIn(h, [x["hash"] for x in self.json("image", "list")])
        for x in items:
            self.api("PUT", x["link"] + "/meta/user", {
                "tree": "ash & oak", "int:n": x["width"]})
        for words, widths in (
                (["user:str:tree=ash & oak", "--sort", "user:int:n"],
                 [11, 12]),
                (["user:int:n=[12,]", "width=[1,20]"], [12]),
                (["user:int:n=12", "width=11", "--any", "--sort",
                  "width desc"], [12, 11])):
            self.assertEqual([x["width"] for x in self.json(
                "image", "list", *words)], widths, words)
        self.assertEqual(self.json("image", "facets", "user:str:tree",
                                   "width=11"),
                         [{"value": "ash & oak", "count": 1}])
        self.assertEqual(run("image", "list", "width", env=self.env)[0], 64)
        to = self.daemon.dir + "/back.png"
        self.ctl("image", "download", h, to)
        with open(to, "rb") as f:
            self.assertEqual(f.read(), bytes_)
        self.ctl("image", "rm", h)
        self.ctl("image", "get", h, status=1)
        self.ctl("image", "download", h, to + ".gone", status=1)
        self.assertFalse(os.path.exists(to + ".gone"))
        self.assertFalse(os.path.exists(to + ".gone.part"))
        self.ctl("image", "restore", h)
        self.ctl("image", "get", h)

    def test_stack_set_get_list_rm(self):
        text = '{"operations":[{"name":"resize","options":{"width":5}}]}'
        self.ctl("stack", "set", "small", self.file("s.json", text))
        self.ctl("stack", "set", "small", "-", stdin=text, status=1)
        self.ctl("--overwrite", "stack", "set", "small", "-", stdin=text)
        o = self.json("stack", "get", "small")
        self.assertEqual(o["stack_operations"][0]["options"]["width"], 5)
        self.assertIn("small", [x["name"] for x in self.json("stack", "list")])
        self.ctl("stack", "rm", "small")
        self.ctl("stack", "get", "small", status=1)
        self.assertIn("s.json:1", self.ctl(
            "stack", "set", "bad", self.file("s.json", "{"), status=66))

    def test_org_and_keys(self):
        o = self.json("org", "create", "acme", "Acme & Co.")
        self.assertEqual(o["display_name"], "Acme & Co.")
        self.assertEqual(self.json("org", "get", "acme")["name"], "acme")
        key = self.json("-o", "acme", "--role", "read,upload", "--comment",
                        "c", "key", "create")
        self.assertEqual(key["roles"], ["read", "upload"])
        ids = [x["id"] for x in self.json("-o", "acme", "key", "list")]
        self.assertEqual(ids, [key["id"]])
        self.ctl("-o", "acme", "key", "revoke", key["id"])
        self.assertEqual(self.json("-o", "acme", "key", "list"), [])
        self.assertIn("nonsense", self.ctl(
            "-o", "acme", "--role", "nonsense", "key", "create", status=1))

    def test_purge_and_quota(self):
        self.ctl("alias", "set", "purged", self.hash)
        before = self.json("quota", "show")["quota"]["alias"]["remaining"]
        o = self.json("--wait", "5", "purge", "alias", "purged")
        self.assertEqual(o["status"], "ok")
        self.assertEqual(
            self.json("quota", "show")["quota"]["alias"]["remaining"],
            before - 1)
        s = self.json("purge", "status", str(o["id"]))
        self.assertEqual((s["kind"], s["key"]), ("alias", "purged"))
        self.assertIn(o["id"], [x["id"] for x in self.json("purge", "list")])
        self.ctl("purge", "image", self.hash)
        self.ctl("alias", "set", "purged__de", self.hash)
        self.assertIn("purged__de", self.ctl("--variants", "--wait", "5",
                                             "purge", "alias", "purged"))
        o = self.json("--soft", "--wait", "5", "purge", "image", self.hash)
        self.assertIs(o["soft"], True)
        self.assertIs(self.json("purge", "status", str(o["id"]))["soft"], True)
        self.assertIn("soft:", self.ctl("--soft", "purge", "alias", "purged",
                                        status=1))
        for _ in range(5):
            self.ctl("purge", "stack", "*")
        self.assertIn("used up", self.ctl("purge", "stack", "*", status=75))

    def test_waited_for_in_vain(self):
        """The purge is done and goes on, but not what was waited for."""
        self.ctl("org", "create", "none")
        rc, out, err = run("-o", "none", "--wait", "1", "purge", "stack",
                           "*", env=self.env)
        self.assertEqual(rc, 75, err)
        self.assertIn("nobody has not acknowledged yet: ", err)
        o = json.loads(out)
        self.assertEqual(o["state"], "pending")
        self.ctl("-o", "none", "purge", "status", str(o["id"]))
        self.ctl("-o", "none", "--wait", "1", "purge", "status", str(o["id"]),
                 status=75)
        self.ctl("-o", "none", "purge", "stack", "*")

    def test_import_and_export_give_the_same_file(self):
        self.ctl("org", "create", "bulk")
        key = self.daemon.organization("bulk")
        h = daemon.upload(key, "bulk", ("f", "p.png", daemon.png(3, 3))
                          ).json["items"][0]["hash"]
        rows = "".join(f"n{i:05},{h}\n" for i in range(2500))
        text = "alias,hash\n" + rows
        for name in ("in.csv", "in.jsonl"):
            if name.endswith("jsonl"):
                text = "".join('{"alias":"%s","hash":"%s"}\n' %
                               tuple(r.split(",")) for r in rows.split())
            rc, out, err = run("-o", "bulk", "alias", "import",
                               self.file(name, text), env=self.env)
            self.assertEqual((rc, err), (0, "2500 imported, 0 refused\n"))
            back = self.daemon.dir + "/out-" + name
            self.ctl("-o", "bulk", "alias", "export", back)
            with open(back) as f:
                self.assertEqual(f.read(), text)

    def test_import_tells_what_it_refuses(self):
        gone = "0" * 40
        text = (f"good1,{self.hash}\nbad-name,{self.hash}\ngood2,{self.hash}\n"
                f"lost,{gone}\nno comma\n,{self.hash}\ngood3,{self.hash}\n")
        rc, out, err = run("alias", "import", "-", env=self.env, stdin=text)
        self.assertEqual(rc, 2)
        self.assertIn("3 imported, 4 refused; mend", err)
        self.assertNotIn("nothing was changed", err)
        self.assertRegex(err, "line 4: .*; this row was left out\n")
        for word in ("line 2: alias", "line 4:", "line 5: must be", "line 6:"):
            self.assertIn(word, err)
        names = [x["alias"] for x in
                 self.json("--prefix", "good", "alias", "list")]
        self.assertEqual(names, ["good1", "good2", "good3"])

    def test_interrupted_import_leaves_whole_batches(self):
        fifo = self.daemon.dir + "/fifo.csv"
        os.mkfifo(fifo)
        t = Terminal("alias", "import", fifo, env=self.env)
        with open(fifo, "w") as f:
            for i in range(1000):
                f.write(f"batch{i:05},{self.hash}\n")
            f.flush()
            while self.api("GET", "/sourceimages/demo/alias/batch00999"
                           ).status != 200:
                pass
            f.write(f"rest,{self.hash}\n")
            f.flush()
            os.kill(t.pid, signal.SIGINT)
            f.write(f"after,{self.hash}\n")
        self.assertEqual(t.status(), 2)
        self.assertIn("interrupted", t.text)

    def test_status_and_top(self):
        o = self.json("status", "show")
        self.assertGreaterEqual(o["workers"], 1)
        self.assertIn("heartbeat_age_s", o)
        text = self.ctl("status", "top", "1")
        self.assertIn("renders", text)
        self.assertRegex(text, r"nobody +DOWN \d+ pending")
        self.ctl("status", "top", "soon", status=64)

    def test_the_oldest_ban_is_that_of_one_varnish(self):
        d = daemon.Daemon("".join(
            f'varnish v{i} {{ instance = "/nowhere/v{i}" }}\n'
            for i in range(3)))
        self.addCleanup(d.close)
        d.organization("demo")
        socket = {"MONIKER_SOCKET": d.dir + "/local.sock"}
        o = self.json("purge", "alias", "any", **socket)
        self.assertEqual((o["state"], o["pending"]), ("pending", 3))
        text = self.ctl("--table", "status", "show", **socket)
        each = re.findall(r"pending, oldest ([0-9.e-]+) s", text)
        self.assertEqual(len(each), 3)
        self.assertEqual(re.search(r"oldest ban, s +([0-9.e-]+)", text)[1],
                         max(each, key=float))

    def test_names_cannot_move_the_cursor(self):
        self.ctl("org", "create", "sly", "a\x1b[2Jb\u009bc\u00e9")
        for locale, shown in ("C.UTF-8", "a?[2Jb?c\u00e9"), \
                ("C", "a?[2Jb?c?"):
            t = Terminal("org", "get", "sly",
                         env={**self.env, "LC_ALL": locale})
            self.assertEqual(t.status(), 0)
            self.assertIn(shown + "\r\n", t.text)
        names = [x["name"] for x in self.json("org", "list")]
        self.assertEqual(names, sorted(names))
        self.assertLessEqual({"demo", "sly"}, set(names))

    def told(self):
        """The ids of a webhook, and of an event that it has accepted."""
        hook = str(self.json("webhook", "create", self.hooks.url)["id"])
        event = str(self.json("webhook", "test", hook)["id"])
        daemon.wait_for(lambda: self.json("webhook", "log", hook,
                                          "delivered"))
        return hook, event

    def remote(self):
        """The URL of a remote image that is known to the server."""
        local = self.daemon.local()
        local("PUT", "/organizations/each/options/remote_basepath",
              json.dumps(self.server.base + "/picture"))
        a = self.daemon.pictures("each")("GET", "/dynamic/-23x4-.png")
        self.assertEqual(a.status, 200, a.body)
        return self.server.base + "/picture/23x4"

    def test_put_url(self):
        url = self.server.base + "/picture/24x4"
        self.assertEqual(self.json("image", "put", url)[0]["name"], "24x4")
        self.assertIn("404", self.ctl("image", "put", self.server.base +
                                      "/missing", status=1))

    def every_command(self):
        """A call of each, and what a terminal shows of it."""
        d, h = self.daemon.dir, self.hash
        stack = self.file("each.json", '{"operations":[{"name":"noop"}]}')
        picture = self.file("each.png", daemon.png(21, 3))
        key = self.json("key", "create", "--allow", "10.0.0.1,::1")["id"]
        member = self.json("member", "add", "--comment", "each")["user_id"]
        hook, event = self.told()
        purge = str(self.json("purge", "alias", "each")["id"])
        again = self.json("image", "put", self.file(
            "again.png", daemon.png(22, 3)))[0]["hash"]
        focused = self.json("image", "focus", again, "2", "2")["hash"]
        year = datetime.date.today().year + 2
        when = f"{year}-01-02T03:04:05Z"
        plan = str(self.json("plan", "add", "planned", h, when)["id"])
        return [
            ("alias set each", [h], h), ("alias get each", [], h),
            ("alias list", [], "updated"), ("alias history each", [], "from"),
            ("alias export", [d + "/each.csv"], "exported"),
            ("alias import", [d + "/each.csv"], "imported"),
            ("alias set --overwrite each", [again], again),
            ("alias rollback each", [], "rolled_back_from"),
            ("alias rollback-all --dry-run 2020-01-01T00:00:00Z", [],
             "rolled_back_from"),
            ("alias repoint --dry-run", [h, again], "changed"),
            ("plan add later", [h, when], "pending"),
            ("plan list", [], "later"), ("plan rm planned", [plan], ""),
            ("set put each", ["each=" + again], "each"),
            ("set list", [], "each"), ("set get each", [], "each"),
            ("set preview each", ["600"], "moniker_preview="),
            ("plan preview", [when], "/_planned?moniker_preview="),
            ("set publish each", [], "each"),
            ("set withdraw each", [], "each"), ("set rm each", [], ""),
            ("purge aliases --prefix each", [], "items"),
            ("purge alias each", [], "items"), ("purge image", [h], "items"),
            ("purge list", [], "kind"), ("purge status", [purge], "alias"),
            ("quota show", [], "remaining"),
            ("quota used", [], "aliases"), ("alias rm each", [], ""),
            ("stack set each", [stack], "noop"),
            ("stack get each", [], "noop"), ("stack list", [], "each"),
            ("purge stack each", [], "items"), ("stack rm each", [], ""),
            ("image put", [picture], "each.png"),
            ("image get", [again], "again.png"),
            ("image list", [], "width"),
            ("image facets", ["user:str:campaign"], "count"),
            ("image download", [again, d + "/each.back"], ""),
            ("image focus", [again, "1", "2"], "subject_area="),
            ("image set", [again, "version", self.file(
                "each.version", '{"text":"each"}')], "text=each"),
            ("image get", [focused], "subject_area="),
            ("image unset", [again, "version"], again),
            ("image rm", [again], ""), ("image restore", [again], ""),
            ("image forget", [self.remote()], ""),
            ("org create each", [], "each"), ("org get each", [], "each"),
            ("org set", ["albums=true", "fallback_for=all"], "fallback_for"),
            ("org unset", ["albums", "fallback_for"], ""),
            ("image copy demo", [again], "created"),
            ("image move --overwrite demo", [again], "existing"),
            ("org list", [], "demo"), ("key create", [], "api_key"),
            ("key list", [], key), ("key edit --comment each", [key], "each"),
            ("key link", [key], "/dashboard/#/welcome/"),
            ("key revoke", [key], ""), ("target list", [], ""),
            ("signkey create", [], "key"), ("signkey list", [], "expires"),
            ("signkey edit --expires never", ["1"], "created"),
            ("signkey revoke", ["1"], ""), ("audit list", [], "key.create"),
            ("audit export", [], "alias.create"),
            ("backup create", [d + "/each.backup"], "images"),
            ("status show", [], "renders"), ("status top 1", [], "/s"),
            ("member add --role read", [], "api_key"),
            ("member list", [], "last_access"),
            ("member get", [member], "write"),
            ("member edit --role read", [member], "read"),
            ("member rm", [member], ""),
            ("stats show", [], "stored_bytes"),
            ("webhook create --description each", [self.hooks.url, "set.*"],
             "whsec_"),
            ("webhook list", [], "pending"), ("webhook disable", [hook], "url"),
            ("webhook get", [hook], "disabled"),
            ("webhook url", [hook, self.hooks.url + "/x"], "/x"),
            ("webhook events", [hook, "alias.*"], "alias.*"),
            ("webhook rotate", [hook], "whsec_"),
            ("webhook resend", [hook, event], event),
            ("webhook log", [hook, "pending"], "webhook.test"),
            ("webhook show", [hook, event], "webhook.test"),
            ("webhook enable", [hook], "enabled"),
            ("webhook test", [hook], "id"), ("webhook delete", [hook], ""),
            ("token create 60 --allow any", ["-s", d + "/api.sock"],
             "payload"), ("token rotate", [], ""),
        ]

    def test_every_command_on_a_terminal(self):
        self.ctl("org", "create", "each")
        self.env = {**self.env, "MONIKER_ORG": "each",
                    "MONIKER_KEY": self.json("-o", "each", "key", "create"
                                             )["api_key"]}
        self.hash = self.json("image", "put", self.file(
            "first.png", daemon.png(20, 3)))[0]["hash"]
        ran = set()
        for words, more, shown in self.every_command():
            words = words.split()
            t = Terminal(*words, *more, env=self.env)
            self.assertEqual(t.status(), 0, (words, t.text))
            self.assertIn(shown, t.text, words)
            self.assertNotIn("{\r\n", t.text, words)
            ran.add(" ".join(words[:2]))
        listed = {" ".join(line.split()[:2]) for line in
                  self.ctl("--help").splitlines()
                  if line.startswith("  ") and line[2].isalpha()}
        self.assertEqual(ran, listed)

    def test_an_unfinished_download_leaves_nothing(self):
        path = self.daemon.dir + "/slow.sock"
        to = self.daemon.dir + "/slow.png"
        with daemon.socket.socket(daemon.socket.AF_UNIX) as s:
            s.bind(path)
            s.listen(1)
            t = Terminal("image", "download", self.hash, to,
                         env={**self.env, "MONIKER_SOCKET": path})
            peer, _ = s.accept()
            with peer:
                peer.recv(4096)
                self.assertTrue(os.path.exists(to + ".part"))
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
                             b"some")
                os.kill(t.pid, signal.SIGINT)
                self.assertEqual(t.status(), -signal.SIGINT)
        self.assertEqual([n for n in os.listdir(self.daemon.dir)
                          if n.startswith("slow.png")], [])

    def test_a_failed_export_keeps_the_old_file(self):
        to = self.file("kept.csv", "as it was\n")
        self.ctl("alias", "export", to, status=69,
                 MONIKER_SOCKET="/nowhere/x.sock")
        with open(to) as f:
            self.assertEqual(f.read(), "as it was\n")
        self.assertFalse(os.path.exists(to + ".part"))
        self.assertEqual(run("alias", "export", "/dev/stdout",
                             env=self.env)[1].split("\n")[0], "alias,hash")
        self.ctl("alias", "export", "/nowhere/x.csv", status=66)

    def test_a_folder_with_what_cannot_be_read(self):
        """One file that cannot be opened does not keep the others back."""
        self.ctl("image", "put", "/nowhere/a.png", status=66)
        rc, out, err = run("image", "put", "/nowhere/a.png", self.file(
            "readable.png", daemon.png(23, 3)), env=self.env)
        self.assertEqual((rc, len(json.loads(out))), (2, 1))
        self.assertIn("/nowhere/a.png: cannot be read", err)

    def test_terminal_gets_tables_and_progress(self):
        self.ctl("alias", "set", "seen", self.hash)
        t = Terminal("--prefix", "seen", "alias", "list", env=self.env)
        lines = t.read().splitlines()
        self.assertTrue(lines[0].startswith("alias"))
        self.assertIn(self.hash, lines[1])
        self.assertEqual(t.status(), 0)
        big = self.file("big.csv", f"big,{self.hash}\n" * 30000)
        t = Terminal("alias", "import", big, env=self.env)
        self.assertEqual(t.status(), 0)
        self.assertIn("%", t.text)
        self.assertIn("30000 imported", t.text)

    def test_the_audit_log(self):
        self.ctl("alias", "set", "audited", self.hash)
        latest = self.json("audit", "list")[0]
        self.assertEqual((latest["action"], latest["object"]),
                         ("alias.create", "audited"))
        to = self.daemon.dir + "/audit.jsonl"
        self.ctl("audit", "export", to)
        with open(to) as f:
            lines = [json.loads(line) for line in f]
        self.assertEqual(lines[0]["action"], "organization.create")
        self.assertEqual(lines[-1], latest)
        self.assertEqual(self.ctl("audit", "export", "--to",
                                  "2001-01-01T00:00:00Z"), "")
        self.assertIn("from: must be a date", self.ctl(
            "audit", "list", "--from", "yesterday", status=1))
        self.ctl("audit", "export", "/nowhere/x", status=66)

    def test_keys_edited(self):
        key = self.json("key", "create", "--role", "read")["id"]
        end = "2038-01-01T00:00:00Z"
        o = self.json("key", "edit", key, "--comment", "of the shop",
                      "--expires", end)
        self.assertEqual((o["comment"], o["expires"][:10], o["roles"]),
                         ("of the shop", "2038-01-01", ["read"]))
        o = self.json("key", "edit", key, "--expires", "never")
        self.assertEqual((o["comment"], o["expires"]), ("of the shop", None))
        self.assertIn("--expires", self.ctl("key", "edit", key, status=64))
        self.ctl("key", "edit", key, "--role", "admin", status=64)
        self.ctl("key", "edit", "nothing", "--expires", end, status=1)
        self.json("signkey", "create")
        old = str(self.json("signkey", "list")[-1]["id"])
        o = self.json("signkey", "edit", old, "--expires", end)
        self.assertEqual(o["expires"][:10], "2038-01-01")
        o = self.json("signkey", "edit", old, "--expires", "never")
        self.assertIsNone(o["expires"])

    def test_keys_with_an_end(self):
        o = self.json("key", "create", "--expires", "2038-01-01T00:00:00Z")
        self.assertEqual(o["expires"][:10], "2038-01-01")
        self.assertIn("expires: must be a date", self.ctl(
            "key", "create", "--expires", "never", status=1))
        self.ctl("alias", "list", "--expires", "x", status=64)

    def test_a_key_in_a_file_is_its_owners(self):
        """As ssh's: what others may read, or write, is not used."""
        conf = self.file("private.conf", 'organization = "demo"\n'
                         f'socket = "{self.daemon.dir}/api.sock"\n'
                         f'key = "{self.api.key["api_key"]}"\n')
        for mode, status in ((0o600, 0), (0o640, 0), (0o644, 78),
                             (0o604, 78), (0o602, 78)):
            os.chmod(conf, mode)
            rc, _, err = run("-c", conf, "alias", "list", env={})
            self.assertEqual(rc, status, err)
            if status != 0:
                self.assertIn(f"chmod o= {conf}", err)
        # Without a key in it there is nothing to hide.
        self.file("private.conf",
                  f'socket = "{self.daemon.dir}/local.sock"\n'
                  'organization = "demo"\n')
        self.assertEqual(run("-c", conf, "alias", "list", env={})[0], 0)

    def test_exit_statuses(self):
        self.ctl(status=64)
        self.ctl("alias", "fly", status=64)
        self.ctl("alias", "set", "x", status=64)
        self.ctl("--nonsense", status=64)
        self.ctl("alias", "list", MONIKER_ORG="", status=64)
        self.ctl("--overwrite", "alias", "set", "x" * 5000, self.hash,
                 status=1)
        self.ctl("purge", "stack", "x" * 5000, status=1)
        self.ctl("alias", "list", MONIKER_SOCKET="/nowhere/x.sock", status=69)
        self.ctl("alias", "import", "/nowhere/x.csv", status=66)
        conf = self.file("ctl.conf", "nonsense = 1\n")
        self.ctl("-c", conf, "alias", "list", status=78)
        api = {"MONIKER_SOCKET": self.daemon.dir + "/api.sock",
               "MONIKER_KEY": "x" * 64}
        self.ctl("alias", "list", status=77, **api)
        api["MONIKER_KEY"] = self.api.key["api_key"]
        self.ctl("alias", "list", **api)

    def test_key_and_address_from_a_file(self):
        conf = self.file("good.conf",
                         f'socket = "{self.daemon.dir}/api.sock"\n'
                         f'key = "{self.api.key["api_key"]}"\n'
                         'organization = "demo"\n')
        os.chmod(conf, 0o600)
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("MONIKER_")}
        p = subprocess.run(["monikerctl", "-c", conf, "alias", "list"],
                           env=env, capture_output=True, timeout=60)
        self.assertEqual(p.returncode, 0, p.stderr)

    def test_a_mistake_is_named_first(self):
        err = self.ctl("alias", "sett", "x", self.hash, status=64)
        lines = err.splitlines()
        self.assertIn('alias has no command "sett"', lines[0])
        self.assertTrue(all(s.split()[0] == "alias" for s in lines[1:]), err)
        self.assertIn('unknown command "alais"',
                      self.ctl("alais", "set", status=64))
        self.assertLess(len(self.ctl("alais", status=64).splitlines()), 3)
        self.assertIn("no command given", self.ctl(status=64))

    def test_hints_name_what_one_types(self):
        self.ctl("alias", "set", "taken", self.hash)
        err = self.ctl("alias", "set", "taken", self.other, status=1)
        self.assertIn("--overwrite", err)
        self.assertNotIn("overwrite=true", err)
        text = self.file("t.json", '{"operations":[{"name":"noop"}]}')
        self.ctl("stack", "set", "taken", text)
        self.assertIn("--overwrite", self.ctl("stack", "set", "taken", text,
                                              status=1))

    def test_a_command_of_the_local_socket_elsewhere(self):
        url = "http://127.0.0.1:" + re.search(
            r"127\.0\.0\.1:([1-9]\d*)", self.daemon.log_text())[1]
        for at in ({"MONIKER_SOCKET": "", "MONIKER_URL": url},
                   {"MONIKER_SOCKET": self.daemon.dir + "/api.sock"}):
            for words in (("org", "list"), ("backup", "create", "/tmp/x")):
                err = self.ctl(*words, status=1, **at,
                               MONIKER_KEY=self.api.key["api_key"])
                self.assertIn("through its local socket (-s PATH)", err)

    def test_a_used_up_quota_tells_when_it_is_free(self):
        self.ctl("org", "create", "eager")
        for _ in range(5):
            self.ctl("-o", "eager", "purge", "stack", "*")
        self.assertRegex(
            self.ctl("-o", "eager", "purge", "stack", "*", status=75),
            r"the next is free at 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")

    def test_tables_have_no_empty_and_no_json_cells(self):
        self.ctl("org", "create", "plain")
        self.ctl("--role", "read,upload", "-o", "plain", "key", "create")
        keys = self.ctl("--table", "-o", "plain", "key", "list").splitlines()
        self.assertIn("read,upload", keys[1].split())
        self.assertEqual(len(keys[1].split()), len(keys[0].split()))
        text = self.file("op.json", '{"operations":[{"name":"resize",'
                         '"options":{"width":5}},{"name":"noop"}]}')
        self.ctl("--overwrite", "stack", "set", "cells", text)
        row = [r for r in self.ctl("--table", "stack", "list").splitlines()
               if r.startswith("cells ")][0]
        self.assertIn("resize(options=width=5),noop", row)
        for sign in '{"[':
            self.assertNotIn(sign, row)

    def test_completion_of_names(self):
        self.ctl("--overwrite", "alias", "set", "complete_me", self.hash)
        self.ctl("stack", "set", "complete-stack", self.file(
            "cs.json", '{"operations":[{"name":"noop"}]}'))

        def words(*args, **env):
            return self.ctl("--complete", *args, **env).split()

        self.assertIn("complete_me", words("alias", "get"))
        self.assertIn("complete_me", words("alias", "rm", "one"))
        self.assertIn("complete_me", words("purge", "alias"))
        self.assertIn("complete-stack", words("purge", "stack"))
        self.assertIn("demo", words("org", "get"))
        self.assertEqual(self.ctl("--prefix", "complete_m", "--complete",
                                  "alias", "get").split(), ["complete_me"])
        self.assertEqual(words("image", "put"), [":files"])
        self.assertEqual(words("alias", "import"), [":files"])
        self.assertIn("crop_area", words("image", "unset", "HASH"))
        self.assertEqual(words("image", "set", "HASH", "version"),
                         [":files"])
        self.assertEqual(words("alias", "get", "one"), [])
        self.assertEqual(words("quota", "show"), [])
        self.assertEqual(words("alias", "get",
                               MONIKER_SOCKET="/nowhere/x.sock"), [])

    def test_completion_words(self):
        self.ctl("--overwrite", "alias", "set", "complete_me", self.hash)
        self.assertIn("alias", self.ctl("--complete").split())
        self.assertIn("import", self.ctl("--complete", "alias").split())
        script = os.path.join(os.environ["top_srcdir"],
                              "ctl/monikerctl.bash")
        words = subprocess.run(
            ["bash", "-c", f"""source {script}
            COMP_WORDS=(monikerctl alias im) COMP_CWORD=2
            _monikerctl; echo "${{COMPREPLY[@]}}" """],
            capture_output=True, text=True, timeout=60).stdout.split()
        self.assertEqual(words, ["import"])
        words = subprocess.run(
            ["bash", "-c", f"""source {script}
            COMP_WORDS=(monikerctl -o demo --prefix = x alias im) COMP_CWORD=7
            _monikerctl; echo "${{COMPREPLY[@]}}" """],
            capture_output=True, text=True, timeout=60).stdout.split()
        self.assertEqual(words, ["import"])
        words = subprocess.run(
            ["bash", "-c", f"""source {script}
            COMP_WORDS=(monikerctl --socket {self.env["MONIKER_SOCKET"]} \\
                -o demo alias get comp) COMP_CWORD=7
            _monikerctl; echo "${{COMPREPLY[@]}}" """],
            capture_output=True, text=True, timeout=60).stdout.split()
        self.assertEqual(words, ["complete_me"])
        self.assertIn("usage", self.ctl("--help"))
        self.assertIn("monikerctl", self.ctl("--version"))


if __name__ == "__main__":
    daemon.main()
