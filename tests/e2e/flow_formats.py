#!/usr/bin/env python3
"""`weir flows load`, and the formats that `weir flows list` writes, as programs. flow_formats.py WEIR

nfdump reads the IPFIX file and prints its own lines of it where it is installed; it is said when that is left out.
"""
import csv, gzip, io, ipaddress, json, os, re, shutil, signal, socket, struct, subprocess, sys, tempfile, time, unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [FOLDER, os.path.dirname(FOLDER)]
import collect, geo_database

WEIR = ""
START = 1_700_006_400
KEY = "1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202\n"


def stamp(seconds): return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(seconds))) + f".{round(seconds % 1 * 1e6):06}+0000"


def event(source, destination, sport=1000, dport=443, proto="TCP", packets=(6, 5), octets=(900, 700), start=START, lasts=1.5, **more):
    """A flow event as Suricata writes it."""
    ports = {"icmp_type": sport, "icmp_code": dport} if "ICMP" in proto else {"src_port": sport, "dest_port": dport}
    tcp = {"tcp": {"tcp_flags": "1b", "tcp_flags_ts": "1a", "tcp_flags_tc": "13"}} if proto == "TCP" else {}
    return {"timestamp": stamp(start + lasts), "event_type": "flow", "src_ip": source, "dest_ip": destination, "proto": proto, **ports, **tcp,
            "flow": {"pkts_toserver": packets[0], "pkts_toclient": packets[1], "bytes_toserver": octets[0], "bytes_toclient": octets[1],
                     "start": stamp(start), "end": stamp(start + lasts), "age": int(lasts), "state": "closed", "reason": "timeout", "alerted": False}, **more}


EVENTS = [event("10.0.0.1", "192.0.2.1", app_proto="tls", in_iface="eth0"), event("10.0.0.2", "192.0.2.53", 53123, 53, "UDP", (1, 1), (60, 120), START + 1),
          event("10.0.0.1", "192.0.2.9", 8, 0, "ICMP", (4, 0), (336, 0), START + 2.25), event("2001:db8::1", "2001:db8:1234:5678:9abc:def0:1234:5678", 40000, 22, "TCP", (5_000_000, 999_999), (9_876_543_210, 1_048_576), START + 3, 90_000.25),
          event("10.0.0.3", "192.0.2.1", 0, 0, "GRE", (2, 2), (200, 300), START + 4)]


def is_bound(port):
    with open("/proc/net/udp") as f: return f":{port:04X} " in f.read()


