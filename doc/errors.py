# SPDX-License-Identifier: BSD-2-Clause
"""errors.py TOP CAUSES [--check]: the page of all errors, moniker-errors(7).

The messages are those of the sources below TOP: what the functions of SAYERS
are called with. CAUSES has a line for each, or for several that have a cause in
common: a pattern of the shell, the cause, the remedy, with tabs between them.
The first that fits is taken. --check writes no page, but tells each message
without a line and each line without a message, and fails if there is one.
"""
import glob
import re
import sys

# Who says what by which functions, and with which status if it is not an
# argument of the call.
SAYERS = (
    ("daemon/http/*.c", "response_fail|response_refuse", None),
    ("daemon/http/multipart.c", "malformed", "400"),
    ("daemon/api/*.c", "reply_error|image_refuse|remote_fail|refuse|forbidden",
     None),
    ("daemon/api/*.c", "reply_credentials|image_guard_more", "403"),
    ("daemon/api/*.c", "chain_fail", "503"),
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
    """A C string as a reader sees it, with an ellipsis for what is filled in."""
    s = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal))
    s = re.sub(r"%%", "\0", s)
    s = re.sub(r"%[-+0 #]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlzj]*[a-zA-Z]", "\N{HORIZONTAL ELLIPSIS}", s)
    return s.replace("\0", "%").replace('\\"', '"').replace("\\\\", "\\")


def macros(top):
    """The texts that have a name, {name: literal}."""
    found = {}
    for path in glob.glob(f"{top}/daemon/**/*.[ch]", recursive=True):
        with open(path, encoding="utf-8") as f:
            for m in re.finditer(rf"#define ([A-Z_]+)((?:[\s\\]*{LITERAL})+)\n",
                                 f.read()):
                found[m[1]] = m[2].replace("\\\n", "\n")
    return found


def said(args, code):
    """(code, message) of a call: its format, or each behind ? and :."""
    end = None
    for m in re.finditer(rf"{LITERAL}(?:\s*{LITERAL})*", args):
        before = args[end or 0:m.start()]
        if end is None or re.fullmatch(r"\s*:[^:?]*(\?\s*)?", before):
            own = re.search(r"== ([45]\d\d) \?\s*$", before)
            last = "== 4" in args and before.strip() == ":"
            yield own[1] if own else "400" if last else code, plain(m[0])
            end = m.end()


def messages(top):
    """(status, message) of each call, by status, each message once."""
    found, names_of = {}, macros(top)
    word = re.compile(rf"{LITERAL}|\b({'|'.join(names_of)})\b")
    for files, names, status in SAYERS:
        for path in sorted(glob.glob(f"{top}/{files}")):
            with open(path, encoding="utf-8") as f:
                text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
            for m in re.finditer(CALL % names, text):
                args = word.sub(lambda w: names_of[w[1]] if w[1] else w[0],
                                arguments(text, m.end() - 1))
                if status == "exit":  # the first says of what
                    args = args.split(",", 1)[-1]
                number = re.search(r"\b[45]\d\d\b", args)
                for code, message in said(args, status or
                                          (number[0] if number else "other")):
                    if " " in message.strip(". \N{HORIZONTAL ELLIPSIS}"):
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
            table.append((code, message, "See the message.", ""))
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
``X-Moniker-Error``. *monikerctl*\\(1) prints the message of the API, or one of its own.

This page has every message, by code, then its cause and the remedy. An ellipsis stands for
what is filled in: a name, a number, or another message as the reason. A field is named before a
colon. The code of a reason depends on the call: what is 400 at an upload is 422 in the URL
of a picture.
"""
TITLES = {"exit": "monikerctl", "other": "Any code, by the reason"}


def page(table):
    out, now = [HEAD], None
    for code, message, cause, remedy in table:
        if code != now:
            title = TITLES.get(code, code)
            out.append(f"\n{title}\n{'=' * len(title)}\n")
            now = code
        message = re.sub(r"([*`|_\\\\])", r"\\\\\1", message.strip())
        out.append(f"\\{message}\n\t{cause} {remedy}")
    return "\n".join(out) + """

SEE ALSO
========

*monikerd*\\(8), *monikerctl*\\(1), *monikerd.conf*\\(5), *moniker-purging*\\(7)
"""


def main():
    rows = messages(sys.argv[1])
    table, left = match(rows, list(causes(sys.argv[2])))
    if "--check" not in sys.argv:
        sys.stdout.write(page(table))
    elif left or len(table) < 300:
        sys.exit("\n".join([*left, f"{len(table)} messages: change "
                            f"{sys.argv[2]} so that each has its line"]))


if __name__ == "__main__":
    main()
