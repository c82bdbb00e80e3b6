# SPDX-License-Identifier: BSD-2-Clause
"""Circles among object files: each calls the next, and the last the first."""
import os
import subprocess
import sys


def calls(objects):
    """For each object the others that it takes symbols from."""
    defined, wanted = {}, {}
    for o in objects:
        out = subprocess.run(["nm", o], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
        wanted[o] = set()
        for *_, kind, name in map(str.split, out.splitlines()):
            if kind == "U":
                wanted[o].add(name)
            elif kind in "TDBRC":
                defined[name] = o
    return {o: {defined[w] for w in wanted[o] if w in defined} - {o}
            for o in objects}


def reach(graph, start):
    seen, todo = set(), [start]
    while todo:
        for o in graph[todo.pop()] - seen:
            seen.add(o)
            todo.append(o)
    return seen


def main(folder):
    objects = [os.path.join(folder, o) for o in sorted(os.listdir(folder))]
    graph = calls(objects)
    found = [os.path.basename(o) for o in objects if o in reach(graph, o)]
    if found:
        print("in a circle:", *found)
    return bool(found) or len(objects) < 10


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
