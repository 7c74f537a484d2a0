#!/usr/bin/env python3
"""Records of flows against packets that are counted here, by another program in another language. flow_records.py WEIR"""
import collections, datetime, ipaddress, json, os, socket, struct, subprocess, sys, tempfile, time, unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, ".."))
import frames

WEIR = ""
START = 1_700_000_000
CAPTURES = os.path.join(FOLDER, "..", "..", "examples", "captures")
PROTOCOLS = {"TCP": 6, "UDP": 17, "ICMP": 1, "IPv6-ICMP": 58, "IGMP": 2, "GRE": 47, "SCTP": 132, "ESP": 50}
SYN, ACK, FIN, RST, PUSH = 2, 16, 1, 4, 8


class Total:
    def __init__(self): self.packets = self.bytes = self.flags = 0; self.times = []
    def add(self, size, flags, time): self.packets += 1; self.bytes += size; self.flags |= flags; self.times.append(time)
    def facts(self): return self.packets, self.bytes, self.flags, min(self.times), max(self.times)


def frames_of(path):
    """(microseconds, frame) of a classic Ethernet pcap file."""
    with open(path, "rb") as file: data = file.read()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, micros, length, _ = struct.unpack_from(order + "IIII", data, at)
        yield seconds * 1_000_000 + micros, data[at + 16:at + 16 + length]
        at += 16 + length


def counted(path):
    """What each direction of each flow has, by (source, destination, protocol, ports); ICMP has no ports."""
    out = collections.defaultdict(Total)
    for time, frame in frames_of(path):
        kind, packet = frame[12:14], frame[14:]
        if kind == b"\x81\0": kind, packet = frame[16:18], frame[18:]
        if kind == b"\x08\0":
            header, size, protocol = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0], packet[9]
            source, destination = packet[12:16], packet[16:20]
        elif kind == b"\x86\xdd":
            header, size, protocol = 40, 40 + struct.unpack_from("!H", packet, 4)[0], packet[6]
            source, destination = packet[8:24], packet[24:40]
        else: continue
        ports = struct.unpack_from("!HH", packet, header) if protocol in (6, 17) else (0, 0)
        flags = packet[header + 13] if protocol == 6 else 0
        out[str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)), protocol, *ports].add(size, flags, time)
    return {key: total.facts() for key, total in out.items()}


