#!/usr/bin/env python3
"""--flow-export, received by programs of others and by our own collector, over loopback. flow_export.py WEIR

nfcapd, ipfixDump and tshark are asked where they are installed; what is left out is said.
"""
import collections, json, os, re, shutil, signal, socket, ssl, struct, subprocess, sys, tempfile, threading, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "tests"))
import connections
CAPTURES = [os.path.join(REPOSITORY, "examples", "captures", name + ".pcap") for name in ("dns", "http", "ping", "tls")]
FORMATS = ("netflow5", "netflow9", "ipfix", "ipfix-biflow")
VXLAN = b"\x08\0\0\0\0\0\x07\0"
WEIR = ""


def needs(program): return unittest.skipIf(shutil.which(program) is None, program + " is not installed")


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def waiting(port, kind="udp"):
    """Bytes in the queue of who listens there; none when nobody does."""
    with open("/proc/net/" + kind) as f: rows = [l.split() for l in f.readlines()[1:]]
    return next((int(r[4].split(":")[1], 16) for r in rows if int(r[1].split(":")[1], 16) == port and (kind == "udp" or r[3] == "0A")), None)


def wait_until(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end: raise AssertionError("it did not come to that")
        time.sleep(0.02)


class Datagrams:
    """A port that keeps what comes."""

    def __enter__(self):
        self.got, self.open = [], True
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        while True:
            try: self.got.append(self.socket.recv(65535))
            except socket.timeout:
                if not self.open: return

    def __exit__(self, *_):
        self.open = False
        self.thread.join()
        self.socket.close()


class Connections:
    """A port that keeps what comes over each connection; `most` bytes are taken of one, then it is closed."""

    def __init__(self, port=0, context=None, most=None): self.wanted, self.context, self.most = port, context, most
    def __enter__(self):
        self.got, self.open = [], True
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.wanted))
        self.socket.listen()
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        while self.open:
            try: peer, _ = self.socket.accept()
            except socket.timeout: continue
            with peer: self.serve(peer)

    def serve(self, peer):
        peer.settimeout(20)
        try:
            if self.context is None: return self.take(peer)
            with self.context.wrap_socket(peer, server_side=True) as inner: self.take(inner)
        except OSError: pass

    def take(self, peer):
        self.got.append(b"")
        while self.most is None or len(self.got[-1]) < self.most:
            more = peer.recv(65536)
            if not more: return
            self.got[-1] += more

    def __exit__(self, *_):
        self.open = False
        self.thread.join()
        self.socket.close()


def udp4(payload, source="10.0.0.1", destination="10.0.0.2", ports=(1000, 9999), protocol=17):
    body = payload if protocol != 17 else struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0, socket.inet_aton(source), socket.inet_aton(destination)) + body


def wrapped_flows():
    """A capture of flows with things around them: each has a source of its own."""
    macs, outer = bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]), ("198.51.100.1", "198.51.100.2")
    frames = [macs + b"\x88\xa8\0\x64" + b"\x81\0\0\7" + b"\x08\0" + udp4(b"tags", "10.0.0.11"),
              macs + b"\x88\x47" + struct.pack("!II", 16 << 12 | 64, 1000 << 12 | 0x100 | 64) + udp4(b"labels", "10.0.0.12"),
              macs + b"\x08\0" + udp4(b"\x08\0\0\0" + struct.pack("!I", 5001 << 8) + macs + b"\x08\0" + udp4(b"vxlan", "10.0.0.13"), *outer, (40000, 4789)),
              macs + b"\x08\0" + udp4(struct.pack("!HHI", 0x2000, 0x0800, 0xdeadbeef) + udp4(b"gre", "10.0.0.14"), *outer, protocol=47)]
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + b"".join(
        struct.pack("<IIII", 1_700_000_000 + i, 0, len(frame), len(frame)) + frame for i, frame in enumerate(frames))


def around(record):
    """What a record says of the things around its flow, but for the addresses of tunnels, for which IANA has no elements."""
    tunnel = record.get("tunnel", {})
    return {"vlan": record.get("vlan"), "vlans": record.get("meter", {}).get("vlans"), "mpls": record.get("meter", {}).get("mpls"), "kind": tunnel.get("kind"),
            "id": tunnel.get("id", record.get("path", {}).get("tunnel_id")), "nat": record.get("nat")}


def address(text):
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return socket.inet_ntop(family, socket.inet_pton(family, text))


def time_of(text): return text[:23]


