# SPDX-License-Identifier: BSD-2-Clause
"""The real prometheus reads /metrics; alerts and dashboard name what is there."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
import daemon

SRC = os.environ["top_srcdir"]


def promtool(*args, **kw):
    p = subprocess.run(["promtool", *args], capture_output=True, text=True,
                       timeout=60, **kw)
    return p.returncode, p.stdout + p.stderr


class Prometheus(daemon.Test):
    settings = 'metrics_listen = "127.0.0.1:0"\n'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = re.search(r"listening address=(\S+)", cls.daemon.log_text())[1]

    def get(self, url):
        with urllib.request.urlopen(url, timeout=30) as r:
            return r.read().decode()

    def test_rules(self):
        with tempfile.TemporaryDirectory() as d:
            for name in ("doc/alerts.yml", "tests/ctl/alerts.test.yml"):
                shutil.copy(f"{SRC}/{name}", d)
            rc, text = promtool("check", "rules", d + "/alerts.yml")
            self.assertEqual(rc, 0, text)
            rc, text = promtool("test", "rules", d + "/alerts.test.yml")
            self.assertEqual(rc, 0, text)

    def test_the_guide_explains_each_alert(self):
        with open(f"{SRC}/doc/alerts.yml") as f:
            alerts = re.findall(r"alert: (\w+)", f.read())
        with open(f"{SRC}/doc/operations.rst") as f:
            guide = f.read().split("What each alert means")[1]
        self.assertEqual(sorted(alerts),
                         sorted(re.findall(r"\b(Moniker\w+)", guide)))

    def test_metrics_are_by_the_conventions(self):
        rc, text = promtool("check", "metrics", input=self.get(
            f"http://{self.address}/metrics"))
        self.assertEqual((rc, text), (0, ""))

    def test_only_metrics_there(self):
        self.assertIn("ok", self.get(f"http://{self.address}/health"))
        with self.assertRaises(urllib.error.HTTPError) as e:
            self.get(f"http://{self.address}/operations")
        self.assertEqual(e.exception.code, 404)

    def test_alerts_and_dashboard_name_metrics_that_exist(self):
        there = self.get(f"http://{self.address}/metrics")
        for name in ("alerts.yml", "grafana.json"):
            with open(f"{SRC}/doc/{name}") as f:
                used = set(re.findall(r"moniker_\w+", f.read()))
            self.assertGreater(len(used), 5)
            for metric in used:
                self.assertIn("# HELP " + re.sub("_bucket$", "", metric) + " ",
                              there, name)

    def test_the_manual_names_every_metric(self):
        with open(f"{SRC}/doc/monikerd.8.rst") as f:
            named = re.findall(r"\*\*(moniker_\w+)\*\*", f.read())
        there = self.get(f"http://{self.address}/metrics")
        # Those of a bucket are there with a bucket: api/bucket.py.
        self.assertEqual(
            sorted(n for n in named if not re.match("moniker_(s3|blob)_", n)),
            sorted(re.findall(r"^# HELP (\w+)", there, re.M)))

    def test_scraped_once(self):
        with open(f"{SRC}/doc/grafana.json") as f:
            panels = json.load(f)["panels"]
        with tempfile.TemporaryDirectory() as d:
            shutil.copy(f"{SRC}/doc/alerts.yml", d)
            with open(f"{SRC}/doc/prometheus.yml") as f:
                text = f.read()
            with open(d + "/p.yml", "w") as f:
                f.write(text.replace("15s", "1s").replace("127.0.0.1:9158",
                                                          self.address))
            # Prometheus tells no port that it was given: a Unix socket of
            # our own cannot be had either, so ask the kernel for a free one.
            with daemon.socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            p = subprocess.Popen(
                ["prometheus", f"--config.file={d}/p.yml",
                 f"--storage.tsdb.path={d}/data",
                 f"--web.listen-address=127.0.0.1:{port}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                self.query_until(port, 'moniker_map_generation')
                self.query_until(port, 'up{job="moniker"} == 1')
                for panel in panels:
                    for t in panel["targets"]:
                        answer = self.query(port, t["expr"])
                        self.assertEqual(answer["status"], "success")
            finally:
                p.terminate()
                p.wait(30)

    def query(self, port, expr):
        return json.loads(self.get(
            f"http://127.0.0.1:{port}/api/v1/query?" +
            urllib.parse.urlencode({"query": expr})))

    def query_until(self, port, expr):
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            try:
                if self.query(port, expr)["data"]["result"]:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.fail("prometheus has not scraped the daemon")


if __name__ == "__main__":
    daemon.main()