def time_of(text):
    """Microseconds of an EVE time."""
    whole = datetime.datetime.strptime(text[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return int(whole.timestamp()) * 1_000_000 + int(text[20:26])


def sides(event):
    """((key), (packets, bytes, flags, first, last)) of each direction that has packets."""
    flow, tcp = event["flow"], event.get("tcp", {})
    protocol = PROTOCOLS.get(event["proto"]) or int(event["proto"])
    ports = event.get("src_port", 0), event.get("dest_port", 0)
    for way, short in (("toserver", "ts"), ("toclient", "tc")):
        ends = (*(str(ipaddress.ip_address(event[end])) for end in ("src_ip", "dest_ip")), protocol, *ports)
        if way == "toclient": ends = (ends[1], ends[0], protocol, ends[4], ends[3])
        if flow["pkts_" + way]:
            yield ends, (flow["pkts_" + way], flow["bytes_" + way], int(tcp.get("tcp_flags_" + short, "0"), 16),
                         time_of(flow.get("start_" + way, flow["start"])), time_of(flow.get("end_" + way, flow["end"])))


def added(events):
    out = {}
    for event in events:
        for key, facts in sides(event):
            p, b, f, first, last = facts
            if key in out: old = out[key]; p, b, f, first, last = p + old[0], b + old[1], f | old[2], min(first, old[3]), max(last, old[4])
            out[key] = p, b, f, first, last
    return out


class FlowRecords(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.runs = 0

    def records(self, capture, *options, cut=False):
        self.runs += 1
        store, logs = os.path.join(self.folder, f"store{self.runs}"), os.path.join(self.folder, f"logs{self.runs}")
        ran = subprocess.run([WEIR, "detect", "-r", capture, "--no-rules", "-k", "none", "-l", logs, "--store", store, *options],
                             capture_output=True, text=True)
        self.assertEqual((ran.returncode, "" if cut else ran.stderr), (0, ""))
        shown = subprocess.run([WEIR, "flows", "list", "--raw", "--store", store, "--json"], capture_output=True, text=True)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        return [json.loads(line) for line in shown.stdout.splitlines()]


    def made(self, packets, gap=0.01, snaplen=65535):
        """A capture of these frames, one after the other."""
        path = os.path.join(self.folder, f"made{self.runs}.pcap")
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for i, frame in enumerate(packets):
                at = START * 1_000_000 + round(i * gap * 1e6)
                kept = frame[:snaplen]
                out.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(kept), len(frame)) + kept)
        return path

    def test_records_say_what_the_packets_say(self):
        names = [name for name in os.listdir(CAPTURES) if name.endswith(".pcap")]
        self.assertTrue(names)
        for name in sorted(names):
            path = os.path.join(CAPTURES, name)
            with self.subTest(name):
                one, four = self.records(path, "--threads", "1"), self.records(path, "--threads", "4")
                self.assertEqual(added(one), counted(path))
                self.assertEqual(one, four)

    def test_padding_is_no_bytes_of_ip(self):
        packet = frames.ethernet(frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1000, 2000, b"x")))
        path = self.made([packet + bytes(60 - len(packet))])
        self.assertEqual(self.records(path)[0]["flow"]["bytes_toserver"], 29)

    def test_packets_without_a_flow_have_records_too(self):
        quoted = frames.ip("10.0.0.1", "10.0.0.9", 17, frames.udp(1000, 9, b"x" * 20))
        error = frames.ip("10.0.0.7", "10.0.0.1", 1, b"\3\1\0\0" + bytes(4) + quoted)
        broken = frames.ip("10.0.0.1", "10.0.0.2", 6, frames.tcp(3000, 80, 1, 0, SYN)[:12] + b"\xf0" + bytes([SYN]) + bytes(6))
        path = self.made([frames.ethernet(p) for p in (quoted, error, frames.ip("10.0.0.1", "224.0.0.22", 2, bytes(8)), broken)])
        self.assertEqual(added(self.records(path)), counted(path))

    def test_fragments_are_packets_of_their_flow(self):
        whole = frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1000, 2000, bytes(3000)))
        lost = frames.fragments(frames.ip("10.0.0.1", "10.0.0.3", 17, frames.udp(1000, 2000, bytes(3000))), 9, 800)[:2]
        pieces = frames.fragments(whole, 8, 800)
        path = self.made([frames.ethernet(p) for p in (*lost, *reversed(pieces), frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1000, 2000, b"x")))])
        one, four = self.records(path, "--threads", "1"), self.records(path, "--threads", "4")
        self.assertEqual(one, four)
        self.assertEqual({e["dest_ip"]: (e["src_port"], e["flow"]["pkts_toserver"], e["flow"]["bytes_toserver"]) for e in one},
                         {"10.0.0.2": (1000, len(pieces) + 1, sum(map(len, pieces)) + 29), "10.0.0.3": (1000, 2, sum(map(len, lost)))})

    def test_packets_that_the_capture_cut_are_counted_whole(self):
        def tcp(a, b, *rest): return frames.ethernet(frames.ip(a, b, 6, frames.tcp(40000 if a[-1] == "1" else 80, 80 if a[-1] == "1" else 40000, *rest)))
        for here, there in (("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")):
            packets = [tcp(here, there, 100, 0, SYN), tcp(there, here, 700, 101, SYN | ACK), tcp(here, there, 101, 701, ACK),
                       tcp(here, there, 101, 701, ACK | PUSH, b"x" * 900), tcp(there, here, 701, 1001, ACK, b"y" * 1400), tcp(there, here, 2101, 1001, ACK, b"y" * 1400)]
            for options in (), ("--flows-only",):
                for threads in "1", "4":
                    ran = self.records(self.made(packets, snaplen=96), "--threads", threads, *options, cut=True)
                    self.assertEqual(added(ran), counted(self.made(packets)))
                    record, = ran
                    self.assertEqual((record["meter"]["toclient"]["payload_bytes"], record["meter"]["toclient"].get("lost_bytes")), (2800, None))

    def test_a_flow_that_goes_on_is_told_in_parts(self):
        packets = [frames.ethernet(frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1000, 2000, bytes(n)))) for n in range(12)]
        path = self.made(packets, gap=20)
        one, four = self.records(path, "--threads", "1"), self.records(path, "--threads", "4")
        self.assertEqual(one, four)
        self.assertEqual([e["flow"]["part"] for e in one], [1, 2, 3, 4])
        self.assertEqual([e["flow"]["end_reason"] for e in one], ["active"] * 3 + ["forced"])
        self.assertEqual(sum(e["flow"]["pkts_toserver"] for e in one), 12)
        self.assertEqual(added(one), counted(path))
        whole, = self.records(path, "--set", "weir.flows.status-interval=0")
        self.assertEqual((whole["flow"].get("part"), whole["flow"]["pkts_toserver"]), (None, 12))
        self.assertEqual([e["flow"]["part"] for e in self.records(path, "--set", "weir.flows.active-timeout.udp=100")], [1, 2, 3])

    def test_an_error_is_joined_to_the_flow_that_it_is_about(self):
        quoted = frames.ip("10.0.0.1", "10.0.0.9", 17, frames.udp(1000, 9000, b"x" * 20))
        error = frames.ip("10.0.0.7", "10.0.0.1", 1, b"\x0b\0\0\0" + bytes(4) + quoted)
        for threads in "1", "4":
            events = self.records(self.made([frames.ethernet(quoted), frames.ethernet(error)]), "--threads", threads)
            told, = [e["meter"]["icmp_error"] for e in events if e["proto"] == "UDP"]
            self.assertEqual(told, {"from": "10.0.0.7", "icmp_type": 11, "icmp_code": 0})

    def test_errors_of_icmpv6_are_joined_too(self):
        packets = []
        for n in range(1, 9):
            quoted = frames.ip("fd00::1", f"fd00::9:{n}", 17, frames.udp(1000, 9000, b"x" * 20))
            packets += [frames.ethernet(p) for p in (quoted, frames.ip("fd00::7", "fd00::1", 58, b"\1\4\0\0" + bytes(4) + quoted))]
        for threads in "1", "4":
            events = self.records(self.made(packets), "--threads", threads)
            self.assertEqual([e["meter"].get("icmp_error", {}).get("icmp_code") for e in events if e["proto"] == "UDP"], [4] * 8)

    def test_an_error_that_another_meter_saw_is_joined_by_what_it_quotes(self):
        def asked(port, *options):
            """What reach says of TCP port 80, when an error about this port came by another exporter than the packets."""
            store = os.path.join(self.folder, f"asked{self.runs}-{port}-{len(options)}")
            quoted = frames.ip("10.0.0.1", "10.0.0.9", 6, frames.tcp(4000, port, 1, 0, SYN))
            lost = frames.ip("10.0.0.1", "10.0.0.9", 6, frames.tcp(4000, 80, 1, 0, SYN))
            error = frames.ip("10.0.0.7", "10.0.0.1", 1, b"\3\1\0\0" + bytes(4) + quoted)
            for packet in lost, error:  # two runs, as one alone would join them
                subprocess.run([WEIR, "detect", "-r", self.made([frames.ethernet(packet)]), "--no-rules", "-k", "none", "-l", self.folder, "--store", store, *options], check=True, capture_output=True)
            done = subprocess.run([WEIR, "flows", "reach", "10.0.0.1", "10.0.0.9", "--port", "80", "--store", store, "--json"], check=True, capture_output=True, text=True)
            row = json.loads(done.stdout.splitlines()[0])
            return row.get("icmp_errors_of"), row.get("icmp_errors_perhaps_of")
        self.assertEqual(asked(80, "--flow-payload", "64"), (["10.0.0.7"], []))
        self.assertEqual(asked(81, "--flow-payload", "64"), ([], []))
        self.assertEqual(asked(80), ([], ["10.0.0.7"]))

    def test_flows_only_counts_the_same(self):
        for name in "http.pcap", "dns.pcap", "ping.pcap":
            path = os.path.join(CAPTURES, name)
            for threads in "1", "4":
                self.assertEqual(added(self.records(path, "--flows-only", "--threads", threads)), counted(path))
        logs = os.path.join(self.folder, f"logs{self.runs}", "eve.json")
        with open(logs) as file: self.assertEqual({json.loads(line)["event_type"] for line in file}, {"stats"})

    def test_a_connection_that_begins_anew_is_another_flow(self):
        def tcp(a, b, *rest): return frames.ethernet(frames.ip(a[0], b[0], 6, frames.tcp(a[1], b[1], *rest)))
        here, there = ("10.0.0.1", 40000), ("10.0.0.2", 80)
        def connection(n): return [tcp(here, there, n, 0, SYN), tcp(there, here, 7 * n, n + 1, SYN | ACK), tcp(here, there, n + 1, 7 * n + 1, ACK),
                                   tcp(here, there, n + 1, 7 * n + 1, FIN | ACK), tcp(there, here, 7 * n + 1, n + 2, FIN | ACK), tcp(here, there, n + 2, 7 * n + 2, ACK)]
        for options in (), ("--flows-only",):
            events = self.records(self.made(connection(1000) + connection(900_000)), *options)
            self.assertEqual([(e["flow"]["pkts_toserver"], e["flow"]["end_reason"], e["meter"]["conn_state"]) for e in events], [(4, "end", "SF")] * 2)

    def test_samples_are_what_they_say(self):
        packets = [frames.ethernet(frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1000 + n % 40, 2000, b"x"))) for n in range(4000)]
        path = self.made(packets, gap=0.001)
        def packets_of(*options):
            events = self.records(path, *options)
            self.assertTrue(all(e["exporter"]["sampling"] == 4 for e in events))
            return {e["src_port"]: e["flow"]["pkts_toserver"] for e in events}
        for only in (), ("--flows-only",):
            for how in ":count", "", ":random", ":flow":
                with self.subTest(how=how, only=only):
                    one, four = (packets_of("--sample", "1:4" + how, "--threads", n, *only) for n in ("1", "4"))
                    self.assertEqual(one, four)
                    if how == ":flow":
                        self.assertTrue(2 <= len(one) <= 20 and set(one.values()) == {100}, one)
                    else:
                        self.assertTrue(800 <= sum(one.values()) <= 1200, one)
                    if how == ":count": self.assertEqual(sum(one.values()), 1000)

    def test_what_there_is_no_memory_for_is_told_early(self):
        packets = [frames.ethernet(frames.ip(f"10.0.{n >> 8}.{n & 255}", "10.9.0.1", 17, frames.udp(1000, 2000, b"x"))) for n in range(3000)]
        events = self.records(self.made(packets, gap=0.0001), "--threads", "1", "--set", "flow.memcap=1mb", "--set", "flow.prealloc=1", "--set", "flow.hash-size=256")
        self.assertEqual(sum(e["flow"]["pkts_toserver"] for e in events), 3000)
        self.assertEqual({e["flow"]["end_reason"] for e in events}, {"resources", "forced"})

    @unittest.skipUnless(os.geteuid() == 0, "listening to an interface needs root")
    def test_a_live_run_tells_its_flows(self):
        store = os.path.join(self.folder, "live")
        run = subprocess.Popen([WEIR, "detect", "-i", "lo", "--no-rules", "--user", "root", "-l", os.path.join(self.folder, "logs"), "--store", store, "-v",
                                "--set", "weir.control.enabled=no", "-f", "udp and port 20999"], stderr=subprocess.PIPE, text=True)
        try:
            while "listening on" not in (line := run.stderr.readline()): self.assertTrue(line, "it ended")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                for _ in range(20):
                    s.sendto(b"x" * 100, ("127.0.0.1", 20999))
                    time.sleep(0.02)
        finally:
            run.terminate()
            run.stderr.read()
            self.assertEqual(run.wait(), 0)
            run.stderr.close()
        shown = subprocess.run([WEIR, "flows", "list", "--store", store, "--json"], capture_output=True, text=True, check=True)
        record, = map(json.loads, shown.stdout.splitlines())
        self.assertEqual((record["dest_port"], record["flow"]["bytes_toserver"] // record["flow"]["pkts_toserver"]), (20999, 128))
        self.assertEqual(record["path"]["in_interface_name"], "lo")

    def test_a_call_that_cannot_be_is_refused(self):
        path = os.path.join(CAPTURES, "dns.pcap")
        for command, options, status, said in (("detect", ["--sample", "2:3"], 2, "expected 1:N"), ("detect", ["--sample", "1:0"], 2, "expected 1:N"),
                                               ("detect", ["--flow-payload", "513"], 2, "up to 512"), ("detect", ["--flows-only"], 1, "--store"),
                                               ("detect", ["--sample", "1:2"], 1, "nobody takes records"), ("detect", ["--flow-payload", "8"], 1, "nobody takes records"),
                                               ("detect", ["--flows-only", "-S", "x.rules"], 2, "looks at no rules"),
                                               ("prevent", ["--flows-only", "--store", os.path.join(self.folder, "x")], 2, "detect"),
                                               ("detect", ["--store", "/proc/nothing"], 1, "--store /proc/nothing")):
            ran = subprocess.run([WEIR, command, "-r", path, "-l", self.folder, *options], capture_output=True, text=True)
            self.assertEqual(ran.returncode, status, (options, ran.stderr))
            self.assertIn(said, ran.stderr)

    def test_events_say_what_records_say_when_asked_to(self):
        path = os.path.join(CAPTURES, "tls.pcap")

        def events(*options):
            logs = os.path.join(self.folder, "eve")
            subprocess.run([WEIR, "detect", "-r", path, "--no-rules", "-k", "none", "-l", logs, *options], check=True)
            with open(os.path.join(logs, "eve.json")) as file: found = [json.loads(line) for line in file]
            os.remove(os.path.join(logs, "eve.json"))
            return [e for e in found if e["event_type"] == "flow"]
        plain, shown = events(), events("--set", "weir.flows.eve=yes")
        self.assertTrue(plain)
        self.assertFalse(any("meter" in e for e in plain))
        for event in shown:
            self.assertIn(event["meter"]["conn_state"], ("SF", "S1", "S0", "RSTO", "RSTR"))
            for own in "meter", "application", "rules", "tunnel": event.pop(own, None)
        self.assertEqual(plain, shown)
        path = self.made([frames.ethernet(frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1000, 2000, bytes(n)))) for n in range(12)], gap=20)
        parts = [(e["flow"].get("part"), e["flow"].get("reason"), e["flow"]["pkts_toserver"])
                 for e in events("--set", "weir.flows.eve=yes", "--set", "weir.flows.status-interval=100")]
        self.assertEqual(parts, [(1, None, 6), (2, None, 11), (3, "shutdown", 12)])

    def test_the_side_that_began_is_the_source(self):
        def tcp(a, b, flags): return frames.ethernet(frames.ip(a[0], b[0], 6, frames.tcp(a[1], b[1], 1, 1, flags)))
        low, high, other = ("10.0.0.1", 80), ("10.0.0.2", 40000), ("10.0.0.3", 50000)
        for packets, source in (([tcp(low, high, ACK), tcp(high, low, ACK)], high), ([tcp(high, other, ACK)], high), ([tcp(other, high, ACK)], other),
                                ([tcp(low, high, SYN), tcp(high, low, SYN | ACK)], low), ([tcp(low, high, SYN | ACK)], high)):
            with self.subTest(source=source, packets=len(packets)):
                record, = self.records(self.made(packets))
                self.assertEqual((record["src_ip"], record["src_port"]), source)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