class Formats(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name): return os.path.join(self.folder, name)

    def write(self, name, text, opener=open):
        with opener(self.path(name), "wt") as f: f.write(text)
        return self.path(name)

    def run_weir(self, *call, status=0):
        done = subprocess.run([WEIR, "flows", *call], capture_output=True, text=True, timeout=60, env={**os.environ, "TZ": "UTC"})
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def list(self, *how, store="store"): return self.run_weir("list", "--store", self.path(store), *how).stdout

    def load(self, events=EVENTS, store="store"):
        log = self.write("eve.json", "".join(json.dumps(e) + "\n" for e in events))
        return self.run_weir("load", log, "--store", self.path(store))

    def key(self):
        path = self.write("key", KEY)
        os.chmod(path, 0o600)
        return path

    def test_what_is_listed_can_be_loaded_and_is_the_same(self):
        self.load()
        first = self.list("--json")
        self.write("first.json", first)
        self.write("first.json.gz", first, gzip.open)
        for name in ("first.json", "first.json.gz"):
            self.run_weir("load", self.path(name), "--store", self.path("again " + name))
            self.assertEqual(sorted(self.list("--json", store="again " + name).splitlines()), sorted(first.splitlines()))
        events = {(e["src_ip"], e["dest_ip"]): e for e in map(json.loads, first.splitlines())}
        self.assertEqual(len(events), len(EVENTS))
        tls = events["10.0.0.1", "192.0.2.1"]
        self.assertEqual((tls["flow"]["end_reason"], tls["application"]["name"], tls["path"]["in_interface_name"], tls["tcp"]["tcp_flags_tc"]), ("end", "tls", "eth0", "13"))

    def test_wrong_lines_are_named_and_the_others_are_loaded(self):
        lines = [json.dumps(EVENTS[0]), "broken", json.dumps({**EVENTS[1], "src_ip": "x"}), json.dumps({"event_type": "dns"}), json.dumps(EVENTS[2])]
        log = self.write("eve.json", "\n".join(lines) + "\n")
        done = self.run_weir("load", log, self.path("none.json"), "--store", self.path("store"), "--json", status=1)
        self.assertIn(f"{log}:2: error: not JSON", done.stderr)
        self.assertIn(f"{log}:3: error: src_ip: expected an address", done.stderr)
        self.assertIn("none.json: error: ", done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[0]), {"file": log, "lines": 5, "records": 2, "other_events": 1, "wrong_lines": 2})
        self.assertEqual(len(self.list("--json").splitlines()), 2)
        self.assertIn("load wants FILE...", self.run_weir("load", "--store", self.path("store"), status=2).stderr)
        self.assertIn("--from means nothing to load", self.run_weir("load", log, "--from", "now", "--store", self.path("store"), status=2).stderr)

    def test_csv_has_a_row_a_record_with_the_head_s_fields(self):
        self.load()
        rows = list(csv.DictReader(io.StringIO(self.list("--csv"))))
        self.assertEqual(len(rows), len(EVENTS))
        self.assertTrue(all(None not in row and None not in row.values() for row in rows))
        self.assertEqual({(r["src_ip"], r["bytes_toserver"]) for r in rows}, {(e["src_ip"], str(e["flow"]["bytes_toserver"])) for e in EVENTS})

    def test_zeek_lines_have_the_fields_that_their_head_names(self):
        self.load()
        lines = self.list("--zeek").splitlines()
        fields = next(l for l in lines if l.startswith("#fields")).split("\t")[1:]
        rows = [dict(zip(fields, l.split("\t"), strict=True)) for l in lines if not l.startswith("#")]
        self.assertEqual(len(rows), len(EVENTS))
        tls = next(r for r in rows if r["service"] == "ssl")
        self.assertEqual((tls["ts"], tls["id.resp_h"], tls["duration"], tls["orig_ip_bytes"], tls["history"]), (f"{START}.000000", "192.0.2.1", "1.500000", "900", "-"))
        self.assertTrue(lines[-1].startswith("#close\t"))

    def test_a_table_fits_and_has_colours_only_when_asked(self):
        self.load()
        table = self.list()
        self.assertEqual(len(table.splitlines()), len(EVENTS) + 1)
        self.assertNotIn("…", table)  # who reads a pipe wants all of it
        self.assertNotIn("\033", table)
        self.assertIn("\033[1m", self.list("--color", "always"))

    def test_no_format_has_an_address_when_they_are_anonymised(self):
        self.load()
        addresses = {a for e in EVENTS for a in (e["src_ip"], e["dest_ip"])}
        forms = {form for a in addresses for form in (ipaddress.ip_address(a).compressed, ipaddress.ip_address(a).exploded)}
        for how in ((), ("--json",), ("--csv",), ("--zeek",), ("--nfdump",)):
            text, plain = self.list("--anonymise", self.key(), *how), self.list(*how)
            said = {form for form in forms if re.search(r"(?<![\w.:])" + re.escape(form) + r"(?!\w)", plain)}
            self.assertGreater(len(said), 2, how)  # where nothing is hidden they are found
            for form in said: self.assertNotRegex(text, r"(?<![\w.:])" + re.escape(form) + r"(?!\w)", how)
        hidden = [json.loads(l)["src_ip"] for l in self.list("--anonymise", self.key(), "--json").splitlines()]
        self.assertEqual(hidden, [json.loads(l)["src_ip"] for l in self.list("--anonymise", self.key(), "--json").splitlines()])
        self.assertIn("exclude", self.run_weir("list", "--store", self.path("store"), "--names", "--anonymise", self.key(), status=2).stderr)
        self.assertIn("expected a key", self.run_weir("list", "--store", self.path("store"), "--anonymise", self.write("short", "x"), status=1).stderr)

    @unittest.skipUnless(shutil.which("nfcapd") and shutil.which("nfdump"), "nfdump is not installed")
    def databases(self):
        """Options that name one of countries and one of autonomous systems."""
        countries = {"192.0.2.0/24": "FR", "2001:db8::/48": "DE", "10.0.0.1/32": "SE"}
        said = {"countries": {network: {"country": {"iso_code": code}} for network, code in countries.items()},
                "systems": {"192.0.2.0/26": {"autonomous_system_number": 64500}, "2001:db8::/32": {"autonomous_system_number": 4200000000}}}
        for name, networks in said.items():
            with open(self.path(name), "wb") as f: f.write(geo_database.database(networks))
        return ("--geoip-database", self.path("countries"), "--as-database", self.path("systems"))

    def test_countries_and_autonomous_systems_are_looked_up_for_who_asks(self):
        self.load()
        options = self.databases()
        self.assertNotIn("country", self.list("--json", *options))
        placed = [json.loads(line) for line in self.list("--json", "--geo", *options).splitlines()]
        told = {(str(ipaddress.ip_address(e["src_ip"])), str(ipaddress.ip_address(e["dest_ip"]))): (e.get("src_country"), e.get("dest_country"), e.get("path", {}).get("src_as"), e.get("path", {}).get("dest_as")) for e in placed}
        self.assertEqual(told["10.0.0.1", "192.0.2.1"], ("SE", "FR", None, 64500))
        self.assertEqual(told["10.0.0.3", "192.0.2.1"], (None, "FR", None, 64500))
        self.assertEqual(told["2001:db8::1", "2001:db8:1234:5678:9abc:def0:1234:5678"], ("DE", None, 4200000000, 4200000000))
        rows = list(csv.DictReader(io.StringIO(self.list("--csv", "--geo", "--sort", "bytes", *options))))
        self.assertEqual([(row["src_country"], row["dest_country"]) for row in rows[:1]], [("DE", "")])
        self.assertEqual({row["dest_as"] for row in rows}, {"64500", "4200000000"})
        self.assertIn("SE/FR", self.list("--geo", *options))

    def test_filters_and_groups_know_countries_and_autonomous_systems(self):
        self.load()
        options = self.databases()
        def sources(*filter): return [row["src_ip"] for row in csv.DictReader(io.StringIO(self.list("--csv", *filter, *options)))]
        self.assertEqual(sources("src country SE"), ["10.0.0.1", "10.0.0.1"])
        self.assertEqual(sources("geo de"), ["2001:db8::1"])
        self.assertEqual(sources("as 4200000000"), ["2001:db8::1"])
        self.assertEqual(sources("dst country FR and not src country SE"), ["10.0.0.2", "10.0.0.3"])
        top = self.run_weir("top", "--store", self.path("store"), "--by", "dst-country,dst-as", "--sort", "flows", "--csv", *options).stdout
        self.assertEqual([tuple(row.values())[:3] for row in csv.DictReader(io.StringIO(top))], [("FR", "64500", "4"), ("", "4200000000", "1")])
        config = self.write("weir.yaml", "%YAML 1.1\n---\ngeoip-database: countries\nweir: {flows: {as-database: systems}}\n")
        self.assertEqual(self.run_weir("count", "country SE and as 64500", "--store", self.path("store"), "--csv", "-c", config).stdout.splitlines()[1].split(",")[0], "2")

    @unittest.skipIf(os.path.exists("/usr/share/GeoIP/GeoLite2-Country.mmdb"), "there is a database where one is looked for")
    def test_a_database_that_is_missing_is_told_with_what_to_do(self):
        self.load()
        for call in (["list", "--geo"], ["list", "country DE"], ["top", "--by", "country"]):
            said = self.run_weir(*call, "--store", self.path("store"), status=2).stderr
            self.assertIn("--geoip-database FILE, or geoip-database in the configuration", said)
        said = self.run_weir("list", "--geo", "--geoip-database", self.path("none"), "--store", self.path("store"), status=2).stderr
        self.assertIn(f"--geoip-database {self.path('none')}: ", said)
        self.assertIn("--as-database means nothing to used", self.run_weir("used", "10.0.0.1", "--as-database", "x", "--store", self.path("store"), status=2).stderr)

    def test_where_anonymised_addresses_are_is_not_told(self):
        self.load()
        options = ("--anonymise", self.key(), *self.databases())
        self.assertIn("--geo and --anonymise exclude each other", self.run_weir("list", "--geo", *options, "--store", self.path("store"), status=2).stderr)
        for by in ("src,src-country", "dst/24,as"):
            self.assertIn("goes without --anonymise", self.run_weir("top", "--by", by, *options, "--store", self.path("store"), status=2).stderr)
        self.assertIn("FR", self.run_weir("top", "--by", "dst-country", *options, "--store", self.path("store")).stdout)
        for how in ("--json", "--csv"):
            written = self.list(how, "country SE and as 64500", *options)
            self.assertEqual(len(written.splitlines()), 2 if how == "--json" else 3)
            for told in ("64500", "SE", "FR"): self.assertNotIn(told, written.split("conn_state", 1)[-1])

    def test_options_and_keys_without_effect_are_told(self):
        log = self.write("eve.json", json.dumps(EVENTS[0]) + "\n")
        self.assertIn("--color means nothing to load", self.run_weir("load", log, "--color", "always", "--store", self.path("store"), status=2).stderr)
        self.load()
        self.assertIn("--color means nothing to expire", self.run_weir("expire", "--color", "never", "--store", self.path("store"), status=2).stderr)
        capture = os.path.join(FOLDER, "..", "..", "examples", "captures", "http.pcap")
        def said(*more): return subprocess.run([WEIR, "detect", "-r", capture, "--no-rules", "-l", self.folder, "--set", "weir.flows.store.max-age=90d", *more], capture_output=True, text=True, check=True).stderr
        self.assertIn("key 'weir.flows.store.max-age' has no effect without --store", said())
        self.assertNotIn("has no effect", said("--store", self.path("other")))

    def test_nfdump_reads_the_ipfix_file_and_prints_the_same_lines(self):
        self.load()
        self.list("--ipfix", self.path("flows.ipfix"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        os.mkdir(self.path("nf"))
        daemon = subprocess.Popen(["nfcapd", "-w", self.path("nf"), "-p", str(port), "-b", "127.0.0.1", "-t", "86400"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TZ": "UTC"})
        self.addCleanup(lambda: daemon.poll() is None and (daemon.kill(), daemon.wait()))
        end = time.monotonic() + 30
        while not is_bound(port):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        with open(self.path("flows.ipfix"), "rb") as f: data = f.read()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            while data:
                size = struct.unpack(">H", data[2:4])[0]
                s.sendto(data[:size], ("127.0.0.1", port))
                data = data[size:]
                time.sleep(0.02)
        collect.wait_until(lambda: collect.is_drained(port))
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(30)
        printed = subprocess.run(["nfdump", "-q", "-R", self.path("nf"), "-o", "line"], capture_output=True, text=True, env={**os.environ, "TZ": "UTC"}, check=True).stdout
        ours = self.list("--nfdump").splitlines()
        self.assertTrue(ours[0].startswith("Date first seen"))
        self.assertEqual(sorted(ours[1:]), sorted(printed.splitlines()))


if __name__ == "__main__":
    WEIR = sys.argv.pop(1)
    unittest.main()
