# SPDX-License-Identifier: BSD-2-Clause
"""Organizations, keys, roles, and who sees what."""
import contextlib
import os
import re
import socket
import sqlite3
import subprocess
import time

import daemon


def routes():
    """(method, pattern, rights, is it local) of the daemon's own table."""
    text = subprocess.run(["monikerd", "--routes"], check=True,
                          capture_output=True, text=True).stdout
    for line in text.splitlines():
        fields = line.split("\t")
        yield (fields[0], fields[1], set(fields[2].split(",")),
               fields[3:] == ["local"])


# For a browser without a key: see dashboard.py.
PAGES = ("/dashboard", "/session/link")


class Access(daemon.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture()
        cls.api("PUT", "/sourceimages/demo/alias/logo", {"hash": cls.hash})
        cls.api("PUT", "/stacks/demo/small", [])
        cls.other = cls.daemon.organization("other")
        cls.keys = {role: cls.daemon.organization("demo", [role])
                    for role in ("read", "write", "upload",
                                 "sourceimages:read", "sourceimages:write",
                                 "sourceimages:unlock",
                                 "sourceimages:download:protected",
                                 "admin:read", "admin")}

    def fill(self, pattern, org):
        values = {"organization": org, "alias": "logo", "hash": self.hash,
                  "stack": "small", "key": "k" * 32, "field": "a",
                  "option": "protect_dynamic_stack", "purge": "1",
                  "binary_hash": "0" * 40,
                  "signing_key": "9", "name": "version",
                  "version": "0" * 12, "file": "main.js",
                  "plan": "1", "set": "summer", "id": "1",
                  "user": "u" * 32, "segment": "resize-width-9",
                  "another": "rotate-angle-90.png",
                  "webhook": "1", "event": "1"}
        return re.sub(r"{(\w+)}", lambda m: values[m[1]], pattern)

    def test_no_key(self):
        """Without a good key every route but the public ones is 403."""
        # GET /ready is one: a worker has to be up.
        daemon.wait_for(lambda: self.api("GET", "/ready").status == 200)
        for headers in ({}, {"Api_Key": ""}, {"Api_Key": "x"},
                        {"Api_Key": "k" * 64}, {"Api_Key": "k" * 9999},
                        {"Api_Key": self.api.key["api_key"][:-1] + "!"},
                        {"Api_Key": self.api.key["api_key"] + "a"},
                        {"Authorization": "Bearer x"}):
            client = self.daemon.client(**headers)
            for method, pattern, rights, local in routes():
                if pattern.startswith(PAGES):
                    continue
                a = client(method, self.fill(pattern, "demo"))
                if local or rights == {"public"}:
                    self.assertEqual(a.status, 404 if local else 200, a.body)
                    continue
                self.refused(a, 401 if "Authorization" in headers else 403)
                self.assertIs(a.json["invalid_authentication"], True)

    def provoked(self):
        """Errors of many kinds: (status, answer)."""
        api, d = self.api, self.daemon
        stack = {"operations": [{"name": "noop"}]}
        api("PUT", "/stacks/demo/there", stack)
        tag = {"If_Match": '"99"'}
        yield 400, api("PUT", "/stacks/demo/x", {"operations": 1})
        yield 400, self.pictures("GET", "/dynamic/nonsense/" + self.hash +
                                 ".jpg")
        key = api("POST", "/organizations/demo/keys", {
            "expires": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
                time.time() + 2))}).json["api_key"]
        short = d.client(Api_Key=key)
        yield 401, daemon.wait_for(lambda: (a := short(
            "GET", "/stacks/demo")).status == 401 and a)
        yield 403, d.client()("GET", "/stacks/demo")
        yield 403, d.client(Api_Key="x")("GET", "/stacks/demo")
        yield 403, self.keys["read"]("PUT", "/stacks/demo/x", stack)
        yield 404, api("GET", "/sourceimages/demo/alias/none")
        yield 404, api("GET", "/sourceimages/demo/alias/bad-name")
        yield 404, api("GET", "/nowhere")
        yield 404, api("GET", "/stacks/another")
        yield 405, api("PATCH", "/stacks/demo/there")
        yield 409, api("PUT", "/stacks/demo/there", stack)
        yield 412, api("PUT", "/sourceimages/demo/alias/a",
                       {"hash": self.hash}, **tag)
        yield 413, api("PUT", "/stacks/demo/x", "x" * (1 << 23))
        yield 415, api("PUT", "/stacks/demo/x", stack,
                       Content_Encoding="br")
        yield 400, daemon.upload(api, "demo", ("f", "x.png", b"no image"))
        for _ in range(5):
            api("DELETE", "/stacks/demo/there/cache")
        yield 429, api("DELETE", "/stacks/demo/there/cache")

    def test_json_is_nothing_else(self):
        """No browser takes it for a page."""
        for client, path, status in ((self.api, "/stacks/demo", 200),
                                     (self.api, "/nowhere", 404),
                                     (self.daemon.client(), "/", 403)):
            a = client("GET", path)
            self.assertEqual(a.status, status, a.body)
            self.assertEqual(a.headers["X-Content-Type-Options"], "nosniff")

    def test_every_error_has_the_form_of_the_manual(self):
        with open(os.environ["top_srcdir"] + "/doc/api.rst") as f:
            table = f.read().split("status when")[1]
        told = {int(s) for s in re.findall(r"^(\d\d\d) ", table, re.M)}
        seen = set()
        for status, a in self.provoked():
            self.assertEqual(a.status, status, a.body)
            self.assertEqual(a.headers["Content-Type"], "application/json")
            error = a.json["error"]
            self.assertEqual(set(error), {"code", "message"})
            self.assertEqual(error["code"], status)
            self.assertTrue(error["message"].strip())
            top = {"code", "message"} if "lacks the role" in \
                error["message"] or status == 401 or "invalid_authentication" in a.json else \
                set()
            self.assertEqual(top, {"code", "message"} & set(a.json), a.body)
            self.assertLessEqual({status}, told)
            seen.add(status)
        self.assertEqual(told - seen, {408, 414, 422, 431, 500, 503, 505, 507})

    def test_other_organization(self):
        """A key of one organization finds nothing of another's."""
        before = self.everything()
        for method, pattern, rights, local in routes():
            if "{organization}" not in pattern:
                continue
            for org in ("demo", "nobody", "Demo", "-", "%2e%2e"):
                a = self.other(method, self.fill(pattern, org))
                self.assertIn(a.status, (400, 404), (method, pattern, org))
                self.assertNotIn(self.hash.encode(),
                                 a.body.replace(a.json["error"]["message"]
                                                .encode(), b""))
        self.assertEqual(self.everything(), before)

    def everything(self):
        return [re.sub(rb'"accessed":[^,}]*', b"",
                       self.api("GET", path).body) for path in (
            "/organizations/demo", "/organizations/demo/keys",
            "/sourceimages/demo", "/sourceimages/demo/alias",
            "/stacks/demo", "/purges/demo",
            f"/sourceimages/demo/{self.hash}")]

    def test_hash_of_another(self):
        for path in (f"/sourceimages/other/{self.hash}",
                     f"/sourceimages/other/{self.hash}/download",
                     f"/sourceimages/other/{self.hash}/meta/user",
                     "/sourceimages/other/alias/logo", "/stacks/other/small"):
            self.refused(self.other("GET", path), 404)
        self.refused(self.other("PUT", "/sourceimages/other/alias/x",
                                {"hash": self.hash}), 404, "hash")
        self.refused(self.daemon.pictures("other")(
            "GET", f"/dynamic/{self.hash}.png"), 404)

    def test_roles(self):
        """The table says what a role may; the daemon does as it says."""
        for role, client in self.keys.items():
            for method, pattern, rights, local in routes():
                if local or rights == {"public"}:
                    continue
                # what refuses for want of a body, or changes nothing
                a = client(method, self.fill(pattern, "demo").replace(
                    "/logo", "/none").replace("/small", "/none").replace(
                    self.hash, "0" * 40))
                may = rights == {"any"} or self.implied(role) & rights
                lacks = a.status == 403 and b"lacks the role" in a.body
                self.assertEqual(not may, lacks,
                                 (role, method, pattern, a.body))

    def implied(self, role):
        reads = {"read", "sourceimages:read",
                 "sourceimages:download:protected"}
        writes = reads | {"write", "upload", "sourceimages:write",
                          "sourceimages:unlock"}
        return {"read": reads, "write": writes,
                "sourceimages:write": {"sourceimages:write", "upload",
                                       "sourceimages:read"},
                "admin:read": reads | {"admin:read"},
                "admin": writes | {"admin", "admin:read"}}.get(role, {role})

    def test_protected_download(self):
        a = daemon.upload(self.api, "demo", ("f", "p.png",
                                             daemon.png(2, 2)),
                          ("options[0]", '{"protected":true}'))
        path = a.json["items"][0]["link"] + "/download"
        self.assertEqual(self.keys["read"]("GET", path).status, 200)
        self.refused(self.keys["sourceimages:read"]("GET", path), 403,
                     "protected")

    def test_root(self):
        a = self.api("GET", "/")
        self.assertEqual(a.status, 200)
        self.assertIn("/sourceimages", a.json["resources"])
        self.assertEqual(a.json["environment"], "production")

    def test_organization(self):
        o = self.api("GET", "/organizations/demo").json
        self.assertEqual((o["name"], o["display_name"]), ("demo", "demo"))
        self.assertRegex(o["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-")
        self.assertGreaterEqual(len(o["signing_keys"][0]["key"]), 32)
        a = self.api("PUT", "/organizations/demo",
                     {"display_name": "Demo", "billing_email": "a@b.example"})
        self.assertEqual((a.status, a.json["display_name"]), (200, "Demo"))
        a = self.api("PUT", "/organizations/demo", {"billing_email": "c"})
        self.assertEqual((a.json["display_name"], a.json["billing_email"]),
                         ("Demo", "c"))
        self.assertEqual(a.json["signing_keys"], o["signing_keys"])
        self.api("PUT", "/organizations/demo", {"display_name": "demo",
                                                "billing_email": ""})
        for body, word in (("", "empty"), ("[]", "object"),
                           ('{"x":1}', "x"), ('{"display_name":1}',
                                              "display_name"),
                           ('{"billing_email":"%s"}' % ("x" * 256),
                            "billing_email")):
            self.refused(self.api("PUT", "/organizations/demo", body), 400,
                         word)

    def test_signing_keys(self):
        """Who may not see protected images cannot sign for them either."""
        for role, client in self.keys.items():
            a = client("GET", "/organizations/demo")
            if a.status == 403:
                continue
            self.assertEqual(len(a.json["signing_keys"]) > 0,
                             "sourceimages:download:protected"
                             in self.implied(role), role)

    def test_organization_names(self):
        local = self.daemon.local()
        for name in ("Upper", "a_b", "-a", "a-", "a" * 64):
            self.refused(local("PUT", f"/organizations/{name}", {}), 404,
                         "organization")
        self.assertEqual(local("PUT", "/organizations/" + "a" * 63, {})
                         .status, 201)
        self.refused(local("GET", "/organizations/nobody"), 404)
        self.refused(local("POST", "/organizations/nobody/keys", {}), 404)

    def test_options(self):
        options = "/organizations/demo/options"
        a = self.api("PUT", options + "/protect_dynamic_stack", "true")
        self.assertEqual(a.json["options"], {"protect_dynamic_stack": True})
        a = self.api("PUT", "/organizations/demo", {"billing_email": ""})
        self.assertEqual(a.json["options"], {"protect_dynamic_stack": True})
        a = self.api("PUT", options, {"protect_dynamic_stack": False})
        self.assertEqual(a.json["options"], {"protect_dynamic_stack": False})
        for body, word in (('{"render_nothing":"x"}',
                            "render_nothing"), ("true", "object"),
                           ('{"protect_dynamic_stack":1}',
                            "protect_dynamic_stack")):
            self.refused(self.api("PUT", options, body), 400, word)
        self.refused(self.api("PUT", options + "/nothing", "true"), 400,
                     "nothing")
        self.refused(self.api("PUT", options + "/protect_dynamic_stack",
                              '"true"'), 400)
        self.refused(self.api("PUT", options + "/protect_dynamic_stack", ""),
                     400, "empty")

    def test_an_option_is_unset(self):
        api, local = self.daemon.organization("unset"), self.daemon.local()
        options = "/organizations/unset/options"
        self.assertEqual(local("PUT", options, {
            "purges_alias": 1, "quota_aliases": 7, "allowed_widths": [9],
            "protect_overrides": True}).status, 200)
        for name in ("allowed_widths", "protect_overrides",
                     "protect_dynamic_stack"):
            a = api("DELETE", f"{options}/{name}")
            self.assertEqual(a.status, 200, a.body)
        self.assertEqual(a.json["options"], {"purges_alias": 1,
                                             "quota_aliases": 7})
        for name in ("purges_alias", "quota_aliases"):
            self.refused(api("DELETE", f"{options}/{name}"), 403, name)
            a = local("DELETE", f"{options}/{name}")
        self.assertEqual(a.json["options"], {})
        # What monikerd.conf says counts again.
        quota = api("GET", "/organizations/unset/quota").json["quota"]
        self.assertEqual(quota["aliases"]["limit"], 1000000)
        purges = api("GET", "/purges/unset/quota").json["quota"]
        self.assertEqual(purges["alias"]["limit"], 10)
        self.refused(api("DELETE", options + "/nothing"), 400, "nothing")
        self.refused(local("DELETE", "/organizations/nobody/options/"
                           "purges_alias"), 404)
        self.refused(local("GET", "/organizations/nobody"), 404)

    def test_purge_limits(self):
        """Whom a limit limits does not set it."""
        path = "/organizations/limited/options"
        limited = self.daemon.organization("limited")
        self.refused(limited("PUT", path, {"purges_alias": 99}), 403,
                     "purges_alias")
        self.refused(limited("PUT", path + "/purges_alias", "99"), 403)
        local = self.daemon.local()
        for value in (-1, 1000001, "1", None, 1.5, True):
            self.refused(local("PUT", path, {"purges_alias": value}), 400,
                         "purges_alias")
        self.assertEqual(local("PUT", path, {"purges_alias": 2}).status, 200)
        purge = "/sourceimages/limited/alias/a/cache"
        self.assertEqual([limited("DELETE", purge).status
                          for i in range(3)], [200, 200, 429])

    def test_keys(self):
        for path, listed in (
                ("/organizations/demo/keys", lambda a: a.json["items"]),
                ("/user/apikeys", lambda a: a.json)):
            a = self.api("POST", path, {"comment": "new",
                                        "roles": ["read", "upload"]})
            self.assertEqual(a.status, 201, a.body)
            new = a.json
            self.assertRegex(new["api_key"], "^[0-9a-z]{32}[0-9A-Za-z]{32}$")
            self.assertTrue(new["api_key"].startswith(new["id"]))
            self.assertEqual(new["roles"], ["read", "upload"])
            got = [k for k in listed(self.api("GET", path))
                   if k["id"] == new["id"]]
            self.assertEqual(got[0]["comment"], "new")
            self.assertNotIn("api_key", got[0])
            client = self.daemon.client(Api_Key=new["api_key"])
            self.assertEqual(client("GET", "/").status, 200)
            a = client("GET", "/user/apikeys/current")
            self.assertEqual((a.json["id"], a.json["roles"]),
                             (new["id"], ["read", "upload"]))
            self.empty(self.api("DELETE", f"{path}/{new['id']}"))
            self.refused(client("GET", "/"), 403)
            self.refused(self.api("DELETE", f"{path}/{new['id']}"), 404)
            self.refused(self.api("DELETE", f"{path}/" + "x" * 99), 404)
            self.refused(self.api("DELETE", path + "/" +
                                  self.api.key["id"]), 400, "itself")
            self.refused(self.other("DELETE", "/user/apikeys/" +
                                    self.api.key["id"]), 404)
        self.assertEqual(self.api("GET", "/").status, 200)

    def test_keys_bad(self):
        for body, word in (("", "empty"), ('{"comment":1}', "comment"),
                           ('{"comment":"%s"}' % ("x" * 256), "comment"),
                           ('{"roles":"read"}', "roles"),
                           ('{"roles":[]}', "roles"),
                           ('{"roles":["king"]}', "king"),
                           ('{"roles":[1]}', "roles"), ('{"x":1}', "x")):
            for path in ("/organizations/demo/keys", "/user/apikeys"):
                self.refused(self.api("POST", path, body), 400, word)

    def test_local_socket(self):
        local = self.daemon.local()
        self.assertEqual(local("GET", "/sourceimages/demo").status, 200)
        self.assertEqual(local("GET", "/organizations/demo").status, 200)
        self.refused(local("GET", "/user/apikeys"), 400, "local")
        self.refused(local("GET", "/user/apikeys/current"), 400, "local")

    def test_secrets_are_not_logged(self):
        self.api("GET", "/")
        self.assertNotIn(self.api.key["api_key"][32:],
                         self.daemon.log_text())

    def test_preflight(self):
        for method, pattern, rights, local in routes():
            if pattern.startswith("/dashboard"):
                continue
            a = self.daemon.client()(
                "OPTIONS", self.fill(pattern, "demo"),
                Origin="https://example.org",
                Access_Control_Request_Method=method,
                Access_Control_Request_Headers="api-key,api-version")
            self.empty(a)
            self.assertEqual(a.headers["Access-Control-Allow-Origin"], "*")
            self.assertIn(method, a.headers["Access-Control-Allow-Methods"]
                          .split(", "))
            for name in ("Api-Key", "Api-Version", "Authorization",
                         "Content-Type", "Destination", "Overwrite"):
                self.assertIn(name,
                              a.headers["Access-Control-Allow-Headers"])
            self.assertIn(method, a.headers["Allow"].split(", "))
        self.refused(self.daemon.client()("OPTIONS", "/nothing"), 404)

    def test_preflight_of_what_is_not_here(self):
        """So that a script can read the error of the call itself."""
        for path, method in (("/nothing", "PUT"),
                             ("/sourceimages/demo/" + "0" * 40, "COPY")):
            a = self.daemon.client()("OPTIONS", path,
                                     Access_Control_Request_Method=method)
            self.empty(a)
            self.assertIn(method, a.headers["Access-Control-Allow-Methods"]
                          .split(", "))

    def test_cors_on_answers(self):
        for a in (self.api("GET", "/"), self.api("GET", "/nothing"),
                  self.daemon.client()("GET", "/"),
                  self.api("GET", "/sourceimages/demo/alias/nothing")):
            self.assertEqual(a.headers["Access-Control-Allow-Origin"], "*")
            self.assertEqual(a.headers["Cache-Control"], "private, no-cache")
            exposed = a.headers["Access-Control-Expose-Headers"]
            for name in ("Location", "X-RateLimit-Limit",
                         "X-RateLimit-Remaining", "X-RateLimit-Retry-After",
                         "Retry-After", "Warning", "X-Moniker-Aliases"):
                self.assertIn(name, exposed)

    def test_wrong_methods(self):
        table = {}
        for method, pattern, rights, local in routes():
            table.setdefault(self.fill(pattern, "demo"), set()).add(method)
        for path, methods in table.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "COPY",
                           "TRACE", "BREW"} - methods:
                a = self.api(method, path)
                self.refused(a, 405, method)
                self.assertTrue(methods <= set(a.headers["Allow"]
                                               .split(", ")))

    def test_keys_cannot_be_read(self):
        """That is the server's fault, and says nothing of the key."""
        client = self.daemon.organization("demo")
        with contextlib.closing(sqlite3.connect(
                self.daemon.dir + "/store_dir/moniker.db")) as db:
            db.execute("ALTER TABLE apikey RENAME TO gone")
            a = client("GET", "/user/apikeys/current")
            db.execute("ALTER TABLE gone RENAME TO apikey")
        self.refused(a, 500, "log")
        self.assertEqual(client("GET", "/user/apikeys/current").status, 200)

    def test_body_that_nobody_asked_for(self):
        """HTTP libraries send "{}" or "null" along with a DELETE."""
        for method, path in (("GET", "/operations"),
                             ("GET", "/sourceimages/demo/alias/logo"),
                             ("POST", f"/sourceimages/demo/{self.hash}"
                              "/restore"),
                             ("DELETE", f"/sourceimages/demo/{self.hash}"
                              "/meta/user")):
            for body in (b"{}", b"null", b"no JSON", b" " * 65536):
                a = self.api(method, path, body)
                self.assertLess(a.status, 300, a.body)
            self.refused(self.api(method, path, b" " * 65537), 413)

    def test_head_is_get(self):
        for method, pattern, rights, local in routes():
            path = self.fill(pattern, "demo")
            if method != "GET" or pattern == "/metrics" or \
                    pattern.startswith(PAGES):
                continue
            get, head = self.api("GET", path), self.api("HEAD", path)
            self.assertEqual(head.status, get.status, path)
            self.assertEqual(head.body, b"")
            for name in ("Content-Type", "Content-Length", "ETag"):
                self.assertEqual(head.headers[name], get.headers[name])
            if pattern not in ("/openapi.yaml",) and \
                    not pattern.endswith(("/download", "/thumbnail")):
                self.assertEqual(get.headers["Content-Type"],
                                 "application/json")

    def test_wrong_paths(self):
        for path in ("/nothing", "/sourceimages", "/sourceimages/",
                     "/sourceimages/demo/", "//", "/stacks/demo/a/b",
                     "/sourceimages/demo/alias/a/b/c", "/favicon.ico"):
            a = self.api("GET", path)
            self.assertIn(a.status, (400, 404))
            self.refused(a, a.status)
        for path in ("/sourceimages/demo/alias/%zz", "/%00",
                     "/stacks/demo/" + "x" * 3000):
            a = self.api("GET", path)
            self.assertIn(a.status, (400, 404, 414))
            self.refused(a, a.status)
        a = self.api("GET", "/" + "x" * 60000)
        self.assertIn(a.status, (400, 414, 431))
        self.refused(a, a.status)

    def test_health(self):
        for client in (self.daemon.client(), self.daemon.pictures("demo")):
            a = client("GET", "/health")
            self.assertEqual((a.status, a.json["status"]), (200, "ok"))


