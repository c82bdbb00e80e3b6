# SPDX-License-Identifier: BSD-2-Clause
"""What clients other than rokka.js send, byte for byte where it matters, and
what they need of the answers."""
import datetime
import json
import urllib.parse

import daemon

PHP = "multipart/form-data; boundary=0f1c8a6b3d"


class Php(daemon.Test):
    """rokka-client-php 1.22 on Guzzle 7."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hash = cls.picture()

    def php(self, method, path, text=None):
        return self.api(method, path, text, Api_Version="1",
                        User_Agent="GuzzleHttp/7",
                        Content_Type=text and "application/json")

    def test_key_without_comment(self):
        """addUserApiKey() without an argument."""
        a = self.php("POST", "/user/apikeys", '{"comment":null}')
        self.assertEqual((a.status, a.json["comment"]), (201, ""), a.body)
        self.empty(self.php("DELETE", "/user/apikeys/" + a.json["id"]))

    def test_no_options(self):
        """setOrganizationOptions([]): an empty map is an array in PHP."""
        self.php("PUT", "/organizations/demo/options/protect_dynamic_stack",
                 "false")
        a = self.php("PUT", "/organizations/demo/options", "[]")
        self.assertEqual((a.status, a.json["options"]),
                         (200, {"protect_dynamic_stack": False}), a.body)
        self.refused(self.php("PUT", "/organizations/demo/options", "[1]"),
                     400, "object")

    def test_upload_without_metadata(self):
        """uploadSourceImage() with empty meta_user and options; every part
        has a length of its own."""
        parts = (('filedata"; filename="a b.png', daemon.png(3, 3)),
                 ("meta_user[0]", b"[]"), ("options[0]", b"[]"))
        body = b"".join(
            f'--{PHP[-10:]}\r\nContent-Disposition: form-data; name="{name}"'
            f'\r\nContent-Length: {len(data)}\r\n\r\n'.encode() + data +
            b"\r\n" for name, data in parts) + f"--{PHP[-10:]}--\r\n".encode()
        a = self.api("POST", "/sourceimages/demo", body, Content_Type=PHP)
        self.assertEqual(a.status, 200, a.body)
        o, = a.json["items"]
        self.assertEqual((o["name"], o["protected"]), ("a b.png", False))
        self.assertNotIn("user_metadata", o)

    # What its classes read without looking whether it is there.
    IMAGE = ("organization", "binary_hash", "hash", "name", "format",
             "mimetype", "size", "width", "height", "created", "link",
             "short_hash", "protected", "locked")
    STACK = ("organization", "name", "created")
    MEMBER = ("user_id", "organization_id", "roles", "active")
    ORGANIZATION = ("id", "name", "display_name", "billing_email")

    def read(self, answer, keys, status=(200, 201)):
        """As fromJsonResponse(), of one or of a collection."""
        self.assertIn(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        o = answer.json
        for one in o["items"] if "items" in o else [o]:
            for key in keys:
                self.assertIn(key, one)
            if "created" in keys:
                datetime.datetime.fromisoformat(one["created"])
        return o

    def located(self, answer):
        """extractHashFromLocationHeader()"""
        self.assertLess(answer.status, 300, answer.body)
        return answer.headers["Location"].split("/")[-1]

    def upload(self, *parts):
        body = b"".join(
            f'--{PHP[-10:]}\r\nContent-Disposition: form-data; name="{name}"'
            f'\r\nContent-Length: {len(data)}\r\n\r\n'.encode() + data +
            b"\r\n" for name, data in parts) + f"--{PHP[-10:]}--\r\n".encode()
        return self.read(self.api("POST", "/sourceimages/demo", body,
                                  Content_Type=PHP), self.IMAGE)["items"]

    def test_images(self):
        """Image.php from uploadSourceImage() to deleteUserMetadataFields()."""
        o, = self.upload(
            ('filedata"; filename="tour.png', daemon.png(50, 40)),
            ("meta_user[0]", b'{"shop":"zurich","int:n":3,'
             b'"date:at":"2024-06-05T10:07:46.000Z"}'),
            ("options[0]", b'{"protected":false}'),
            ("meta_dynamic[0][subject_area]", b'{"width":10,"height":10,'
             b'"x":5,"y":5,"percentage":false}'))
        self.assertIn("subject_area", o["dynamic_metadata"])
        datetime.datetime.fromisoformat(o["user_metadata"]["date:at"])
        at = "/sourceimages/demo"
        one = at + "/" + o["hash"]
        self.read(self.php("GET", one), self.IMAGE)
        self.assertEqual(self.php("GET", one + "/download").body,
                         daemon.png(50, 40))
        self.read(self.php("GET", at), self.IMAGE)
        found = self.read(self.php(
            "GET", at + "?sort=created+desc%2Cuser%3Aint%3An+asc&"
            "user%3Astr%3Ashop=zurich&limit=5&offset=0"), self.IMAGE)
        self.assertEqual([x["hash"] for x in found["items"]], [o["hash"]])
        for key in ("total", "links"):
            self.assertIn(key, found)
        self.read(self.php("GET", at + "?binaryHash=" + o["binary_hash"]),
                  self.IMAGE)
        for method, text in (
                ("PATCH", '{"shop":"bern"}'), ("PATCH", '{"shop":null}'),
                ("PUT", '{"a":"b","date:at":"2024-06-05T10:07:46.000Z"}'),
                ("DELETE", None), ("PUT", None), ("PATCH", '{"a":null}')):
            a = self.php(method, one + "/meta/user", text)
            self.assertLess(a.status, 300, (method, text, a.body))
        shut = self.located(self.php("PUT", one + "/options/protected",
                                     "true"))
        self.assertNotEqual(shut, o["hash"])
        self.assertEqual(self.located(self.php(
            "PUT", f"{at}/{shut}/options/protected?deletePrevious=true",
            "false")), o["hash"])
        for text in ("true", "false"):
            self.assertEqual(str(self.read(self.php(
                "PUT", one + "/options/locked", text), self.IMAGE)[
                    "locked"]).lower(), text)
        plain = self.located(self.php(
            "DELETE", one + "/meta/dynamic/subject_area?deletePrevious=true"))
        one = f"{at}/{plain}"
        self.empty(self.php("DELETE", one))
        self.assertEqual(self.php("DELETE", one).status, 404)
        self.assertEqual(self.php("POST", one + "/restore").status, 200)
        self.assertEqual(self.php("POST", f"{at}/{'0' * 40}/restore").status,
                         404)
        self.empty(self.php("DELETE", at + "?binaryHash=" + o["binary_hash"]))
        self.assertEqual(self.php("DELETE", at + "?binaryHash=" +
                                  "0" * 40).status, 404)
        # Users see what is not there as a sentence, not as a crash.
        for path in ("/autolabel", "/autodescription"):
            self.assertGreaterEqual(self.php(
                "POST", f"{at}/{self.hash}{path}",
                '{"languages":["en"],"force":false}').status, 400)

    def test_copies(self):
        """copySourceImage() and copySourceImages()."""
        self.daemon.organization("shelf")("PUT", "/organizations/shelf/options"
                                          "/copy_from", ["demo"])
        at = "/sourceimages/demo"
        h, = [x["hash"] for x in self.upload(
            ('filedata"; filename="c.png', daemon.png(9, 8)))]
        for more, status in (({}, 201), ({}, 204), ({"Overwrite": "F"}, 412)):
            self.assertEqual(self.api(
                "COPY", f"{at}/{h}", Destination="shelf", Api_Version="1",
                User_Agent="GuzzleHttp/7", **more).status, status)
        a = self.api("POST", at + "/copy", json.dumps([h, self.hash]),
                     Destination="shelf", Content_Type="application/json")
        self.assertEqual((a.json["existing"], a.json["created"]),
                         ([h], [self.hash]))

    def test_stacks(self):
        """saveStack() with getConfig(), listStacks(), getStack()."""
        config = ('{"operations":[{"name":"resize","options":{"width":200,'
                  '"height":"$h"},"expressions":{"width":"$w"}},'
                  '{"name":"noop","options":[],"expressions":[]}],'
                  '"options":{"jpg.quality":80},"expressions":[{"expression":'
                  '"options.dpr > 2","overrides":{"options":'
                  '{"jpg.quality":60}}}],"variables":{"w":100,"h":50}}')
        at = "/stacks/demo/tour"
        for query, text in (("", config), ("?overwrite=true", config.replace(
                '"variables":{"w":100,"h":50}', '"variables":[]').replace(
                    '"$h"', "7").replace('"$w"', '"9"'))):
            o = self.read(self.php("PUT", at + query, text), self.STACK)
            for op in o["stack_operations"]:
                self.assertIn("name", op)
                self.assertIn("options", op)
            for x in o["stack_expressions"]:
                self.assertEqual(set(x), {"expression", "overrides"})
        self.read(self.php("GET", "/stacks/demo?limit=1&offset=0"), self.STACK)
        self.read(self.php("GET", at), self.STACK)
        for name, op in self.php("GET", "/operations").json.items():
            self.assertIn("properties", op, name)
        self.empty(self.php("DELETE", at))

    def test_members(self):
        """User.php from createMembership() to getNewToken()."""
        at = "/organizations/demo"
        self.read(self.php("GET", at), self.ORGANIZATION)
        self.read(self.php("PUT", at, '{"billing_email":"a@example.org",'
                           '"display_name":"Demo"}'), self.ORGANIZATION)
        self.read(self.php("PUT", at + "/options/protect_dynamic_stack",
                           "false"), self.ORGANIZATION)
        a = self.php("POST", at + "/memberships", '{"roles":["read"]}')
        new = self.read(a, self.MEMBER)
        self.assertIn("api_key", new)
        one = f"{at}/memberships/{new['user_id']}"
        self.read(self.php("GET", at + "/memberships"), self.MEMBER)
        self.read(self.php("GET", one), self.MEMBER)
        self.read(self.php("PUT", one, '{"roles":["write"]}'), self.MEMBER)
        a = self.php("GET", "/user/apikeys/token?expires_in=60&renewable="
                     "1&no_ip_protection=1")
        self.assertTrue(set(a.json) >= {"token", "payload"}, a.body)
        self.assertEqual(self.daemon.client(
            Authorization="Bearer " + a.json["token"])("GET", at).status, 200)
        self.empty(self.php("DELETE", one))
        self.assertEqual(self.php("DELETE", one).status, 404)

    def test_user(self):
        """getCurrentUser() and getCurrentUserId(), rokka.js and Go too."""
        user = self.php("GET", "/user").json
        self.assertEqual(user["user_id"], self.api.key["id"])
        self.assertIn(self.api.key["id"], [k["id"] for k in user["api_keys"]])
        self.assertNotIn("api_key", user["api_keys"][0])
        reader = self.daemon.organization("demo", ["read"])
        self.assertEqual(reader("GET", "/user").json,
                         {"user_id": reader.key["id"]})
        self.refused(self.daemon.local()("GET", "/user"), 400, "local")


class Sign(daemon.Test):
    """signUrlOnServer() of PHP and utils.signUrl() of rokka.js."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        a = daemon.upload(cls.api, "demo", ("filedata", "p.png",
                                            daemon.png(4, 4)),
                          ("options[0]", '{"protected":true}'))
        cls.path = f"/dynamic/{a.json['items'][0]['hash']}.png"

    def js(self, **fields):
        return self.api("POST", "/utils/demo/sign_url", json.dumps(fields),
                        Content_Type="text/plain;charset=UTF-8")

    def php(self, **fields):
        return self.api("POST", "/utils/demo/sign_url?" +
                        urllib.parse.urlencode(fields), Content_Length="0")

    def good(self, answer, status=200):
        """The picture is there by what was signed; returns that."""
        self.assertEqual(answer.status, 200, answer.body)
        url = urllib.parse.urlsplit(answer.json["signed_url"])
        a = self.pictures("GET", f"{url.path}?{url.query}")
        self.assertEqual(a.status, status, a.body)
        return answer.json

    def test_url_and_path(self):
        for url in (self.path, "https://demo.example.net" + self.path,
                    "http://localhost:8080" + self.path + "?v=%7B%7D&x"):
            for ask in (self.js, self.php):
                o = self.good(ask(url=url))
                self.assertEqual(o["original_url"], url)
                self.assertTrue(o["signed_url"].startswith(url))
                self.assertNotIn("until", o)
                again = self.good(ask(url=o["signed_url"]))
                self.assertEqual(again["signed_url"], o["signed_url"])

    def test_until(self):
        o = self.good(self.php(url=self.path, roundDateUpTo=60,
                               until="2050-02-08T09:04:31+01:00"))
        self.assertEqual(o["until"], "2050-02-08T08:05:00+00:00")
        o = self.good(self.js(url=o["signed_url"],
                              until="2050-02-08T08:05:01.000Z"))
        self.assertEqual(o["until"], "2050-02-08T09:00:00+00:00")
        self.assertEqual(o["signed_url"].count("sigopts="), 1)
        past = datetime.datetime.now(datetime.timezone.utc) - \
            datetime.timedelta(hours=1)
        self.good(self.js(url=self.path, until=past.isoformat(
            timespec="seconds"), round_date_up_to=0), 403)

    def test_key(self):
        key, = self.api("GET", "/organizations/demo").json["signing_keys"]
        self.good(self.js(url=self.path, key=key["key"]))
        self.refused(self.js(url=self.path, key="other"), 400, "key")
        # A URL is in Varnish's log.
        self.refused(self.php(url=self.path, key=key["key"]), 400, "key",
                     "body")
        self.good(self.php(url=self.path, key=""))

    def test_who_may_not(self):
        """Who does not see protected pictures gets no signature for one."""
        client = self.daemon.organization("demo", ["upload",
                                                   "sourceimages:read"])
        self.refused(client("POST", "/utils/demo/sign_url",
                            {"url": self.path}), 403, "role")

    def test_bad(self):
        for fields, word in (
                ({}, "url"), ({"url": 1}, "url"), ({"url": ""}, "url"),
                ({"url": "http://host"}, "url"), ({"url": "a/b.png"}, "url"),
                ({"url": "/a b"}, "url"), ({"url": "/a#b"}, "url"),
                ({"url": "/" + "a" * 8192}, "url"),
                ({"url": "/a", "until": "tomorrow"}, "until"),
                ({"url": "/a", "until": 5}, "until"),
                ({"url": "/a", "round_date_up_to": -1}, "round_date_up_to"),
                ({"url": "/a", "round_date_up_to": "1"}, "round_date_up_to"),
                ({"url": "/a", "round_date_up_to": 1e9}, "round_date_up_to"),
                ({"url": "/a", "else": 1}, "else")):
            self.refused(self.js(**fields), 400, word)
        self.refused(self.api("POST", "/utils/demo/sign_url?url=%2Fa&url=%2F"),
                     400, "url", "more than once")


