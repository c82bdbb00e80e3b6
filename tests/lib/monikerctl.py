# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of monikerctl share: calls of it, piped and on a pty."""
import json
import os
import pty
import subprocess
import daemon


def run(*args, env=None, stdin=None):
    """(exit status, output, errors), both no terminal."""
    p = subprocess.run(["monikerctl", *args], capture_output=True, text=True,
                       env={**os.environ, **(env or {})}, input=stdin,
                       timeout=60)
    return p.returncode, p.stdout, p.stderr


class Terminal:
    """A monikerctl that sees a terminal."""
    def __init__(self, *args, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("monikerctl", ["monikerctl", *args],
                       {**os.environ, **env})
        self.text = ""

    def read(self, until=None):
        """Up to *until*, or to the end."""
        while until is None or until not in self.text:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                break
            if not piece:
                break
            self.text += piece.decode(errors="replace")
        return self.text

    def status(self):
        self.read()
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Test(daemon.Test):
    """By the local socket, for the organization demo, with one picture."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = {"MONIKER_SOCKET": cls.daemon.dir + "/local.sock",
                   "MONIKER_ORG": "demo"}
        cls.hash = cls.picture()

    def ctl(self, *args, status=0, stdin=None, **env):
        """What a call that ends so printed; for a failure, its errors."""
        rc, out, err = run(*args, env={**self.env, **env}, stdin=stdin)
        self.assertEqual(rc, status, err)
        return out if status == 0 else err

    def json(self, *args, **env):
        return json.loads(self.ctl(*args, **env))

    def file(self, name, data):
        """The path of a new file that holds *data*, text or bytes."""
        path = os.path.join(self.daemon.dir, name)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path
