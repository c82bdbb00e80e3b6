#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real S3 server on loopback: OpenStack Swift with s3api, its four servers in
one process. "s3_server.py DIR" makes bucket "pictures" and writes DIR/port.

Debian's Swift is a part of Debian's Python, so this is a program of its own."""
import eventlet
eventlet.monkey_patch()

import hashlib  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402

from eventlet import hubs, wsgi as eventlet_wsgi  # noqa: E402

CONF = """[swift-hash]
swift_hash_path_suffix = moniker
[storage-policy:0]
name = one
default = yes
"""
SERVER = """[DEFAULT]
devices = {dir}/disk
mount_check = false
swift_dir = {dir}
bind_port = {port}
fallocate_reserve = 0
log_level = ERROR
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
PROXY = """[DEFAULT]
swift_dir = {dir}
bind_port = {port}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors cache s3api tempauth proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_moniker_key = secret .admin
"""


def listen():
    return eventlet.listen(("127.0.0.1", 0))


def ring(dir, name, port):
    from swift.common.ring import RingBuilder
    b = RingBuilder(1, 1, 0)
    b.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1",
               "port": port, "device": "d", "weight": 1.0,
               "replication_ip": "127.0.0.1", "replication_port": port})
    b.rebalance()
    b.get_ring().save(f"{dir}/{name}.ring.gz")


def serve(dir, kind, sock, template):
    from swift.common import wsgi
    path = f"{dir}/{kind}-server.conf"
    with open(path, "w") as f:
        f.write(template.format(dir=dir, kind=kind,
                                port=sock.getsockname()[1]))
    app = wsgi.loadapp(path, global_conf={"log_name": kind})
    silent = logging.getLogger("silent")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    eventlet.spawn(eventlet_wsgi.server, sock, app, silent,
                   protocol=wsgi.SwiftHttpProtocol,
                   capitalize_response_headers=False)


def bucket(port):
    """By curl, which signs for itself."""
    nothing = hashlib.sha256(b"").hexdigest()
    status = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT",
         "--aws-sigv4", "aws:amz:us-east-1:s3",
         "-H", f"x-amz-content-sha256: {nothing}",
         f"http://moniker%3Akey:secret@127.0.0.1:{port}/pictures"],
        stdout=subprocess.PIPE, text=True).stdout
    assert status == "200", status


def main(dir):
    from swift.common import utils
    utils.SWIFT_CONF_FILE = f"{dir}/swift.conf"
    with open(utils.SWIFT_CONF_FILE, "w") as f:
        f.write(CONF)
    os.makedirs(f"{dir}/disk/d", exist_ok=True)
    utils.validate_hash_conf()
    from swift.common import storage_policy
    storage_policy.reload_storage_policies()
    kinds = ("account", "container", "object")
    socks = {kind: listen() for kind in kinds}
    for kind in kinds:
        ring(dir, kind, socks[kind].getsockname()[1])
    for kind in kinds:
        serve(dir, kind, socks[kind], SERVER)
    proxy = listen()
    serve(dir, "proxy", proxy, PROXY)
    port = proxy.getsockname()[1]
    bucket(port)
    with open(f"{dir}/port.new", "w") as f:
        f.write(f"{port}\n")
    os.rename(f"{dir}/port.new", f"{dir}/port")
    # The test holds the other end: this ends when it does, however it does.
    hubs.trampoline(sys.stdin.fileno(), read=True)


if __name__ == "__main__":
    main(sys.argv[1])
