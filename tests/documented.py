# SPDX-License-Identifier: BSD-2-Clause
"""documented.py DIR: every command of README.rst and of the manuals is run.

DIR is that of a "quickstart run". What cannot be run there stands in ELSEWHERE
with the test that runs it, or in NEVER with the reason; what is in none of
the tables, or in a table and in no document any more, is a failure. The API
by curl of README.rst and of doc/api.rst, and the examples of monikerctl(1),
are run as they stand by quickstart.sh.
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = TOP + "/build"
DIR = os.path.abspath(sys.argv[1])
DOCS = ["README.rst", "vmod/vmod_moniker.vcc.in", "vcl/moniker-vcl.7.rst",
        "map/moniker-map.rst", *sorted(glob.glob("doc/*.rst", root_dir=TOP))]
PROGRAMS = r"(?:curl|monikerctl|monikerd|moniker-map|varnish\w+|systemctl|" \
    r"systemd-\S+|journalctl|apt-get|dpkg-\S+|chown|cp|mv|mount|make|man|" \
    r"kill|(?:\./)?configure|\./autogen.sh|bench/run|(?:\./)?quickstart|export)"
# Run as they stand by quickstart.sh: what follows this line of the document.
WHOLE = {"doc/api.rst": "Is the key good", "doc/monikerctl.1.rst": "EXAMPLES\n",
         "README.rst": "A five-minute tour\n---"}

# Word by word what stands there instead, and what the output must show.
RUN = {
    "monikerd -t": ("{t} -f {dir}/monikerd.conf", "good"),
    "monikerd --fsck": ("{t} -f {dir}/monikerd.conf", "good"),
    "monikerd --fsck --deep": ("{t} -f {dir}/monikerd.conf", "good"),
    "monikerd --fsck --deep /var/backups/moniker/today":
        ("monikerctl backup create {dir}/checked >{dir}/made && "
         "monikerd --fsck --deep {dir}/checked", "checked: good"),
    "monikerctl -o demo image put logo.png":
        ("monikerctl -o demo image put {top}/tests/images/red.png", "hash"),
    "monikerctl -o demo alias set logo HASH":
        ("monikerctl alias set installed {hash}", "installed"),
    "curl -sI -H 'Host: demo.example.net' "
    "http://127.0.0.1:6081/dynamic/resize-width-200/-_logo_-.jpg":
        ("{t}", "200 OK"),
    "curl -H 'Api-Key: KEY' http://127.0.0.1:6081/user/apikeys/current":
        ("curl -H \"Api-Key: $API_KEY\" $API_URL/user/apikeys/current",
         "\"admin\""),
    "monikerctl --comment Advent plan add hero HASH "
    "$(date -d 'tomorrow 6:00' +%FT%T%:z) $(date -d 'tomorrow 20:00' +%FT%T%:z)":
        ("{t}", "pending"),
    "monikerctl plan list": ("{t}", "hero"),
    "monikerctl set put advent hero=HASH footer=HASH old=-": ("{t}", "draft"),
    "monikerctl set get advent": ("{t}", "footer"),
    "monikerctl set publish advent": ("{t}", "active"),
    "monikerctl set withdraw advent": ("{t}", "draft"),
    "monikerctl alias history logo": ("{t}", "hash|\\[\\]"),
    "monikerctl audit list": ("{t}", "alias"),
    "monikerctl alias rollback hero": ("{t} || :", "hero"),
    "monikerctl --dry-run alias rollback-all "
    "$(date -d '1 hour ago' +%FT%T%:z)": ("{t}", "dryRun"),
    "monikerctl alias rollback-all $(date -d '1 hour ago' +%FT%T%:z)":
        ("monikerctl --prefix none_ alias rollback-all "
         "$(date +%FT%T%:z)", "dryRun"),
    "curl -s --unix-socket /run/moniker/local.sock http://localhost/metrics":
        ("{t}", "moniker_ready 1"),
    "monikerctl status show": ("{t}", "edge|varnish|local"),
    "monikerd --cage": ("{t} -f {dir}/monikerd.conf || :", "seccomp"),
    "monikerd --routes": ("{t}", "/stacks/"),
    "moniker-map check": ("{t} {dir}/map", "sound"),
    "moniker-map stat /run/moniker/map": ("{t}", "generation"),
    "moniker-map check /run/moniker/map": ("{t}", "sound"),
    "moniker-map dump /run/moniker/map | grep '^acme logo '":
        ("{t}", "^demo logo [0-9a-f]{40} "),
    "monikerctl alias get NAME": ("{t}", "{hash}"),
    "monikerctl backup create /var/backups/moniker/today": ("{t}", "images"),
    "monikerctl backup create FOLDER": ("{t}", "images"),
    "varnishadm backend.list": ("varnishadm -n {varnish} backend.list",
                                "moniker_image"),
    "varnishstat -f 'MONIKER.*'": ("{t} -1 -n {varnish}",
                                   "unattached(.|\n)*heartbeat_age"),
    "curl --unix-socket /run/moniker/local.sock http://localhost/ready":
        ("{t}", "ready"),
    "curl -sI -H 'Host: ORG.example.net' "
    "http://127.0.0.1:6081/STACK/-_NAME_-.jpg":
        ("{t}", "(?i)etag: \"[^\"]*{hash}"),
    "curl --unix-socket /run/moniker/local.sock -X PUT "
    "http://localhost/organizations/demo -d '{}'": ("{t}", "acme"),
    "curl --unix-socket /run/moniker/local.sock "
    "http://localhost/organizations/demo/keys "
    "-d '{\"roles\": [\"admin\"]}'": ("{t}", "api_key"),
    "curl --unix-socket /run/moniker/local.sock -X PUT -d 5000000 "
    "http://localhost/organizations/demo/options/quota_aliases":
        ("{t}", "5000000"),
    "monikerctl quota used": ("{t}", "aliases"),
    "monikerctl -o demo quota used": ("{t}", "aliases"),
    "curl --unix-socket /run/moniker/local.sock -X PUT -d 30 "
    "http://localhost/organizations/demo/options/purges_alias":
        ("{t}", "30"),
    "DELETE /sourceimages/{organization}/alias/{alias}/cache":
        ("{api}", "acknowledged|pending"),
    "DELETE /sourceimages/{organization}/{hash}/cache":
        ("{api}", "acknowledged|pending"),
    "DELETE /sourceimages/{organization}/{hash}/cache?soft=true":
        ("{api}", "soft"),
    "DELETE /stacks/{organization}/{stack}/cache":
        ("{api}", "acknowledged|pending"),
    "DELETE /stacks/{organization}/{stack}/cache?soft=true":
        ("{api}", "soft"),
}

# The file of tests, and what is found in it.
ELSEWHERE = {
    "./quickstart run": ("tests/quickstart.sh", "quickstart\" run"),
    "./quickstart --help": ("tests/quickstart.sh", "quickstart\" --help"),
    "./quickstart build": ("quickstart", r"^build\)"),
    "./quickstart check": ("tests/check.sh", "all tests"),
    "./autogen.sh && ./configure && make && make check":
        ("tests/check.sh", "distcheck"),
    "./autogen.sh && ./configure && make && make install":
        ("tests/check.sh", "distcheck"),
    "make install": ("tests/check.sh", "distcheck"),
    "make -C build install": ("tests/check.sh", "distcheck"),
    "make -C build html": ("tests/lint.sh", '/doc" .*html'),
    "make check": ("tests/check.sh", "distcheck"),
    "./quickstart check --release trixie": ("tests/soak/release.sh",
                                            "trixie"),
    "./quickstart check --release forky": ("tests/soak/local.am", "forky"),
    "make -C build/tests soak-packages": ("tests/soak/local.am",
                                          "^soak-packages:"),
    "make -C build/tests soak-containers": ("tests/soak/local.am",
                                            "^soak-containers:"),
    "apt-get dist-upgrade ./moniker_*.deb ./varnish-moniker_*.deb":
        ("tests/soak/packages.sh", "dist-upgrade"),
    "apt-get install libheif-plugin-aomenc libheif-plugin-x265":
        ("tests/soak/packages.sh", "libheif-plugin-x265"),
    "make soak": ("tests/soak/local.am", "^soak:"),
    "make -C build/tests attack-asan": ("tests/soak/local.am", "^attack-asan:"),
    "dpkg-buildpackage -b": ("tests/soak/packages.sh", "dpkg-buildpackage .*-b"),
    "apt-get install ./moniker_*.deb ./varnish-moniker_*.deb":
        ("tests/soak/packages.sh",
         r"/moniker_\*\.deb .*/varnish-moniker_\*\.deb"),
    "systemd-tmpfiles --create": ("debian/tests/services",
                                  "systemd-tmpfiles --create"),
    "apt-get build-dep ./": ("debian/control", "^Build-Depends:"),
    "mv /var/lib/moniker /var/lib/moniker.aside":
        ("debian/tests/seed", "^mv /var/lib/moniker "),
    "cp -a /var/backups/moniker/today /var/lib/moniker":
        ("debian/tests/seed", "^cp -a /var/backups/moniker/today /var/lib"),
    "chown -R moniker:varnish /var/lib/moniker":
        ("debian/tests/seed", r'^chown -R "moniker:\$group" /var/lib/moniker'),
    "cp -a": ("debian/tests/seed", "cp -a"),
    'monikerctl org create demo "Demo Ltd."':
        ("doc/monikerctl.1.rst", "monikerctl org create demo"),
    'monikerctl -o demo --role admin --comment "web team" key create':
        ("doc/monikerctl.1.rst", "-o demo --role admin"),
    "export FROM_KEY=... TO_KEY=...": ("tests/ctl/move.py", '"FROM_KEY"'),
    "monikerctl -o demo org set fallback_image=alias:placeholder":
        ("tests/ctl/ctl.py", '"org set"'),
    "monikerctl -o demo alias set logo__de HASH":
        ("tests/ctl/ctl.py", '"alias", "set", "purged__de"'),
    "monikerctl -o demo --role read,sourceimages:write key create":
        ("tests/ctl/ctl.py", '"key create"'),
    "monikerctl -o demo key link ID": ("tests/ctl/ctl.py", '"key link"'),
    "monikerctl token rotate": ("tests/ctl/ctl.py", '"token rotate"'),
    "monikerctl image forget URL": ("tests/ctl/ctl.py", "image forget"),
    "configure --enable-werror": ("tests/check.sh", "--enable-werror"),
    "monikerctl backup create": ("tests/api/bucket.py", '"POST", "/backup"'),
    "monikerctl target list": ("tests/ctl/ctl.py", '"target list"'),
    "monikerctl plan rm NAME ID": ("tests/ctl/ctl.py", "plan rm planned"),
    "monikerctl image restore HASH": ("tests/ctl/ctl.py", '"image restore"'),
    "monikerctl --overwrite stack set NAME FILE":
        ("tests/ctl/ctl.py", '"stack set'),
    "monikerctl --wait 5 purge alias NAME": ("tests/ctl/ctl.py", "--wait"),
    "monikerctl webhook create https://example.com/moniker alias.* "
    "set.published": ("tests/ctl/ctl.py", '"webhook create'),
    "monikerctl webhook get 3":
        ("tests/ctl/ctl.py", '"webhook get"'),
    "monikerctl webhook log 3 pending":
        ("tests/ctl/ctl.py", '"webhook log"'),
    "monikerctl webhook log ID pending": ("tests/ctl/ctl.py", '"webhook log"'),
    "monikerctl webhook enable 3":
        ("tests/ctl/ctl.py", '"webhook enable"'),
    "monikerctl webhook enable ID": ("tests/ctl/ctl.py", '"webhook enable"'),
    "monikerctl webhook resend 3 412":
        ("tests/ctl/ctl.py", '"webhook resend"'),
    "monikerctl webhook test ID": ("tests/ctl/ctl.py", '"webhook test"'),
    "monikerctl webhook rotate ID": ("tests/ctl/ctl.py", '"webhook rotate"'),
    "kill -9": ("tests/vtc/main_daemon_kill.vtc", "-kill KILL"),
}
NEVER = {
    "varnishd -p nuke_limit=1000000": "quickstart starts it so",
    "varnishd -p ban_lurker_age=5": "the same; quickstart.sh looks at it",
    "varnishd -p vsl_mask=-ReqHeader,-BereqHeader":
        "hides what the tests read in the log",
    "varnishd -p vsl_mask=-Hit": "hides what the tests read in the log",
    "export MONIKER_ORG=demo": "so is the environment here",
    "monikerctl status top": "runs until Ctrl-C; ctl/ctl.py runs it once",
    "cp /lib/systemd/system/hitch.service /etc/systemd/system/"
    "hitch-api.service": "would change this machine; edge/tls.py runs hitch",
    "systemctl enable --now hitch-api": "needs systemd as process 1",
    "monikerctl backup create /var/backups/moniker/before":
        "the same as of today",
    "systemctl reload varnish": "needs systemd as process 1",
    "systemctl edit varnish": "opens an editor",
    'curl -H "Api-Key: $KEY" -X PUT $API/organizations/demo/options -d '
    """'{"allowed_widths": [320, 640, 1280], "allowed_heights": [320, 640]}'""":
        "would close the demo's sizes; api/overrides.py does so",
    "systemctl enable --now monikerd": "needs systemd as process 1",
    "systemctl enable --now moniker-backup.timer": "needs systemd as process 1",
    "systemctl stop monikerd": "the same",
    "systemctl start monikerd": "the same",
    "cp -p /var/lib/moniker.aside/token.key /var/lib/moniker/":
        "there is no such folder here; the key is made anew otherwise",
    "systemctl restart monikerd": "the same; main_daemon_kill.vtc does so",
    "systemctl edit monikerd": "opens an editor",
    "monikerd --begin-anew": "is of a lost database; ctl/past.py does so",
    "systemctl reload monikerd": "the same; main_sighup.sh sends the signal",
    "systemctl restart varnish": "the same; see main_varnish_restart.vtc",
    "journalctl -u monikerd": "the same",
    "apt-get update": "the same; tests/soak/packages.sh does so",
    "monikerctl backup create /var/backups/moniker/before-13":
        "the same as of today",
    "mount -o remount,size=4G /run": "would change this machine",
    "configure --without-dashboard": "builds the rest as ever",
    "configure --prefix": "the words of a sentence",
    "configure VARNISH_GROUP=": "there is one such group on a machine",
    "make CPPFLAGS=-DBRIDGE_NAME=0": "NAME stands for a bridge, and it would "
        "build all anew",
    "man build/doc/monikerd.8": "reads what is built",
    "man vmod_moniker": "reads what is installed; the sources are built",
}


def blocks(text):
    """Literal blocks, without their indentation."""
    for m in re.finditer(r"(?:::|^::)\n\n((?:(?:[ \t]+[^\n]*)?\n)+)", text,
                         re.M):
        lines = m[1].rstrip("\n").split("\n")
        indent = os.path.commonprefix([re.match(r"[ \t]*", x)[0]
                                       for x in lines if x.strip()])
        yield "\n".join(x[len(indent):] for x in lines)


def one_line(text):
    """Without the comment after it."""
    return re.sub(r"\s{2,}# .*", "", re.sub(r"\s*\\?\n\s*", " ", text)).strip()


def commands(doc, text):
    end = text.find(WHOLE[doc]) if doc in WHOLE else len(text)
    for block in blocks(text[:end]):
        for m in re.finditer(r"^(?:\$ )?((?:%s|DELETE) [^\n\\]*"
                             r"(?:\\\n[^\n\\]*)*)" % PROGRAMS, block, re.M):
            yield one_line(m[1])
    for m in re.finditer(r"``(%s\s[^`]+)``" % PROGRAMS, text):
        yield one_line(m[1])


class Failures:
    def __init__(self):
        self.n = 0

    def __call__(self, *what):
        print("FAILED:", *what)
        self.n += 1


def environment():
    """What quickstart wrote for scripts."""
    out = subprocess.run(["bash", "-c", f"set -a; . {DIR}/env; env -0"],
                         capture_output=True, text=True, check=True).stdout
    return dict(x.split("=", 1) for x in out.split("\0") if "=" in x)


def shell(command, env):
    p = subprocess.run(["bash", "-c", command], text=True, timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={
                           **env, "MONIKER_SOCKET": DIR + "/local.sock",
                           "MONIKER_ORG": "demo", "PATH": ":".join(
                               f"{BUILD}/{x}" for x in
                               ("daemon", "ctl", "map")) + ":" + env["PATH"]})
    return p.returncode, p.stdout


def here(text, env, tmp):
    """With the places and names of this run."""
    for theirs, ours in (
            ("/run/moniker/", DIR + "/"), ("/var/backups/moniker", tmp),
            ("FOLDER", tmp + "/folder"), ("get NAME", "get logo"),
            ("http://127.0.0.1:6081", env["API_URL"]), ("^acme", "^demo"),
            ("HASH", env["LOGO"]), ("ORG.", "demo."), ("STACK", "resize"),
            ("-_NAME_-", "-_logo_-"),
            ("organizations/demo", "organizations/acme")):
        text = text.replace(theirs, ours)
    return text


def api(text, env):
    """A method and a path of the API, as a command."""
    method, path = text.split(" ")
    for name, value in (("organization", "demo"), ("alias", "logo"),
                        ("hash", env["HASH"]), ("stack", "resize")):
        path = path.replace("{%s}" % name, value)
    return f"curl -sS -f -X {method} -H 'Api-Key: {env['API_KEY']}' " + \
        shlex.quote(env["API_URL"] + path)


def run_one(text, env, tmp, failed):
    how, shows = RUN[text]
    t = here(text, env, tmp)
    command = how.replace("{t}", t).replace("{dir}", DIR).replace(
        "{varnish}", env["VARNISH_NAME"]).replace("{top}", TOP).replace(
        "{hash}", env["LOGO"])
    if how == "{api}":
        command = api(text, env)
    status, out = shell(command, env)
    if status != 0 or not re.search(shows.replace("{hash}", env["LOGO"]), out):
        failed(f"{text}\n  as: {command}\n  {status}: {out}")


def run_bench(text, failed):
    """A benchmark that is there; running it is not for a test."""
    name = text.split(" ")[1]
    if not glob.glob(f"{TOP}/bench/{name}.*"):
        failed(f"{text}: there is no such benchmark")


def check_elsewhere(text, failed):
    where, what = ELSEWHERE[text]
    with open(f"{TOP}/{where}") as f:
        if not re.search(what, f.read(), re.M):
            failed(f"{text}: {where} does not run it")


def check_configuration(doc, block, tmp, failed):
    """A section of monikerd.conf: does the daemon take it?"""
    path = tmp + "/part.conf"
    with open(path, "w") as f:
        f.write(re.split(r"\n\n\s*\{", block)[0] + "\n")
    status, out = shell(f"monikerd -t -f {path}", dict(os.environ))
    if status != 0:
        failed(f"{doc}: {out}{block}")


VCL_HEAD = """
vcl 4.1;
import moniker;
backend moniker_image { .path = "/run/moniker/image.sock"; }
backend moniker_api { .path = "/run/moniker/api.sock"; }
"""
VCL_OTHER = 'backend www { .host = "127.0.0.1"; }\n'
VCL_INIT = 'sub vcl_init { new names = moniker.map("/run/moniker/map"); }\n'
VCL_SHIPPED = 'include "moniker.vcl";\n'


def whole_vcl(block):
    """A VCL of what may be a part of one."""
    if block.startswith("vcl 4.1;"):
        return block
    if not re.match(r"sub |include ", block):
        block = "sub vcl_recv {\n" + block + "\n}\n"
    text = VCL_HEAD + (VCL_OTHER if " www;" in block else "")
    if "vcl_init" not in block:
        text += VCL_INIT
    if "vcl_deliver" in block:	# it says: after the include
        return text + VCL_SHIPPED + block
    return text + block + ("" if VCL_SHIPPED in block + "\n" else VCL_SHIPPED)


def check_vcl(doc, block, tmp, failed):
    path = tmp + "/part.vcl"
    with open(path, "w") as f:
        f.write(whole_vcl(block) + "\n")
    with open(BUILD + "/tests/Makefile") as f:
        vmods = re.search(r"^VARNISHAPI_VMODDIR = (.*)$", f.read(), re.M)[1]
    # No jail: its users may be unable to reach a clone in a home.
    p = subprocess.run(["varnishd", "-j", "none", "-C", "-n", tmp + "/v",
                        "-f", path, "-p", f"vcl_path={TOP}/vcl", "-p",
                        f"vmod_path={BUILD}/vmod/.libs:{vmods}"], text=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if p.returncode != 0:
        failed(f"{doc}: {p.stderr}{block}")


def main():
    env, failed, seen, parts = environment(), Failures(), set(), 0
    env["LOGO"] = re.search('"hash": *"([0-9a-f]{40})', shell(
        "monikerctl alias get logo", env)[1])[1]
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        for doc in DOCS:
            with open(f"{TOP}/{doc}") as f:
                text = f.read()
            for command in commands(doc, text):
                if command in seen:
                    continue
                seen.add(command)
                if command in RUN:
                    run_one(command, env, tmp, failed)
                elif command.startswith("bench/run "):
                    run_bench(command, failed)
                elif command in ELSEWHERE:
                    check_elsewhere(command, failed)
                elif command not in NEVER:
                    failed(f"{doc}: nobody runs: {command}")
            for block in blocks(text):
                if re.match(r"varnish \w+ \{", block):
                    check_configuration(doc, block, tmp, failed)
                elif re.match(r"vcl 4|sub vcl_|set req|if \(!moniker", block):
                    check_vcl(doc, block, tmp, failed)
                else:
                    continue
                parts += 1
    for stale in {*RUN, *ELSEWHERE, *NEVER} - seen:
        failed(f"in no document any more: {stale}")
    print(f"{len(seen)} commands, {parts} parts of configuration and VCL")
    return failed.n > 0 or parts < 9


if __name__ == "__main__":
    sys.exit(main())
