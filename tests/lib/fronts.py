# SPDX-License-Identifier: BSD-2-Clause
"""Our Varnish before a real monikerd, and real caches in front of it."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import daemon
import edge

SRC = os.environ["top_srcdir"]
BUILD = os.environ["top_builddir"]
HOST = "demo.localhost"


def free_port():
    """One that nobody has now, for those that cannot tell which they got."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def get(port, path, method="GET", host=HOST, **headers):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=daemon.PATIENCE)
    try:
        c.request(method, path, headers={"Host": host, **{
            k.replace("_", "-"): v for k, v in headers.items()}})
        response = c.getresponse()
        return daemon.Answer(response, response.read())
    finally:
        c.close()


class Server:
    """A process with a folder of its own, ended by close()."""
    program = None

    @classmethod
    def there(cls):
        return shutil.which(cls.program) is not None

    def __init__(self, upstream=None):
        self.upstream = upstream
        self.dir = tempfile.mkdtemp(prefix="moniker-front-")
        os.chmod(self.dir, 0o777)   # some change their user
        self.start()

    def start(self):
        for last in (False, False, True):
            self.port = free_port()
            self.log = open(self.dir + "/output", "ab")
            self.process = subprocess.Popen(
                self.command(), stdout=self.log, stderr=self.log,
                stdin=subprocess.DEVNULL)
            try:
                daemon.wait_for(lambda: self.ready() or
                                self.process.poll() is not None)
            except AssertionError:
                pass
            if self.process.poll() is None and self.ready():
                return
            self.stop()
            if last:
                raise RuntimeError(f"{self.program}:\n{self.log_text()}")

    def ready(self):
        return listens(self.port)

    def file(self, name, text):
        with open(f"{self.dir}/{name}", "w") as f:
            f.write(text)
        return f"{self.dir}/{name}"

    def log_text(self):
        with open(self.dir + "/output", errors="replace") as f:
            return f.read()

    def stop(self):
        daemon.end(self.process)
        self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.dir)

    def get(self, path, *args, **kw):
        return get(self.port, path, *args, **kw)


class Varnish(Server):
    program = "varnishd"
    storage = "malloc,64m"
    params = ()

    def vcl(self):
        return ('vcl 4.1; backend default { .host = "127.0.0.1"; '
                f'.port = "{self.upstream}"; }}')

    def command(self):
        shutil.rmtree(self.dir + "/v", ignore_errors=True)
        return ["varnishd", "-F", "-n", self.dir + "/v", "-a",
                f"127.0.0.1:{self.port}", "-f",
                self.file("v.vcl", self.vcl()), "-s", self.storage,
                *(x for p in self.params for x in ("-p", p))]

    def ready(self):
        return listens(self.port) and "running" in self.adm("status")

    def adm(self, *args):
        return subprocess.run(["varnishadm", "-n", self.dir + "/v", "-t", "5",
                               *args], capture_output=True, text=True,
                              timeout=30).stdout

    def counter(self, name):
        p = subprocess.run(["varnishstat", "-n", self.dir + "/v", "-j"],
                           capture_output=True, text=True, timeout=30)
        o = json.loads(p.stdout)
        return o.get("counters", o)[name]["value"]


class Edge(Varnish):
    """Ours: the shipped example. *upstream* is a daemon.Daemon."""
    name = "moniker.vcl"

    def command(self):
        os.chmod(self.upstream.dir, 0o755)
        self.params = (f"vcl_path={SRC}/vcl",
                       "vmod_path=" + edge.vmod_path(),
                       *type(self).params)
        return super().command()

    def vcl(self):
        with open(f"{SRC}/vcl/example.vcl") as f:
            text = f.read()
        d = self.upstream.dir
        for old, new in (("/run/moniker/image.sock", d + "/image.sock"),
                         ("/run/moniker/api.sock", d + "/api.sock"),
                         ("/run/moniker/map", d + "/map_dir"),
                         ('"moniker.vcl"', f'"{self.name}"')):
            text = text.replace(old, new)
        # By this an answer is known again that came out of another cache.
        return text + ("sub vcl_deliver { set resp.http.X-Serial = req.xid; }"
                       "\n")


