#!/usr/bin/env python3
"""`weir collect` and `weir flows` as programs: datagrams over loopback, files, restarts, and who the program is. collect.py WEIR

What softflowd exports of the example captures is read, too, where it is installed; becoming another user needs root. Both are said
when they are left out.
"""
import glob, gzip, json, os, shutil, signal, socket, ssl, struct, subprocess, sys, tempfile, time, unittest, urllib.request

WEIR = ""
NOW = 1_700_000_000
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "captures")
FIELDS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (2, 4), (1, 8), (152, 8), (153, 8))


def a_set(number, body): return struct.pack("!HH", number, 4 + len(body)) + body
def template(number=256): return a_set(2, struct.pack("!HH", number, len(FIELDS)) + b"".join(struct.pack("!HH", *f) for f in FIELDS))
def ipfix(sets, sequence=0, domain=7): return struct.pack("!HHIII", 10, 16 + len(sets), NOW, sequence, domain) + sets


def record(n):
    return struct.pack("!I", (10 << 24) + n) + bytes([192, 0, 2, 1]) + struct.pack("!HHBBIQQQ", 1000, 443, 6, 0x1b, n + 1, 100 * (n + 1), NOW * 1000 - 5000, NOW * 1000)


def data(*numbers, of=256): return a_set(of, b"".join(map(record, numbers)))


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def queued(port):
    """Bytes that wait in each socket bound to this port."""
    with open("/proc/net/udp") as f: lines = [l.split() for l in f.readlines()[1:]]
    return [int(l[4].split(":")[1], 16) for l in lines if int(l[1].split(":")[1], 16) == port]


def is_listening(port):
    with open("/proc/net/tcp") as f: lines = [l.split() for l in f.readlines()[1:]]
    return any(int(l[1].split(":")[1], 16) == port and l[3] == "0A" for l in lines)


def is_bound(port): return queued(port) != []
def is_drained(port): return not any(queued(port))


