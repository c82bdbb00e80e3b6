# SPDX-License-Identifier: BSD-2-Clause
"""What doc/style.rst says and a program can see. Prints what differs."""
import os
import re
import sys

FOLDERS = ("base", "name", "url", "map", "vmod", "daemon", "ctl")
LINES, FUNCTION = 450, 60
COLUMNS = 84    # 80, but for a comment or a text that ends the line
TYPE = r"(?:struct|enum|union|unsigned|signed|const|[a-z]*int\w*|char|short" \
       r"|long|float|double|void|bool|\w+_t\b|[A-Z])"
RULES = (
    (re.compile(r"[ \t]$"), "blanks end the line"),
    (re.compile(r"^\t* {8}"), "indented by blanks"),
    (re.compile(r"\breturn [^(;]"), "return (x);"),
    (re.compile(r"\bsizeof\((?!\*?\(|" + TYPE + ")"), "sizeof x"),
    (re.compile(r"^\w+_cb\("), "a callback is on_EVENT"),
    (re.compile(r"__MAX\b"), "a count is X_MAX"),
    (re.compile(r"^[^\s#*/].*\)\s*\{$"), "{ of a function on its own line"),
)
TEXT = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+'")
MADE = re.compile(r"(vcc_|VSC_).*|openapi_data\.h")    # by the build
NAME = re.compile(r"\w+\(")
ATTRIBUTE = re.compile(r"__attribute__\(\(.*?\)\)+|v_matchproto_\(\w+\)")


def signature(lines, at):
    """The line of a definition that has its name; *at* is that of the {."""
    first = at
    while first > 0 and re.match(r"[^}#/*]", lines[first - 1]) and \
            not lines[first - 1].endswith((";", "*/")):
        first -= 1
    for line in lines[first:at]:
        line = ATTRIBUTE.sub("", line)
        if "(" in line:
            return line
    return ""


def functions(lines):
    begin = None
    for i, line in enumerate(lines):
        if line == "{":
            begin = i
            name = signature(lines, i)
            if name and not NAME.match(name):
                yield i, "the type stands on a line of its own"
        elif line.startswith("}") and begin is not None:
            if i - begin > FUNCTION:
                yield i, f"a function of {i - begin} lines"
            begin = None


def faults(path):
    with open(path) as f:
        lines = f.read().split("\n")
    if "SPDX-License-Identifier" not in lines[0]:
        yield 0, "no SPDX-License-Identifier"
    if path.endswith(".c") and len(lines) - 1 > LINES:
        yield len(lines) - 1, f"a file of {len(lines) - 1} lines"
    for i, line in enumerate(lines):
        if len(line.expandtabs(8)) > COLUMNS:
            yield i, "too wide"
        if line.startswith((" *", "/*", "*/")):
            continue
        bare = TEXT.sub('""', line)
        for rule, says in RULES:
            if rule.search(bare):
                yield i, says
    yield from functions(lines)


def main(top):
    n = wrong = 0
    for folder in FOLDERS:
        for at, _, names in os.walk(os.path.join(top, folder)):
            for name in sorted(names):
                path = os.path.join(at, name)
                if not name.endswith((".c", ".h")) or MADE.match(name):
                    continue
                n += 1
                for i, says in faults(path):
                    print(f"{os.path.relpath(path, top)}:{i + 1}: {says}")
                    wrong += 1
    if n < 200:
        print(f"only {n} files were found")
    return wrong > 0 or n < 200


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