class Absent(daemon.Test):
    """Calls of the hosted service that there are not: the answer says which
    feature it is."""

    def test_named(self):
        image = "/sourceimages/demo/" + self.picture()
        for method, path, word in (
                ("GET", "/sourceimages/demo/download?limit=2", "several"),
                ("POST", image + "/autolabel", "Labels"),
                ("POST", image + "/autodescription", "descriptions"),
                ("POST", image + "/contentcredentials", "credentials"),
                ("POST", "/users", "e-mail"),
                ("GET", "/billing/demo", "Billing")):
            self.refused(self.api(method, path), 404, word)

    def test_out_of_scope(self):
        """What the table of doc/api.rst lists, each by its name."""
        h = self.picture()
        image, stack = "/sourceimages/demo/" + h, "/stacks/demo/scope"

        def operations(*names):
            return {"operations": [{"name": n} for n in names]}

        for method, path, body, status, *words in (
                *(("PUT", stack, operations(n), 400, n, "hosted service")
                  for n in ("glitch", "primitive", "face", "svgdynamic",
                            "addframes", "svg2bitmap")),
                *(("PUT", stack, {"operations": [], "options": {n: 5}}, 400,
                   n, "video")
                  for n in ("mp4.quality", "webm.quality", "av1.quality",
                            "fps")),
                ("PUT", image + "/meta/dynamic/detection_face", {}, 403,
                 "faces"),
                ("POST", image + "/autolabel", None, 404, "Labels"),
                ("POST", image + "/autodescription", None, 404,
                 "descriptions"),
                ("POST", image + "/contentcredentials", None, 404, "C2PA"),
                ("GET", "/billing/demo", None, 404, "Billing"),
                ("GET", "/savings", None, 404, "Billing"),
                ("GET", "/sourceimages/demo/download", None, 404,
                 "several"),
                ("POST", "/users", {"email": "a@example.org"}, 404,
                 "Users by e-mail"),
                ("POST", "/user/apikeys/token", {"totp": "123456"}, 400,
                 "MFA"),
                ("POST", "/user/apikeys", {"requires_mfa": True}, 400,
                 "MFA")):
            with self.subTest(f"{path} {body}"):
                self.refused(self.api(method, path, body), status, *words)
        for path, *words in (
                (f"/dynamic/glitch-amount-3/{h}.jpg", "glitch", "hosted"),
                *((f"/dynamic/{h}.{e}", e, "video")
                  for e in ("mp4", "webm", "m3u8"))):
            with self.subTest(path):
                self.refused(self.pictures("GET", path), 400, *words)
        for name, head in (("MP4", b"\0\0\0\x18ftypmp42"),
                           ("WebM", b"\x1a\x45\xdf\xa3")):
            self.refused(daemon.upload(
                self.api, "demo", ("filedata", "v", head + bytes(500))),
                400, name + " video")
        self.refused(daemon.upload(
            self.api, "demo", ("filedata", "p.png", daemon.png(5, 5)),
            ("meta_static[0]", '{"auto_description":{"languages":["de"]}}')),
            400, "descriptions")

    def test_others_as_ever(self):
        for method, path, status in (("DELETE", "/users", 404),
                                     ("DELETE", "/sourceimages/demo/copy",
                                      405), ("POST", "/stats/demo", 405),
                                     ("PUT", "/sourceimages/demo/download",
                                      405)):
            self.refused(self.api(method, path), status)


