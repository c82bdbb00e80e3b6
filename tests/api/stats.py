# SPDX-License-Identifier: BSD-2-Clause
"""Figures by day, as the hosted service's dashboard and rokka.js ask for them."""
import datetime
import sqlite3

import daemon

DAY = datetime.timedelta(days=1)


class Stats(daemon.Test):
    def days(self, query="", ask=None):
        a = (ask or self.api)("GET", "/stats/demo" + query)
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(set(a.json), {
            "space_in_bytes", "number_of_files", "bytes_downloaded",
            "bytes_downloaded_external"})
        self.assertEqual(a.json["bytes_downloaded_external"], [])
        return a.json

    def today(self):
        o = self.days()
        return tuple(o[k][0]["value"] for k in (
            "space_in_bytes", "number_of_files", "bytes_downloaded"))

    def test_today(self):
        data = daemon.png(31, 7)
        a = daemon.upload(self.api, "demo", ("f", "p.png", data))
        hash = a.json["items"][0]["hash"]
        space, files, sent = self.today()
        self.assertEqual((space, files), (len(data), 1))
        url = f"/dynamic/{hash}.png"
        a = self.pictures("GET", url)
        self.assertEqual(a.status, 200)
        back = self.api("GET", f"/sourceimages/demo/{hash}/download").body
        # None of these has a body of a picture.
        self.assertEqual(self.pictures("HEAD", url).status, 200)
        self.assertEqual(self.pictures(
            "GET", url, If_None_Match=a.headers["ETag"]).status, 304)
        self.assertEqual(self.pictures("GET", "/dynamic/" + "0" * 40 + ".png"
                                       ).status, 404)
        sent += len(a.body) + len(back)
        self.assertEqual(self.today(), (len(data), 1, sent))
        # It outlives the daemon, and images that are deleted take room.
        self.empty(self.api("DELETE", f"/sourceimages/demo/{hash}"))
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.today(), (len(data), 0, sent))
        other = self.daemon.organization("other")
        a = other("GET", "/stats/other").json
        self.assertEqual([x["value"] for k in (
            "space_in_bytes", "bytes_downloaded") for x in a[k]], [0, 0])

    def test_range(self):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        epoch = today - datetime.date(1970, 1, 1)
        self.daemon.stop()
        db = sqlite3.connect(self.daemon.dir + "/store_dir/moniker.db")
        with db:
            db.execute("DELETE FROM daily")
            db.executemany(
                "INSERT INTO daily SELECT id, ?, ?, ?, ? FROM org "
                "WHERE name = 'demo'", ((epoch.days - 60, 1000, 3, 7),
                                        (epoch.days - 3, 2000, 5, 11)))
        db.close()
        self.daemon.start()
        for query, first, last in (
                ("", 29, 0), ("?from&to", 29, 0), ("?from=&to=", 29, 0),
                (f"?from={today - 2 * DAY}", 2, 0),
                (f"?from={today - 5 * DAY}&to={today - DAY}", 5, 1),
                (f"?to={today - 3 * DAY}", 32, 3),
                (f"?from={today - 2 * DAY}&to={today + DAY}", 2, 0),
                (f"?from={today - 2000 * DAY}", 60, 0)):
            o = self.days(query)
            days = [f"{today - n * DAY}T00:00:00+00:00"
                    for n in range(last, first + 1)]
            for key in ("space_in_bytes", "number_of_files",
                        "bytes_downloaded"):
                self.assertEqual([x["timestamp"] for x in o[key]], days,
                                 (query, key))
        o = self.days(f"?from={today - 4 * DAY}&to={today - 2 * DAY}")
        self.assertEqual([x["value"] for x in o["space_in_bytes"]],
                         [2000, 2000, 1000])
        self.assertEqual([x["value"] for x in o["number_of_files"]],
                         [5, 5, 3])
        self.assertEqual(o["bytes_downloaded"][1], {
            "timestamp": f"{today - 3 * DAY}T00:00:00+00:00", "value": 11,
            "unit": "Bytes"})
        self.assertEqual([x["value"] for x in o["bytes_downloaded"]],
                         [0, 11, 0])
        self.assertEqual(self.days(f"?from={today + DAY}&to={today + DAY}")[
            "space_in_bytes"], [])

    def test_bad(self):
        for query, word in (("?from=yesterday", "from"), ("?to=2026-13-01",
                            "to"), ("?from=2026-02-30", "from"),
                            ("?from=2026-1-1", "from"), ("?to=20261130", "to"),
                            ("?to=2026-11-30T00:00:00Z", "to"),
                            ("?from=2026-11-02&to=2026-11-01", "after"),
                            ("?from=2026-01-01&from=2026-01-02", "more than once")):
            self.refused(self.api("GET", "/stats/demo" + query), 400, word)
        upload = self.daemon.organization("demo", ["upload"])
        self.refused(upload("GET", "/stats/demo"), 403, "role")
        self.refused(self.api("GET", "/stats/other"), 404)
        self.days(ask=self.daemon.organization("demo", ["read"]))
        self.days(ask=self.daemon.local())


if __name__ == "__main__":
    daemon.main()
