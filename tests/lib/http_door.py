# SPDX-License-Identifier: BSD-2-Clause
"""http_door.py PROGRAM [TEST...] puts bytes on real sockets of httpd_echo and
judges what comes back. Every test has a server of its own; all of them must end
without a complaint of their own (leaks, when they are built with
AddressSanitizer).

http_door.py SOCKET... knocks at sockets of a running daemon: what is malformed
must be refused there, and a good request be answered after each."""

import contextlib
import os
import sys
import tempfile
import time

from http_peer import Server, TESTS, PROGRAM
from http_strict import knock
import http_answers      # noqa: F401  they list themselves
import http_bounds       # noqa: F401


def main():
    only = sys.argv[2:]
    if not os.access(PROGRAM, os.X_OK) or not os.path.isfile(PROGRAM):
        for path in sys.argv[1:]:
            knock(path)
        return
    failed = 0
    for f, limits, kw in TESTS:
        if only and f.__name__ not in only:
            continue
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            server = Server(folder, *limits, **kw)
            try:
                f(server)
                if server.process.poll() is None:
                    server.stop()
                said = "ok"
            except BaseException as e:
                failed += 1
                said = "not ok"
                print(f"# {type(e).__name__}: {e} at line "
                      f"{e.__traceback__.tb_next.tb_lineno}")
            finally:
                server.process.kill()
                with contextlib.suppress(ValueError):
                    err = server.process.communicate()[1]
                    if said != "ok" and err:
                        print("# " + err.replace("\n", "\n# "))
        print(f"{said} - {f.__name__} ({time.monotonic() - begin:.2f} s)",
              flush=True)
    sys.exit(1 if failed else 0)


main()