class Sending(daemon.Test):
    settings = "http_connections = 64\n"
    stack = "/stacks/demo/x?overwrite=true"

    def hold(self):
        """A connection whose body does not come."""
        s = socket.socket(socket.AF_UNIX)
        s.connect(self.daemon.dir + "/api.sock")
        s.sendall(f"PUT {self.stack} HTTP/1.1\r\nHost: x\r\nApi-Key: "
                  f"{self.api.headers['Api-Key']}\r\n"
                  "Content-Length: 9\r\n\r\n[".encode())
        self.addCleanup(s.close)
        return s

    def test_bodies_of_one_organization(self):
        other = self.daemon.organization("other")
        held = [self.hold() for _ in range(64 // 16 + 1)]
        put = lambda: self.api("PUT", self.stack, [])
        daemon.wait_for(lambda: put().status == 503)
        self.refused(put(), 503, "bodies")
        self.assertEqual(put().headers["Retry-After"], "1")
        # As Varnish does before it sends one
        self.refused(self.api("PUT", self.stack, X_Moniker_Body="ask"), 503)
        self.assertEqual(self.api("GET", "/stacks/demo").status, 200)
        self.assertEqual(other("PUT", "/stacks/other/x", []).status, 201)
        for s in held:
            s.close()
        daemon.wait_for(lambda: put().status in (200, 201))
        a = self.api("PUT", self.stack, X_Moniker_Body="ask")
        self.refused(a, 417)
        self.assertEqual(a.headers["X-Moniker-Body"], "take")


if __name__ == "__main__":
    daemon.main()
