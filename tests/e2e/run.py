#!/usr/bin/env python3
"""What the program says and how it ends when it is called wrongly or fed badly. run.py WEIR"""
import hashlib, json, os, shutil, signal, struct, subprocess, sys, tempfile, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "tests"))
import connections
CAPTURE = os.path.join(REPOSITORY, "examples", "captures", "http.pcap")
RULES = os.path.join(REPOSITORY, "examples", "rules", "example.rules")
GOOD_RULE = 'alert tcp any any -> any any (msg:"good"; flow:to_server; content:"EvilLoader"; sid:%d;)\n'
WEIR = ""


class Call:
    def __init__(self, *arguments, cwd=None, stdin=None):
        done = subprocess.run([WEIR, *arguments], capture_output=True, timeout=60, cwd=cwd, stdin=stdin,
                              env={**os.environ, "TZ": "UTC"})
        self.status, self.out, self.said = done.returncode, done.stdout.decode(), done.stderr.decode()


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name, content=None):
        path = os.path.join(self.folder.name, name)
        if content is not None:
            with open(path, "wb") as f: f.write(content if isinstance(content, bytes) else content.encode())
        return path

    def lines(self, name="eve.json"):
        with open(self.path(name), encoding="utf-8") as f: return f.read().splitlines()

    def detect(self, *arguments): return Call("detect", "-l", self.folder.name, *arguments)


class Usage(Folder):
    def test_no_command_shows_what_there_is(self):
        call = Call()
        self.assertEqual(call.status, 2)
        self.assertIn("usage: weir COMMAND", call.said)

    def test_help_and_version_go_to_standard_output(self):
        for arguments in (["--help"], ["detect", "--help"], ["check", "--help"], ["--version"]):
            call = Call(*arguments)
            self.assertEqual((call.status, call.said), (0, ""), arguments)
            self.assertTrue(call.out)

    def test_unknown_command_and_option_are_usage_errors_with_a_hint(self):
        self.assertEqual(Call("detcet").status, 2)
        call = Call("detect", "-r", CAPTURE, "--thread", "2")
        self.assertEqual(call.status, 2)
        self.assertIn("did you mean --threads?", call.said)

    def test_no_input_is_a_usage_error(self):
        call = Call("detect", "-S", RULES)
        self.assertEqual(call.status, 2)
        self.assertIn("-r", call.said)

    def test_keywords_are_listed(self):
        self.assertIn("content:VALUE", Call("keywords").out)
        self.assertEqual(Call("keywords", "nonsense").status, 1)
        self.assertIn("\ntls.sni;", Call("keywords", "--csv", "tls.sni").out)

    def test_protocols_are_listed(self):
        self.assertIn("client_hello_done", Call("protocols", "tls").out)
        self.assertIn("also written", Call("protocols").out)
        self.assertEqual(Call("protocols", "nonsense").status, 1)