def ways(records):
    """Each direction of each record, with what a flow of one way says, times in milliseconds."""
    out = collections.Counter()
    for e in records:
        flow, tcp, ends = e["flow"], e.get("tcp", {}), [(address(e["src_ip"]), e.get("src_port", 0)), (address(e["dest_ip"]), e.get("dest_port", 0))]
        if e["proto"].startswith(("ICMP", "IPv6-ICMP")): ends = [(ends[0][0], 0), (ends[1][0], 0)]
        for way, other, flags in (("toserver", 1, "ts"), ("toclient", 0, "tc")):
            if not flow["pkts_" + way]: continue
            out[(e["proto"], *ends[1 - other], *ends[other], flow["pkts_" + way], flow["bytes_" + way], int(tcp.get("tcp_flags_" + flags, "0"), 16),
                 time_of(flow.get("start_" + way, flow["start"])), time_of(flow.get("end_" + way, flow["end"])))] += 1
    return out


class Export(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names): return os.path.join(self.folder, *names)

    def detect(self, *arguments, captures=CAPTURES, status=0):
        done = subprocess.run([WEIR, "detect", "-r", *captures, "--no-rules", "-k", "none", "-l", self.path("log"), *arguments],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def listed(self, store):
        done = subprocess.run([WEIR, "flows", "list", "--store", self.path(store), "--json"], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def said_in(self, format, store):
        """The ways that a format can say."""
        return collections.Counter({way: times for way, times in ways(self.listed(store)).items() if format != "netflow5" or ":" not in way[1]})

    def accounts(self, store):
        done = subprocess.run([WEIR, "flows", "exporters", "--store", self.path(store), "--json"], capture_output=True, text=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def collect_file(self, content, store):
        with open(self.path(store + ".ipfix"), "wb") as f: f.write(content)
        subprocess.run([WEIR, "collect", "-r", self.path(store + ".ipfix"), "--store", self.path(store)], check=True, timeout=60)
        accounts = self.accounts(store)
        self.assertTrue(accounts)
        for account in accounts:
            self.assertEqual((account["lost"], account["no_template"], account["malformed"]), (0, 0, 0))
        return ways(self.listed(store))

    def collect_datagrams(self, datagrams, store):
        port = free_port()
        collector = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{port}", "--store", self.path(store)], stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: collector.poll() is None and (collector.kill(), collector.wait()))
        wait_until(lambda: waiting(port) is not None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for payload in datagrams: sender.sendto(payload, ("127.0.0.1", port))
        wait_until(lambda: waiting(port) == 0)
        collector.send_signal(signal.SIGTERM)
        self.assertEqual(collector.wait(30), 0)

    def decoded_by_tshark(self, datagrams):
        """What it shows of messages, none of which it complains about."""
        self.assertTrue(datagrams)
        capture = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
        for payload in datagrams:
            packet = udp4(payload, "127.0.0.1", "127.0.0.1", (40000, 2055))
            capture += struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet
        with open(self.path("sent.pcap"), "wb") as f: f.write(capture)
        said = subprocess.run(["tshark", "-r", self.path("sent.pcap"), "-d", "udp.port==2055,cflow", "-V", "-O", "cflow"], capture_output=True, text=True, timeout=60).stdout
        self.assertEqual(len(re.findall("^Cisco NetFlow/IPFIX", said, re.M)), len(datagrams))
        for complaint in (r"\[Malformed", r"\[Expert Info \(Error", "Unexpected flow sequence", "No template found"): self.assertNotRegex(said, complaint)
        return said

    def test_our_own_collector_reads_what_was_kept(self):
        for format in FORMATS:
            with self.subTest(format):
                port = free_port()
                collector = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{port}", "--store", self.path("got-" + format)], stderr=subprocess.DEVNULL)
                self.addCleanup(lambda collector=collector: collector.poll() is None and (collector.kill(), collector.wait()))
                wait_until(lambda: waiting(port) is not None)
                self.detect("--store", self.path("kept-" + format), "--flow-export", f"udp://127.0.0.1:{port}", "--flow-format", format)
                wait_until(lambda: waiting(port) == 0)
                collector.send_signal(signal.SIGTERM)
                self.assertEqual(collector.wait(30), 0)
                self.assertEqual(ways(self.listed("got-" + format)), self.said_in(format, "kept-" + format))
                self.assertEqual([(a["lost"], a["no_template"], a["malformed"]) for a in self.accounts("got-" + format)], [(0, 0, 0)])

    @needs("nfcapd")
    @needs("nfdump")
    def test_nfcapd_reads_the_same(self):
        for format in FORMATS:
            with self.subTest(format):
                port, folder = free_port(), self.path("nf-" + format)
                os.mkdir(folder)
                with open(self.path("nf.log"), "a") as log:
                    collector = subprocess.Popen(["nfcapd", "-w", folder, "-p", str(port), "-b", "127.0.0.1", "-t", "86400"], stdout=log, stderr=log)
                self.addCleanup(lambda collector=collector: collector.poll() is None and (collector.kill(), collector.wait()))
                wait_until(lambda: waiting(port) is not None)
                self.detect("--store", self.path("kept-" + format), "--flow-export", f"udp://127.0.0.1:{port}", "--flow-format", format)
                wait_until(lambda: waiting(port) == 0)
                time.sleep(0.3)
                collector.send_signal(signal.SIGTERM)
                collector.wait(30)
                said = subprocess.run(["nfdump", "-R", folder, "-q", "-N", "-6", "-o", "fmt:%sa|%da|%pkt|%byt|%opkt|%obyt"], capture_output=True, text=True, timeout=60).stdout
                rows = [[cell.strip() for cell in line.split("|")] for line in said.splitlines() if line.count("|") == 5]
                got = collections.Counter()
                for source, destination, packets, size, back, back_size in rows:
                    got[source, destination, int(packets), int(size)] += 1
                    if int(back): got[destination, source, int(back), int(back_size)] += 1
                want = collections.Counter()
                for way, times in self.said_in(format, "kept-" + format).items(): want[way[1], way[3], way[5], way[6]] += times
                self.assertEqual(got, want)

    @needs("tshark")
    def test_tshark_has_no_complaint(self):
        for format in FORMATS:
            with self.subTest(format):
                with Datagrams() as port: self.detect("--flow-export", f"udp://127.0.0.1:{port.port}", "--flow-format", format)
                self.decoded_by_tshark(port.got)

    def test_what_is_around_a_flow_is_sent_and_read_again(self):
        wanted = {"10.0.0.11": {"vlan": [100], "vlans": [100, 7]}, "10.0.0.12": {"mpls": [16, 1000]},
                  "10.0.0.13": {"kind": "vxlan", "id": 5001}, "10.0.0.14": {"kind": "gre", "id": 0xdeadbeef}}
        with open(self.path("around.pcap"), "wb") as f: f.write(wrapped_flows())
        for format in FORMATS[1:]:
            with self.subTest(format):
                with Datagrams() as port:
                    self.detect("--store", self.path("kept-" + format), "--flow-export", f"udp://127.0.0.1:{port.port}", "--flow-format", format, captures=[self.path("around.pcap")])
                said = self.decoded_by_tshark(port.got) if shutil.which("tshark") else None
                for name in ("layer2SegmentId", "greKey", "MPLS_LABEL_1", "dot1qCustomerVlanId") if said else ():
                    self.assertIn(name, said)
                self.collect_datagrams(port.got, "got-" + format)
                for store in ("kept-", "got-"):
                    found = {e["src_ip"]: around(e) for e in self.listed(store + format) if e["src_ip"] in wanted}
                    self.assertEqual(found, {ip: {**around({}), **facts} for ip, facts in wanted.items()})

    def test_translated_addresses_are_passed_on(self):
        with open(self.path("cloud.log"), "w") as f:
            f.write("srcaddr dstaddr srcport dstport protocol packets bytes start end pkt-srcaddr pkt-dstaddr\n"
                    "10.0.0.1 10.0.0.2 1000 443 6 5 500 1700000000 1700000010 203.0.113.7 10.0.0.2\n")
        subprocess.run([WEIR, "collect", "-r", self.path("cloud.log"), "--format", "aws-vpc", "--store", self.path("cloud")], check=True, timeout=60, capture_output=True)
        subprocess.run([WEIR, "flows", "list", "--store", self.path("cloud"), "--ipfix", self.path("cloud.ipfix")], check=True, timeout=60, capture_output=True)
        with open(self.path("cloud.ipfix"), "rb") as f: self.collect_file(f.read(), "again")
        first, again = ([around(e) for e in self.listed(store)] for store in ("cloud", "again"))
        self.assertEqual(first[0]["nat"], {"src_ip": "203.0.113.7"})
        self.assertEqual(first, again)

    @needs("ipfixDump")
    def test_ipfixdump_reads_the_files_each_by_itself(self):
        for format in ("ipfix", "ipfix-biflow"):
            file = self.path(format + ".ipfix")
            self.detect("--store", self.path("kept-" + format), "--flow-export", "file:" + file, "--flow-format", format)
            done = subprocess.run(["ipfixDump", "--in", file, "--data"], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            addresses = re.findall(r"sourceIPv[46]Address : (\S+)", done.stdout)
            kept = self.listed("kept-" + format)
            self.assertEqual(len(addresses), len(kept) if format == "ipfix-biflow" else sum(ways(kept).values()))
            self.assertIn("samplingInterval", done.stdout)

    def test_files_are_the_same_for_every_number_of_workers(self):
        contents = set()
        for threads in ("1", "2", "4"):
            self.detect("--threads", threads, "--flow-export", "file:" + self.path(threads))
            with open(self.path(threads), "rb") as f: contents.add(f.read())
        self.assertEqual(len(contents), 1)
        self.assertTrue(self.collect_file(contents.pop(), "got"))

    def test_all_get_all_or_each_flow_goes_to_one(self):
        for balance in ("all", "flow-hash"):
            with self.subTest(balance):
                file = self.path(balance + ".ipfix")
                with Datagrams() as a, Datagrams() as b:
                    self.detect("--store", self.path("kept-" + balance), "--set", "weir.flows.export.balance=" + balance,
                                *(f for to in (f"udp://127.0.0.1:{a.port}", f"udp://127.0.0.1:{b.port}", "file:" + file) for f in ("--flow-export", to)))
                kept = ways(self.listed("kept-" + balance))
                first, second = (self.collect_file(b"".join(port.got), f"{balance}-{n}") for n, port in enumerate((a, b)))
                with open(file, "rb") as f: self.assertEqual(self.collect_file(f.read(), balance + "-file"), kept)
                self.assertEqual(first + second, kept if balance == "flow-hash" else kept + kept)

    def test_over_tcp_and_tls_all_arrives(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"), "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("cert.pem"), self.path("key.pem"))
        context.load_verify_locations(self.path("cert.pem"))
        tls = ("--set", "weir.flows.export.tls.ca=" + self.path("cert.pem"))
        own = (*tls, *(f for key in ("key", "certificate") for f in ("--set", f"weir.flows.export.tls.{key}=" + self.path({"key": "key.pem", "certificate": "cert.pem"}[key]))))
        for kind, trust in (("tcp", ()), ("tls", tls), ("tls", own)):
            context.verify_mode = ssl.CERT_REQUIRED if trust is own else ssl.CERT_NONE
            with self.subTest(kind, trust=trust):
                for name in ("kept-", "got-"): shutil.rmtree(self.path(name + kind), ignore_errors=True)
                with Connections(context=context if kind == "tls" else None) as port:
                    self.detect("--store", self.path("kept-" + kind), "--flow-export", f"{kind}://127.0.0.1:{port.port}", *trust)
                self.assertEqual(len(port.got), 1)
                self.assertEqual(self.collect_file(port.got[0], "got-" + kind), ways(self.listed("kept-" + kind)))
        context.verify_mode = ssl.CERT_NONE
        with Connections(context=context) as port:
            said = self.detect("--flow-export", f"tls://127.0.0.1:{port.port}", status=1)
        self.assertRegex(said, r"--flow-export tls://127\.0\.0\.1:\d+: \d+ flow records were not sent, in \d+ messages: .*certificate")

    def test_a_collector_that_is_not_there_is_an_error_at_the_end_and_costs_seconds_at_most(self):
        begin = time.monotonic()
        for to in (f"udp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{free_port(socket.SOCK_STREAM)}"):
            self.assertRegex(self.detect("--flow-export", to, status=1), f"--flow-export {re.escape(to)}: [0-9]+ flow records were not sent")
        self.assertLess(time.monotonic() - begin, 40)

    def test_what_version_5_cannot_say_is_said(self):
        v6 = self.path("v6.pcap")
        packet = bytes.fromhex("600000000008113f") + bytes(15) + b"\1" + bytes(15) + b"\2" + struct.pack("!HHHH", 1000, 53, 8, 0)
        frame = bytes(12) + b"\x86\xdd" + packet
        with open(v6, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 1_700_000_000, 0, len(frame), len(frame)) + frame)
        with Datagrams() as port:
            said = self.detect("--flow-export", f"udp://127.0.0.1:{port.port}", "--flow-format", "netflow5", captures=[v6])
        self.assertIn("1 flow records of IPv6 were left out", said)
        self.assertEqual(port.got, [])

    def test_wrong_calls_say_what_to_do(self):
        for arguments, said in ((("--flow-export", "host:2055"), "--flow-export host:2055: expected udp://HOST:PORT"),
                                (("--flow-export", "tcp://127.0.0.1:1", "--flow-format", "netflow5"), "netflow5 goes over UDP alone"),
                                (("--flow-export", "udp://127.0.0.1:1", "--flow-format", "sflow"), "--flow-format: 'sflow' is no format"),
                                (("--flow-format", "ipfix"), "say where to with --flow-export"),
                                (("--flow-export", "udp://" + "x" * 64 + ".invalid:1"), "x.invalid:1: "),  # a name that nobody is asked for
                                (("--flow-export", "file:" + self.folder + "/"), "names no file")):
            with self.subTest(arguments): self.assertIn(said, self.detect(*arguments, status=1))
        done = subprocess.run([WEIR, "detect", "--unix-socket=" + self.path("s"), "--no-rules", "--flow-export", "udp://127.0.0.1:1", "-l", self.path("log")],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--unix-socket: flow records are not exported", done.stderr)

    def test_the_configuration_says_it_too_and_is_checked(self):
        with Datagrams() as port:
            config = self.path("c.yaml")
            with open(config, "w") as f: f.write(f"weir: {{flows: {{export: {{collectors: ['netflow9 udp://127.0.0.1:{port.port}', 'file:{self.path('c.ipfix')}'], mtu: 600}}}}}}\n")
            self.detect("-c", config)
        self.assertEqual({payload[:2] for payload in port.got}, {b"\0\x09"})
        self.assertLessEqual(max(map(len, port.got)), 600)
        with open(self.path("c.ipfix"), "rb") as f: self.assertEqual(f.read(2), b"\0\x0a")
        for wrong, said in (("mtu=100", "weir.flows.export.mtu: 100: expected 512 to 65507"), ("format=sflow", "weir.flows.export.format: 'sflow'"),
                            ("balance=random", "balance"), ("tls.key=x", "certificate and key go together")):
            done = subprocess.run([WEIR, "check", "--no-rules", "-c", config, "--set", "weir.flows.export." + wrong], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stderr)

    def live(self, *arguments):
        """A run that takes mirrored traffic, confined as every live run."""
        self.mirror = free_port()
        run = subprocess.Popen([WEIR, "detect", "--listen", f"vxlan:127.0.0.1:{self.mirror}", "--no-rules", "-l", self.path("log"), "--no-cache",
                                "--set", "weir.control.path=" + self.path("s"), "--user", "root", *arguments], stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (run.poll() is None and run.kill(), run.wait(), run.stderr.close()))
        def is_up():
            self.assertIsNone(run.poll())
            return subprocess.run([WEIR, "ctl", "status", "--socket", self.path("s")], capture_output=True).returncode == 0
        wait_until(is_up, 60)
        return run

    def feed(self, capture):
        with open(capture, "rb") as f: frames = [frame for _, _, frame in connections.read_pcap(f.read())[2]]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for frame in frames:
                sender.sendto(VXLAN + frame, ("127.0.0.1", self.mirror))
                time.sleep(0.001)

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_a_live_run_connects_again_though_it_may_make_no_sockets(self):
        # Flows of ping.pcap end when their time is over: after a second.
        short = [f for key in ("new", "established") for f in ("--set", f"flow-timeouts.icmp.{key}=1")]
        with Connections(most=1) as port:
            run = self.live("--flow-export", f"tcp://127.0.0.1:{port.port}", "--flow-export", "file:" + self.path("live.ipfix"),
                            "--store", self.path("kept"), *short)
            wait_until(lambda: len(port.got) > 1)  # each is closed after the first bytes
            wanted = port.port
        with Connections(wanted) as port:
            wait_until(lambda: port.got)
            self.feed(CAPTURES[2])
            run.send_signal(signal.SIGTERM)
            _, said = run.communicate(timeout=60)
            self.assertEqual(run.returncode, 0, said)
        kept = ways(self.listed("kept"))
        self.assertTrue(kept)
        self.assertEqual(self.collect_file(b"".join(port.got[-1:]), "got"), kept)
        with open(self.path("live.ipfix"), "rb") as f: self.assertEqual(self.collect_file(f.read(), "file"), kept)
        self.assertNotIn("refused", said)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
