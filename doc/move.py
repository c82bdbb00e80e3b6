#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Moves an organization from one server with rokka's API to another.

Copies source images with their metadata, stacks, and the aliases whose names
you list: rokka's API cannot list them. An image has another hash afterwards.
REPORT has a line for each image, "old,new"; run the same command again after an
interruption, and it goes on where it was. What the new server refuses is told
on standard error, and the exit status is then 1.
"""
import argparse
import csv
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid

DYNAMIC = ("subject_area", "crop_area", "multi_areas", "version")


class Server:
    def __init__(self, url, key):
        base, _, self.org = url.rstrip("/").rpartition("/")
        self.base, self.key = base, key

    def call(self, path, method="GET", data=None, kind="application/json"):
        """The body of the answer; urllib.error.HTTPError for an error."""
        request = urllib.request.Request(
            self.base + path.replace("{org}", self.org), data, method=method,
            headers={"Api-Key": self.key, "Api-Version": "1",
                     **({"Content-Type": kind} if data is not None else {})})
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read()

    def json(self, path, method="GET", value=None):
        data = None if value is None else json.dumps(value).encode()
        return json.loads(self.call(path, method, data) or b"null")

    def pages(self, path):
        """The items of a list, page by page."""
        cursor = ""
        while True:
            page = self.json(f"{path}?limit=100" + (
                f"&offset={urllib.parse.quote(cursor)}" if cursor else ""))
            yield from page["items"]
            last, cursor = cursor, page.get("cursor") or ""
            if not page["items"] or cursor in ("", last):
                return


def form(image, data):
    """(body, Content-Type) of an upload."""
    parts = [(f'name="filedata"; filename="{quoted(image["name"])}"', data)]
    user = image.get("user_metadata") or {}
    dynamic = {k: v for k, v in (image.get("dynamic_metadata") or {}).items()
               if k in DYNAMIC}
    for name, value in (("meta_user[0]", user), ("meta_dynamic[0]", dynamic),
                        ("options[0]", {"protected": True}
                         if image.get("protected") else {})):
        if value:
            parts.append((f'name="{name}"', json.dumps(value).encode()))
    mark = uuid.uuid4().hex
    body = b"".join(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
                    % (mark.encode(), head.encode(), value)
                    for head, value in parts)
    return body + b"--%s--\r\n" % mark.encode(), \
        f"multipart/form-data; boundary={mark}"


def quoted(name):
    """A file name within quotes, as browsers send it."""
    return name.replace('"', "%22").replace("\r", "").replace("\n", "")


class Move:
    def __init__(self, old, new, report):
        self.old, self.new, self.report = old, new, report
        self.hashes, self.refused = {}, 0
        if os.path.exists(report):
            with open(report, encoding="ascii", newline="") as f:
                self.hashes = dict(x for x in csv.reader(f) if len(x) == 2)

    def attempt(self, what, action, *args):
        """What *action* returns; None after an error, which is told."""
        try:
            return action(*args)
        except urllib.error.HTTPError as e:
            text = e.read().decode(errors="replace")
            try:
                text = json.loads(text)["error"]["message"]
            except (ValueError, KeyError, TypeError):
                pass
            print(f"{what}: {e.code} {text[:500]}", file=sys.stderr)
        except OSError as e:
            print(f"{what}: {e}", file=sys.stderr)
        self.refused += 1
        return None

    def image(self, image):
        data = self.old.call(f"/sourceimages/{{org}}/{image['hash']}/download")
        answer = self.new.call("/sourceimages/{org}", "POST", *form(image, data))
        new = json.loads(answer)["items"][0]["hash"]
        if image.get("locked"):
            self.new.json(f"/sourceimages/{{org}}/{new}/options/locked", "PUT",
                          True)
        return new

    def images(self):
        with open(self.report, "a", encoding="ascii", newline="") as f:
            for n, image in enumerate(self.old.pages("/sourceimages/{org}"), 1):
                if image["hash"] not in self.hashes:
                    new = self.attempt(image["hash"], self.image, image)
                    if new is None:
                        continue
                    self.hashes[image["hash"]] = new
                    f.write(f"{image['hash']},{new}\n")
                    f.flush()
                if n % 100 == 0:
                    print(f"{n} images", file=sys.stderr)

    def stack(self, stack):
        value = {"operations": stack.get("stack_operations") or [],
                 "options": stack.get("stack_options") or {},
                 "expressions": stack.get("stack_expressions") or [],
                 "variables": stack.get("stack_variables") or {}}
        self.new.json(f"/stacks/{{org}}/{stack['name']}?overwrite=true", "PUT",
                      value)

    def stacks(self):
        for stack in self.old.pages("/stacks/{org}"):
            self.attempt(f"stack {stack['name']}", self.stack, stack)

    def alias(self, name):
        path = f"/sourceimages/{{org}}/alias/{urllib.parse.quote(name)}"
        old = self.old.json(path)["hash"]
        if old not in self.hashes:
            raise OSError(f"its image {old} was not moved")
        self.new.json(path + "?overwrite=true", "PUT",
                      {"hash": self.hashes[old]})


def main():
    p = argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0], epilog="The environment has the "
        "keys: FROM_KEY, which needs the role read, and TO_KEY, with write.")
    p.add_argument("old", metavar="FROM", help="https://api.rokka.io/ORG")
    p.add_argument("new", metavar="TO", help="http://api.example.net/ORG")
    p.add_argument("--aliases", metavar="FILE", help="names of aliases, one per line")
    p.add_argument("--report", metavar="FILE", default="moved.csv",
                   help="file for old and new hashes (moved.csv)")
    a = p.parse_args()
    for name in ("FROM_KEY", "TO_KEY"):
        if not os.environ.get(name):
            p.error(f"set {name} to an API key")
    move = Move(Server(a.old, os.environ["FROM_KEY"]),
                Server(a.new, os.environ["TO_KEY"]), a.report)
    for name, server in (("FROM_KEY", move.old), ("TO_KEY", move.new)):
        if move.attempt(name, server.json, "/stacks/{org}?limit=1") is None:
            return True
    move.attempt("images", move.images)
    move.attempt("stacks", move.stacks)
    if a.aliases:
        with open(a.aliases, encoding="utf-8") as f:
            for name in filter(None, map(str.strip, f)):
                move.attempt(f"alias {name}", move.alias, name)
    print(f"{len(move.hashes)} images moved, {move.refused} refusals",
          file=sys.stderr)
    return move.refused > 0


if __name__ == "__main__":
    sys.exit(main())
