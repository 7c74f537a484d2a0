#!/usr/bin/env python3
"""The control socket of a running engine: `weir ctl`, each of its commands, and clients that behave badly. control.py WEIR"""
import json, os, socket, stat, subprocess, sys, time, unittest

from network import Hosts, missing, wait_for

WEIR = ""
RULES = """
alert http any any -> any any (msg:"secret asked for"; flow:established,to_server; http.uri; content:"/secret"; sid:1;)
alert tcp any any -> any any (msg:"broken"; content:; sid:7;)
"""


class Running(unittest.TestCase):
    """A gateway between client and server, an engine on it, and a control socket."""
    MODE = "detect"

    def setUp(self):
        self.hosts = Hosts()
        self.addCleanup(self.hosts.close)
        self.socket = self.hosts.path("weir.sock")
        with open(self.hosts.path("test.rules"), "w") as f: f.write(RULES)

    def start(self, *arguments):
        what = ["-q", "0"] if self.MODE == "prevent" else ["-i", self.hosts.devices[("gateway", 1)], "--threads", "1"]
        return self.hosts.spawn_service("gateway", WEIR, self.MODE, *what, "-S", self.hosts.path("test.rules"), "-l", self.hosts.path("log"),
                                        "--no-cache", "--set", "weir.control.path=" + self.socket, *arguments, log="weir.log")

    def ctl(self, *words, status=0):
        done = subprocess.run([WEIR, "ctl", "--socket", self.socket, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr + self.said())
        return done.stdout if status == 0 else done.stderr

    def ask(self, *words):
        answer = json.loads(self.ctl(*words, "--json"))
        self.assertEqual(answer["return"], "OK")
        return answer["message"]

    def said(self):
        with open(self.hosts.path("weir.log")) as f: return f.read()

    def events(self):
        with open(self.hosts.path("log/eve.json")) as f: return [json.loads(line) for line in f]

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(self.socket)
        return client


class Detect(Running):
    def test_status_and_stats_say_how_the_run_is_doing(self):
        engine = self.start()
        self.hosts.fetch("/secret")
        status = wait_for(lambda: (lambda s: s if s["workers"][0]["alerts"] else None)(self.ask("status")))
        self.assertEqual((status["mode"], status["pid"], status["workers"][0]["state"]), ("detect", engine.pid, "running"))
        self.assertEqual({k: status["rules"][k] for k in ("version", "loaded", "failed")}, {"version": 1, "loaded": 1, "failed": 1})
        self.assertGreater(status["workers"][0]["kernel_packets"], 0)
        stats = self.ask("stats")
        self.assertGreater(stats["decoder"]["pkts"], 0)
        self.assertEqual(stats["detect"]["alert"], 1)
        self.assertEqual((stats["capture"]["kernel_drops"], stats["weir"]["refused_calls"]), (0, 0))
        self.assertIn("mode: detect", self.ctl("status"))
        self.assertIn("kernel_drops", self.ctl("stats"))

    def test_rules_are_told_of_by_number_and_those_that_failed_with_the_reason(self):
        self.start()
        failed, = self.ask("rules")["errors"]
        self.assertEqual((failed["line"], failed["keyword"]), (3, "content"))
        self.assertIn("test.rules:3:", self.ctl("rules"))
        rule = self.ask("rules", "1")
        self.assertEqual((rule["state"], rule["line"], rule["msg"]), ("loaded", 2, "secret asked for"))
        self.assertEqual(self.ask("rules", "sid=7")["state"], "failed")
        self.assertIn("there is no rule with sid 99", self.ctl("rules", "99", status=1))

    def test_flows_are_listed_and_filtered(self):
        self.start()
        self.hosts.fetch("/secret")
        self.hosts.ping()
        flows = wait_for(lambda: (lambda m: m["flows"] if m["matched"] >= 2 else None)(self.ask("flows", "address=" + self.hosts.client)))
        kinds = {(f["proto"], f.get("app_proto")) for f in flows}
        self.assertLessEqual({("TCP", "http"), ("ICMP", None)}, kinds)
        http, = self.ask("flows", "app=http", "alerted=true", "port=8080")["flows"]
        self.assertEqual((http["src_ip"], http["dest_ip"], http["dest_port"]), (self.hosts.client, self.hosts.server, 8080))
        self.assertGreater(http["flow"]["bytes_toclient"], 0)
        self.assertEqual(self.ask("flows", "flow_id=%d" % http["flow_id"])["matched"], 1)
        self.assertEqual(self.ask("flows", "address=192.0.2.7")["matched"], 0)
        limited = self.ask("flows", "limit=1", "sort=bytes")
        self.assertEqual((limited["shown"], len(limited["flows"])), (1, 1))
        self.assertGreaterEqual(limited["matched"], 2)
        self.assertIn("8080", self.ctl("flows"))
        self.assertIn("prevent mode only", self.ctl("drop-flow", str(http["flow_id"]), status=1))

    def test_data_sets_are_changed_asked_and_written(self):
        with open(self.hosts.path("test.rules"), "a") as f:
            f.write('alert http any any -> any any (msg:"known path"; http.uri; dataset:isset,paths,type string,state paths.lst; sid:8;)\n')
        os.mkdir(self.hosts.path("data"))
        os.chmod(self.hosts.path("data"), 0o777)  # whoever the run becomes
        self.start("--data-dir", self.hosts.path("data"))
        path = "L2tub3du"  # /known
        self.assertIn("item not found in set", self.ctl("dataset-lookup", "paths", "string", path, status=1))
        self.assertEqual(self.ask("dataset-add", "paths", "string", path), "data added")
        self.assertEqual(self.ask("dataset-add", "setname=paths", "settype=string", "datavalue=" + path), "data already in set")
        self.assertEqual(self.ask("dataset-lookup", "paths", "string", path), "item found in set")
        self.hosts.fetch("/known")
        wait_for(lambda: any(e["event_type"] == "alert" for e in self.events()))
        self.assertEqual(self.ask("dataset-dump"), "datasets dump done")
        with open(self.hosts.path("data/paths.lst")) as f: self.assertEqual(f.read(), path + "\n")
        self.assertEqual(self.ask("dataset-add-json", "paths", "string", "YQ==", '{"a":1}'), "data added")
        self.assertEqual(self.ask("dataset-remove", "paths", "string", path), "data removed")
        for words, answer in ((("dataset-remove", "paths", "string", path), "failed to remove data"),
                              (("dataset-add", "paths", "string", "*"), "failed to add data"),
                              (("dataset-add", "paths", "md5", "00"), "set not found or wrong type"),
                              (("dataset-add", "none", "string", path), "set not found or wrong type"),
                              (("dataset-clear", "paths", "text"), "unknown settype"),
                              (("dataset-clear", "paths"), "settype is not a string"),
                              (("dataset-lookup", "paths", "string"), "datavalue is not string")):
            self.assertIn(answer, self.ctl(*words, status=1))
        self.assertEqual(self.ask("dataset-clear", "paths", "string"), "dataset cleared")

    def test_logs_are_reopened_under_their_name(self):
        self.start()
        os.rename(self.hosts.path("log/eve.json"), self.hosts.path("log/old.json"))
        self.ctl("reopen-logs")
        wait_for(lambda: os.path.exists(self.hosts.path("log/eve.json")))
        self.hosts.fetch("/secret")
        wait_for(lambda: any(e["event_type"] == "alert" for e in self.events()))

    def test_logs_are_moved_away_and_begun_anew(self):
        self.start()
        self.hosts.fetch("/secret")
        wait_for(lambda: any(e["event_type"] == "alert" for e in self.events()))
        self.ctl("log-rotate")
        wait_for(lambda: len([n for n in os.listdir(self.hosts.path("log")) if n.startswith("eve")]) == 2)
        wait_for(lambda: os.path.exists(self.hosts.path("log/eve.json")) and not any(e["event_type"] == "alert" for e in self.events()))

    def test_stats_events_tell_what_came_since_the_one_before(self):
        with open(self.hosts.path("weir.yaml"), "w") as f:
            f.write("stats: {interval: 1}\noutputs: [{eve-log: {enabled: yes, types: [{stats: {deltas: yes}}]}}]\n")
        self.start("-c", self.hosts.path("weir.yaml"))
        stats = []
        def seen():
            self.hosts.ping()
            stats[:] = [e["stats"] for e in self.events() if e["event_type"] == "stats"]
            return len(stats) > 3
        wait_for(seen)
        for before, now in zip(stats, stats[1:]):
            for part, name in (("decoder", "pkts"), ("decoder", "bytes"), ("flow", "active"), ("capture", "kernel_packets")):
                self.assertEqual(now[part][name + "_delta"], now[part][name] - before[part][name])
        self.assertGreater(stats[-1]["decoder"]["pkts"], 0)

    def test_a_reload_answers_with_the_difference_and_a_failed_one_keeps_the_rules(self):
        self.start("--set", "weir.metrics.enabled=yes")
        with open(self.hosts.path("test.rules"), "a") as f: f.write('alert icmp any any -> any any (msg:"ping"; itype:8; sid:2;)\n')
        said = self.ask("reload")
        self.assertEqual(said["version"], 2, said)
        self.hosts.ping()
        wait_for(lambda: any(e["event_type"] == "alert" and e["alert"]["signature_id"] == 2 for e in self.events()))
        rules = self.ask("status")["rules"]
        self.assertEqual((rules["version"], rules["loaded"], rules["last_reload"]["done"]), (2, 2, True))
        os.unlink(self.hosts.path("test.rules"))
        self.assertIn("test.rules", self.ctl("reload", status=1))
        rules = self.ask("status")["rules"]
        self.assertEqual((rules["version"], rules["loaded"], rules["last_reload"]["done"]), (2, 2, False))
        shown = self.metrics("http://127.0.0.1:9464/metrics")
        self.assertEqual([shown['weir_rule_reloads_total{result="%s"}' % r] for r in ("done", "failed")], [1, 1])

    def test_shutdown_returns_when_all_is_logged(self):
        engine = self.start()
        self.hosts.fetch("/secret")
        self.ctl("shutdown")
        self.assertTrue(any(e["event_type"] == "flow" for e in self.events()))
        self.assertEqual(engine.wait(10), 0)
        self.assertFalse(os.path.exists(self.socket))
        self.assertIn("no engine listens there", self.ctl("status", status=1))

    def test_usage_errors(self):
        for words in ([], ["fly"], ["flows", "limit=many"], ["flows", "colour=red"], ["drop-flow"], ["status", "x"]):
            self.assertIn("weir ctl", self.ctl_usage(*words))

    def ctl_usage(self, *words):
        done = subprocess.run([WEIR, "ctl", *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2, words)
        return done.stderr

    def test_group_and_mode_of_the_socket(self):
        self.start("--set", "weir.control.group=daemon", "--set", "weir.control.mode=0620")
        info = os.stat(self.socket)
        self.assertEqual((stat.S_IMODE(info.st_mode), info.st_gid), (0o620, 1))

    def test_a_socket_that_was_left_behind_is_taken_and_one_in_use_is_not(self):
        engine = self.start()
        second = self.start()
        self.assertEqual(second.wait(30), 1)
        self.assertIn("another run listens on it", self.said())
        engine.kill()
        engine.wait()
        self.assertTrue(os.path.exists(self.socket))
        self.start()
        self.assertEqual(self.ask("status")["mode"], "detect")

    def test_no_socket_when_it_is_off(self):
        self.start("--set", "weir.control.enabled=no")
        self.assertFalse(os.path.exists(self.socket))

    def test_bad_clients_are_turned_away_and_harm_nobody(self):
        self.start()
        with self.connect() as client:  # suricatasc's way to begin
            client.sendall(b'{"version": "0.2"}')
            self.assertEqual(json.loads(client.recv(4096)), {"return": "OK"})
            for line in (b"hello\n", b'{"command": "status"\n', b'{"command": 1}\n', b'["status"]\n', b'{"command": "fly"}\n',
                         b'{"command": "flows", "arguments": {"limit": {}}}\n', b"\xff\xfe\n"):
                client.sendall(line)
                self.assertEqual(json.loads(client.makefile().readline())["return"], "NOK", line)
            client.sendall(b'{"command": "uptime"}\n')
            self.assertEqual(json.loads(client.makefile().readline())["return"], "OK")
        with self.connect() as client:
            try:
                for _ in range(100): client.sendall(b"x" * 10000)
            except (BrokenPipeError, ConnectionResetError): pass
            else: self.fail("a line without end is taken")
        self.ask("status")

    def test_a_crowd_that_says_nothing_keeps_nobody_out_and_is_sent_away(self):
        self.start()
        crowd = []
        for _ in range(3):
            crowd += [self.connect() for _ in range(16)]
            time.sleep(0.2)
        for _ in range(3): self.ask("status")
        for client in crowd: client.settimeout(20)
        began = time.monotonic()
        for client in crowd: self.assertEqual(client.recv(4096), b"")
        self.assertLess(time.monotonic() - began, 15)
        for client in crowd: client.close()

    def test_a_crowd_that_waits_for_a_reload_keeps_nobody_out(self):
        with open(self.hosts.path("test.rules"), "a") as f:
            for n in range(5000): f.write('alert tcp any any -> any any (msg:"many"; content:"pattern %d of many"; sid:%d;)\n' % (n, 100 + n))
        self.start()
        crowd = []
        for _ in range(40):  # each asks at once: who says nothing may lose its place to the next
            crowd.append(self.connect())
            crowd[-1].sendall(b'{"command": "reload"}\n')
        for _ in range(20): self.ask("uptime")
        for client in crowd:
            client.settimeout(60)
            self.assertEqual(json.loads(client.makefile().readline())["return"], "OK")
            client.close()

    def test_a_client_that_never_reads_harms_nobody(self):
        self.start()
        with self.connect() as deaf:
            deaf.setblocking(False)
            asked = b'{"command": "stats"}\n' * 1000
            try:
                while True: deaf.send(asked)
            except BlockingIOError: pass
            wait_for(lambda: self.connect_and_ask())
            for _ in range(20): self.ask("status")

    def connect_and_ask(self):
        """there is room for a client again"""
        with self.connect() as client:
            client.sendall(b'{"command": "uptime"}\n')
            return "OK" in client.makefile().readline()


    def metrics(self, *where):
        done = self.hosts.inside("gateway", "curl", "-sS", "--fail", "--max-time", "10", *where)
        names = set()
        for line in done.stdout.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+({[a-z]+="[^"]*"(,[a-z]+="[^"]*")*})? [-+0-9.eInf]+)$')
            if line.startswith("# TYPE"): self.assertNotIn(line, names)
            names.add(line if line.startswith("#") else line.rsplit(" ", 1)[0])
        return {k: float(v) for k, v in (l.rsplit(" ", 1) for l in done.stdout.splitlines() if not l.startswith("#"))}

    def test_metrics_over_loopback(self):
        self.start("--set", "weir.metrics.enabled=yes", "--set", "weir.metrics.listen=127.0.0.1:9464")
        for _ in range(5): self.hosts.fetch("/index.html")
        worker = '{worker="W#01-%s"}' % self.hosts.devices[("gateway", 1)]
        url = "http://127.0.0.1:9464/metrics"
        first = wait_for(lambda: (lambda m: m if m["weir_packets_total" + worker] > 20 else None)(self.metrics(url)))
        self.assertEqual((first["weir_worker_up" + worker], first["weir_rule_set_version"], first['weir_rules{state="failed"}']), (1, 1, 1))
        self.assertGreater(first["weir_flows" + worker], 0)
        self.assertGreater(first[worker.replace("{", "weir_memory_bytes{").replace("}", ',table="flows"}')], 0)
        times = first["weir_inspection_seconds_count" + worker]
        self.assertGreater(times, 0)
        self.assertEqual(first[worker.replace("{", "weir_inspection_seconds_bucket{").replace("}", ',le="+Inf"}')], times)
        self.assertGreater(first["process_resident_memory_bytes"], 1e6)
        for _ in range(5): self.hosts.fetch("/index.html")
        second = self.metrics(url)
        for name, value in first.items():
            if "_total" in name or "_bucket" in name: self.assertGreaterEqual(second[name], value, name)
        for path, status in (("/", 404), ("/metrics", 405)):
            shown = self.hosts.inside("gateway", "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *(["-X", "PUT"] if status == 405 else []),
                                      "http://127.0.0.1:9464" + path).stdout
            self.assertEqual(shown, str(status))
        self.assertNotEqual(self.hosts.inside("client", "curl", "-sS", "--max-time", "2", "http://10.99.1.1:9464/metrics", check=False).returncode, 0)

    def test_metrics_over_a_unix_socket(self):
        path = self.hosts.path("metrics.sock")
        self.start("--set", "weir.metrics.enabled=yes", "--set", "weir.metrics.listen=unix:" + path)
        self.assertIn("weir_uptime_seconds", self.metrics("--unix-socket", path, "http://weir/metrics"))
        self.ctl("shutdown")
        self.assertFalse(os.path.exists(path))

    def test_metrics_are_for_this_host_only_and_off_unless_asked_for(self):
        engine = self.start("--set", "weir.metrics.enabled=yes", "--set", "weir.metrics.listen=0.0.0.0:9464")
        self.assertEqual(engine.wait(30), 1)
        self.assertIn("0.0.0.0:9464: is not a loopback address", self.said())
        self.start()
        self.assertEqual(self.hosts.inside("gateway", "curl", "-sS", "http://127.0.0.1:9464/metrics", check=False).returncode, 7)


