# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Chromium, without a window, by the DevTools protocol: JSON that
ends in a NUL, over two pipes."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import daemon


class Chromium:
    program = "chromium"

    @classmethod
    def there(cls):
        return shutil.which(cls.program) is not None

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="moniker-chromium-")
        theirs, self.out = os.pipe()
        self.into, theirs_out = os.pipe()
        self.log = open(self.dir + "/output", "wb")
        # It wants them as 3 and 4.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec 8<&{theirs} 9>&{theirs_out}; '
             'exec "$@" 3<&8 4>&9 8<&- 9>&-', "bash",
             self.program, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", "--user-data-dir=" + self.dir + "/d",
             "about:blank"],
            pass_fds=(theirs, theirs_out), stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log,
            env={**os.environ, "HOME": self.dir})
        os.close(theirs)
        os.close(theirs_out)
        self.buffer = b""
        self.number = 0
        self.session = None
        page = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=page["targetId"])["sessionId"]

    def close(self):
        daemon.end(self.process)
        self.log.close()
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.dir, ignore_errors=True)

    def message(self, late):
        while b"\0" not in self.buffer:
            left = late - time.monotonic()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self.into, 65536)
            if not data:
                with open(self.dir + "/output", errors="replace") as f:
                    raise RuntimeError("Chromium ended:\n" + f.read())
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        m = {"id": self.number, "method": method, "params": params}
        if self.session is not None:
            m["sessionId"] = self.session
        data = json.dumps(m).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        late = time.monotonic() + 2 * daemon.PATIENCE
        while True:
            m = self.message(late)
            if m.get("id") != self.number:
                continue
            if "error" in m:
                raise RuntimeError(f"{method}: {m['error']}")
            return m["result"]

    def run(self, script):
        """The value of a promise."""
        r = self.call("Runtime.evaluate", expression=script,
                      awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in r:
            raise RuntimeError(r["exceptionDetails"])
        return r["result"]["value"]

    def open(self, url):
        self.call("Page.enable")
        self.call("Page.navigate", url=url)
        daemon.wait_for(lambda: self.run(
            "Promise.resolve(document.readyState + location.href)") ==
            "complete" + url, lambda: url)

    def get(self, path):
        """Status, headers and body, as a page of the same host gets it."""
        return self.run("""fetch(%s).then(async r => ({status: r.status,
            headers: Object.fromEntries(r.headers),
            body: Array.from(new Uint8Array(await r.arrayBuffer()))}))"""
                        % json.dumps(path))
