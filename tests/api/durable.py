# SPDX-License-Identifier: BSD-2-Clause
"""What was answered is there after kill -9, whatever was under way."""
import http.client
import os
import signal
import socket
import threading

import daemon
import hook_receiver


class Durable(daemon.Test):
    def test_kill_under_load(self):
        hashes = [self.picture(color=(i, 0, 0)) for i in range(4)]
        for turn in range(3):
            answered, lock = {}, threading.Lock()
            enough = threading.Event()

            def write(thread):
                client = daemon.Client(self.api.path, **self.api.headers)
                n = 0
                while True:
                    name = f"t{turn}_{thread}_{n % 7}"
                    hash = hashes[(n + n // 7) % 4]
                    with lock:
                        before = answered.get(name, (None, None))
                        # either of the two, until the answer is there
                        answered[name] = (before[0], hash)
                    try:
                        a = client("PUT", "/sourceimages/demo/alias/" + name +
                                   "?overwrite=true", {"hash": hash})
                    except (OSError, http.client.HTTPException):
                        return
                    assert a.status in (200, 201), a.body
                    with lock:
                        answered[name] = (hash, hash)
                    n += 1
                    if n >= 40 and len(answered) > 100:
                        enough.set()
            threads = [threading.Thread(target=write, args=(i,))
                       for i in range(16)]
            for t in threads:
                t.start()
            self.assertTrue(enough.wait(30))
            self.daemon.stop(9)
            for t in threads:
                t.join()
            self.daemon.start()
            self.check(answered)

    def check(self, answered):
        self.assertGreater(len(answered), 100)
        for name, hashes in answered.items():
            a = self.api("GET", "/sourceimages/demo/alias/" + name)
            if hashes[0] is None and a.status == 404:
                continue
            self.assertEqual(a.status, 200, (name, a.body))
            self.assertIn(a.json["hash"], hashes)
            if not name.endswith("_0"):
                continue
            # and the render host says the same
            picture = self.pictures("GET", f"/dynamic/-_{name}_-.png")
            self.assertEqual(picture.headers["X-Moniker-Source"],
                             a.json["hash"])


class Derived(daemon.Test):
    def test_kill_while_images_are_replaced(self):
        """An image that goes, the one that comes, and the alias that follows
        are one; so are metadata that changes in place and its purge."""
        images = [self.picture(color=(i, 1, 1)) for i in range(6)]
        binary = [self.api("GET", f"/sourceimages/demo/{h}").json[
            "binary_hash"] for h in images]
        done = [0] * len(images)
        for i, hash in enumerate(images):
            self.api("PUT", f"/sourceimages/demo/alias/d{i}", {"hash": hash})

        def replace(i):
            client = daemon.Client(self.api.path, **self.api.headers)
            how = "keepHash" if i == 0 else "deletePrevious"
            while True:
                path = f"/sourceimages/demo/{images[i]}/meta/dynamic/version"
                try:
                    a = client("PUT", f"{path}?{how}=true",
                               {"text": str(done[i] + 1)})
                except (OSError, http.client.HTTPException):
                    return
                assert a.status == 201, a.body
                images[i] = a.json["hash"]
                done[i] += 1
        threads = [threading.Thread(target=replace, args=(i,))
                   for i in range(len(images))]
        for t in threads:
            t.start()
        daemon.wait_for(lambda: min(done) >= 10, lambda: done)
        self.daemon.stop(9)
        for t in threads:
            t.join()
        self.daemon.start()
        for i, hash in enumerate(images):
            there, = self.api("GET", "/sourceimages/demo?binaryHash=" +
                              binary[i]).json["items"]
            n = int(there["dynamic_metadata"]["version"]["text"])
            # what was under way is whole, or not at all
            self.assertIn(n, (done[i], done[i] + 1))
            self.assertEqual(there["hash"] == hash, n == done[i] or i == 0)
            alias = self.api("GET", f"/sourceimages/demo/alias/d{i}").json
            self.assertEqual(alias["hash"], there["hash"])
            picture = self.pictures("GET", f"/dynamic/-_d{i}_-.png")
            self.assertEqual((picture.status,
                              picture.headers["X-Moniker-Source"]),
                             (200, there["hash"]))
            if i == 0:
                purges = self.api("GET", "/purges/demo?limit=1000").json
                self.assertEqual(len([p for p in purges["items"]
                                      if p["key"] == hash]), n)
        self.assertEqual(self.daemon.fsck("--deep")[0], 0)


class Told(daemon.Test):
    @classmethod
    def setUpClass(cls):
        cls.server = hook_receiver.Server()
        cls.addClassCleanup(cls.server.close)
        cls.settings = ('webhook_allow = "127.0.0.1"\n'
                        'webhook_allow_addresses = "127.0.0.1"\n'
                        f'webhook_ports = "{cls.server.port}"\n'
                        'webhook_retry_max_ms = 50\n')
        super().setUpClass()

    def test_kill_while_webhooks_are_sent(self):
        """Each change that was answered is told of, in the order of the changes,
        and none that did not happen."""
        server = self.server
        a = self.api("POST", "/organizations/demo/webhooks",
                     {"url": server.url, "events": ["alias.*"]})
        self.assertEqual(a.status, 201, a.body)
        path = f"/organizations/demo/webhooks/{a.json['id']}"
        got = server.got.setdefault("/hook", [])
        hashes = [self.picture(color=(i, 2, 2)) for i in range(2)]
        done = [0] * 4
        most = 0                # of each thread

        def write(thread):
            client = daemon.Client(self.api.path, **self.api.headers)
            while done[thread] < most:
                try:
                    a = client("PUT", f"/sourceimages/demo/alias/w{thread}"
                               "?overwrite=true",
                               {"hash": hashes[done[thread] % 2]})
                except (OSError, http.client.HTTPException):
                    return
                assert a.status in (200, 201), a.body
                done[thread] += 1
        for turn in range(3):
            threads = [threading.Thread(target=write, args=(i,))
                       for i in range(len(done))]
            before, told = sum(done), len(got)
            most = max(done) + 8
            for t in threads:
                t.start()
            daemon.wait_for(lambda: sum(done) > before + 6 and
                            len(got) > told)
            self.daemon.stop(9)
            for t in threads:
                t.join()
            self.daemon.start()
            for i in range(len(done)):
                # What was under way is whole, or not at all.
                a = self.api("GET", f"/sourceimages/demo/alias/w{i}")
                if a.status == 404:
                    continue
                alias = a.json
                done[i] += alias["hash"] != hashes[(done[i] - 1) % 2]
        daemon.wait_for(lambda: self.api("GET", path).json["pending"] == 0)
        once = list({e["id"]: e for e in got}.values())
        self.assertEqual([e["id"] for e in once], sorted(
            (e["id"] for e in once), key=lambda i: int(i.split("_")[2])))
        for i in range(len(done)):
            self.assertEqual([e["data"]["after"]["hash"] for e in once
                              if e["data"]["alias"] == f"w{i}"],
                             [hashes[n % 2] for n in range(done[i])])
        self.assertEqual(self.daemon.fsck()[0], 0)


class RolledBack(daemon.Test):
    def test_kill_while_many_are_rolled_back(self):
        """All of them are back, or none, in the store and in the map."""
        hashes = [self.picture(color=(i, 2, 2)) for i in range(2)]
        names = [f"r{i:03}" for i in range(200)]
        done = []

        def change(hash):
            a = self.api("POST", "/sourceimages/demo/alias", {"changes": [
                {"alias": n, "hash": hash} for n in names]})
            assert a.status == 200, a.body

        def roll():
            client = daemon.Client(self.api.path, **self.api.headers)
            at = "2026-01-01T00:00:00Z"
            while True:
                try:
                    a = client("GET", "/sourceimages/demo/alias/r000/history")
                    at = (a.json["current"] or {}).get("from", at)
                    a = client("POST", "/sourceimages/demo/rollback",
                               {"at": at, "prefix": "r"})
                    assert a.status == 200, a.body
                    done.append(a.json["total"])
                    a = client("POST", "/sourceimages/demo/alias", {
                        "changes": [{"alias": n, "hash": hashes[
                            len(done) % 2]} for n in names]})
                    assert a.status == 200, a.body
                except (OSError, http.client.HTTPException):
                    return
        change(hashes[0])
        change(hashes[1])
        t = threading.Thread(target=roll)
        t.start()
        daemon.wait_for(lambda: len(done) >= 5, lambda: done)
        self.daemon.stop(9)
        t.join()
        self.daemon.start()
        found = [self.api("GET", f"/sourceimages/demo/alias/{n}")
                 for n in names]
        states = {a.json["hash"] if a.status == 200 else None for a in found}
        self.assertEqual(len(states), 1, states)
        for n in names[::50]:
            picture = self.pictures("GET", f"/dynamic/-_{n}_-.png")
            self.assertEqual({picture.headers.get("X-Moniker-Source")},
                             states)
        self.assertEqual(self.daemon.fsck("--deep")[0], 0)


class End(daemon.Test):
    settings = "purges_stack = 0\n"

    def test_end_with_purges_under_way(self):
        """Its last jobs, which nobody waits for, are done to the end."""
        key = self.api.headers["Api-Key"]
        request = ("DELETE /stacks/demo/dynamic/cache?wait=5 HTTP/1.1\r\n"
                   f"Host: x\r\nApi-Key: {key}\r\n\r\n").encode()
        lines = [socket.socket(socket.AF_UNIX) for _ in range(60)]
        for s in lines:
            s.connect(self.daemon.dir + "/api.sock")
        for s in lines:
            s.sendall(request)
        # The second one: at once.
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log_text())
        for s in lines:
            s.close()
        self.daemon.start()


class Wait(daemon.Test):
    settings = 'varnish away { instance = "/nowhere/varnish" }\n'

    def test_end_while_a_purge_is_waited_for(self):
        """Who waits is told how it stands, not cut off."""
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.api(
            "DELETE", "/sourceimages/demo/alias/any/cache?wait=60")))
        waiting.start()
        local = self.daemon.local()
        while not local("GET", "/purges/demo").json["items"]:
            pass
        self.assertEqual(self.daemon.stop(), 0)
        waiting.join()
        self.assertEqual((answers[0].status, answers[0].json["state"]),
                         (200, "pending"))
        self.daemon.start()


class Group(daemon.Test):
    settings = "render_workers = 1\nrender_reserve = 0\n"

    def test_end_of_a_group(self):
        """A terminal and systemd send a signal to each process: the workers
        leave it to the daemon, which lets requests come to their end."""
        hash = self.picture()
        url = f"/dynamic/resize-width-%d/{hash}.png"
        self.assertEqual(self.pictures("GET", url % 20).status, 200)
        workers = self.daemon.workers()
        self.assertEqual(len(workers), 1)
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(workers[0], s)
        self.assertEqual(self.pictures("GET", url % 10).status, 200)
        self.assertEqual(self.daemon.workers(), workers)
        self.assertNotIn("render_worker_died", self.daemon.log_text())


if __name__ == "__main__":
    daemon.main()
