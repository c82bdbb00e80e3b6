# SPDX-License-Identifier: BSD-2-Clause
"""At level debug, through all that has a secret: none is told to anybody."""
import hashlib
import http.server
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import zlib
import daemon
import log_lines
from monikerctl import run

CLI, TOKEN, HOOK, CONTENT = (f"{name}-{secrets.token_hex(16)}" for name in
                             ("cli", "token", "hook", "content"))


class Peer(http.server.BaseHTTPRequestHandler):
    """Bans and webhooks arrive here; at first each is refused, in words that
    repeat what was sent."""
    seen = {}

    def take(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        n = self.seen[self.command] = self.seen.get(self.command, 0) + 1
        body = f"not with {self.headers.as_string()}".encode()
        self.send_response(200 if n > 1 else 403, "no " + TOKEN)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_BAN = do_POST = take

    def log_message(self, *args):
        pass


def sign(target, key):
    sig = hashlib.sha256((target + ":" + key).encode()).hexdigest()[:16]
    return target + "?sig=" + sig, sig


def marked_png():
    """A picture whose bytes hold CONTENT."""
    data = b"tEXtComment\0" + CONTENT.encode()
    chunk = (len(data) - 4).to_bytes(4, "big") + data + \
        zlib.crc32(data).to_bytes(4, "big")
    plain = daemon.png(30, 20)
    end = plain.index(b"IDAT") - 4
    return plain[:end] + chunk + plain[end:]


class Secrets(daemon.unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="moniker-secrets-")
        self.addCleanup(shutil.rmtree, self.dir)
        peer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
        threading.Thread(target=peer.serve_forever, daemon=True).start()
        self.addCleanup(peer.shutdown)
        url = f"http://127.0.0.1:{peer.server_port}/"
        for name, secret in (("cli", CLI), ("token", TOKEN), ("hook", HOOK)):
            with open(f"{self.dir}/{name}", "w") as f:
                f.write(secret + "\n")
        self.varnish = subprocess.Popen(
            ["varnishd", "-F", "-n", self.dir + "/varnish", "-b", "none",
             "-j", "none", "-a", self.dir + "/varnish.sock", "-S",
             self.dir + "/cli", "-T", "127.0.0.1:0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.varnish.wait)
        self.addCleanup(self.varnish.terminate)
        self.daemon = daemon.Daemon(f"""
log_level = debug
varnish cli {{ instance = "{self.dir}/varnish"
    secret_file = "{self.dir}/cli" }}
varnish ban {{ url = "{url}"
    secret_file = "{self.dir}/token" }}
varnish hook {{ webhook = "{url}"
    secret_file = "{self.dir}/hook" }}
""")
        self.addCleanup(self.daemon.close)
        self.secrets = {CLI, TOKEN, HOOK, CONTENT}
        self.told = []

    def call(self, client, *args, **headers):
        """Keeps what was answered, head and body."""
        a = client(*args, **headers)
        self.told.append((args[:2], str(a.headers)))
        self.told.append((args[:2], a.body.decode(errors="replace")))
        return a

    def ctl(self, *args, **env):
        rc, out, err = run(*args, env={
            "MONIKER_SOCKET": self.daemon.dir + "/api.sock",
            "MONIKER_ORG": "demo", **env})
        self.told += [(args, out), (args, err)]
        return rc

    def purge_everywhere(self, api):
        """Until Varnish, peer and receiver have all acknowledged, having
        refused before."""
        self.call(api, "PUT", "/sourceimages/demo/alias/logo",
                  {"hash": self.hash})
        a = self.call(api, "DELETE",
                      "/sourceimages/demo/alias/logo/cache?wait=30")
        self.assertEqual(a.json["state"], "acknowledged", a.body)
        self.assertEqual(len(a.json["targets"]), 3)
        self.assertGreater(min(Peer.seen["BAN"], Peer.seen["POST"]), 1)
        metrics = self.daemon.local()("GET", "/metrics").body.decode()
        for name in ("ban", "hook"):
            self.assertIn("moniker_purge_failed_bans_total"
                          f'{{target="{name}"}} 1\n', metrics)

    def signed_pictures(self, api, key):
        """Right, wrong, over: signatures in every answer that there is."""
        self.call(api, "PUT", "/stacks/demo/shut", {
            "operations": [{"name": "resize", "options": {"width": 5}}],
            "options": {"protected": True}})
        pictures = self.daemon.pictures("demo")
        path, sig = sign(f"/shut/{self.hash}.png", key)
        bad = secrets.token_hex(8)
        self.secrets |= {sig, bad}
        self.assertEqual(self.call(pictures, "GET", path).status, 200)
        for wrong in (f"/shut/{self.hash}.png?sig={bad}",
                      f"/none/{self.hash}.png?sig={bad}",
                      f"/shut/-_none_-.png?sig={bad}&sigopts={bad}"):
            self.assertGreater(self.call(pictures, "GET", wrong).status, 399)

    def wrong_keys(self, key):
        """A key where none belongs, or one that is none."""
        wrong = secrets.token_hex(32)
        self.secrets.add(wrong)
        for bad in (wrong, key[:32] + wrong[:32], key[:-1]):
            self.secrets.add(bad)
            client = self.daemon.client(Api_Key=bad)
            self.assertEqual(self.call(client, "GET", "/stacks/demo").status,
                             403)
            self.assertEqual(self.ctl("stack", "list", MONIKER_KEY=bad), 77)
        client = self.daemon.client()
        for target in (f"/stacks/demo?api_key={key}", f"/?key={key}"):
            self.call(client, "GET", target)
        self.call(client, "GET", "/stacks/demo", Authorization="Bearer " + key)
        for head in (f"Api-Key {key}", f"Api-Key: {key}\x01",
                     f"Api-Key: {key}\r\nApi-Key: {key}"):
            self.told.append((head, client.raw(
                f"GET /stacks/demo HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n"
                .encode()).decode(errors="replace")))

    def test_a_name_cannot_forge_a_key_of_the_log(self):
        api = self.daemon.organization("demo")
        self.call(api, "GET", '/stacks/demo/x%22%20level=error%20a=%22')
        refused = [line for line in log_lines.check(self.daemon.log_text())
                   if line["event"] == "refused"]
        self.assertEqual(refused[-1]["message"],
                         'There is no stack "x" level=error a="".')

    def test_nobody_is_told(self):
        api = self.daemon.organization("demo")
        key = api.key["api_key"]
        signing = api("GET", "/organizations/demo"
                      ).json["signing_keys"][0]["key"]
        self.secrets |= {key, key[32:], signing}
        body, kind = daemon.form(("filedata", "p.png", marked_png()))
        a = self.call(api, "POST", "/sourceimages/demo", body,
                      Content_Type=kind)
        self.hash = a.json["items"][0]["hash"]
        self.assertEqual(self.call(api, "POST", "/sourceimages/demo",
                                   body[:300], Content_Type=kind).status, 400)
        self.purge_everywhere(api)
        self.signed_pictures(api, signing)
        self.wrong_keys(key)
        self.assertEqual(self.call(api, "POST", "/organizations/demo/keys",
                                   {"api_key": key}).status, 400)
        for words in ("alias list", "image list", "key list", "purge list",
                      "quota show", "alias get none", "stack rm none"):
            self.ctl(*words.split(), MONIKER_KEY=key)
        self.ctl("-u", "http://127.0.0.1:1", "alias", "list", MONIKER_KEY=key)
        conf = self.dir + "/ctl.conf"
        with open(conf, "w") as f:
            f.write(f'key = "{key}"\nkey = "{key}\n')
        self.assertEqual(self.ctl("-c", conf, "alias", "list"), 78)
        local = self.daemon.local()
        self.call(local, "GET", "/metrics")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.call(local, "GET", "/health")
        for name in os.listdir(self.daemon.dir):
            if name in ("log", "ready", "monikerd.conf"):
                with open(f"{self.daemon.dir}/{name}") as f:
                    self.told.append((name, f.read()))
        log = self.daemon.log_text()
        self.assertGreater(log.count("event=request"), 15)
        self.assertIn("target=ban", log)
        for where, text in self.told:
            for secret in self.secrets:
                self.assertNotIn(secret, text, where)


if __name__ == "__main__":
    daemon.main()
