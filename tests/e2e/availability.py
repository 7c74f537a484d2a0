#!/usr/bin/env python3
"""Traffic goes on whatever becomes of the engine, and what is lost is told. availability.py WEIR [--seed N] [--rounds N]

A client keeps asking a server through `weir prevent` while the engine is killed, stopped, robbed of its guard, its disk, the reader of
its log or its memory, or given garbage for rules. Each round is all of it once, at other moments by another seed.
"""
import argparse, json, os, random, signal, socket, subprocess, sys, time, unittest

from network import Hosts, options, run, wait_for

WEIR = ""
OPTIONS = None
RULES = """
drop http any any -> any any (msg:"secret asked for"; flow:established,to_server; http.uri; content:"/secret"; sid:1;)
"""
LOAD = """
import http.client, os, sys
good, bad, stop = 0, [], sys.argv[2]
while not os.path.exists(stop):
    try:
        c = http.client.HTTPConnection(sys.argv[1], 8080, timeout=10)
        for _ in range(20):
            c.request("GET", sys.argv[3])
            good += c.getresponse().read() == b"hello\\n"
        c.close()
    except Exception as e: bad.append(repr(e))
    with open(stop + ".count", "w") as f: f.write(str(good))
print(good, *bad, sep="\\n", flush=True)
"""


class Cgroup:
    """A group of its own with a limit on memory; version 1 or 2 of the kernel's interface, whichever is there."""

    def __init__(self):
        name = "weir-e2e-%d" % os.getpid()
        if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            self.path, self.limits = "/sys/fs/cgroup/" + name, ("memory.max",)
        else: self.path, self.limits = "/sys/fs/cgroup/memory/" + name, ("memory.limit_in_bytes",)
        os.mkdir(self.path)

    def usable(self): return os.path.exists(os.path.join(self.path, self.limits[0]))
    def take(self, process): self._write("cgroup.procs", process)
    def limit(self, amount): self._write(self.limits[0], amount)
    def close(self): os.rmdir(self.path)

    def _write(self, name, value):
        with open(os.path.join(self.path, name), "w") as f: f.write(str(value))