def wait_until(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end: raise AssertionError("it did not come to that")
        time.sleep(0.02)


class Collect(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def path(self, *names): return os.path.join(self.folder, *names)

    def start(self, *arguments, store="store"):
        self.port = free_port()
        with open(self.path("log"), "a") as log:
            engine = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{self.port}", "--store", self.path(store), *arguments], stderr=log)
        self.addCleanup(lambda: engine.poll() is None and (engine.kill(), engine.wait()))
        wait_until(lambda: engine.poll() is not None or is_bound(self.port))
        self.assertIsNone(engine.poll(), self.said())
        return engine

    def said(self):
        with open(self.path("log")) as f: return f.read()

    def send(self, *messages, address="127.0.0.1"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((address, 0))
            for message in messages: s.sendto(message, ("127.0.0.1", self.port))
            wait_until(lambda: is_drained(self.port))
            s.setblocking(False)
            self.assertRaises(BlockingIOError, s.recv, 1)  # nothing is ever answered

    def stop(self, engine):
        engine.send_signal(signal.SIGTERM)
        self.assertEqual(engine.wait(30), 0, self.said())

    def ask(self, question, store="store"):
        done = subprocess.run([WEIR, "flows", question, "--store", self.path(store), "--json"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_what_is_sent_is_kept_with_accounts(self):
        engine = self.start()
        self.send(ipfix(template() + data(1, 2)), ipfix(data(3), 5))
        self.send(ipfix(data(4)), b"nonsense", address="127.0.0.2")
        self.stop(engine)
        records = self.ask("list")
        self.assertEqual([(r["src_ip"], r["flow"]["pkts_toserver"], r["exporter"]) for r in records],
                         [(f"10.0.0.{n}", n + 1, {"address": "127.0.0.1", "domain": 7, "sampling": 1}) for n in (1, 2, 3)])
        self.assertEqual(records[0]["flow"]["start"], "2023-11-14T22:13:15.000000+0000")
        accounts = {(a["address"], a.get("domain")): a for a in self.ask("exporters")}
        self.assertEqual({k: (a["messages"], a["records"], a["lost"], a["no_template"], a["malformed"]) for k, a in accounts.items()},
                         {("127.0.0.1", 7): (2, 3, 3, 0, 0), ("127.0.0.2", 7): (1, 0, 0, 1, 0), ("127.0.0.2", None): (0, 0, 0, 0, 1)})

    def test_templates_are_remembered_over_a_restart(self):
        engine = self.start("--state", self.path("state"))
        self.send(ipfix(template() + data(1)))
        self.stop(engine)
        engine = self.start("--state", self.path("state"))
        self.send(ipfix(data(2), 1))
        self.stop(engine)
        self.assertEqual(len(self.ask("list")), 2)
        self.assertEqual([a["messages"] for a in self.ask("exporters")], [2])

    def test_a_crash_costs_a_second_and_no_more(self):
        engine = self.start()
        self.send(ipfix(template() + data(1)))
        wait_until(lambda: len(self.ask("list")) == 1)
        engine.kill()
        engine.wait()
        with open(glob.glob(self.path("store", "flows-*"))[0], "ab") as f: f.write(b"WFB1 torn")
        self.assertEqual(len(self.ask("list")), 1)
        engine = self.start()
        self.send(ipfix(template() + data(2)))
        self.stop(engine)
        self.assertIn("9 bytes at its end were not whole", self.said())
        self.assertEqual(len(self.ask("list")), 2)

    def test_nobody_else_writes_to_a_store(self):
        self.start()
        second = subprocess.run([WEIR, "collect", "--listen", f"udp://127.0.0.1:{free_port()}", "--store", self.path("store")], capture_output=True, text=True, timeout=60)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another process writes to it", second.stderr)

    def test_others_than_the_allowed_are_refused(self):
        engine = self.start("--allow", "127.0.0.2", "--allow", "192.0.2.0/24", "-v")
        self.send(ipfix(template() + data(1)))
        self.send(ipfix(template() + data(2)), address="127.0.0.2")
        self.stop(engine)
        self.assertEqual([r["src_ip"] for r in self.ask("list")], ["10.0.0.2"])
        self.assertEqual(len(self.ask("exporters")), 1)
        self.assertIn("1 datagrams came from others", self.said())

    def test_floods_take_bounded_memory(self):
        engine = self.start()
        for i in range(200):
            self.send(*(ipfix(b"".join(template(256 + (i * 1000 + j * 20 + k) % 60000) for k in range(20)), 0, i) for j in range(10)),
                      *(ipfix(a_set(300 + j, bytes(20000)), 0, 1000 + i) for j in range(10)))
        with open(f"/proc/{engine.pid}/status") as f: peak_kb = int(next(l for l in f if l.startswith("VmHWM")).split()[1])
        self.send(ipfix(template() + data(1), 0, 5))
        self.stop(engine)
        self.assertIn(("10.0.0.1", 5), [(r["src_ip"], r["exporter"]["domain"]) for r in self.ask("list")])
        if "asan" not in WEIR: self.assertLess(peak_kb, 128 * 1024)

    def test_it_is_a_user_without_powers_in_a_cage(self):
        if os.geteuid() != 0: self.skipTest("not root")
        engine = self.start("--user", "nobody", "--state", self.path("state"))
        self.send(ipfix(template() + data(1)))
        wait_until(lambda: len(self.ask("list")) == 1)
        with open(f"/proc/{engine.pid}/status") as f: status = dict(l.rstrip("\n").split(":\t", 1) for l in f if ":\t" in l)
        self.assertNotEqual(status["Uid"].split()[1], "0")
        self.assertEqual((int(status["CapEff"], 16), int(status["CapBnd"], 16), status["NoNewPrivs"]), (0, 0, "1"))
        if "asan" not in WEIR: self.assertEqual(status["Seccomp"], "2")
        self.stop(engine)
        self.assertNotEqual(os.stat(self.path("store")).st_uid, 0)
        self.assertTrue(os.path.exists(self.path("state", "flow-exporters")))

    def test_files_are_read_and_without_a_store_records_are_lines(self):
        with open(self.path("a.ipfix"), "wb") as f: f.write(ipfix(template() + data(1, 2)) + ipfix(data(3), 2))
        done = subprocess.run([WEIR, "collect", "-r", self.path("a.ipfix")], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([json.loads(l)["src_ip"] for l in done.stdout.splitlines()], ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        with open(self.path("torn.ipfix"), "wb") as f: f.write(ipfix(template() + data(1)) + b"\0\x0a")
        done = subprocess.run([WEIR, "collect", "-r", self.path("torn.ipfix"), self.path("missing"), "--store", self.path("store")], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("torn.ipfix: offset", done.stderr)
        self.assertIn("missing", done.stderr)
        self.assertEqual(len(self.ask("list")), 1)

    def test_a_capture_without_exports_says_what_was_looked_for(self):
        done = subprocess.run([WEIR, "collect", "-r", os.path.join(EXAMPLES, "http.pcap")], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("http.pcap: no export traffic found in", done.stderr)
        self.assertIn("2055", done.stderr)

    def test_what_cannot_be_printed_is_an_error(self):
        with open(self.path("a.ipfix"), "wb") as f: f.write(ipfix(template() + data(1)))
        subprocess.run([WEIR, "collect", "-r", self.path("a.ipfix"), "--store", self.path("store")], check=True, timeout=60)
        for call in (["collect", "-r", self.path("a.ipfix")], ["flows", "list", "--store", self.path("store")], ["flows", "exporters", "--store", self.path("store"), "--json"]):
            with open("/dev/full", "w") as full: done = subprocess.run([WEIR, *call], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (1, "weir: error: standard output: No space left on device\n"), call)

    def test_it_ends_when_nobody_reads_its_records(self):
        self.port = free_port()
        engine = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{self.port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (engine.poll() is None and (engine.kill(), engine.wait()), engine.stderr.close()))
        wait_until(lambda: is_bound(self.port))
        engine.stdout.close()
        self.send(ipfix(template() + data(1)))
        self.assertEqual(engine.wait(30), 1)
        self.assertIn("standard output: Broken pipe", engine.stderr.read())

    def connect(self, address="127.0.0.1"):
        s = socket.socket()
        self.addCleanup(s.close)
        s.bind((address, 0))
        s.connect(("127.0.0.1", self.stream_port))
        return s

    def start_streams(self, kind, *arguments):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.stream_port = s.getsockname()[1]
        engine = self.start("--listen", f"{kind}://127.0.0.1:{self.stream_port}", *arguments)
        wait_until(lambda: engine.poll() is not None or is_listening(self.stream_port))
        return engine

    def certificate(self, name, *more):
        """A key, and a certificate for it that signs itself or, with -CA and -CAkey, is signed by another."""
        key, certificate = self.path(name + ".key"), self.path(name + ".pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}", *more], check=True, capture_output=True, timeout=60)
        return certificate, key

    def test_streams_are_rows_of_messages_and_odd_ones_are_closed(self):
        engine = self.start_streams("tcp", "--allow", "127.0.0.0/30")
        one, two, odd, stranger = self.connect(), self.connect("127.0.0.2"), self.connect(), self.connect("127.0.0.7")
        message = ipfix(template() + data(1, 2))
        one.sendall(message[:50])
        two.sendall(ipfix(template() + data(3)) + ipfix(data(4), 1))
        odd.sendall(b"GET / HTTP/1.0\r\n\r\n")
        one.sendall(message[50:])
        for closed in (odd, stranger):
            closed.settimeout(30)
            self.assertEqual(closed.recv(1), b"")
        wait_until(lambda: len(self.ask("list")) == 4)
        one.settimeout(0)
        self.assertRaises(BlockingIOError, one.recv, 1)  # nothing is ever answered
        self.stop(engine)
        self.assertEqual(sorted((r["src_ip"], r["exporter"]["address"]) for r in self.ask("list")),
                         [("10.0.0.1", "127.0.0.1"), ("10.0.0.2", "127.0.0.1"), ("10.0.0.3", "127.0.0.2"), ("10.0.0.4", "127.0.0.2")])
        self.assertIn("of connections 1 were refused, 0 closed", self.said())

    def test_tls_is_taken_with_and_without_certificates_of_clients(self):
        if shutil.which("openssl") is None: self.skipTest("openssl is not installed")
        server, key = self.certificate("server")
        client, client_key = self.certificate("client")
        for more, fits in (([], True), (["--tls-client-ca", client], True), (["--tls-client-ca", server], False)):
            engine = self.start_streams("tls", "--tls-cert", server, "--tls-key", key, *more)
            context = ssl.create_default_context(cafile=server)
            context.check_hostname = False
            if more: context.load_cert_chain(client, client_key)
            before = len(self.ask("list")) if os.path.exists(self.path("store", "accounts.journal")) else 0
            plain = self.connect()
            plain.sendall(ipfix(template() + data(9)))  # no TLS
            try:
                with context.wrap_socket(self.connect()) as s:
                    s.sendall(ipfix(template() + data(1)))
                    if not fits: s.recv(1)
                    else: wait_until(lambda: len(self.ask("list")) == before + 1)
                self.assertTrue(fits)
            except (ssl.SSLError, ConnectionError): self.assertFalse(fits)  # it may close while we still send
            self.stop(engine)
            self.assertEqual(len(self.ask("list")), before + fits)

    def test_keys_that_do_not_fit_are_told(self):
        if shutil.which("openssl") is None: self.skipTest("openssl is not installed")
        server, key = self.certificate("server")
        _, other = self.certificate("other")
        for certificate, used, text in ((server, other, "--tls-key"), (key, key, "--tls-cert"), (self.path("no"), key, "--tls-cert")):
            done = subprocess.run([WEIR, "collect", "--listen", f"tls://127.0.0.1:{free_port()}", "--tls-cert", certificate, "--tls-key", used], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn(text, done.stderr)

    def write(self, name, text):
        with open(self.path(name), "w") as f: f.write(text)
        return self.path(name)

    def events(self):
        with open(self.path("logs", "eve.json")) as f: return [json.loads(line) for line in f]

    def test_records_are_judged_by_indicators_and_rules(self):
        feed = self.write("bad.txt", "10.0.0.2\n192.0.2.0/24:443 # a server\nnonsense\n")
        rules = self.write("a.rules", 'alert tcp any any -> any 443 (msg:"much"; flow:to_server; flow.bytes:toserver,>300; sid:1;)\n'
                           'alert tcp any any -> any any (msg:"no"; content:"abc"; sid:2;)\n')
        engine = self.start("--ioc", feed, "-S", rules, "-l", self.path("logs"), "-v")
        self.send(ipfix(template() + data(1, 2)), ipfix(data(3), 7))
        self.stop(engine)
        events = self.events()
        alerts = [(e["alert"]["gid"], e["alert"]["signature_id"], e["src_ip"], e.get("ioc", {}).get("value"), e["exporter"]["address"]) for e in events if e["event_type"] == "alert"]
        server = "192.0.2.0/24:443"
        self.assertEqual(alerts, [(900, 2, "10.0.0.1", server, "127.0.0.1"), (900, 1, "10.0.0.2", "10.0.0.2", "127.0.0.1"), (900, 2, "10.0.0.2", server, "127.0.0.1"),
                                  (900, 2, "10.0.0.3", server, "127.0.0.1"), (1, 1, "10.0.0.3", None, "127.0.0.1")])
        gaps = [e for e in events if e["event_type"] == "anomaly"]
        self.assertEqual([(g["anomaly"], g["exporter"]) for g in gaps],
                         [({"type": "flow_export", "event": "gap", "lost": 5, "unit": "records"}, {"address": "127.0.0.1", "domain": 7, "sampling": 1})])
        self.assertEqual(len(self.ask("list")), 3)
        for text in ("bad.txt:3:1: error: no address", "sid 2: left out: it looks at the payload", "1 of 2 rules can never match", "5 alerts"): self.assertIn(text, self.said())

    def test_a_feed_that_is_missing_and_strictness_end_a_run(self):
        feed = self.write("bad.txt", "nonsense\n")
        export = self.path("a.ipfix")
        with open(export, "wb") as f: f.write(ipfix(template() + data(1)))
        for more, text in ((["--ioc", self.path("missing")], "missing: error: cannot be opened"), (["--ioc", feed, "--strict"], "--strict"), (["-S", self.path("missing.rules"), "--strict"], "missing.rules")):
            done = subprocess.run([WEIR, "collect", "-r", export, "-l", self.path("logs"), *more], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (1, ""), more)
            self.assertIn(text, done.stderr)

    def test_rules_that_no_record_can_match_are_named(self):
        rules = self.write("a.rules", 'alert tcp any any -> any 443 (msg:"a"; flags:S; sid:1;)\nalert http any any -> any any (msg:"b"; sid:2;)\n')
        done = subprocess.run([WEIR, "check", "--on-records", "-S", rules], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.splitlines()[1:], [f"{rules}:2: sid 2: never matches on records: it asks for an application protocol", "1 of 2 rules can match on records"])

    def test_flow_logs_of_a_cloud_are_records(self):
        lines = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags\n"
                 "3 1 eni-1 10.0.0.1 192.0.2.1 1000 443 6 2 200 1700000000 1700000060 ACCEPT OK 3\n"
                 "3 1 eni-1 - - - - - - - 1700000000 1700000060 - NODATA -\n"
                 "3 1 eni-1 10.0.0.2 192.0.2.1 1001 22 6 1 60 1700000000 1700000060 REJECT OK 2\n")
        with gzip.open(self.path("log.gz"), "wt") as f: f.write(lines)
        feed = self.write("bad.txt", "10.0.0.2\n")
        done = subprocess.run([WEIR, "collect", "-r", self.path("log.gz"), "--format", "aws-vpc", "--store", self.path("store"), "--ioc", feed, "-l", self.path("logs")], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual([(r["src_ip"], r["flow"]["bytes_toserver"], r["tcp"]["tcp_flags"], r["flow"]["start"]) for r in self.ask("list")],
                         [("10.0.0.1", 200, "03", "2023-11-14T22:13:20.000000+0000"), ("10.0.0.2", 60, "02", "2023-11-14T22:13:20.000000+0000")])
        self.assertEqual([e["ioc"]["value"] for e in self.events()], ["10.0.0.2"])
        wrong = self.write("wrong.txt", lines + "3 1 eni-1 10.0.0 192.0.2.1 1 2 6 1 60 1 2 ACCEPT OK 0\nSKIP\x1b\n")
        done = subprocess.run([WEIR, "collect", "-r", wrong, "--format", "aws-vpc"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (1, 2))
        self.assertEqual(done.stderr.splitlines(), [f"{wrong}:5:11: error: no address (10.0.0)", f"{wrong}:6:1: error: there are fewer or more words than fields (SKIP?)"])

    def test_metrics_say_what_the_accounts_say(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{s.getsockname()[1]}"
        engine = self.start("--set", "weir.metrics.enabled=yes", "--set", f"weir.metrics.listen={place}")
        self.send(ipfix(template() + data(1, 2)), ipfix(data(3), 5), ipfix(data(9, of=999), 6))
        page = urllib.request.urlopen(f"http://{place}/metrics", timeout=30).read().decode()
        labels = '{exporter="127.0.0.1",domain="7"}'
        for line in (f"weir_exporter_messages_total{labels} 3", f"weir_exporter_records_total{labels} 3", f"weir_exporter_lost{labels} 3", f"weir_exporter_no_template{labels} 1",
                     f"weir_exporter_malformed_total{labels} 0", "weir_collect_datagrams_total 3", "# TYPE weir_exporter_lost gauge"):
            self.assertIn(line + "\n", page)
        self.stop(engine)

    def test_wrong_calls_say_what_is_wrong(self):
        for call, status, text in ((["collect"], 2, "--listen"), (["collect", "--listen", "ftp://127.0.0.1:1"], 1, "udp://"), (["collect", "--listen", "tls://127.0.0.1:9"], 1, "--tls-cert"), (["collect", "-r", "x", "--tls-cert", "y"], 2, "tls://"), (["collect", "-r", "x", "--format", "y"], 2, "aws-vpc"), (["collect", "-r", "x", "-l", "-"], 2, "folder"), (["flows"], 2, "question"),
                                   (["collect", "--listen", "udp://127.0.0.1:9", "-r", "x"], 2, "exclude"), (["collect", "-r", "x", "--allow", "y"], 1, "network"),
                                   (["flows", "what", "--store", "x"], 2, "what"), (["flows", "list"], 2, "--store"), (["flows", "list", "--store", self.path("no")], 1, "No such file")):
            done = subprocess.run([WEIR, *call], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, status, call)
            self.assertIn(text, done.stderr)

    def test_a_real_exporter_is_understood_in_every_version(self):
        if shutil.which("softflowd") is None: self.skipTest("softflowd is not installed")
        counts = {}
        for version in ("1", "5", "9", "10"):
            engine = self.start(store=version)
            subprocess.run(["softflowd", "-r", os.path.join(EXAMPLES, "http.pcap"), "-n", f"127.0.0.1:{self.port}", "-v", version, "-d"], check=True, capture_output=True, timeout=60)
            wait_until(lambda: is_drained(self.port))
            self.stop(engine)
            records = self.ask("list", store=version)
            counts[version] = sorted((r["src_ip"], r.get("src_port"), r["dest_ip"], r.get("dest_port"), r["flow"]["pkts_toserver"], r["tcp"]["tcp_flags"] if r["proto"] == "TCP" else "")
                                     for r in records if ":" not in r["src_ip"])
            self.assertEqual(sum(a["malformed"] + a["no_template"] for a in self.ask("exporters", store=version)), 0)
        self.assertGreater(len(counts["5"]), 5)
        for version in counts: self.assertEqual(counts[version], counts["5"], version)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
