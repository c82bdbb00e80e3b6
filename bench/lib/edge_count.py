# SPDX-License-Identifier: BSD-2-Clause
# Asks for the paths of standard input in turns, as a browser would, on one
# connection, and has callgrind count what the worker of Varnish takes for it:
# edge_count.py PORT WORKER REQUESTS STATUS [ETAG]
import itertools
import socket
import subprocess
import sys

port, worker, count, status = map(int, sys.argv[1:5])
tag = "If-None-Match: %s\r\n" % sys.argv[5] if sys.argv[5:] else ""
head = ("GET %s HTTP/1.1\r\nX-N: %048d\r\nHost: demo.x.y\r\n"
        "Accept: image/avif,image/webp,image/apng,image/svg+xml,"
        "image/*,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" + tag + "\r\n")
paths = sys.stdin.read().split()
client = socket.create_connection(("127.0.0.1", port))
answers = client.makefile("rb")


def ask(path, n):
    client.sendall((head % (path, n)).encode())
    got = int(answers.readline().split()[1])
    if got != status:
        sys.exit("%s is answered %d, not %d" % (path, got, status))
    length = 0
    for line in iter(answers.readline, b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(0 if status == 304 else length)


def control(*options):
    done = subprocess.run(["callgrind_control", *options, str(worker)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(done.stdout.decode())


control("-i", "on")
for n, path in enumerate(paths + paths):
    ask(path, n)
control("-z")
for n, path in zip(range(count), itertools.cycle(paths)):
    ask(path, n)
control("-d")
control("-i", "off")
