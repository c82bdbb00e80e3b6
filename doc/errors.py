# SPDX-License-Identifier: BSD-2-Clause
"""errors.py TOP CAUSES: the page of all error messages, moniker-errors(7).

The messages are those of the sources below TOP: what the functions of SAYERS
are called with. CAUSES has a line for each, or for several that have a cause in
common: a pattern of the shell, the cause, the remedy, with tabs between them.
The first that fits is taken. A message without a line, or a line without a
message, is an error: the page is whole, and has nothing that is gone.
"""
import glob
import re
import sys

# Who says what by which functions, and with which status if it is not an
# argument of the call.
SAYERS = (
    ("daemon/http/*.c", "response_fail|response_refuse", None),
    ("daemon/http/multipart.c", "malformed", "400"),
    ("daemon/api/*.c", "reply_error|image_refuse|remote_fail|refuse|forbidden|"
     "reply_credentials|chain_fail|image_guard_more", None),
    ("daemon/api/*.c", "search_refuse|fail", "400"),
    ("daemon/recipe/*.c", "recipe_fail|part_fail|FAIL|blame_say", "400"),
    ("expr/*.c", "FAIL|expr_fail", "400"),
    ("daemon/worker/*.c", "work_fail|answer_error|font_broken|fail", "400, 422"),
    ("daemon/render/pool.c", "refuse", "422, 503"),
    ("daemon/fetch/*.c", "job_over|say_last|fail", "400, 502"),
    ("ctl/*.c", "ctl_complain", "exit"),
)
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
CALL = r"(?<![\w.>])(?:%s)\("


def arguments(text, start):
    """What stands between the parenthesis at *start* and its other end."""
    depth, i = 0, start
    while True:
        m = re.compile(LITERAL + r"|'(?:[^'\\]|\\.)'|[()]").search(text, i)
        if m is None:
            return ""
        depth += {"(": 1, ")": -1}.get(m[0], 0)
        i = m.end()
        if depth == 0:
            return text[start + 1:m.start()]


def plain(literal):
    """A C string as a reader sees it, with ... for what is filled in."""
    s = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal))
    s = re.sub(r"%%", "\0", s)
    s = re.sub(r"%[-+0 #]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlzj]*[a-zA-Z]", "...", s)
    return s.replace("\0", "%").replace('\\"', '"').replace("\\\\", "\\")


def said(args):
    """The format of a call, and what stands in its place behind ? and :."""
    end = None
    for m in re.finditer(rf"{LITERAL}(?:\s*{LITERAL})*", args):
        if end is None or re.fullmatch(r"\s*:\s*", args[end:m.start()]):
            yield plain(m[0])
            end = m.end()


def messages(top):
    """(status, message) of each call, by status, each message once."""
    found = {}
    for files, names, status in SAYERS:
        for path in sorted(glob.glob(f"{top}/{files}")):
            with open(path, encoding="utf-8") as f:
                text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
            for m in re.finditer(CALL % names, text):
                args = arguments(text, m.end() - 1)
                code = status or (re.search(r"\b[45]\d\d\b", args) or ["401"])[0]
                for message in said(args):
                    if " " in message.strip(". "):
                        found.setdefault(message, set()).update(code.split(", "))
    return sorted((", ".join(sorted(codes)), message)
                  for message, codes in found.items())


def causes(path):
    """(pattern, cause, remedy) of each line."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                pattern, cause, remedy = line.rstrip("\n").split("\t")
                yield re.compile(".*".join(map(re.escape, pattern.split("*"))) +
                                 r"\Z"), cause, remedy


def match(rows, lines):
    """[status, message, cause, remedy], and what is left of both sides."""
    table, left, used = [], [], set()
    for code, message in rows:
        for line in lines:
            if line[0].match(message):
                table.append((code, message, *line[1:]))
                used.add(line)
                break
        else:
            left.append(f"no line fits: {code} {message}")
    return table, left + [f"no message fits: {x[0].pattern}" for x in lines
                          if x not in used]


HEAD = """\
==============
moniker-errors
==============

----------------------------------------------
what each error means, and what to do about it
----------------------------------------------

:Manual section: 7

DESCRIPTION
===========

An error of the API is JSON, ``{"error": {"code": 404, "message": "..."}}``. An error of a
picture is a small picture or JSON, as the client accepts, and has the message in the header
``X-Moniker-Error``. ``monikerctl`` prints the message of the API, or one of its own, and
ends with a status that *monikerctl*\\(1) lists; these have *exit* in place of the code.

``...`` stands for what is filled in: a name, a number, or the reason in another message of
this table. A field is named before a colon. The code of a reason depends on the call: what
is 400 at an upload is 422 in the URL of a picture.

MESSAGES
========

"""


def page(table):
    out = [HEAD + ".. list-table::\n   :header-rows: 1\n   :widths: 8 40 26 26\n"]
    for row in [("code", "message", "cause", "remedy"), *table]:
        code, message, cause, remedy = row
        message = message if code == "code" else \
            "\\" + re.sub(r"([*`|_\\])", r"\\\1", message.strip())
        out.append(f"   * - {code}\n     - {message}\n     - {cause}\n     - {remedy}")
    return "\n".join(out) + """

SEE ALSO
========

*monikerd*\\(8), *monikerctl*\\(1), *monikerd.conf*\\(5)
"""


def main():
    rows = messages(sys.argv[1])
    table, left = match(rows, list(causes(sys.argv[2])))
    if left or len(table) < 300:
        sys.exit("\n".join(left) + "\ndoc/errors.in: see above")
    sys.stdout.write(page(table))


if __name__ == "__main__":
    main()
