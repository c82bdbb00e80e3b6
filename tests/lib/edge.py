# SPDX-License-Identifier: BSD-2-Clause
"""A real varnishd with the shipped example VCL in front of a daemon."""
import os
import re
import shutil
import socket
import subprocess
import tempfile

import daemon

SRC = os.environ["top_srcdir"]
BUILD = os.environ["top_builddir"]


def vmod_path():
    """Ours, then those of the Varnish that configure found."""
    with open(BUILD + "/tests/Makefile") as f:
        modules = re.search(r"^VARNISHAPI_VMODDIR = (.*)$", f.read(), re.M)
    return f"{BUILD}/vmod/.libs:{modules[1]}"


def example(d, text=None):
    """The example VCL with the paths of the daemon *d*."""
    if text is None:
        with open(SRC + "/vcl/example.vcl") as f:
            text = f.read()
    return text.replace("/run/moniker/map", d.dir + "/map_dir").replace(
        "/run/moniker/", d.dir + "/")


class Edge:
    def __init__(self, d, vcl=None, listen=("127.0.0.1:0",), args=()):
        self.dir = tempfile.mkdtemp(prefix="edge-")
        # Varnish's worker is another user.
        os.chmod(self.dir, 0o755)
        os.chmod(d.dir, 0o755)
        with open(self.dir + "/edge.vcl", "w") as f:
            f.write(example(d, vcl))
        self.log = open(self.dir + "/log", "w+")
        command = ["varnishd", "-F", "-n", self.dir + "/v", "-f",
                   self.dir + "/edge.vcl", "-p", "vmod_path=" + vmod_path(),
                   "-p", f"vcl_path={SRC}/vcl", "-p",
                   "cc_command=exec gcc -O0 -fpic -shared -w -o %o %s", *args]
        for a in listen:
            command += ["-a", a]
        self.process = subprocess.Popen(command, stdout=self.log,
                                        stderr=self.log)
        try:
            daemon.wait_for(self.runs, self.log_text)
        except BaseException:
            self.close()
            raise
        self.port = self.ports()[0]

    def log_text(self):
        self.log.seek(0)
        return self.log.read()

    def adm(self, *command):
        return subprocess.run(
            ["varnishadm", "-n", self.dir + "/v", *command], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

    def runs(self):
        assert self.process.poll() is None, self.log_text()
        return "Child in state running" in self.adm("status")

    def ports(self):
        return [int(line.split()[2]) for line in
                self.adm("debug.listen_address").splitlines()
                if re.fullmatch(r"\S+ [0-9a-f:.]+ \d+", line)]

    def counter(self, name):
        out = subprocess.check_output(
            ["varnishstat", "-n", self.dir + "/v", "-1", "-f", name],
            text=True)
        return sum(int(line.split()[1]) for line in out.splitlines())

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.settimeout(daemon.PATIENCE)
        return s

    def client(self, host, **headers):
        return EdgeClient(self, host, **headers)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(daemon.PATIENCE)
        text = self.log_text()
        self.log.close()
        shutil.rmtree(self.dir)
        assert "Panic" not in text, text


class EdgeClient(daemon.Client):
    """As of a daemon's socket, but through Varnish."""
    def __init__(self, edge, host, **headers):
        super().__init__(None, Host=host, **headers)
        self.edge = edge

    def open(self):
        return daemon.http.client.HTTPConnection(
            "127.0.0.1", self.edge.port, timeout=daemon.PATIENCE)


class Test(daemon.Test):
    """One daemon and one Varnish for all the tests of a class."""
    vcl = None
    args = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.edge = Edge(cls.daemon, cls.vcl, args=cls.args)
        cls.addClassCleanup(cls.edge.close)
        key = cls.api.headers["Api-Key"]
        cls.through = cls.edge.client("api.example.net", Api_Key=key)
        cls.shown = cls.edge.client("demo.example.net")
        daemon.wait_for(lambda: "healthy" in
                        cls.edge.adm("backend.list", "moniker_image"))