class Input(Folder):
    def test_nothing_but_errors_is_said_when_nobody_watches(self):
        call = self.detect("-r", CAPTURE, "-S", RULES)
        self.assertEqual((call.status, call.out, call.said), (0, "", ""))
        self.assertIn("alerts", self.detect("-r", CAPTURE, "-S", RULES, "-v").said)

    def test_missing_capture(self):
        call = self.detect("-r", "/nonexistent.pcap", "--no-rules")
        self.assertEqual(call.status, 1)
        self.assertIn("/nonexistent.pcap", call.said)

    def test_a_truncated_capture_names_file_and_offset_and_the_rest_is_scanned(self):
        with open(CAPTURE, "rb") as capture: broken = self.path("a.pcap", capture.read()[:-10])
        call = self.detect("-r", broken, CAPTURE.replace("http", "dns"), "-S", RULES)
        self.assertEqual(call.status, 1)
        self.assertRegex(call.said, r"a\.pcap.*offset \d+")
        for sid in (9000001, 9000005): self.assertTrue(any(f'"signature_id":{sid}' in line for line in self.lines()))

    def test_a_file_that_is_no_capture(self):
        call = self.detect("-r", self.path("x.pcap", "not a capture at all, but long enough"), "--no-rules")
        self.assertEqual(call.status, 1)
        self.assertIn("x.pcap", call.said)

    def test_an_empty_capture_is_fine(self):
        empty = self.path("e.pcap", struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.assertEqual(self.detect("-r", empty, "-S", RULES).status, 0)

    def test_a_rule_profile_names_the_rules_that_matched(self):
        for threads in ("1", "3"):
            file = self.path("profile.json")
            if threads != "1": os.remove(self.path("eve.json"))
            self.assertEqual(self.detect("-r", CAPTURE, "-S", RULES, "--rule-profile", file, "--threads", threads).status, 0)
            with open(file, encoding="utf-8") as f: rules = json.load(f)
            alerts = [json.loads(line) for line in self.lines() if '"event_type":"alert"' in line]
            for sid in {alert["alert"]["signature_id"] for alert in alerts}:
                rule = [r for r in rules if r["sid"] == sid][0]
                self.assertGreaterEqual(rule["checks"], rule["matches"])
                self.assertEqual(rule["matches"], sum(alert["alert"]["signature_id"] == sid for alert in alerts))
            times = [r["time_us"] for r in rules]
            self.assertEqual(times, sorted(times, reverse=True))
            self.assertTrue(all(r["checks"] > 0 and r["avg_us"] <= r["time_us"] for r in rules))

    def test_a_rule_profile_without_rules_is_empty(self):
        file = self.path("profile.json")
        self.assertEqual(self.detect("-r", CAPTURE, "--no-rules", "--rule-profile", file).status, 0)
        with open(file, encoding="utf-8") as f: self.assertEqual(json.load(f), [])

    def test_a_rule_profile_that_cannot_be_written_ends_the_run_before_it_begins(self):
        call = self.detect("-r", CAPTURE, "-S", RULES, "--rule-profile", "/no/such/folder/profile.json")
        self.assertEqual(call.status, 1)
        self.assertIn("/no/such/folder/profile.json", call.said)

    def test_stats_say_what_part_of_the_time_each_stage_takes(self):
        config = self.path("stats.yaml", "outputs:\n  - eve-log: {enabled: yes, types: [stats]}\n")
        self.assertEqual(self.detect("-r", CAPTURE, "-S", RULES, "-c", config).status, 0)
        shares = json.loads(self.lines()[-1])["weir"]["stage_share"]
        self.assertEqual(set(shares), {"decode", "flow", "stream", "app_layer", "detect", "output"})
        self.assertAlmostEqual(sum(shares.values()), 1, delta=0.01)

    def test_standard_input(self):
        with open(CAPTURE, "rb") as capture:
            call = Call("detect", "-l", self.folder.name, "-r", "-", "-S", RULES, stdin=capture)
        self.assertEqual(call.status, 0, call.said)
        self.assertTrue(self.lines())

    def test_workers_share_a_file_on_standard_input_from_where_it_stands(self):
        logs = []
        for threads in ("1", "3"):
            with open(CAPTURE, "rb") as plain: padded = self.path("padded", b"8 bytes\n" + plain.read())
            with open(padded, "rb") as capture:
                os.lseek(capture.fileno(), 8, os.SEEK_SET)
                call = Call("detect", "-l", self.folder.name, "-r", "-", "-S", RULES, "--threads", threads, stdin=capture)
            self.assertEqual(call.status, 0, call.said)
            logs.append([line for line in self.lines() if '"event_type":"stats"' not in line])
            os.remove(os.path.join(self.folder.name, "eve.json"))
        self.assertTrue(any('"event_type":"alert"' in line for line in logs[0]))
        self.assertEqual(logs[0], logs[1])

    def test_a_wrong_filter(self):
        call = self.detect("-r", CAPTURE, "--no-rules", "-f", "port port")
        self.assertEqual(call.status, 1)
        self.assertTrue(call.said)

    def test_a_filter_leaves_packets_out(self):
        self.assertEqual(self.detect("-r", CAPTURE, "-S", RULES, "-f", "udp").status, 0)
        self.assertFalse(any('"event_type":"alert"' in line for line in self.lines()))


class Rules(Folder):
    def test_a_bad_rule_in_the_middle_is_named_and_the_others_load(self):
        rules = self.path("m.rules", GOOD_RULE % 1 + 'alert tcp any any -> any any (msg:"bad"; depth:5; sid:2;)\n' + GOOD_RULE % 3)
        call = self.detect("-r", CAPTURE, "-S", rules)
        self.assertEqual(call.status, 0)
        self.assertRegex(call.said, r"m\.rules:2:\d+: error: depth: ")
        for sid in (1, 3): self.assertTrue(any(f'"signature_id":{sid},' in line for line in self.lines()))

    def test_strict_makes_it_fatal(self):
        rules = self.path("m.rules", GOOD_RULE % 1 + "alert nonsense\n")
        self.assertEqual(self.detect("-r", CAPTURE, "-S", rules, "--strict").status, 1)
        self.assertFalse(os.path.exists(self.path("eve.json")))

    def test_a_value_that_is_none_is_named_and_strict_makes_it_fatal(self):
        config = self.path("c.yaml", "stream:\n  memcap: 64mbb\noutputs: [{eve-log: {types: [{alert: {payload: perhaps}}]}}]\n"
                           "weir: {sandbox: {landlock: perhaps}}\n")
        said = ("c.yaml:2:11: stream.memcap: '64mbb' is not a size", "alert.payload: 'perhaps' is not yes or no")
        for command in (("detect", "-r", CAPTURE, "-l", self.path("out")), ("check",)):
            call = Call(*command, "-c", config)
            self.assertEqual(call.status, 0, call.said)
            for text in said: self.assertEqual(call.said.count(text), 1, call.said)
            self.assertEqual(Call(*command, "-c", config, "--strict").status, 1)
        call = self.detect("-r", CAPTURE, "-c", config)  # what is read last of all
        self.assertIn("weir.sandbox.landlock: 'perhaps' is not yes or no", call.said)

    def test_a_missing_rule_file_is_named(self):
        call = self.detect("-r", CAPTURE, "-S", "/no/such/*.rules", "--strict")
        self.assertEqual(call.status, 1)
        self.assertIn("/no/such/*.rules", call.said)

    def test_check_counts(self):
        call = Call("check", "-S", RULES)
        self.assertEqual(call.status, 0, call.said)
        self.assertIn("9 loaded, 0 failed", call.out)
        bad = self.path("b.rules", "alert tcp any\n" + GOOD_RULE % 1)
        self.assertEqual(Call("check", "-S", bad).status, 0)
        call = Call("check", "-S", bad, "--strict")
        self.assertEqual(call.status, 1)
        self.assertIn("1 loaded, 1 failed", call.out)

    def test_warnings_end_nothing_and_a_run_names_only_some(self):
        rule = 'alert tcp any any -> any any (content:"a"; isdataat:9000,relative; sid:%d;)\n'
        rules = self.path("w.rules", "".join(rule % sid for sid in range(1, 31)))
        call = Call("check", "-S", rules, "--strict")
        self.assertEqual(call.status, 0, call.said)
        self.assertEqual(call.said.count(": warning: sid "), 30)
        self.assertIn("30 loaded, 0 failed, 0 skipped, 30 warnings", call.out)
        quiet = self.detect("-r", CAPTURE, "-S", rules, "--strict")
        self.assertEqual(quiet.status, 0, quiet.said)
        self.assertEqual(quiet.said, "weir: warning: rules: 30 warnings (-v names them)\n")
        told = self.detect("-r", CAPTURE, "-S", rules, "-v")
        self.assertEqual(told.said.count(": warning: sid "), 30)

    def test_rules_that_can_never_match_are_counted_and_named_on_request(self):
        rules = self.path("n.rules", 'alert tcp any any -> any any (flowbits:isset,nobody.sets; sid:1;)\n'
                          'alert udp any any -> any any (flags:S; sid:2;)\n'
                          'alert ssh any any -> any any (ssh.hassh; content:"x"; sid:3;)\n')
        self.assertEqual(self.detect("-r", CAPTURE, "-S", rules).said,
                         "weir: warning: rules: 3 warnings, 3 of them about rules that can never match (-v names them)\n")
        told = self.detect("-r", CAPTURE, "-S", rules, "-v", "--set", "app-layer.protocols.ssh.hassh=no").said
        self.assertIn("n.rules:1:31: warning: sid 1: flowbits: no rule of the run sets it (nobody.sets)", told)
        self.assertIn("n.rules:2:31: warning: sid 2: flags: packets of the protocol in the rule's header", told)
        self.assertIn("n.rules:3:31: warning: sid 3: ssh.hassh: app-layer.protocols.ssh.hassh turns it off", told)

    def test_keywords_says_which_can_never_match_as_things_are_configured(self):
        call = Call("keywords", "ja3.hash", "dns.query", "http.uri", "--set", "app-layer.protocols.tls.ja3-fingerprints=no",
                    "--set", "app-layer.protocols.dns.enabled=no")
        self.assertEqual(call.status, 0, call.said)
        self.assertIn("can never match: app-layer.protocols.tls.ja3-fingerprints turns it off", call.out)
        self.assertIn("can never match: dns is switched off", call.out)
        self.assertEqual(call.out.count("can never match"), 2)
        self.assertNotIn("can never match", Call("keywords", "ja3.hash", "dns.query").out)


class Configuration(Folder):
    def test_invalid_yaml_names_line_and_column(self):
        config = self.path("bad.yaml", "outputs:\n  - eve-log: {enabled: yes\nvars: [}\n")
        for call in (self.detect("-r", CAPTURE, "-c", config, "--no-rules"), Call("check", "-c", config)):
            self.assertEqual(call.status, 1)
            self.assertRegex(call.said, r"bad\.yaml:\d+:\d+")

    def test_missing_configuration(self):
        call = Call("check", "-c", "/no/such.yaml")
        self.assertEqual(call.status, 1)
        self.assertIn("/no/such.yaml", call.said)

    def test_two_logs_with_types_of_their_own(self):
        config = self.path("two.yaml", "outputs:\n"
                           "  - eve-log: {enabled: yes, filename: a.json, types: [alert]}\n"
                           "  - eve-log: {enabled: yes, filename: b.json, types: [http: {extended: yes}]}\n"
                           "  - eve-log: {enabled: no, filename: c.json, types: [http]}\n"
                           "  - fast: {enabled: yes}\n")
        self.assertEqual(self.detect("-r", CAPTURE, "-c", config, "-S", RULES).status, 0)
        self.assertEqual(len(self.lines("a.json")), 4)
        self.assertEqual(len(self.lines("b.json")), 8)
        self.assertEqual(len(self.lines("fast.log")), 4)
        self.assertFalse(os.path.exists(self.path("c.json")))

    def test_an_output_that_cannot_be_is_an_error(self):
        config = self.path("redis.yaml", "outputs:\n  - eve-log: {enabled: yes, filetype: redis, types: [alert]}\n")
        call = self.detect("-r", CAPTURE, "-c", config, "--no-rules")
        self.assertEqual(call.status, 1)
        self.assertIn("redis", call.said)

    def test_the_log_folder_is_made(self):
        self.assertEqual(Call("detect", "-r", CAPTURE, "--no-rules", "-l", self.path("a/b")).status, 0)
        self.assertTrue(os.path.exists(self.path("a/b/eve.json")))

    def test_a_log_folder_that_cannot_be_made(self):
        self.path("file", "")
        call = Call("detect", "-r", CAPTURE, "--no-rules", "-l", self.path("file/b"))
        self.assertEqual(call.status, 1)
        self.assertIn("file/b", call.said)


class FileStore(Folder):
    """Bodies of a download and an upload in one connection."""
    UP, DOWN = b"what the client sends" * 100, b"%PDF-1.4 what the server sends" * 10000

    def setUp(self):
        super().setUp()
        talk = connections.Connection()
        frames = talk.handshake()
        frames.append(talk.client(b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(self.UP) + self.UP))
        frames.append(talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.DOWN)))
        for at in range(0, len(self.DOWN), 1400):
            frames += [talk.server(self.DOWN[at:at + 1400]), talk.client(flags=connections.ACK)]
        self.capture = self.path("talk.pcap", connections.pcap(connections.records(frames + talk.close())))

    def store(self, rules, settings="", own=""):
        config = self.path("c.yaml", "outputs:\n  - eve-log: {types: [files]}\n"
                           "  - file-store: {version: 2, enabled: yes, write-fileinfo: yes%s}\n"
                           "weir: {file-store: {%s}}\n" % (settings, own))
        rules = ["-S", self.path("test.rules", rules)] if rules else ["--no-rules"]
        return self.detect("-r", self.capture, "-c", config, *rules)

    def stored(self):
        """Contents by name of the files whose name is the hash of what is in them."""
        found = {}
        for at, _, names in os.walk(self.path("filestore")):
            for name in names:
                if name.endswith(".json"): continue
                with open(os.path.join(at, name), "rb") as f: content = f.read()
                self.assertEqual((hashlib.sha256(content).hexdigest(), os.path.basename(at)), (name, name[:2]))
                found[name] = content
        return sorted(found.values(), key=len)

    def fileinfo(self): return [json.loads(line)["fileinfo"] for line in self.lines()]

    def test_rules_choose_files_by_direction_and_scope(self):
        rule = "alert http any any -> any any (%s sid:1;)\n"
        for options, wanted in (("filestore;", [self.UP, self.DOWN]), ('filemagic:"PDF"; filestore;', [self.DOWN]),
                                ("flow:to_server; filestore;", [self.UP]), ('fileext:"exe"; filestore;', []),
                                ('http.method; content:"POST"; filestore:response,tx;', [self.DOWN]),
                                ('http.method; content:"POST"; filestore:both,flow;', [self.UP, self.DOWN]),
                                ('flow:to_client; http.stat_code; content:"200"; filestore:request,tx;', [self.UP])):
            with self.subTest(options):
                call = self.store(rule % options, ", stream-depth: 0")
                self.assertEqual((call.status, call.said), (0, ""))
                self.assertEqual(self.stored(), wanted)
                told = sorted(info["stored"] for info in self.fileinfo())
                self.assertEqual(told, [False] * (2 - len(wanted)) + [True] * len(wanted))
                shutil.rmtree(self.path("filestore"))
                os.remove(self.path("eve.json"))

    def test_a_stored_file_goes_on_where_inspection_ends(self):
        self.assertEqual(self.store("").status, 0)
        self.assertEqual(self.stored(), [])
        os.remove(self.path("eve.json"))
        self.assertEqual(self.store("", ", force-filestore: yes").status, 0)
        self.assertEqual(self.stored(), [self.UP, self.DOWN])
        self.assertEqual([(i["state"], i["stored"], i["size"]) for i in self.fileinfo()],
                         [("CLOSED", True, len(self.UP)), ("CLOSED", True, len(self.DOWN))])

    def test_the_event_stands_beside_the_file(self):
        self.assertEqual(self.store("", ", force-filestore: yes").status, 0)
        beside = []
        for at, _, names in os.walk(self.path("filestore")):
            for name in names:
                if not name.endswith(".json"): continue
                with open(os.path.join(at, name), encoding="utf-8") as f: beside.append(f.read())
        self.assertEqual(sorted(beside), sorted(self.lines()))

    def test_a_limit_is_told_and_the_scan_goes_on(self):
        call = self.store("", ", force-filestore: yes", "max-file-size: 10kb")
        self.assertEqual(call.status, 1)
        self.assertIn("1 files not stored: a limit was reached", call.said)
        self.assertEqual(self.stored(), [self.UP])
        self.assertEqual([i["stored"] for i in self.fileinfo()], [True, False])

    def test_a_folder_elsewhere_and_one_that_cannot_be(self):
        self.assertEqual(self.store("", ", force-filestore: yes, dir: %s" % self.path("a/b")).status, 0)
        self.assertEqual(len(os.listdir(self.path("a/b"))), 257)
        self.path("file", "")
        call = self.store("", ", dir: %s" % self.path("file/b"))
        self.assertEqual(call.status, 1)
        self.assertIn("file-store: " + self.path("file/b"), call.said)

    def test_only_version_2(self):
        config = self.path("v1.yaml", "outputs: [{file-store: {version: 1}}]\n")
        call = self.detect("-r", self.capture, "-c", config, "--no-rules")
        self.assertEqual(call.status, 1)
        self.assertIn("version 1 is not supported", call.said)