class Wild(daemon.Test):
    """Form data as Go 1.26 and .NET 7 write it."""

    def upload(self, *parts, boundary="b0undary", quoted=False):
        """A part is its head but for the first words, and its bytes."""
        body = b"".join(f"--{boundary}\r\n{head}\r\n\r\n".encode() + data +
                        b"\r\n" for head, data in parts)
        kind = "multipart/form-data; boundary="
        return self.api("POST", "/sourceimages/demo",
                        body + f"--{boundary}--\r\n".encode(),
                        Content_Type=kind + (f'"{boundary}"' if quoted
                                             else boundary))

    def test_go(self):
        """rokka-go: the file is "filename", quotes have a backslash, and JSON
        ends with a line feed."""
        form = "Content-Disposition: form-data; name="
        a = self.upload(
            (form + '"filename"; filename="a \\"b\\".png"\r\n'
             "Content-Type: application/octet-stream", daemon.png(2, 3)),
            (form + '"meta_user[0]"', b'{"int:n":3}\n'))
        self.assertEqual(a.status, 200, a.body)
        o, = a.json["items"]
        self.assertEqual((o["name"], o["user_metadata"]),
                         ('a "b".png', {"int:n": 3}))

    def test_dotnet(self):
        """rokka-client-c-sharp: nothing is quoted but the boundary, texts
        have a type, and an unknown key of the answer throws."""
        text = "Content-Type: text/plain; charset=utf-8\r\n" \
            "Content-Disposition: form-data; name="
        form = "Content-Disposition: form-data; name="
        a = self.upload(
            (form + "filedata; filename=x.png; filename*=utf-8''x.png",
             daemon.png(2, 4)), (text + "fileName", b"x.png"),
            (text + "name", b"filedata"),
            (text + '"meta_user[0]"', b'{"id":"unit_test"}'),
            (text + "optimize_source", b"true"),
            boundary="0d0b7c1e-1c1c-4b4b-9a9a-3f3f3f3f3f3f", quoted=True)
        self.assertEqual(a.status, 200, a.body)
        self.assertLessEqual(set(a.json), {"total", "cursor", "links",
                                           "items"})
        o, = a.json["items"]
        self.assertEqual(o["user_metadata"], {"id": "unit_test"})
        self.assertLessEqual(set(o), {
            "hash", "short_hash", "binary_hash", "created", "name",
            "mimetype", "format", "size", "width", "height", "organization",
            "link", "protected", "locked", "entropy", "opaque", "deleted",
            "static_metadata", "dynamic_metadata", "user_metadata"})


if __name__ == "__main__":
    daemon.main()
