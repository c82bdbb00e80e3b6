# SPDX-License-Identifier: BSD-2-Clause
"""Tokens that stand for a key: what is in them, who may renew them, and each way
in which one is not taken."""
import base64
import hashlib
import hmac
import json
import os
import re
import time

import daemon

HERE, THERE = "192.0.2.7", "198.51.100.9"


def b64(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(token):
    """As rokka.js reads them."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def signed(head, body, secret, digest=hashlib.sha256):
    text = b64(head) + "." + b64(body)
    return text + "." + b64(hmac.new(secret, text.encode(), digest).digest())


class Tokens(daemon.Test):
    settings = "auth_failures = 3\n"
    path = "/user/apikeys/token"

    def setUp(self):
        name = re.sub("[^a-z]", "-", self._testMethodName.lower())
        self.api = self.daemon.organization(name)
        self.base = "/organizations/" + name

    def secret(self):
        with open(self.daemon.dir + "/store_dir/token.key") as f:
            return bytes.fromhex(f.read())

    def give(self, query="", ask=None, status=200, **headers):
        headers.setdefault("X_Moniker_Client", HERE)
        a = (ask or self.api)("GET", self.path + query, **headers)
        self.assertEqual(a.status, status, a.body)
        return a

    def token(self, query="", **more):
        a = self.give(query, **more).json
        self.assertEqual(claims(a["token"]), a["payload"])
        return a["token"]

    def by(self, token, address=HERE):
        return self.daemon.client(Authorization="Bearer " + token,
                                  X_Moniker_Client=address)

    def lets_in(self, token, address=HERE):
        a = self.by(token, address)("GET", "/user/apikeys/current")
        self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["id"], self.api.key["id"])

    def ended(self, a, reason):
        self.refused(a, 401)
        self.assertEqual((a.json["reason"], a.json["invalid_authentication"]),
                         (reason, True))
        self.assertEqual(a.headers["WWW-Authenticate"],
                         'Bearer error="invalid_token"')
        self.assertIn("*", a.headers["Access-Control-Allow-Origin"])

    def shut_out(self, token, reason="token_invalid", address=HERE):
        self.ended(self.by(token, address)("GET", "/"), reason)

    def test_as_the_hosted_service_gives_it(self):
        before = int(time.time())
        a = self.give().json
        self.assertEqual(sorted(a), ["payload", "token"])
        head, body, mac = a["token"].split(".")
        self.assertEqual(json.loads(base64.urlsafe_b64decode(head + "==")),
                         {"typ": "JWT", "alg": "HS256"})
        p = a["payload"]
        self.assertEqual(sorted(p), ["exp", "expt", "id", "ips", "rn"])
        self.assertEqual((p["id"], p["expt"], p["ips"], p["rn"]),
                         (self.api.key["id"], 86400, [HERE], True))
        self.assertIn(p["exp"] - 86400 - before, range(3))
        self.lets_in(a["token"])
        # A token may do what its key may.
        self.assertEqual(self.by(a["token"])(
            "GET", self.base + "/keys").status, 200)
        read = self.daemon.organization(self.base[15:], ["read"])
        self.refused(self.by(self.token(ask=read))(
            "GET", self.base + "/keys"), 403, "role")

    def test_post(self):
        for body in (None, "{}", "null"):
            a = self.api("POST", self.path + "?expires_in=60", body,
                         X_Moniker_Client=HERE)
            self.assertEqual((a.status, a.json["payload"]["expt"]), (200, 60))
        self.refused(self.api("POST", self.path, {"totp": "123456"}), 400,
                     "totp", "MFA")
        self.refused(self.api("POST", self.path, {"x": 1}), 400, "x:")
        self.refused(self.api("POST", self.path, []), 400, "object")

    def test_options(self):
        for query, want in (
                ("?expires_in=259200&renewable=true&ips=request_ip%2C",
                 ([HERE], True, 259200)),
                ("?no_ip_protection=true", ([], False, 86400)),
                ("?no_ip_protection=1&renewable=1", ([], True, 86400)),
                ("?no_ip_protection=false&renewable=false",
                 ([HERE], False, 86400)),
                ("?ips=request_ip,192.0.2.7,2001:DB8::1/64",
                 ([HERE, "2001:db8::/64"], True, 86400)),
                ("?ips=10.1.2.3/24", (["10.1.2.0/24"], True, 86400))):
            p = self.give(query).json["payload"]
            self.assertEqual((p["ips"], p["rn"], p["expt"]), want, query)

    def test_bad_options(self):
        for query, word in (
                ("?expires_in=0", "expires_in"),
                ("?expires_in=2592001", "2592000"),
                ("?expires_in=-1", "expires_in"), ("?expires_in=x", "number"),
                ("?expires_in=5&expires_in=6", "more than once"),
                ("?renewable=perhaps", "renewable"),
                ("?renewable=true&renewable=false", "more than once"),
                ("?no_ip_protection=maybe", "no_ip_protection"),
                ("?no_ip_protection=true&ips=10.0.0.1", "exclude"),
                ("?ips=here", '"here"'), ("?ips=10.0.0.256", "ips"),
                ("?ips=10.0.0.1/33", "ips"), ("?ips=10.0.0.1/", "ips"),
                ("?ips=::1/129", "ips"), ("?ips=10.0.0.1/1x", "ips"),
                ("?ips=" + "1" * 900, "ips"),
                ("?ips=10.0.0.0/18", "10000"), ("?ips=::/0", "10000"),
                ("?ips=0.0.0.0/0", "10000"), ("?ips=2001:db8::/32", "10000"),
                ("?ips=" + ",".join(f"10.0.0.{i}" for i in range(11)), "10")):
            self.refused(self.give(query, status=400), 400, word)
        # Behind nothing that says whence a call comes.
        self.refused(self.api("GET", self.path), 400, "is unknown")
        self.refused(self.daemon.local()("GET", self.path), 400, "local")

    def test_addresses(self):
        t = self.token("?ips=request_ip,203.0.113.0/24,2001:db8:1::/52")
        for address in (HERE, "203.0.113.200", "2001:db8:1:fff::1",
                        "::ffff:192.0.2.7"):
            self.lets_in(t, address)
        for address in (THERE, "203.0.114.1", "2001:db8:1:1000::1", "::1"):
            self.shut_out(t, "ip_not_allowed", address)
        self.ended(self.daemon.client(Authorization="Bearer " + t)(
            "GET", "/"), "ip_not_allowed")
        self.lets_in(self.token("?no_ip_protection=true"), THERE)

    def test_renewal(self):
        old = self.by(self.token("?expires_in=3600&ips=request_ip,10.0.0.0/24"))
        for query, ips in (("", [HERE]), ("?ips=request_ip,10.0.0.7",
                                          [HERE, "10.0.0.7"])):
            p = self.give(query, old).json["payload"]
            self.assertEqual((p["expt"], p["ips"], p["rn"]),
                             (3600, ips, True))
        self.lets_in(self.token("?expires_in=60&renewable=false", ask=old))
        for query, word in (("?expires_in=3601", "expires_in"),
                            ("?no_ip_protection=true", "ips"),
                            ("?ips=10.0.0.0/23", "ips"),
                            ("?ips=request_ip," + THERE, "ips")):
            a = self.give(query, old, 403)
            self.refused(a, 403, word)
            self.assertNotIn("invalid_authentication", a.json)
        for query in ("?renewable=false", "?no_ip_protection=true"):
            self.refused(self.give("", self.by(self.token(query)), 403), 403,
                         "not renewable")
        # One that is bound to nothing may give one that is.
        free = self.by(self.token("?no_ip_protection=true&renewable=true"))
        self.lets_in(self.token(ask=free))

    def test_the_end(self):
        # A machine that is slow enough never asks before the end.
        t = self.token("?expires_in=1")
        daemon.wait_for(lambda: self.by(t)("GET", "/").status == 401)
        self.assertGreaterEqual(time.time(), claims(t)["exp"])
        # More often than wrong ones would be let to: nobody guesses these.
        for _ in range(5):
            self.shut_out(t, "token_expired")

    def test_the_end_of_the_key(self):
        path = self.base + "/keys"
        until = time.strftime("%Y-%m-%dT%H:%M:%S+00:00",
                              time.gmtime(time.time() + 60))
        a = self.api("POST", path, {"expires": until}).json
        mine = self.daemon.client(Api_Key=a["api_key"])
        t = self.token(ask=mine)
        self.assertLessEqual(claims(t)["exp"], time.time() + 60)
        self.api("PATCH", f"{path}/{a['id']}", {"expires": None})
        t = self.token(ask=mine)
        self.assertEqual(self.by(t)("GET", "/").status, 200)
        self.empty(self.api("DELETE", f"{path}/{a['id']}"))
        self.shut_out(t)
        self.shut_out(t)

    def test_which_counts(self):
        """The key, if both come, as with the PHP client; another kind of
        credentials is a proxy's business."""
        t = self.token()
        a = self.api("GET", "/", Authorization="Bearer x")
        self.assertEqual(a.status, 200)
        self.refused(self.daemon.client(
            Api_Key="x", Authorization="Bearer " + t)("GET", "/"), 403)
        for value in ("Basic eDp5", t, "Bearer", "", "Bearer" + t):
            a = self.daemon.client(Authorization=value)("GET", "/")
            self.refused(a, 403, "Api-Key")
        a = self.daemon.client(Authorization="bearer  " + t,
                               X_Moniker_Client=HERE)("GET", "/")
        self.assertEqual(a.status, 200, a.body)

    def test_forged(self):
        good, secret = self.token("?no_ip_protection=true"), self.secret()
        head, body, mac = good.split(".")
        hs256 = {"alg": "HS256", "typ": "JWT"}
        c = claims(good)
        # What follows fails for what is wrong in it, and not altogether.
        self.lets_in(signed(hs256, c, secret))
        for n, token in enumerate((
                "x", "...", "..", "a.b", "a.b.c", f"{head}.{body}.",
                f"{head}.{body}", f"{head}.{body}.{mac}.{mac}",
                f"{head}.{body}.{mac}=", f"{head}.{body} .{mac}",
                f"{head}.{body}.{mac[:-1]}", f"{head}.{body}.{mac}AAAA",
                f"{head}.{b64({**c, 'exp': 2 ** 40})}.{mac}",
                f"{head}.{body}.{'A' * 3000}", f"{head}.{'A' * 3000}.{mac}",
                f"{b64(b'[' * 1500)}.{body}.{mac}",
                f"{head}.{b64(bytes(range(256)))}.{mac}",
                # of no algorithm, with and without what would sign it
                b64({"alg": "none"}) + f".{body}.{mac}",
                b64({"alg": "none"}) + f".{body}.AA",
                b64({"alg": "None"}) + f".{body}.AA",
                b64({"typ": "JWT"}) + f".{body}.{mac}",
                b64({"alg": 5}) + f".{body}.{mac}",
                signed({"alg": "none"}, c, secret),
                # of other algorithms, by the same secret
                signed({"alg": "HS512"}, c, secret, hashlib.sha512),
                signed({"alg": "HS384"}, c, secret, hashlib.sha384),
                signed({"alg": "HS512"}, c, secret),
                signed({"alg": "RS256"}, c, secret),
                signed({"alg": "ES256"}, c, secret),
                signed({"alg": "PS256"}, c, secret),
                # by other secrets
                signed(hs256, c, b""), signed(hs256, c, bytes(32)),
                signed(hs256, c, os.urandom(32)),
                signed(hs256, c, secret.hex().encode()),
                # ours, but no token of ours
                signed(hs256, {}, secret), signed(hs256, [], secret),
                signed(hs256, {**c, "id": 5}, secret),
                signed(hs256, {**c, "id": "k" * 33}, secret),
                signed(hs256, {**c, "id": "k" * 32}, secret),
                signed(hs256, {**c, "id": c["id"] + "\0x"}, secret),
                signed(hs256, {**c, "ips": ["x"]}, secret),
                signed(hs256, {**c, "ips": "10.0.0.1"}, secret),
                signed(hs256, {**c, "ips": ["10.0.0.%d" % i for i in
                                            range(11)]}, secret),
                signed(hs256, {**c, "exp": str(c["exp"])}, secret),
                signed(hs256, {**c, "exp": None}, secret),
                signed(hs256, {**c, "expt": -1}, secret),
                signed(hs256, {**c, "expt": 2 ** 33}, secret),
                signed(hs256, {**c, "rn": "yes"}, secret),
                signed(hs256, b'{"id":"a","id":"b"}', secret))):
            with self.subTest(token=token):
                self.shut_out(token, address=f"10.7.{n}.1")

    def test_throttled(self):
        """As wrong keys are, and together with them; a valid one is accepted."""
        good, address = self.token(ask=self.api, X_Moniker_Client=THERE), THERE
        for _ in range(2):
            self.shut_out("a.b.c", address=address)
        self.refused(self.daemon.client(Api_Key="x", X_Moniker_Client=address)(
            "GET", "/"), 403)
        a = self.by("a.b.c", address)("GET", "/")
        self.refused(a, 429, "tokens")
        self.assertGreater(int(a.headers["Retry-After"]), 0)
        self.lets_in(good, address)

    def test_not_kept_in_the_log(self):
        t = self.token()
        self.lets_in(t)
        self.shut_out("a.bcdefgh.c", address="10.8.0.1")
        text = self.daemon.log_text()
        self.assertNotIn(t.split(".")[2], text)
        self.assertNotIn("bcdefgh", text)
        self.assertNotIn(self.secret().hex(), text)


class Secret(daemon.Test):
    """Of the installation; see that each test leaves one."""
    path = "/user/apikeys/token?no_ip_protection=true"

    def setUp(self):
        self.file = self.daemon.dir + "/store_dir/token.key"
        self.token = self.api("GET", self.path).json["token"]
        self.assertEqual(self.status(), 200)

    def status(self):
        return self.daemon.client(Authorization="Bearer " + self.token)(
            "GET", "/").status

    def read(self):
        with open(self.file) as f:
            return f.read()

    def again(self, *warnings):
        self.daemon.stop()
        self.daemon.start()
        for word in warnings:
            self.assertIn(word, self.daemon.log_text())

    def test_file(self):
        self.assertEqual(os.stat(self.file).st_mode & 0o7777, 0o600)
        self.assertRegex(self.read(), r"\A[0-9a-f]{64}\n\Z")
        was = self.read()
        self.again()
        self.assertEqual((self.status(), self.read()), (200, was))

    def test_rotation(self):
        was = self.read()
        self.refused(self.api("POST", "/tokens/rotate"), 404)
        self.empty(self.daemon.local()("POST", "/tokens/rotate"))
        self.assertNotEqual(self.read(), was)
        self.assertEqual(os.stat(self.file).st_mode & 0o7777, 0o600)
        self.assertEqual(self.status(), 401)
        self.token = self.api("GET", self.path).json["token"]
        self.assertEqual(self.status(), 200)
        self.again()
        self.assertEqual(self.status(), 200)

    def test_rotation_that_fails(self):
        was = self.read()
        os.mkdir(self.file + ".new")
        try:
            self.refused(self.daemon.local()("POST", "/tokens/rotate"), 507,
                         "token.key")
        finally:
            os.rmdir(self.file + ".new")
        self.assertEqual((self.status(), self.read()), (200, was))
        store = os.path.dirname(self.file)
        os.rename(store, store + ".away")
        try:
            self.refused(self.daemon.local()("POST", "/tokens/rotate"), 507,
                         "No such file")
        finally:
            os.rename(store + ".away", store)
        self.assertEqual((self.status(), self.read()), (200, was))

    def test_damaged(self):
        for text in ("", "x\n", "0" * 64, "0" * 63 + "g\n", "0" * 66):
            with open(self.file, "w") as f:
                f.write(text)
            self.again("token.key", "damaged")
            self.assertEqual(self.status(), 401)
            self.assertRegex(self.read(), r"\A[0-9a-f]{64}\n\Z")

    def test_readable_by_others(self):
        os.chmod(self.file, 0o644)
        self.again("chmod 600")
        self.assertEqual(self.status(), 200)
        os.chmod(self.file, 0o600)

    def test_lost(self):
        os.unlink(self.file)
        self.again()
        self.assertEqual(self.status(), 401)

    def test_not_in_a_backup(self):
        to = self.daemon.dir + "/backup"
        a = self.daemon.local()("POST", "/backup", {"to": to})
        self.assertEqual(a.status, 201, a.body)
        self.assertNotIn("token.key", os.listdir(to))


if __name__ == "__main__":
    daemon.main()
