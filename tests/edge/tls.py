# SPDX-License-Identifier: BSD-2-Clause
"""The examples of doc/tls.rst, as they stand there but for paths, ports and
addresses, with real proxies, a real Varnish and a real daemon."""
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import daemon
import edge

with open(edge.SRC + "/doc/tls.rst") as f:
    PAGE = f.read()
MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"


def block(first):
    """The literal block of the page that begins so, without its margin."""
    m = re.search(r"::\n\n((?:  +" + re.escape(first) + r".*\n)(?:(?:  .*)?\n)*)",
                  PAGE)
    return re.sub(r"(?m)^  ", "", m[1])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


class Tls(daemon.Test):
    """One Varnish; each proxy has a test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dir = tempfile.mkdtemp(prefix="tls-")
        os.chmod(cls.dir, 0o777)
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        cls.certificate()
        with open(edge.SRC + "/vcl/example.vcl") as f:
            example = f.read()
        part = block("# These clients may use the API")
        assert "192.0.2.0\"/24" in part
        part = part.replace('"192.0.2.0"/24', '"127.0.0.1"/32')
        include = 'include "moniker.vcl";'
        options = re.search(r"-a http=:80(.|\n)*", block("[Service]"))[0]
        options = options.replace("\\\n", " ").split()
        cls.edge = edge.Edge(
            cls.daemon, example.replace(include, part + include),
            listen=[cls.placed(o) for o in options[1:6:2]] + [
                f"inside={cls.dir}/inside.sock,mode=0666"], args=options[6:])
        cls.addClassCleanup(cls.edge.close)
        cls.hash = cls.picture(30, 20)
        cls.api("PUT", "/stacks/demo/small", {"operations": [
            {"name": "resize", "options": {"width": 9}}]})

    @classmethod
    def placed(cls, text):
        return text.replace("/run/varnish/", cls.dir + "/").replace(
            "http=:80", "http=127.0.0.1:0").replace(
            "group=_hitch,mode=0660", "mode=0666").replace(
            "192.0.2.0/24", "127.0.0.1").replace(
            "/etc/nginx/pictures", cls.dir + "/tls").replace(
            "/etc/hitch/pictures", cls.dir + "/tls")

    @classmethod
    def certificate(cls):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=example.net", "-addext",
             "subjectAltName=DNS:*.example.net,DNS:example.net", "-keyout",
             cls.dir + "/tls.key", "-out", cls.dir + "/tls.crt"],
            check=True, capture_output=True)
        with open(cls.dir + "/tls.pem", "w") as out:
            for name in ("key", "crt"):
                with open(f"{cls.dir}/tls.{name}") as f:
                    out.write(f.read())

    def run_proxy(self, *command, ports):
        with open(f"{self.dir}/{self.id()}.log", "w+") as log:
            p = subprocess.Popen(command, stdout=log, stderr=log)

            def end():
                p.terminate()
                p.wait(daemon.PATIENCE)
            self.addCleanup(end)

            def said():
                with open(log.name) as f:
                    return f.read()

            def up():
                assert p.poll() is None, said()
                return all(answers(port) for port in ports)
            daemon.wait_for(up, said)

    def curl(self, host, port, path, *args, status=200):
        head = f"{self.dir}/head"
        p = subprocess.run(
            ["curl", "-sS", "--cacert", self.dir + "/tls.crt", "--resolve",
             f"{host}:{port}:127.0.0.1", "-D", head, "-m", "30", "-w",
             "\n%{http_code} %{http_version}", *args,
             f"https://{host}:{port}{path}"], capture_output=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        body, _, last = p.stdout.rpartition(b"\n")
        code, version = last.decode().split()
        self.assertIn(int(code), status if isinstance(status, tuple)
                      else (status,), (host, path, body[:300]))
        with open(head) as f:
            return body, version, f.read().lower()

    def shows(self, port):
        """What the public address shows."""
        for args, wanted in (((), "2"), (("--http1.1",), "1.1")):
            body, version, head = self.curl(
                "demo.example.net", port, f"/small/{self.hash}.png", *args)
            self.assertEqual(version, wanted)
            self.assertTrue(body.startswith(b"\x89PNG"))
            self.assertIn("strict-transport-security: max-age=", head)
        _, _, head = self.curl("demo.example.net", port,
                               "/small/-_no_-.png", status=404)
        self.assertIn("strict-transport-security: max-age=", head)
        # No way to the API, whatever the name.
        for host in ("api.example.net", "example.net"):
            self.curl(host, port, "/", *self.key(), status=404)

    def key(self):
        return "-H", "Api-Key: " + self.api.headers["Api-Key"]

    def uploads(self, port):
        """The API, by HTTP/2 and HTTP/1.1, with more than a megabyte."""
        with open(self.dir + "/big.png", "wb") as f:
            f.write(daemon.png(700, 500) + os.urandom(3 << 20))
        for args, wanted in (((), "2"), (("--http1.1",), "1.1")):
            body, version, head = self.curl(
                "api.example.net", port, "/sourceimages/demo", *self.key(),
                "-F", f"filedata=@{self.dir}/big.png", *args)
            self.assertEqual(version, wanted)
            self.assertEqual(json.loads(body)["total"], 1)
            self.assertIn("strict-transport-security: max-age=", head)
        # Varnish answers before it has read the body, and closes. A proxy that
        # still writes may miss the answer: seldom with a small body.
        for status in ((403, 502),) * 9 + ((403,),):
            body, _, head = self.curl(
                "api.example.net", port, "/sourceimages/demo", "-F",
                f"filedata=@{self.dir}/tls.crt", status=status)
            if b"502" not in body:
                break
        self.assertIn("invalid_authentication", json.loads(body))
        self.assertNotIn("connection:", head)

    def outsiders(self, port, status=403):
        """The client's own address counts, not the proxy's."""
        self.curl("api.example.net", port, "/", *self.key())
        self.curl("api.example.net", port, "/", *self.key(), "--interface",
                  "127.0.0.2", status=status)

    def refused_early(self, port):
        """Without a key the answer comes before the body has."""
        context = ssl.create_default_context(cafile=self.dir + "/tls.crt")
        with socket.create_connection(("127.0.0.1", port)) as s, \
                context.wrap_socket(s, server_hostname="api.example.net") as t:
            t.settimeout(daemon.PATIENCE)
            t.sendall(b"POST /sourceimages/demo HTTP/1.1\r\n"
                      b"Host: api.example.net\r\n"
                      b"Content-Length: 9000000\r\n\r\nx")
            self.assertIn(b" 403 ", t.recv(1000).split(b"\r\n")[0])

    def test_plain(self):
        """Port 80 leads to https."""
        a = self.edge.client("demo.example.net")("GET", "/a?b=c")
        self.assertEqual(a.status, 301)
        self.assertEqual(a.headers["Location"],
                         "https://demo.example.net/a?b=c")

    def test_hitch(self):
        ports = []
        for sock in ("tls", "api"):
            port = free_port()
            text = self.placed(block('frontend = "[*]:443"')).replace(
                '"[*]:443"', f'"[127.0.0.1]:{port}"').replace(
                "tls.sock", sock + ".sock").replace(
                '"_hitch"', '"nobody"').replace(
                'group = "nobody"', 'group = "nogroup"')
            if os.geteuid() != 0:
                text = re.sub(r"(?m)^(user|group) .*\n", "", text)
            with open(f"{self.dir}/hitch-{sock}.conf", "w") as f:
                f.write(text)
            self.run_proxy("hitch", f"--config={f.name}", ports=[port])
            ports.append(port)
        self.whole(*ports)

    def whole(self, public, api):
        self.shows(public)
        self.uploads(api)
        self.outsiders(api)
        self.refused_early(api)

    def nginx(self, text, ports):
        # Its workers are of the same user: the folder of a test is theirs.
        user = "user root;\n" if os.geteuid() == 0 else ""
        module = f"load_module {MODULE};\n" if os.path.exists(MODULE) else ""
        with open(self.dir + "/nginx.conf", "w") as f:
            f.write(user + module + f"daemon off;\nmaster_process on;\n"
                    f"pid {self.dir}/nginx.pid;\nerror_log stderr;\n"
                    "events {}\n" + text)
        self.run_proxy("nginx", "-e", "stderr", "-c", f.name, ports=ports)

    def test_nginx_stream(self):
        if not os.path.exists(MODULE):
            self.skipTest("there is no stream module: install "
                          "libnginx-mod-stream")
        public, api = free_port(), free_port()
        self.nginx(self.placed(block("stream {")).replace(
            "listen 443", f"listen 127.0.0.1:{public}").replace(
            "listen 8443", f"listen 127.0.0.1:{api}"), (public, api))
        self.whole(public, api)

    def test_nginx_http(self):
        port = free_port()
        server = self.placed(block("server {")).replace(
            "listen 8443", f"listen 127.0.0.1:{port}")
        temp = "".join(
            f"{kind}_temp_path {self.dir}/{kind};\n" for kind in (
                "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.nginx("http {\naccess_log off;\n" + temp + server + "}\n",
                   [port])
        self.uploads(port)
        self.outsiders(port)
        self.refused_early(port)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
