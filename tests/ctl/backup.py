# SPDX-License-Identifier: BSD-2-Clause
"""Backup under write load and restore; what Prometheus reads."""
import json
import os
import shutil
import subprocess
import threading
import daemon
from fsck import fsck


class Backup(daemon.Test):
    def setUp(self):
        self.hash = self.picture()
        self.env = {**os.environ,
                    "MONIKER_SOCKET": self.daemon.dir + "/local.sock"}

    def put(self, name, **kw):
        return self.api("PUT", f"/sourceimages/demo/alias/{name}"
                        "?overwrite=true", {"hash": self.hash}, **kw)

    def backup(self, to):
        return subprocess.run(["monikerctl", "backup", "create", to],
                              env=self.env, capture_output=True, text=True,
                              timeout=60)

    def test_under_load_all_that_was_answered_before_is_in_it(self):
        stop, answered = threading.Event(), []

        def write():
            client = self.daemon.client(Api_Key=self.api.key["api_key"])
            while not stop.is_set():
                name = f"w{len(answered)}"
                if client("PUT", f"/sourceimages/demo/alias/{name}",
                          {"hash": self.hash}).status == 201:
                    answered.append(name)

        thread = threading.Thread(target=write)
        thread.start()
        while len(answered) < 200:
            pass
        before = len(answered)
        to = self.daemon.dir + "/backup"
        p = self.backup(to)
        stop.set()
        thread.join()
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual(json.loads(p.stdout)["to"], to)
        self.assertEqual(self.backup(to).returncode, 1)

        other = daemon.Daemon()
        try:
            other.stop()
            shutil.rmtree(other.dir + "/store_dir")
            shutil.copytree(to, other.dir + "/store_dir")
            self.assertIn(fsck(other, "--deep")[0], (0, 1))
            other.start()
            client = other.client(Api_Key=self.api.key["api_key"])
            for name in answered[:before]:
                self.assertEqual(client(
                    "GET", f"/sourceimages/demo/alias/{name}").json["hash"],
                    self.hash)
            self.assertEqual(other.pictures("demo")(
                "GET", f"/dynamic/resize-width-5/{self.hash}.png").status, 200)
            rc, text = fsck(other, "--deep")
            self.assertEqual(rc, 0, text)
        finally:
            other.close()

    def test_a_place_that_cannot_be_written(self):
        p = self.backup("/proc/backup")
        self.assertEqual(p.returncode, 1)
        self.assertIn("cannot make the folder", p.stderr)

    def test_only_here(self):
        self.refused(self.api("POST", "/backup", {"to": "/x"}), 404)
        local = self.daemon.local()
        self.refused(local("POST", "/backup", {"to": "x"}), 400, "to:")
        self.refused(local("POST", "/backup", {}), 400, "to:")

    def test_fsck_while_in_use(self):
        self.put("present")
        rc, text = fsck(self.daemon)
        self.assertEqual(rc, 0, text)
        self.assertIn("good", text)


class Metrics(daemon.Test):
    settings = 'metrics_listen = "127.0.0.1:0"\n'

    def sample(self, text, name):
        return sum(float(x.split()[-1]) for x in text.splitlines()
                   if x.startswith(name))

    def test_what_prometheus_reads(self):
        h = self.picture()
        self.api("PUT", "/sourceimages/demo/alias/m", {"hash": h})
        self.pictures("GET", f"/dynamic/resize-width-5/{h}.jpg")
        a = self.daemon.local()("GET", "/metrics")
        self.assertEqual(a.status, 200)
        self.assertTrue(a.headers["Content-Type"].startswith("text/plain"))
        text = a.body.decode()
        self.assertEqual(self.sample(
            text, 'moniker_map_records{kind="alias"}'), 1)
        self.assertGreaterEqual(self.sample(text, "moniker_renders_total"), 1)
        self.assertEqual(self.sample(
            text, 'moniker_http_requests_total{route="/sourceimages/'
            '{organization}/alias/{alias}",method="PUT",code="201"}'), 1)
        self.assertGreaterEqual(self.sample(
            text, 'moniker_render_duration_seconds_count{operation="resize",'
            'format="jpg"}'), 1)
        self.assertGreater(self.sample(
            text, "moniker_map_publish_seconds_total"), 0)
        self.api("DELETE", "/sourceimages/demo/alias/m/cache")
        text = self.daemon.local()("GET", "/metrics").body.decode()
        self.assertEqual(self.sample(
            text, 'moniker_purges_total{kind="alias",result="accepted"}'), 1)
        used = 'moniker_purge_quota_%s{organization="demo",kind="alias"}'
        self.assertEqual(self.sample(text, used % "used"), 1)
        self.assertEqual(self.sample(text, used % "limit"), 10)
        for line in text.splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r'^moniker_[a-z_]+(\{.*\})? [0-9.e+-]+$')

    def test_quotas_of_those_who_purged_last(self):
        """However many purge, no more than 32 series of each metric."""
        local = self.daemon.local()
        for i in range(40):
            local("PUT", f"/organizations/many{i:02}", {})
            if i == 39:
                local("PUT", "/organizations/many39/options/purges_stack", 2)
            for _ in range(3):
                local("DELETE", f"/stacks/many{i:02}/x/cache")
        text = local("GET", "/metrics").body.decode()
        lines = [x for x in text.splitlines()
                 if x.startswith("moniker_purge_quota_used{")]
        self.assertEqual(len(lines), 32)
        self.assertNotIn('"many07"', text)
        for name, used, limit in ("many08", 3, 5), ("many39", 2, 2):
            labels = f'{{organization="{name}",kind="stack"}} '
            self.assertIn(f"_quota_used{labels}{used}\n", text)
            self.assertIn(f"_quota_limit{labels}{limit}\n", text)

    def test_hidden_from_the_api(self):
        self.refused(self.api("GET", "/metrics"), 404)

    def test_ready(self):
        # A render that was answered proves that a worker is up.
        self.pictures("GET", f"/dynamic/resize-width-6/{self.picture()}.jpg")
        a = self.api("GET", "/ready")
        self.assertEqual((a.status, a.json), (200, {"status": "ready"}))

    def test_not_ready_without_room(self):
        d = daemon.Daemon("ready_free_mb = 1073741824\n")
        self.addCleanup(d.close)
        self.refused(d.client()("GET", "/ready"), 503)
        # Which Varnish's probe does not care about.
        self.assertEqual(d.pictures("x")("GET", "/health").status, 200)


if __name__ == "__main__":
    daemon.main()
