#!/usr/bin/env python3
"""What a live run may still do, while it does its work: user, capabilities, files, system calls. confined.py WEIR"""
import ctypes, json, os, shutil, signal, socket, sys, tempfile, time, unittest

from network import Hosts, missing, wait_for

WEIR = ""
SANITIZED = False
NET_RAW, NET_ADMIN, DAC_OVERRIDE = 1 << 13, 1 << 12, 1 << 1
RULES = """
alert http any any -> any any (msg:"secret asked for"; flow:established,to_server; http.uri; content:"/secret"; sid:1;)
"""
DROP = """
drop http any any -> any any (msg:"report asked for"; flow:established,to_server; http.uri; content:"/report"; sid:3;)
"""
SOMEBODY = 54321  # has no entry in the user database


def has_landlock():
    import ctypes
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


def status(path):
    with open(path) as f: return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


class Confined(unittest.TestCase):
    def setUp(self):
        self.hosts = Hosts()
        self.addCleanup(self.hosts.close)
        self.interface = self.hosts.devices[("gateway", 1)]
        with open(self.hosts.path("test.rules"), "w") as f: f.write(RULES)

    def start(self, *arguments, command="detect", service=True):
        source = ["-i", self.interface, "--threads", "2"] if command == "detect" else ["-q", "0"]
        spawn = self.hosts.spawn_service if service else self.hosts.spawn
        engine = spawn("gateway", WEIR, command, *source, "-S", self.hosts.path("test.rules"), "-l", self.hosts.path("log"),
                       "--set", "weir.cache-dir=" + self.hosts.path("cache"), *arguments, log="weir.log")
        if service: self.assertIsNone(engine.poll(), self.said())
        return engine

    def stop(self, engine):
        engine.send_signal(signal.SIGTERM)
        self.assertEqual(engine.wait(30), 0, self.said())

    def said(self):
        with open(self.hosts.path("weir.log")) as f: return f.read()

    def alerts(self, log="log/eve.json"):
        with open(self.hosts.path(log)) as f: return [e for e in map(json.loads, f) if e["event_type"] == "alert"]

    def check_threads(self, process, uid, capabilities):
        threads = os.listdir("/proc/%d/task" % process)
        for thread in threads:
            s = status("/proc/%d/task/%s/status" % (process, thread))
            self.assertEqual(s["Uid"].split(), [str(uid)] * 4)
            self.assertEqual([int(s[c], 16) for c in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")], [capabilities, capabilities, 0, 0, 0])
            self.assertEqual((s["NoNewPrivs"], s["Seccomp"]), ("1", "0" if SANITIZED else "2"))
        return threads

    def guards_of(self, engine): return self.children_of(engine.pid)

    def test_a_named_user_has_one_capability_and_its_work_goes_on(self):
        engine = self.start("--user", "nobody")
        self.assertGreaterEqual(len(self.check_threads(engine.pid, 65534, NET_RAW)), 3)
        if not SANITIZED: self.assertEqual(os.stat("/proc/%d/environ" % engine.pid).st_uid, 0)  # not dumpable
        self.hosts.fetch("/secret")
        self.stop(engine)
        self.assertEqual([a["alert"]["signature_id"] for a in self.alerts()], [1])
        self.assertNotIn("sandbox", self.said())
        for made in ("log", "log/eve.json", "cache"): self.assertEqual(os.stat(self.hosts.path(made)).st_uid, 65534)

    def test_a_number_and_the_configuration_name_a_user_too(self):
        engine = self.start("--set", "run-as.user=%d" % SOMEBODY, "--set", "run-as.group=%d" % (SOMEBODY + 1))
        self.check_threads(engine.pid, SOMEBODY, NET_RAW)
        s = status("/proc/%d/status" % engine.pid)
        self.assertEqual((s["Gid"].split()[0], s["Groups"].strip()), (str(SOMEBODY + 1), ""))
        self.stop(engine)

    def test_root_that_stays_root_keeps_little_of_it_and_says_so(self):
        engine = self.start("--user", "root")
        self.check_threads(engine.pid, 0, NET_RAW | DAC_OVERRIDE)
        self.stop(engine)
        self.assertIn("warning: run-as: root is kept, as user root was asked for", self.said())

    def start_with_users(self, users):
        """An engine that finds these lines in the user database, too."""
        with open("/etc/passwd") as f: own = [line for line in f if not line.startswith("weir:")]
        with open(self.hosts.path("passwd"), "w") as f: f.writelines(own + users)
        return self.hosts.spawn_service("gateway", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"', self.hosts.path("passwd"), WEIR, "detect",
                                        "-i", self.interface, "-S", self.hosts.path("test.rules"), "-l", self.hosts.path("log"),
                                        "--set", "weir.cache-dir=" + self.hosts.path("cache"), log="weir.log")

    def test_root_becomes_the_user_weir_where_there_is_one(self):
        engine = self.start_with_users(["weir:x:%d:%d::/nonexistent:/usr/sbin/nologin\n" % (SOMEBODY, SOMEBODY)])
        self.assertIsNone(engine.poll(), self.said())
        self.check_threads(engine.pid, SOMEBODY, NET_RAW)
        self.stop(engine)
        self.assertNotIn("root", self.said())
        os.rename(self.hosts.path("log"), self.hosts.path("first"))
        engine = self.start_with_users([])
        self.check_threads(engine.pid, 0, NET_RAW | DAC_OVERRIDE)
        self.stop(engine)
        self.assertIn("warning: run-as: root is kept, as there is no user weir; 'useradd --system", self.said())

    def test_logs_and_cache_are_their_owner_s(self):
        engine = self.start("--user", "nobody")
        self.stop(engine)
        self.assertEqual(os.stat(self.hosts.path("log/eve.json")).st_mode & 0o777, 0o640)

    def test_a_cache_folder_that_cannot_be_made_is_told(self):
        with open(self.hosts.path("more.rules"), "w") as f:  # enough of them to be worth a cache
            for n in range(3000): f.write('alert tcp any any -> any any (content:"pattern-number-%d"; sid:%d;)\n' % (n, 100 + n))
        with open(self.hosts.path("file"), "w"): pass
        engine = self.start("--user", "nobody", "-s", self.hosts.path("more.rules"), "--set", "weir.cache-dir=" + self.hosts.path("file/cache"))
        self.stop(engine)
        self.assertRegex(self.said(), r"warning: cache: .*file/cache: Not a directory: every start compiles")

    def test_the_guard_is_started_again_and_its_end_told(self):
        engine = self.start("--user", str(SOMEBODY), "--set", "stats.interval=1", command="prevent")
        self.hosts.divert()
        for n in (1, 2):  # its successor, too, has one
            guard, = self.guards_of(engine)
            os.kill(guard, signal.SIGKILL)
            wait_for(lambda: self.said().count("the guard process had ended; another one has taken its place") == n)
            successor, = self.guards_of(engine)
            self.assertNotEqual(successor, guard)
            self.check_threads(successor, SOMEBODY, NET_RAW | NET_ADMIN)
            engine.send_signal(signal.SIGSTOP)
            try: self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
            finally: engine.send_signal(signal.SIGCONT)
        spare, = self.children_of(successor)
        os.kill(spare, signal.SIGKILL)
        wait_for(lambda: [s for s in self.children_of(successor) if s != spare])
        processes = [successor, *self.children_of(successor)]
        for process in processes: os.kill(process, signal.SIGSTOP)  # neither can take the other's place
        for process in processes: os.kill(process, signal.SIGKILL)
        wait_for(lambda: "the guard process has ended, and the spare one, too" in self.said())
        self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        time.sleep(1.5)
        self.stop(engine)
        with open(self.hosts.path("log/eve.json")) as f: stats = [e for e in map(json.loads, f) if e["event_type"] == "stats"][-1]["stats"]
        guard = stats["weir"]["guard"]
        self.assertEqual((guard["replaced"], guard["running"]), (2, 0))
        self.assertGreater(guard["passed"], 0)
        self.assertEqual(stats["weir"]["refused_calls"], 0)

    def test_a_stopped_guard_or_spare_is_noticed_and_replaced(self):
        engine = self.start("--user", str(SOMEBODY), "--set", "stats.interval=1", command="prevent")
        self.hosts.divert()
        guard, = self.guards_of(engine)
        os.kill(guard, signal.SIGSTOP)
        wait_for(lambda: "the guard process did not get on (was it stopped?) and was ended; another one has taken its place" in self.said())
        successor, = wait_for(lambda: [g for g in self.guards_of(engine) if g != guard])
        spare, = wait_for(lambda: self.children_of(successor))
        os.kill(spare, signal.SIGSTOP)
        spare, = wait_for(lambda: [s for s in self.children_of(successor) if s != spare])
        engine.send_signal(signal.SIGSTOP)
        try: self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        finally: engine.send_signal(signal.SIGCONT)
        for process in (successor, spare): os.kill(process, signal.SIGSTOP)
        wait_for(lambda: "the guard process does not get on, nor does the spare one" in self.said())
        self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        time.sleep(1.5)  # a stats event says so, too
        for process in (spare, successor): os.kill(process, signal.SIGCONT)
        wait_for(lambda: "the guard process gets on again" in self.said())
        time.sleep(1.5)
        self.stop(engine)
        with open(self.hosts.path("log/eve.json")) as f: stats = [e for e in map(json.loads, f) if e["event_type"] == "stats"]
        self.assertEqual(sorted({e["stats"]["weir"]["guard"]["running"] for e in stats}), [0, 1])
        self.assertEqual((stats[-1]["stats"]["weir"]["guard"]["running"], stats[-1]["stats"]["weir"]["refused_calls"]), (1, 0))

    def children_of(self, process):
        with open("/proc/%d/task/%d/children" % (process, process)) as f: return [int(child) for child in f.read().split()]

    def test_the_end_of_the_engine_is_the_end_of_guard_and_spare(self):
        engine = self.start("--user", str(SOMEBODY), command="prevent")
        guard, = self.guards_of(engine)
        wait_for(lambda: self.children_of(guard))
        spare, = self.children_of(guard)
        engine.kill()
        engine.wait(10)
        wait_for(lambda: not any(os.path.exists("/proc/%d" % p) for p in (guard, spare)))

    @unittest.skipUnless(has_landlock(), "this kernel has no Landlock")
    @unittest.skipUnless(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) > 0, "the kernel has no Landlock")
    def test_even_root_does_not_write_outside_of_its_folders(self):
        outside = tempfile.TemporaryDirectory(prefix="weir-outside-")
        self.addCleanup(outside.cleanup)
        engine = self.start()
        os.rename(self.hosts.path("log/eve.json"), self.hosts.path("log/old.json"))
        os.symlink(os.path.join(outside.name, "eve.json"), self.hosts.path("log/eve.json"))
        engine.send_signal(signal.SIGHUP)
        time.sleep(1)
        self.hosts.fetch("/secret")
        engine.send_signal(signal.SIGTERM)
        engine.wait(30)
        self.assertEqual(os.listdir(outside.name), [])

    def test_an_interface_that_was_taken_away_is_heard_again_without_root(self):
        self.hosts.inside("gateway", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
        self.interface = "here"
        engine = self.start("--user", str(SOMEBODY))
        self.hosts.inside("gateway", "ip", "link", "del", "here")
        wait_for(lambda: "the interface is gone" in self.said())
        self.hosts.inside("gateway", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
        wait_for(lambda: "the interface is back" in self.said())
        self.stop(engine)

    def test_the_portable_way_works_without_root(self):
        engine = self.start("--user", "nobody", "--set", "weir.capture=pcap")
        self.hosts.fetch("/secret")
        self.stop(engine)
        self.assertEqual(len(self.alerts()), 1)

    def test_inline_a_user_judges_and_its_guard_too(self):
        with open(self.hosts.path("test.rules"), "w") as f: f.write(RULES + DROP)
        engine = self.start("--user", str(SOMEBODY), command="prevent")
        self.check_threads(engine.pid, SOMEBODY, NET_RAW | NET_ADMIN)
        guard, = self.guards_of(engine)
        self.check_threads(guard, SOMEBODY, NET_RAW | NET_ADMIN)
        self.hosts.divert()
        self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        self.assertNotEqual(self.hosts.fetch("/report", seconds=2).returncode, 0)
        engine.send_signal(signal.SIGSTOP)
        try: self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        finally: engine.send_signal(signal.SIGCONT)
        engine.kill()
        engine.wait(10)
        wait_for(lambda: not os.path.exists("/proc/%d" % guard))
        self.assertEqual(self.hosts.fetch("/report").returncode, 0)

    @unittest.skipUnless(shutil.which("setpriv"), "no setpriv here")
    def test_a_user_to_whom_a_unit_gave_the_capability_needs_no_root(self):
        os.mkdir(self.hosts.path("log"))
        os.chown(self.hosts.path("log"), SOMEBODY, SOMEBODY)
        as_unit = ["setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups", "--inh-caps", "-all,+net_raw",
                   "--ambient-caps", "+net_raw", "--bounding-set", "-all,+net_raw"]
        engine = self.hosts.spawn_service("gateway", *as_unit, WEIR, "detect", "-i", self.interface, "-S", self.hosts.path("test.rules"),
                                          "-l", self.hosts.path("log"), "--user", str(SOMEBODY), log="weir.log")
        self.assertIsNone(engine.poll(), self.said())
        s = status("/proc/%d/status" % engine.pid)
        self.assertEqual([int(s[c], 16) for c in ("CapEff", "CapPrm", "CapInh", "CapAmb")], [NET_RAW, NET_RAW, 0, 0])
        self.hosts.fetch("/secret")
        self.stop(engine)
        self.assertEqual(len(self.alerts()), 1)

    def test_somebody_without_the_capability_is_told_of_it(self):
        os.mkdir(self.hosts.path("log"))
        os.chown(self.hosts.path("log"), SOMEBODY, SOMEBODY)
        engine = self.hosts.spawn("gateway", "setpriv", "--reuid", str(SOMEBODY), "--clear-groups", WEIR, "detect", "-i", self.interface,
                                  "--no-rules", "-l", self.hosts.path("log"), log="weir.log")
        self.assertEqual(engine.wait(30), 1)
        self.assertIn("CAP_NET_RAW", self.said())

    def fails(self, *arguments, **how):
        engine = self.start(*arguments, service=False, **how)
        self.assertEqual(engine.wait(30), 1)
        return self.said()

    def test_what_stands_in_the_way_of_the_user_is_said(self):
        self.assertIn("no user 'nosuch'; 'useradd", self.fails("--user", "nosuch"))
        self.assertIn("no group 'nosuch'; 'groupadd", self.fails("--user", "nobody", "--group", "nosuch"))
        os.mkdir(self.hosts.path("log"))
        self.assertIn("log: user nobody cannot write there; 'chown nobody", self.fails("--user", "nobody"))
        self.assertIn("weir.sandbox.seccomp: 'x': expected", self.fails("--set", "weir.sandbox.seccomp=x"))

    def start_without_folder(self, *arguments):
        config = self.hosts.path("weir.yaml")
        with open(config, "w") as f: f.write("%%YAML 1.1\n---\ndefault-log-dir: %s/made/logs\n" % self.hosts.folder)
        return self.hosts.spawn_service("gateway", *arguments, WEIR, "detect", "-i", self.interface, "--no-rules", "-c", config,
                                        "--set", "weir.control.enabled=no", log="weir.log")

    def test_the_usual_log_folder_is_made_for_the_user(self):
        engine = self.start_without_folder()
        self.stop(engine)
        self.assertEqual(os.stat(self.hosts.path("made/logs")).st_mode & 0o777, 0o750)
        self.assertTrue(os.path.exists(self.hosts.path("made/logs/eve.json")))
        os.chmod(self.hosts.path("made"), 0o755)
        shutil.rmtree(self.hosts.path("made/logs"))
        engine = self.start_without_folder("setpriv", "--reuid", str(SOMEBODY), "--clear-groups")
        self.assertEqual(engine.wait(30), 1)
        self.assertIn("made/logs: Permission denied; name another folder for the logs with -l, or let root make it: 'install -d -m 0750 -o",
                      self.said())

    def test_parts_of_the_sandbox_can_be_left_away(self):
        engine = self.start("--user", "nobody", "--set", "weir.sandbox.seccomp=no", "--set", "weir.sandbox.landlock=no",
                            "--set", "weir.core-dumps=yes")
        self.assertEqual(status("/proc/%d/status" % engine.pid)["Seccomp"], "0")
        self.assertEqual(os.stat("/proc/%d/environ" % engine.pid).st_uid, 65534)
        self.stop(engine)

    def requests(self, log):
        with open(self.hosts.path("log/" + log)) as f: return [e["http"]["url"] for e in map(json.loads, f) if e["event_type"] == "http"]

    def test_logs_are_opened_again_and_rotated_without_root(self):
        engine = self.start("--user", str(SOMEBODY), "--set", "weir.control.path=" + self.hosts.path("weir.sock"))
        for n, renew in enumerate((lambda: engine.send_signal(signal.SIGHUP),
                                   lambda: self.hosts.inside("gateway", WEIR, "ctl", "log-rotate", "--socket", self.hosts.path("weir.sock")))):
            self.hosts.fetch("/page%d" % n)
            wait_for(lambda: "/page%d" % n in self.requests("eve.json"))
            if n == 0: os.rename(self.hosts.path("log/eve.json"), self.hosts.path("log/moved.json"))
            renew()
            wait_for(lambda: os.path.exists(self.hosts.path("log/eve.json")) and "/page%d" % n not in self.requests("eve.json"))
            self.assertEqual(os.stat(self.hosts.path("log/eve.json")).st_uid, SOMEBODY)
        self.hosts.fetch("/last")
        self.stop(engine)
        self.assertEqual((self.requests("moved.json"), self.requests("eve.json")), (["/page0"], ["/last"]))
        rotated, = [n for n in os.listdir(self.hosts.path("log")) if n not in ("moved.json", "eve.json")]
        self.assertEqual(self.requests(rotated), ["/page1"])
        self.assertNotIn("refused", self.said())

    def test_rules_and_configuration_are_read_anew_without_root(self):
        outside = tempfile.TemporaryDirectory(prefix="weir-outside-")
        self.addCleanup(outside.cleanup)
        os.chmod(outside.name, 0o755)
        included, config = os.path.join(outside.name, "more.yaml"), self.hosts.path("weir.yaml")
        with open(included, "w") as f: f.write("%YAML 1.1\n---\nvars: {address-groups: {HOME_NET: any}}\n")
        with open(config, "w") as f: f.write("%%YAML 1.1\n---\ninclude: %s\n" % included)
        engine = self.start("--user", str(SOMEBODY), "-c", config)
        self.assertNotIn("reload", self.said())
        os.unlink(included)
        with open(included, "w") as f: f.write("%YAML 1.1\n---\nvars: {address-groups: {NEW_NET: any}}\n")
        with open(self.hosts.path("new.rules"), "w") as f: f.write(RULES.replace("/secret", "/fresh").replace("http any", "http $NEW_NET").replace("sid:1", "sid:2"))
        os.rename(self.hosts.path("new.rules"), self.hosts.path("test.rules"))
        engine.send_signal(signal.SIGUSR2)
        wait_for(lambda: "rules added: 1:2" in self.said())
        time.sleep(0.3)  # workers that wait for packets take the rules when they next look up
        self.hosts.fetch("/fresh")
        self.stop(engine)
        self.assertEqual([a["alert"]["signature_id"] for a in self.alerts()], [2])

    def test_what_would_fail_at_a_reload_is_said_at_the_start(self):
        config = self.hosts.path("weir.yaml")
        with open(config, "w") as f: f.write("%YAML 1.1\n---\nvars: {}\n")
        os.chmod(config, 0o600)
        with tempfile.NamedTemporaryFile("w", suffix=".rules", dir="/tmp") as rules:
            rules.write(RULES)
            rules.flush()
            os.chmod(rules.name, 0o644)
            engine = self.start("--user", str(SOMEBODY), "-c", config, "-s", rules.name)
            self.stop(engine)
        self.assertIn("weir.yaml: user %d cannot read it" % SOMEBODY, self.said())
        if has_landlock(): self.assertIn(rules.name + ": of the folder /tmp", self.said())

    def test_drops_of_the_kernel_are_counted_without_root(self):
        engine = self.start("--user", str(SOMEBODY), "--set", "nfq.queue-length=4", "--set", "nfq.fail-open=no", "--set", "stats.interval=1",
                            command="prevent")
        self.hosts.divert()
        engine.send_signal(signal.SIGSTOP)
        try: self.hosts.ping(count=20)
        finally: engine.send_signal(signal.SIGCONT)
        self.assertTrue(self.hosts.ping())
        self.stop(engine)
        with open(self.hosts.path("log/eve.json")) as f: stats = [e for e in map(json.loads, f) if e["event_type"] == "stats"][-1]["stats"]
        self.assertGreaterEqual(stats["capture"]["kernel_drops"], 10)

    def kept_out_of_cores(self, process):
        """sizes of its mappings in kilobytes, by name"""
        out, name = {}, ""
        with open("/proc/%d/smaps" % process) as f:
            for words in map(str.split, f):
                if "-" in words[0] and not words[0].endswith(":"): name = words[5] if len(words) > 5 else ""
                elif words[0] == "Size:": size = int(words[1])
                elif words[0] == "VmFlags:" and "dd" in words: out.setdefault(name.split(":")[0], []).append(size)
        return out

    def test_packets_as_they_come_are_in_no_core(self):
        engine = self.start("--set", "weir.core-dumps=yes")
        self.assertEqual(len(self.kept_out_of_cores(engine.pid).get("socket", [])), 2)  # a ring a worker
        self.stop(engine)
        engine = self.start("--set", "weir.core-dumps=yes", command="prevent")
        for process in (engine.pid, *self.guards_of(engine)):
            sizes = self.kept_out_of_cores(process).get("", [])
            self.assertGreater(max(sizes, default=0), 1000, sizes)
        self.stop(engine)

    def test_the_service_manager_hears_that_all_is_well(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = self.hosts.path("manager")
            manager.bind(path)
            os.chmod(path, 0o777)
            manager.settimeout(10)
            engine = self.hosts.spawn("gateway", "env", "NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=400000", WEIR, "detect", "-i", self.interface,
                                      "--no-rules", "-l", self.hosts.path("log"), "--user", "nobody", log="weir.log")
            heard = [manager.recv(4096).decode() for _ in range(4)]
            self.assertTrue(heard[0].startswith("READY=1\nSTATUS="), heard)
            self.assertEqual(heard[1:], ["WATCHDOG=1"] * 3)
            engine.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in heard: heard.append(manager.recv(4096).decode())
            self.assertEqual(engine.wait(30), 0)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if reason := missing():
        print("left out:", reason)
        sys.exit(0)
    with open(WEIR, "rb") as f: SANITIZED = b"__asan_init" in f.read()  # such builds have no filter
    unittest.main(verbosity=2)