class Prevent(Running):
    MODE = "prevent"

    def test_a_flow_is_dropped_by_hand_and_each_drop_says_so(self):
        self.start()
        self.hosts.divert()
        script = ("import socket, sys, time\n"
                  "s = socket.create_connection((sys.argv[1], 8080)); s.settimeout(2)\n"
                  "s.sendall(b'GET /index.html HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); print(len(s.recv(4096)), flush=True)\n"
                  "time.sleep(3); s.sendall(b'GET /index.html HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')\n"
                  "try: print('got', len(s.recv(4096)))\nexcept TimeoutError: print('nothing')\n")
        client = self.hosts.spawn("client", sys.executable, "-c", script, self.hosts.server, log="client.log")
        flow, = wait_for(lambda: self.ask("flows", "app=http", "address=" + self.hosts.client)["flows"])
        self.assertEqual(self.ask("drop-flow", str(flow["flow_id"]))["action"], "drop")
        self.assertIn("there is no flow 5", self.ctl("drop-flow", "5", status=1))
        client.wait(30)
        with open(self.hosts.path("client.log")) as f: self.assertIn("nothing", f.read())
        drop = wait_for(lambda: [e for e in self.events() if e["event_type"] == "drop"])[0]
        self.assertEqual((drop["flow_id"], drop["drop"]["reason"]), (flow["flow_id"], "drop-flow"))
        self.assertEqual(self.ask("flows", "dropped=true")["matched"], 1)
        self.assertGreater(self.ask("stats")["ips"]["blocked"], 0)
        self.assertEqual(self.hosts.fetch("/index.html").returncode, 0)
        self.ctl("shutdown")
        ended, = [e for e in self.events() if e["event_type"] == "flow" and e["flow_id"] == flow["flow_id"]]
        self.assertEqual(ended["flow"]["action"], "drop")


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if reason := missing():
        print("left out:", reason)
        sys.exit(0)
    unittest.main(verbosity=2)
