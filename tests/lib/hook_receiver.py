# SPDX-License-Identifier: BSD-2-Clause
"""A receiver of webhooks, which verifies each as Standard Webhooks says."""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time


def signature(secret, head, body):
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode()
    mac = hmac.new(key, signed + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told(self, body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address="127.0.0.1"):
        super().__init__((address, 0), Handler)
        self.port = self.server_port
        self.url = f"http://{address}:{self.port}/hook"
        self.asked = []
        # By path: what was accepted, each try, the secrets, and what to answer.
        self.got, self.tried, self.secrets, self.answer = {}, {}, {}, {}
        self.hold = threading.Event()
        self.hold.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass                    # the other side went away

    def told(self, handler, body):
        path = handler.path
        event = json.loads(body)
        event["id"] = handler.headers["webhook-id"]
        self.tried.setdefault(path, []).append(event)
        secret = self.secrets.get(path)
        if secret is not None:
            event["good"] = signature(secret, handler.headers, body) in \
                handler.headers["webhook-signature"].split(" ") and \
                abs(time.time() -
                    int(handler.headers["webhook-timestamp"])) < 300
        event["peer"] = handler.client_address
        event["signatures"] = handler.headers["webhook-signature"].split(" ")
        event["type_header"] = handler.headers["Content-Type"]
        answer = self.answer.get(path, 204)
        if callable(answer):
            answer = answer(handler, event)
        # Accepted, the connection may be used again, now and then.
        handler.close_connection = answer is None or answer >= 300 or \
            len(self.tried[path]) % 5 == 0
        if answer is None:
            return
        if answer < 300:
            self.got.setdefault(path, []).append(event)
        handler.send_response(answer)
        if handler.close_connection:
            handler.send_header("Connection", "close")
        if answer != 204:
            handler.send_header("Content-Length", "0")
        if 300 <= answer < 400:
            handler.send_header("Location", f"http://127.0.0.1:{self.port}/x")
        handler.end_headers()

    def close(self):
        self.hold.set()
        self.shutdown()
        self.server_close()
