# SPDX-License-Identifier: BSD-2-Clause
"""The daemon under what the shipped unit allows: its system calls and
namespaces, without a right of root. systemd itself need not run here."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import daemon

BUILD = os.environ["top_builddir"]
LANDLOCK = {"landlock_create_ruleset", "landlock_restrict_self"}


def settings(name):
    """The values of a setting of the unit, in their order."""
    with open(f"{BUILD}/systemd/monikerd.service") as f:
        return re.findall(f"^{name}=(.*)$", f.read(), re.M)


def expand(word):
    """The calls that a word of SystemCallFilter means."""
    if not word.startswith("@"):
        return {word}
    text = subprocess.run(["systemd-analyze", "syscall-filter", word],
                          capture_output=True, text=True, check=True).stdout
    words = [w.strip() for w in text.splitlines()[1:]]
    return set().union(*(expand(w) for w in words
                         if w and not w.startswith("#")))


def calls_of_unit():
    calls = set()
    for line in settings("SystemCallFilter"):
        words = [expand(w) for w in line.lstrip("~").split()]
        some = set().union(*words)
        calls = calls - some if line.startswith("~") else calls | some
    return calls


def landlock_version():
    """Of the kernel, 0 when it has none: asked by its number."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(444, None, 0, 1))


@unittest.skipIf(shutil.which("systemd-analyze") is None, "no systemd here")
class Unit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.calls = calls_of_unit()
        cls.namespaces = settings("RestrictNamespaces")[-1]

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="moniker-")
        self.addCleanup(shutil.rmtree, self.dir)

    def prefix(self, calls=None, namespaces=None):
        with open(self.dir + "/calls", "w") as f:
            f.write("\n".join(sorted(calls or self.calls)))
        # The folders of the test are root's, which may become root of a
        # namespace by this right; the unit's user needs none.
        drop = ["setpriv", "--bounding-set=-all,+setfcap",
                "--inh-caps=-all"]
        return (drop if os.geteuid() == 0 else []) + [
            f"{BUILD}/tests/lib/under_filter", self.dir + "/calls",
            self.namespaces if namespaces is None else namespaces]

    def cage(self, prefix, *settings):
        """monikerd --cage: (status, {part: has}, all that it said)."""
        conf = self.dir + "/monikerd.conf"
        with open(conf, "w") as f:
            f.write("\n".join(settings) + "\n")
        p = subprocess.run(prefix + ["monikerd", "--cage", "-f", conf],
                           capture_output=True, text=True, timeout=60)
        parts = re.findall(r"^(\w+) +(yes|NO ):", p.stdout, re.M)
        return (p.returncode, {k: v == "yes" for k, v in parts},
                p.stdout + p.stderr)

    def test_nothing_is_lost(self):
        """The cage is as whole as without the unit."""
        status, parts, said = self.cage(self.prefix(), "render_jit = 0")
        free = self.cage([], "render_jit = 0")
        self.assertEqual(parts, free[1], said)
        self.assertEqual(parts["landlock"], landlock_version() > 0, said)
        self.assertEqual(status, free[0], said)

    def test_generated_code(self):
        """That there is some, and how to do without, is said."""
        _, parts, said = self.cage(self.prefix())
        if not parts["code"]:
            self.assertIn("render_jit", said)

    @unittest.skipIf(landlock_version() == 0, "this kernel has no Landlock")
    def test_landlock_is_forbidden(self):
        """By the list of calls, not by an old kernel: no worker starts."""
        status, _, said = self.cage(self.prefix(self.calls - LANDLOCK))
        self.assertEqual(status, 69, said)
        self.assertIn("Landlock: Operation not permitted", said)

    def test_namespaces_are_forbidden(self):
        """As an older unit does: told, and workers go on without."""
        status, parts, said = self.cage(self.prefix(namespaces=""))
        self.assertEqual(status, 1, said)
        self.assertEqual((parts["namespaces"], parts["root"]),
                         (False, False))
        self.assertIn("lacks: namespaces: Operation not permitted", said)

    def test_mounts_are_forbidden(self):
        status, parts, said = self.cage(self.prefix(self.calls - {"mount"}))
        self.assertEqual(status, 1, said)
        self.assertFalse(parts["root"])
        self.assertIn("root: Operation not permitted", said)

    def test_renders(self):
        """With all of it, and told in the log and the metrics."""
        for namespaces in (None, ""):
            d = daemon.Daemon(prefix=self.prefix(namespaces=namespaces))
            try:
                self.renders(d, namespaces)
            finally:
                d.close()

    def renders(self, d, namespaces):
        api = d.organization("demo")
        a = daemon.upload(api, "demo", ("f", "p.png", daemon.png(60, 40)))
        self.assertEqual(a.status, 200, a.body)
        hash = a.json["items"][0]["hash"]
        a = d.pictures("demo")(
            "GET", f"/dynamic/resize-width-30/{hash}.jpg")
        self.assertEqual(a.status, 200, a.body)
        text = d.local()("GET", "/metrics").body.decode()
        parts = dict(re.findall(
            r'^moniker_render_cage{part="(\w+)"} (\d+)$', text, re.M))
        self.assertEqual(parts["seccomp"], "1")
        self.assertEqual(int(parts["landlock"]), landlock_version())
        if namespaces == "":
            self.assertEqual(parts["namespaces"], "0")
        # Once, however many workers there are
        self.assertEqual(d.log_text().count("event=render_cage "), 1)


if __name__ == "__main__":
    daemon.main()