class FullDisk(Folder):
    def test_lost_lines_are_counted_and_said(self):
        os.symlink("/dev/full", self.path("eve.json"))
        call = self.detect("-r", CAPTURE, "-S", RULES)
        self.assertEqual(call.status, 1)
        self.assertRegex(call.said, r"eve\.json: \d+ lines not written: .*No space left on device")


    def test_on_a_full_disk_whole_lines_stay(self):
        limit = ["bash", "-c", "ulimit -f 1; trap '' XFSZ; exec \"$0\" \"$@\"", WEIR]  # 1024 bytes
        done = subprocess.run(limit + ["detect", "-r", CAPTURE, "-S", RULES, "-l", self.folder.name, "--no-cache"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        with open(self.path("eve.json"), encoding="utf-8") as f: text = f.read()
        self.assertTrue(0 < len(text) <= 1024 and text.endswith("\n"))
        for line in text.splitlines(): json.loads(line)


class Ended(Folder):
    """Scans that end before their input does, and captures that are broken."""

    def test_an_interrupted_scan_ends_its_flows_and_says_what_it_saw(self):
        with open(CAPTURE, "rb") as f: capture = f.read()
        run = subprocess.Popen([WEIR, "detect", "-r", "-", "--no-rules", "-l", self.folder.name],
                               stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        run.stdin.write(capture)
        run.stdin.flush()
        time.sleep(1.5)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=20)[1].decode()
        self.assertEqual(run.returncode, 0, said)
        self.assertRegex(said, r"weir: \d+ packets, .* flows, .* alerts; logs in ")
        self.assertIn("flow", {json.loads(line)["event_type"] for line in self.lines()})

    def test_many_broken_captures_are_summed_up(self):
        os.mkdir(self.path("in"))
        for i in range(7): open(self.path(f"in/{i}.pcap"), "w").close()
        call = self.detect("-r", self.path("in"), "--no-rules")
        self.assertEqual(call.status, 1)
        self.assertEqual(call.said, 'weir: error: 7 captures could not be read, or not to their end: '
                         '7 x "the file is empty" (-v names them)\n')
        self.assertEqual(self.detect("-r", self.path("in"), "--no-rules", "-v").said.count("the file is empty"), 7)


class Passed(Folder):
    """--pcap-out: a capture of what would have passed."""
    RULES = ('drop tcp any any -> any any (content:"forbidden"; sid:1;)\n'
             'reject udp any any -> any any (content:"unwanted"; sid:2;)\n'
             'alert tcp any any -> any any (content:"secret"; replace:"SECRET"; sid:3;)\n'
             'alert udp any any -> any any (content:"secret"; replace:"SECRET"; sid:4;)\n')

    def setUp(self):
        super().setUp()
        self.rules = self.path("test.rules", self.RULES)

    def prevent(self, *captures, arguments=(), out="out.pcap", rules=None):
        return Call("prevent", "-l", self.folder.name, "-r", *captures, "-S", rules or self.rules, "--pcap-out",
                    self.path(out), *arguments)

    def passed(self, name="out.pcap"):
        with open(self.path(name), "rb") as f: return connections.read_pcap(f.read())

    def drops(self): return sum('"event_type":"drop"' in line for line in self.lines())

    @staticmethod
    def conversation():
        """(frame, what is to be in its place: itself, another one, or None) in order."""
        client, server = ("10.0.0.1", 5000), ("10.0.0.2", 5001)
        good, bad, told, twin = (connections.Connection(("10.0.0.1", port)) for port in (40001, 40002, 40003, 40003))
        keep = lambda frame: (frame, frame)
        gone = lambda frame: (frame, None)
        out = [keep(frame) for pair in zip(good.handshake(), bad.handshake(), told.handshake()) for frame in pair]
        return out + [
            keep(good.client(b"GET / HTTP/1.0\r\n")), gone(bad.client(b"the forbidden word")),
            (told.client(b"a secret told"), twin.client(b"a SECRET told")), gone(bad.again(b"the forbidden word")),
            gone(bad.server(b"what?")), keep(told.server(b"never mind")),
            (connections.udp(client, server, b"odd secret"), connections.udp(client, server, b"odd SECRET")),
            gone(connections.udp(client, ("10.0.0.9", 9), b"unwanted")), keep(good.server(b"good")),
            *map(keep, good.close()), *map(gone, bad.close()), *map(keep, told.close())]

    def write_conversation(self, name="in.pcap", nanoseconds=False, link_type=connections.ETHERNET):
        """The capture's path, and the records that are to pass."""
        skip = 14 if link_type == connections.RAW_IP else 0
        frames = self.conversation()
        given = connections.records([frame[skip:] for frame, _ in frames], nanoseconds)
        passed = [(second, part, frame[skip:]) for (second, part, _), (_, frame) in zip(given, frames) if frame is not None]
        return self.path(name, connections.pcap(given, link_type, nanoseconds)), passed

    def test_what_is_dropped_is_missing_and_what_is_replaced_is_there_with_good_checksums(self):
        for link_type in (connections.ETHERNET, connections.RAW_IP):
            for nanoseconds in (False, True):
                capture, passed = self.write_conversation(nanoseconds=nanoseconds, link_type=link_type)
                call = self.prevent(capture)
                self.assertEqual((call.status, call.said), (0, ""))
                self.assertEqual(self.passed(), (link_type, nanoseconds, passed))

    def test_nothing_more_is_dropped_or_replaced_of_what_has_passed(self):
        capture, passed = self.write_conversation()
        self.assertEqual(self.prevent(capture).status, 0)
        self.assertGreater(self.drops(), 0)
        os.remove(self.path("eve.json"))
        self.assertEqual(self.prevent(self.path("out.pcap"), out="again.pcap").status, 0)
        self.assertEqual(self.drops(), 0)
        self.assertEqual(self.passed("again.pcap"), self.passed())

    def test_without_rules_all_passes_with_its_lengths_and_times(self):
        capture, _ = self.write_conversation(nanoseconds=True)
        self.assertEqual(Call("prevent", "-l", self.folder.name, "-r", capture, "--no-rules", "--pcap-out",
                              self.path("out.pcap")).status, 0)
        with open(capture, "rb") as a, open(self.path("out.pcap"), "rb") as b: self.assertEqual(a.read(), b.read())

    def test_other_programs_read_it(self):
        capture, passed = self.write_conversation(nanoseconds=True)
        self.assertEqual(self.prevent(capture).status, 0)
        for program in (["tcpdump", "-nr"], ["capinfos", "-Mc"], ["tshark", "-nr"]):
            if not shutil.which(program[0]): continue
            done = subprocess.run([*program, self.path("out.pcap")], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            if program[0] == "capinfos": self.assertRegex(done.stdout, r"Number of packets: +%d\b" % len(passed))
            else: self.assertEqual(len(done.stdout.splitlines()), len(passed))

    def test_a_capture_in_pieces_and_a_filter_and_threads_change_nothing(self):
        frames = connections.records([frame for frame, _ in self.conversation()])
        _, passed = self.write_conversation()
        captures = [self.path(name, connections.pcap(part)) for name, part in (("a.pcap", frames[:12]), ("b.pcap", frames[12:]))]
        threaded = self.prevent(captures[0], captures[1], arguments=["--threads", "3"])
        self.assertEqual(threaded.status, 0)
        self.assertIn("--threads 3: one worker does it", threaded.said)
        self.assertEqual(self.passed(), (connections.ETHERNET, False, passed))
        self.assertEqual(self.prevent(captures[0], captures[1], arguments=["-f", "udp"]).status, 0)
        self.assertEqual(len(self.passed()[2]), 1)

    def test_it_goes_to_standard_output(self):
        capture, passed = self.write_conversation()
        done = subprocess.run([WEIR, "prevent", "-l", self.folder.name, "-r", capture, "-S", self.rules, "--pcap-out", "-"],
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(connections.read_pcap(done.stdout), (connections.ETHERNET, False, passed))

    def test_when_nothing_passes_the_file_is_empty_and_whole(self):
        capture, _ = self.write_conversation(link_type=connections.RAW_IP)
        rules = self.path("all.rules", "drop ip any any -> any any (sid:1;)\n")
        self.assertEqual(self.prevent(capture, rules=rules).status, 0)
        self.assertEqual(self.passed(), (connections.RAW_IP, False, []))

    def test_packets_of_another_link_type_are_left_out_and_it_is_said_what_to_do(self):
        first, passed = self.write_conversation("a.pcap")
        other, _ = self.write_conversation("b.pcap", link_type=connections.RAW_IP)
        call = self.prevent(first, other)
        self.assertEqual(call.status, 1)
        self.assertRegex(call.said, r"out\.pcap: \d+ packets of link type 101 not written: .* in runs of their own")
        self.assertEqual(self.passed()[0], connections.ETHERNET)
        self.assertEqual(self.passed()[2][:len(passed)], passed)

    def test_what_cannot_be_written_is_counted_and_the_scan_goes_on(self):
        capture, passed = self.write_conversation()
        os.symlink("/dev/full", self.path("full.pcap"))
        for out, why in (("full.pcap", "write: No space left on device"), ("no/folder.pcap", "open: No such file or directory")):
            if os.path.exists(self.path("eve.json")): os.remove(self.path("eve.json"))
            call = self.prevent(capture, out=out)
            self.assertEqual(call.status, 1)
            self.assertIn(f"{out}: {why}; {len(passed)} packets not written", call.said)
            self.assertGreater(self.drops(), 0)

    def test_a_reader_that_goes_away_is_an_error_like_others(self):
        capture, passed = self.write_conversation()
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([WEIR, "prevent", "-l", self.folder.name, "-r", capture, "-S", self.rules, "--pcap-out", "-"],
                              stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
        os.close(writer)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"Broken pipe; {len(passed)} packets not written", done.stderr)

    def test_a_capture_is_not_written_over(self):
        capture, _ = self.write_conversation()
        os.link(capture, self.path("same.pcap"))
        before = os.path.getsize(capture)
        for out in ("in.pcap", "same.pcap"):
            call = self.prevent(capture, out=out)
            self.assertEqual(call.status, 1)
            self.assertIn("is one of the captures that are read", call.said)
        self.assertEqual(os.path.getsize(capture), before)

    def test_it_goes_with_prevent_on_captures_only(self):
        for arguments in (["detect", "-r", CAPTURE], ["prevent", "-q", "0"], ["prevent"], ["check"]):
            call = Call(*arguments, "--pcap-out", self.path("out.pcap"))
            self.assertEqual(call.status, 2, arguments)
            self.assertIn("--pcap-out", call.said)
        self.assertFalse(os.path.exists(self.path("out.pcap")))


class Confinement(Folder):
    """Scans restrict what they can do, and nobody notices."""

    def alerts(self): return sum('"event_type":"alert"' in line for line in self.lines())

    def test_links_in_a_folder_of_captures_are_followed(self):
        elsewhere = tempfile.TemporaryDirectory()
        self.addCleanup(elsewhere.cleanup)
        real = os.path.join(elsewhere.name, "real.pcap")
        shutil.copy(CAPTURE, real)
        os.mkdir(self.path("captures"))
        os.symlink(real, self.path("captures/link.pcap"))
        call = self.detect("-r", self.path("captures"), "-S", RULES)
        self.assertEqual((call.status, call.said), (0, ""))
        self.assertEqual(self.alerts(), 4)

    def test_a_capture_can_come_from_a_pipe_with_a_name(self):
        os.mkfifo(self.path("fifo"))
        writer = subprocess.Popen(["cp", "--", CAPTURE, self.path("fifo")])
        call = self.detect("-r", self.path("fifo"), "-S", RULES)
        self.assertEqual((writer.wait(), call.status, call.said), (0, 0, ""))
        self.assertEqual(self.alerts(), 4)

    def test_a_log_elsewhere_is_written_and_a_log_that_is_a_link_is_not(self):
        os.mkdir(self.path("other"))
        os.mkdir(self.path("log"))
        config = self.path("c.yaml", "outputs:\n"
                           "  - eve-log: {filename: %s, types: [alert]}\n"
                           "  - eve-log: {filename: b.json, types: [alert]}\n" % self.path("other/a.json"))
        call = Call("detect", "-r", CAPTURE, "-S", RULES, "-c", config, "-l", self.path("log"))
        self.assertEqual((call.status, call.said), (0, ""))
        self.assertEqual([len(self.lines(name)) for name in ("other/a.json", "log/b.json")], [4, 4])
        os.rename(self.path("log/b.json"), self.path("other/b.json"))
        os.symlink(self.path("other/b.json"), self.path("log/b.json"))
        call = Call("detect", "-r", CAPTURE, "-S", RULES, "-c", config, "-l", self.path("log"))
        self.assertEqual(call.status, 1)
        self.assertIn("b.json: open: it is a link", call.said)
        self.assertEqual(len(self.lines("other/b.json")), 4)

    def test_a_wrong_setting_ends_the_run(self):
        call = self.detect("-r", CAPTURE, "--no-rules", "--set", "weir.sandbox.seccomp=x")
        self.assertEqual(call.status, 1)
        self.assertIn("expected enforce, log, kill or no", call.said)


class Units(Folder):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here")
    def test_the_service_manager_understands_its_units(self):
        for name in ("weir-detect@.service", "weir-prevent.service"):
            with open(os.path.join(REPOSITORY, "examples", "systemd", name), encoding="utf-8") as f: unit = f.read()
            file = self.path(name, unit.replace("/usr/local/bin/weir", WEIR))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