class Availability(unittest.TestCase):
    def setUp(self):
        self.random = random.Random("%d %s" % (OPTIONS.seed, self.id()))
        self.hosts = Hosts()
        self.addCleanup(self.hosts.close)
        self.loads = 0
        self.write_rules()

    def write_rules(self, more=b""):
        with open(self.hosts.path("test.rules"), "wb") as f: f.write(RULES.encode() + more)

    def start(self, *arguments):
        engine = self.hosts.spawn_service("gateway", WEIR, "prevent", "-q", "0", "-S", self.hosts.path("test.rules"), "-l", self.hosts.path("log"), "--no-cache",
                                          "--set", "weir.control.path=" + self.hosts.path("weir.sock"), "--set", "weir.watchdog-ms=300", "--set", "stats.interval=1",
                                          "--user", "root", *arguments, log="weir.log")
        self.assertIsNone(engine.poll(), self.said())
        return engine

    def said(self):
        with open(self.hosts.path("weir.log"), errors="replace") as f: return f.read()

    def load(self, path="/index.html"):
        """Requests without end; what is returned ends them, and says how many there were, and none may have failed."""
        self.loads += 1
        stop = self.hosts.path("stop%d" % self.loads)
        client = self.hosts.spawn("client", sys.executable, "-c", LOAD, self.hosts.server, stop, path, log="load%d.log" % self.loads)

        def answered():
            try:
                with open(stop + ".count") as f: return int(f.read() or 0)
            except FileNotFoundError: return 0
        wait_for(lambda: answered() > 0)

        def end():
            before = answered()
            wait_for(lambda: answered() > before, seconds=60)  # it goes on after all that happened
            with open(stop, "w"): pass
            client.wait(60)
            with open(self.hosts.path("load%d.log" % self.loads)) as f: good, *bad = f.read().split("\n")[:-1]
            self.assertEqual(bad, [], self.said())
            return int(good)
        return end

    def pause(self, least=0.1, most=0.6): time.sleep(self.random.uniform(least, most))

    def allowed(self): self.assertEqual(self.hosts.fetch("/secret", seconds=10).stdout, "classified document\n")

    def blocked(self): self.assertNotIn("classified", self.hosts.fetch("/secret", seconds=0.5).stdout)

    def stop(self, engine, status=0):
        engine.send_signal(signal.SIGTERM)
        self.assertEqual(engine.wait(60), status, self.said())

    def stats(self):
        with open(self.hosts.path("log/eve.json")) as f: return [e for e in map(json.loads, f) if e["event_type"] == "stats"][-1]["stats"]

    def child_of(self, process):
        with open("/proc/%d/task/%d/children" % (process, process)) as f: return int(f.read().split()[0])

    def test_killed_it_lets_traffic_pass_and_judges_again_when_it_is_back(self):
        engine = self.start()
        self.hosts.divert()
        end = self.load()
        self.blocked()
        self.pause()
        engine.kill()
        engine.wait(10)
        wait_for(lambda: not self.hosts.queues())
        self.allowed()
        engine = self.start()
        self.blocked()
        end()
        self.stop(engine)

    def test_stopped_it_lets_traffic_pass_and_judges_again_when_it_goes_on(self):
        engine = self.start()
        self.hosts.divert()
        end = self.load()
        engine.send_signal(signal.SIGSTOP)
        try:
            self.allowed()
            self.pause()
        finally: engine.send_signal(signal.SIGCONT)
        time.sleep(0.5)  # the guard lets go
        self.blocked()
        end()
        self.stop(engine)
        guard = self.stats()["weir"]["guard"]
        self.assertGreater(guard["passed"], 0)
        self.assertGreaterEqual(guard["takeovers"], 1)

    def test_closed_on_failure_nothing_passes_a_stopped_or_killed_engine_unseen(self):
        self.hosts.queue_options = ["--queue-num", "0"]
        engine = self.start("--set", "nfq.fail-open=no")
        self.hosts.divert()
        self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        engine.send_signal(signal.SIGSTOP)
        try:
            late = self.hosts.spawn("client", "curl", "-sS", "--max-time", "20", "http://%s:8080/index.html" % self.hosts.server, log="late.log")
            self.assertNotIn("classified", self.hosts.fetch("/secret", seconds=0.5).stdout)
            self.pause()
            self.assertIsNone(late.poll())
        finally: engine.send_signal(signal.SIGCONT)
        self.assertEqual(late.wait(30), 0)  # it waited, and was let pass in the end
        self.blocked()
        engine.kill()
        engine.wait(10)
        self.assertNotEqual(self.hosts.fetch("/index.html", seconds=0.5).returncode, 0)
        engine = self.start("--set", "nfq.fail-open=no")
        self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        self.blocked()
        self.stop(engine)

    def test_without_its_guard_it_goes_on_and_gets_another_one(self):
        engine = self.start()
        self.hosts.divert()
        end = self.load()
        for n, how in enumerate(self.random.sample((signal.SIGKILL, signal.SIGSTOP), 2), 1):
            os.kill(self.child_of(engine.pid), how)
            wait_for(lambda: self.said().count("another one has taken its place") == n)
            self.blocked()
        engine.send_signal(signal.SIGSTOP)
        try: self.allowed()
        finally: engine.send_signal(signal.SIGCONT)
        end()
        self.stop(engine)
        self.assertEqual(self.stats()["weir"]["guard"]["replaced"], 2)

    def test_a_full_disk_costs_lines_that_are_counted_and_nothing_else(self):
        log = self.hosts.path("log")
        os.mkdir(log)
        run("mount", "-t", "tmpfs", "-o", "size=300k", "none", log)
        self.addCleanup(run, "umount", "-l", log)
        filler = os.path.join(log, "filler")
        with open(filler, "wb") as f: f.write(bytes(240 << 10))
        engine = self.start()
        self.hosts.divert()
        end = self.load()
        wait_for(lambda: os.statvfs(log).f_bavail == 0)
        self.pause()
        self.blocked()
        wait_for(lambda: self.lost() > 0)
        os.unlink(filler)
        self.blocked()
        wait_for(lambda: self.alerts(), seconds=30)  # there is room again
        end()
        lost = self.lost()
        self.stop(engine, status=1)
        told = [int(line.split("eve.json: ")[1].split()[0]) for line in self.said().splitlines() if "lines not written: " in line and line.startswith("weir: error")]
        self.assertEqual(len(told), 1, self.said())
        self.assertGreaterEqual(told[0], lost)

    def lost(self):
        """lines, as the engine counts them, for whatever reason"""
        done = run(WEIR, "ctl", "--socket", self.hosts.path("weir.sock"), "stats", "--json")
        return sum(json.loads(done.stdout)["message"]["weir"]["log_lines_lost"].values())

    def alerts(self):
        with open(self.hosts.path("log/eve.json"), "rb") as f: return [line for line in f if b'"event_type":"alert"' in line and line.endswith(b"}\n")]

    def test_a_reader_of_the_log_that_stands_still_costs_lines_that_are_counted_and_nothing_else(self):
        reader = socket.socket(socket.AF_UNIX)
        self.addCleanup(reader.close)
        reader.bind(self.hosts.path("reader"))
        reader.listen()
        with open(self.hosts.path("weir.yaml"), "w") as f:
            f.write("outputs: [{eve-log: {enabled: yes, filetype: unix_stream, filename: %s, types: [http, flow, alert, stats]}}]\n" % self.hosts.path("reader"))
        engine = self.start("-c", self.hosts.path("weir.yaml"), "--set", "weir.log-queue-mb=1")
        self.hosts.divert()
        end = self.load("/index.html?" + "x" * 4000)
        wait_for(lambda: self.lost() > 0, seconds=60)
        self.blocked()
        end()
        self.stop(engine, status=1)
        self.assertRegex(self.said(), r"error: .*reader: \d+ lines not written: ")

    def test_a_limit_on_memory_does_not_stop_the_traffic(self):
        with open(WEIR, "rb") as f:
            if b"__asan_init" in f.read(): self.skipTest("such builds cannot be limited")
        try: group = Cgroup()
        except OSError as e: self.skipTest("no control groups here: %s" % e)
        self.addCleanup(group.close)
        if not group.usable(): self.skipTest("control groups here do not limit memory")
        engine = self.start()
        self.addCleanup(lambda: engine.poll() is None and (engine.kill(), engine.wait()))
        self.hosts.divert()
        end = self.load()
        group.take(engine.pid)
        group.limit((4 << 20) + self.random.randrange(1 << 20))  # what it takes from here on counts
        self.hosts.inside("client", sys.executable, "-c", "\n".join((
            "import socket", "query = bytes.fromhex('000101000001000000000000076578616d706c6503636f6d0000010001')",
            "for port in range(20000, 50000):", " s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", " s.bind(('', port))",
            " s.sendto(query, (%r, 53))" % self.hosts.server, " s.close()")))
        self.pause()
        if engine.poll() is None: self.blocked()
        else:  # the kernel ended it
            self.assertEqual(engine.returncode, -signal.SIGKILL)
            self.allowed()
            self.start()
            self.blocked()
        end()

    def garbage(self):
        r = self.random
        kind = r.randrange(4)
        if kind == 0: return r.randbytes(r.randrange(20000))
        if kind == 1: return b"drop tcp any any -> any any (" + b"content:\"a\"; " * r.randrange(3000)
        if kind == 2: return b"".join(b"drop http any any -> any any (%s:\"%s\"; sid:%d;)\n" % (
            r.choice((b"content", b"pcre", b"http.uri", b"nonsense")), bytes(r.randrange(32, 127) for _ in range(r.randrange(60))), r.randrange(9)) for _ in range(300))
        rule = bytearray(RULES.encode().strip() + b"\n") * 50
        for _ in range(200): rule[r.randrange(len(rule))] = r.randrange(256)
        return bytes(rule).replace(b"sid:1;", b"sid:5;")

    def test_garbage_for_rules_leaves_the_good_ones_in_force(self):
        engine = self.start()
        self.hosts.divert()
        end = self.load()
        for n in range(4):
            self.write_rules(self.garbage())
            done = run(WEIR, "ctl", "--socket", self.hosts.path("weir.sock"), "reload", "--json")
            self.assertEqual(json.loads(done.stdout)["return"], "OK", done.stdout[:2000])
        self.blocked()
        os.unlink(self.hosts.path("test.rules"))
        self.assertNotEqual(run(WEIR, "ctl", "--socket", self.hosts.path("weir.sock"), "reload", check=False).returncode, 0)
        self.blocked()
        end()
        self.stop(engine)
        self.assertEqual(self.stats()["weir"]["guard"]["takeovers"], 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    OPTIONS, rest = options(parser)
    WEIR = os.path.abspath(OPTIONS.weir)
    for OPTIONS.seed in range(OPTIONS.seed, OPTIONS.seed + OPTIONS.rounds):
        done = unittest.main(argv=sys.argv[:1] + rest, verbosity=2, exit=False)
        if not done.result.wasSuccessful(): sys.exit(1)