class Nginx(Server):
    program = "nginx"

    def command(self):
        temp = "".join(f"{x}_temp_path {self.dir}/{x};" for x in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return ["nginx", "-e", "stderr", "-c", self.file("nginx.conf", f"""
daemon off; master_process off; pid {self.dir}/pid; error_log stderr;
events {{ worker_connections 100; }}
http {{
    access_log off; {temp}
    proxy_cache_path {self.dir}/cache keys_zone=c:1m;
    server {{
        listen 127.0.0.1:{self.port};
        location / {{
            proxy_pass http://127.0.0.1:{self.upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            proxy_cache c;
            proxy_cache_key $host$request_uri;
            proxy_cache_use_stale error timeout;
            proxy_cache_background_update on;
            proxy_cache_revalidate on;
        }}
    }}
}}
""")]


class Squid(Server):
    program = "squid"

    def command(self):
        return ["squid", "-N", "-f", self.file("squid.conf", f"""
http_port 127.0.0.1:{self.port} accel vhost
cache_peer 127.0.0.1 parent {self.upstream} 0 no-query originserver name=v
http_access allow all
cache_mem 16 MB
maximum_object_size_in_memory 8 MB
pid_filename none
access_log none
cache_log {self.dir}/cache.log
coredump_dir {self.dir}
visible_hostname front
shutdown_lifetime 0 seconds
""")]


class HAProxy(Server):
    program = "haproxy"

    def command(self):
        return ["haproxy", "-f", self.file("haproxy.cfg", f"""
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
cache c
    total-max-size 16
    max-object-size 1000000
    max-age 3600
frontend f
    bind 127.0.0.1:{self.port}
    default_backend b
backend b
    http-request cache-use c
    http-response cache-store c
    server s 127.0.0.1:{self.upstream}
""")]


class TrafficServer(Server):
    program = "traffic_server"

    def command(self):
        d = self.dir
        for x in ("etc", "cache", "run", "log"):
            os.makedirs(f"{d}/{x}", exist_ok=True)
            os.chmod(f"{d}/{x}", 0o777)
        shutil.copytree("/etc/trafficserver", d + "/etc", dirs_exist_ok=True)
        self.file("runroot.yaml", f"""
prefix: /usr
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: {d}/etc
datadir: {d}/cache
includedir: /usr/include
libdir: /usr/lib/trafficserver
libexecdir: /usr/lib/trafficserver/modules
localstatedir: {d}/run
runtimedir: {d}/run
logdir: {d}/log
cachedir: {d}/cache
""")
        self.file("etc/records.config", f"""
CONFIG proxy.config.http.server_ports STRING {self.port}:ip-in=127.0.0.1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 1
CONFIG proxy.config.reverse_proxy.enabled INT 1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.http.cache.required_headers INT 2
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.task_threads INT 1
CONFIG proxy.config.cache.threads_per_disk INT 1
CONFIG proxy.config.diags.output.error STRING E
""")
        self.file("etc/storage.config", f"{d}/cache 32M\n")
        self.file("etc/remap.config",
                  f"map http://{HOST}/ http://127.0.0.1:{self.upstream}/\n"
                  f"map http://{HOST}:{self.port}/ "
                  f"http://127.0.0.1:{self.upstream}/\n")
        return ["traffic_server", f"--run-root={d}/runroot.yaml"]

    def ready(self):
        """It listens before it has its cache, and keeps nothing until then."""
        if not listens(self.port):
            return False
        try:
            with open(self.dir + "/log/diags.log", errors="replace") as f:
                return "cache enabled" in f.read()
        except OSError:
            return False


FRONTS = (Varnish, Nginx, Squid, HAProxy, TrafficServer)
