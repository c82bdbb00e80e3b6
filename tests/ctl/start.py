# SPDX-License-Identifier: BSD-2-Clause
"""A daemon that cannot start says why, and ends with the status for it."""
import os
import shutil
import sqlite3
import subprocess
import daemon


class Start(daemon.unittest.TestCase):
    def setUp(self):
        self.own = daemon.Daemon()
        self.addCleanup(shutil.rmtree, self.own.dir)
        self.own.stop()
        self.conf = self.own.dir + "/monikerd.conf"
        self.store = self.own.dir + "/store_dir"

    def refuses(self, *words, status=69, settings=""):
        """All that it said."""
        with open(self.conf, "a") as f:
            f.write(settings)
        p = subprocess.run(["monikerd", "-f", self.conf], text=True,
                           capture_output=True, timeout=60)
        self.assertEqual(p.returncode, status, p.stderr)
        for word in words:
            self.assertIn(word, p.stderr)
        self.assertFalse(os.path.exists(self.own.ready))
        return p.stderr

    def test_a_damaged_database(self):
        db = self.store + "/moniker.db"
        with open(db, "r+b") as f:
            f.write(b"garbage " * 512)
        self.refuses("event=start", "not a database", "--fsck")
        os.unlink(db)
        os.mkdir(db)
        self.refuses("is not a regular file: move it away", "hint=")

    def test_the_database_of_a_newer_daemon(self):
        db = sqlite3.connect(self.store + "/moniker.db")
        db.execute("PRAGMA user_version = 77")
        db.close()
        self.refuses("of version 77", "install the newer one")

    def test_no_data_folder(self):
        shutil.rmtree(self.store)
        with open(self.store, "w"):
            pass
        self.refuses("data folder", "Not a directory")

    def test_the_data_folder_of_another(self):
        self.own.start()
        self.addCleanup(self.own.stop)
        self.own.ready += ".second"
        self.refuses("in use by another")

    def test_the_socket_of_another(self):
        self.own.start()
        self.addCleanup(self.own.stop)
        self.own.ready += ".second"
        self.refuses("another monikerd answers there", settings=(
            f'store_dir = "{self.own.dir}/store2"\n'
            f'map_dir = "{self.own.dir}/map2"\n'))

    def test_a_file_where_a_socket_should_be(self):
        path = self.own.dir + "/precious"
        with open(path, "w") as f:
            f.write("data")
        self.refuses("/precious: exists, but is not a socket", settings=(
            f'api_socket = "{path}"\n'))
        with open(path) as f:
            self.assertEqual(f.read(), "data")

    def test_no_folder_for_the_sockets(self):
        self.refuses("/nowhere/x.sock: No such file", settings=(
            'api_socket = "/nowhere/x.sock"\n'))

    def test_an_address_in_use(self):
        with daemon.socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen(1)
            address = "127.0.0.1:%d" % s.getsockname()[1]
            said = self.refuses(address, "Address already in use",
                                "stop what uses the address", settings=(
                                    f'metrics_listen = "{address}"\n'))
            self.assertNotIn("--fsck", said)

    def test_what_the_user_may_not_write(self):
        os.chmod(self.own.dir, 0o755)
        os.chmod(self.store, 0o555)
        drop = ["setpriv", "--reuid=nobody", "--clear-groups"]
        p = subprocess.run(
            (drop if os.geteuid() == 0 else []) + ["monikerd", "-f",
             self.conf], text=True, capture_output=True, timeout=60)
        os.chmod(self.store, 0o755)
        self.assertEqual(p.returncode, 69, p.stderr)
        self.assertIn("Permission denied", p.stderr)
        self.assertIn("as a user who may write there", p.stderr)
        self.assertNotIn("--fsck", p.stderr)

    def test_no_such_address(self):
        self.refuses("nowhere.invalid:80", settings=(
            'image_listen = "nowhere.invalid:80"\n'))

    def test_the_mark_of_one_that_was_killed(self):
        with open(self.own.ready, "w") as f:
            f.write("1\n")
        self.refuses("/nowhere/x.sock", settings=(
            'api_socket = "/nowhere/x.sock"\n'))

    def test_no_folder_for_the_map(self):
        self.refuses("/dev/null/map", settings='map_dir = "/dev/null/map"\n')

    def test_no_folder_for_the_mark(self):
        self.refuses("pid_file or ready_file", "No such file", settings=(
            'pid_file = "/nowhere/pid"\n'))

    def check(self, settings):
        """Exit status and output of monikerd -t."""
        with open(self.conf, "a") as f:
            f.write(settings)
        p = subprocess.run(["monikerd", "-t", "-f", self.conf], text=True,
                           capture_output=True, timeout=60)
        return p.returncode, p.stdout + p.stderr

    def test_the_check_warns_of_what_this_machine_lacks(self):
        status, said = self.check("")
        self.assertEqual((status, said), (0, f"{self.conf}: good\n"))
        status, said = self.check(
            'store_dir = "/dev/null/store"\napi_socket = "/nowhere/a.sock"\n'
            'varnish far { address = "127.0.0.1:6082"\n'
            'secret_file = "/nowhere/secret" }\n')
        self.assertEqual(status, 0)
        for words in ("store_dir: /dev/null/store", "api_socket: /nowhere",
                      'varnish "far": secret_file: /nowhere/secret: No such',
                      "good, but see the warnings"):
            self.assertIn(words, said)

    def test_the_check_finds_a_lost_variable(self):
        status, said = self.check('\nready_file = "${MONIKER_NOPE}"\n')
        self.assertEqual(status, 78)
        self.assertIn("no variable MONIKER_NOPE", said)

    def test_an_organization_that_no_host_name_can_mean(self):
        """Its name is refused; of one that has it the log tells."""
        self.own.start()
        local = self.own.local()
        a = local("PUT", "/organizations/api", {"display_name": "x"})
        self.assertEqual(a.status, 400, a.body)
        self.assertIn("organization: \"api\"", a.message)
        a = local("PUT", "/organizations/api/options",
                  {"protect_dynamic_stack": True})
        self.assertEqual(a.status, 400, a.body)
        self.assertEqual(local("PUT", "/organizations/apis", {}).status, 201)
        self.own.stop()
        self.assertNotIn("organization_unreachable", self.own.log_text())
        db = sqlite3.connect(self.store + "/moniker.db")
        db.execute("UPDATE org SET name = 'api'")
        db.commit()
        db.close()
        self.own.start()
        self.addCleanup(self.own.stop)
        # It may be told just after it is ready.
        daemon.wait_for(lambda: "organization_unreachable" in
                        self.own.log_text())
        self.assertEqual(self.own.local()(
            "PUT", "/organizations/api", {"display_name": "y"}).status, 200)

    def test_wrong_settings(self):
        self.refuses("monikerd.conf:", "unknown setting 'x'", status=78,
                     settings="x = 1\n")


if __name__ == "__main__":
    daemon.main()
