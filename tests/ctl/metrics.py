# SPDX-License-Identifier: BSD-2-Clause
"""/metrics counts what was done, and /ready says whether all is up."""
import os
import signal
import socket
import subprocess
import threading

import daemon
import threads


class Metrics(daemon.Test):
    settings = 'metrics_listen = "127.0.0.1:0"\n'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A render alone does not tell: the reserve worker may have done it.
        daemon.wait_for(lambda: cls.api("GET", "/ready").status == 200)

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
                self.assertRegex(
                    line, r'^moniker_[a-z_]+(\{.*\})? [0-9.e+-]+$')

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

    def test_ready_after_a_stall(self):
        """A daemon that the system did not let run is well when it runs again:
        a probe on a connection that is served first does not wait for the
        heartbeat that is due."""
        path = self.daemon.dir + "/local.sock"
        ask = b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"
        map_dir = self.daemon.dir + "/map_dir"
        pid = self.daemon.process.pid
        for _ in range(3):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(daemon.PATIENCE)
                s.connect(path)
                for _ in range(3):
                    s.sendall(ask)
                    self.assertIn(b"ready", s.recv(65536))
                os.kill(pid, signal.SIGSTOP)
                try:
                    s.sendall(ask)
                    # Until its sign of life is old
                    daemon.wait_for(lambda: subprocess.run(
                        ["moniker-map", "stat", map_dir],
                        stdout=subprocess.DEVNULL).returncode != 0)
                finally:
                    os.kill(pid, signal.SIGCONT)
                self.assertIn(b" 200 ", s.recv(65536))

    def test_shares_of_the_workers(self):
        """Who used them: of its renders and of its uploads."""
        h = self.picture(31, 17)
        a = self.pictures("GET", f"/dynamic/resize-width-9/{h}.png")
        self.assertEqual(a.status, 200)
        text = self.daemon.local()("GET", "/metrics").body.decode()
        labels = '{organization="demo"}'
        for name, least in (("begun_total", 2), ("seconds_total", 1e-6)):
            self.assertGreaterEqual(self.sample(
                text, f"moniker_render_share_{name}{labels}"), least)
        for name in ("refused_total", "waiting"):
            self.assertEqual(self.sample(
                text, f"moniker_render_share_{name}{labels}"), 0)

    def test_the_map_that_has_grown(self):
        """Of the map as it is, not of the generation seen first."""
        d = daemon.Daemon()
        self.addCleanup(d.close)
        api = d.organization("demo")
        h = daemon.upload(api, "demo", ("f", "p.png", daemon.png(7, 7))
                          ).json["items"][0]["hash"]
        for i in range(3):
            self.assertEqual(api("POST", "/sourceimages/demo/alias", {
                "changes": [{"alias": f"grown{i}_{k}", "hash": h}
                            for k in range(1000)]}).status, 200)
            text = d.local()("GET", "/metrics").body.decode()
            self.assertEqual(self.sample(
                text, 'moniker_map_records{kind="alias"}'), 1000 * (i + 1))

    def test_hidden_from_the_api(self):
        self.refused(self.api("GET", "/metrics"), 404)

    def test_ready(self):
        a = self.api("GET", "/ready")
        self.assertEqual((a.status, a.json), (200, {
            "status": "ready", "formats_missing": {"read": [], "write": []}}))

    def test_not_ready_without_room(self):
        d = daemon.Daemon("ready_free_mb = 1073741824\n")
        self.addCleanup(d.close)
        self.refused(d.client()("GET", "/ready"), 503)
        # Which Varnish's probe does not care about.
        self.assertEqual(d.pictures("x")("GET", "/health").status, 200)


class Slow(daemon.Test):
    def test_ready_beside_a_slow_write(self):
        """The thread that writes to the map waits in the middle of it, for
        longer than a sign of life is good."""
        # The picture may be looked at before the workers are up.
        daemon.wait_for(
            lambda: self.daemon.local()("GET", "/ready").status == 200)
        h = self.picture()
        tids = threads.named(self.daemon.process.pid, "store-writer")
        self.assertEqual(len(tids), 1)
        with threads.Tracer(tids[0]) as t:
            writer = threading.Thread(target=self.aliases, args=(h, 80))
            writer.start()
            # More room for the map, which it has by then
            t.run_to_call("fallocate")
            daemon.wait_for(lambda: subprocess.run(
                ["moniker-map", "stat", self.daemon.dir + "/map_dir"],
                stdout=subprocess.DEVNULL).returncode != 0)
            a = self.daemon.local()("GET", "/ready")
        writer.join()
        self.assertEqual(a.status, 200, a.body)

    def aliases(self, hash, calls):
        api = self.daemon.client(Api_Key=self.api.key["api_key"])
        for i in range(calls):
            a = api("POST", "/sourceimages/demo/alias", {"changes": [
                {"alias": f"slow{i}_{k}", "hash": hash} for k in range(1000)]})
            self.assertEqual(a.status, 200, a.body)


if __name__ == "__main__":
    daemon.main()
