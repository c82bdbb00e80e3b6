# SPDX-License-Identifier: BSD-2-Clause
"""webhook.py KEYFILE COMMAND...

Runs COMMAND with HOOK replaced by the URL of a receiver of webhooks, which
takes what is signed with the key as moniker-purging(7) tells it, and nothing
else. Prints the surrogate keys of each POST.
"""
import hashlib
import hmac
import http.server
import json
import re
import subprocess
import sys
import threading
import time

key = open(sys.argv[1], "rb").read().rstrip(b"\r\n")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = self.headers["X-Moniker-Signature"]
        when = sent.split(",")[0]
        mac = hmac.new(key, when.encode() + b"." + body, hashlib.sha256)
        good = sent == when + ",sha256=" + mac.hexdigest() and \
            abs(time.time() - int(when)) < 300
        print("good" if good else "bad", *json.loads(body)["surrogate_keys"],
              flush=True)
        self.send_response(204 if good else 400)
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = "http://127.0.0.1:%d/" % server.server_port
sys.exit(subprocess.call([re.sub("HOOK", url, a) for a in sys.argv[2:]]))
