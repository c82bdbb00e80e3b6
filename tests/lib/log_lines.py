# SPDX-License-Identifier: BSD-2-Clause
"""The lines of the daemon's log, read as strictly as a program would.

As a program: fails on the first line of standard input that is none.
"""
import re
import sys

PAIR = re.compile(r'([a-z][a-z0-9_]*)='
                  r'("(?:[ -!#-\[\]-~]|\\["\\]|\\x[0-9a-f]{2})*"'
                  r'|[!#-\[\]-~]+)(?: |$)')
ESCAPE = re.compile(r'\\(?:x(..)|(.))')


def value(text):
    if text[0] != '"':
        return text
    text = ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2],
                      text[1:-1])
    return text.encode("latin-1").decode(errors="replace")


def parse(line):
    """A line's keys and values; ValueError for one that is none."""
    pairs, at = {}, 0
    while at < len(line):
        m = PAIR.match(line, at)
        if m is None or m[1] in pairs:
            raise ValueError(f"no new pair at {at}: {line}")
        pairs[m[1]] = value(m[2])
        at = m.end()
    keys = list(pairs)
    if keys[:3] != ["time", "level", "event"]:
        raise ValueError("begins otherwise: " + line)
    if (pairs["level"] in ("warn", "error")) != (keys[-1] == "hint"):
        raise ValueError("a hint is for warnings and errors: " + line)
    return pairs


def check(text):
    """Of all that was written to standard error."""
    return [parse(line) for line in text.splitlines()]


if __name__ == "__main__":
    check(sys.stdin.read())
