#!/usr/bin/env python3
"""The log of packets: which packets are kept, in files that alerts name.  packet_log.py WEIR"""
import glob, json, os, shutil, subprocess, sys, tempfile, unittest
sys.dont_write_bytecode = True
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import connections

WEIR = ""
RULES = ('alert http any any -> any any (http.uri; content:"/one"; sid:1;)\n'
         'pass http any any -> any any (http.uri; content:"/two"; sid:2;)\n')


class PacketLog(unittest.TestCase):
    BEFORE = 5  # a request is looked at with the client's next packet, once the server has acknowledged it

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        talks = [connections.Connection(client=("10.0.0.1", 40000 + n)) for n in range(3)]
        frames = [frame for talk in talks for frame in talk.handshake()]
        for talk, page in zip(talks, (b"zero", b"one", b"two")):
            frames.append(talk.client(b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % page))
        for talk in talks: frames.append(talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
        for talk in talks: frames += talk.close()
        self.records = connections.records(frames)
        self.of_talk = [[r for r in self.records if (40000 + n).to_bytes(2, "big") in r[2][34:38]] for n in range(3)]
        self.capture = self.write("talks.pcap", connections.pcap(self.records))
        self.rules = self.write("test.rules", RULES.encode())

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f: f.write(content)
        return path

    def scan(self, settings, *more, own="", command="detect"):
        """(files of packets, alerts, what was said)"""
        out = os.path.join(self.folder, "out")
        shutil.rmtree(out, ignore_errors=True)
        config = self.write("c.yaml", ("outputs:\n  - eve-log: {types: [alert, stats]}\n  - pcap-log: {enabled: yes%s}\n"
                                       "weir: {pcap-log: {%s}}\n" % (settings, own)).encode())
        done = subprocess.run([WEIR, command, "-r", self.capture, "-c", config, "-S", self.rules, "-l", out, *more],
                              capture_output=True, timeout=60)
        with open(os.path.join(out, "eve.json"), encoding="utf-8") as f: events = [json.loads(line) for line in f]
        self.stats = [event["stats"] for event in events if event["event_type"] == "stats"][-1]
        return (sorted(glob.glob(os.path.join(out, "**", "*pcap*"), recursive=True)),
                [event for event in events if event["event_type"] == "alert"], done.stderr.decode())

    def kept(self, path):
        with open(path, "rb") as f: link_type, nanoseconds, lines = connections.read_pcap(f.read())
        self.assertEqual((link_type, nanoseconds), (connections.ETHERNET, False))
        return lines

    def test_all_packets(self):
        for threads in "1", "3":
            (path,), alerts, said = self.scan("", "--threads", threads)
            self.assertEqual(said, "")
            self.assertEqual(self.kept(path), self.records)
            self.assertEqual([alert["capture_file"] for alert in alerts], [path])
            self.assertEqual(self.stats["pcap_log"]["written"], len(self.records))

    def test_the_whole_connection_of_an_alert(self):
        for threads in "1", "3":
            (path,), alerts, _ = self.scan(", conditional: alerts", "--threads", threads)
            self.assertEqual(self.kept(path), self.of_talk[1])
            self.assertEqual([alert["capture_file"] for alert in alerts], [path])
            self.assertEqual(self.stats["weir"]["pcap_log"]["before_alert"], self.BEFORE)

    def test_from_the_alert_on(self):
        (path,), _, _ = self.scan(", conditional: alerts", own="before-alert: 0")
        self.assertEqual(self.kept(path), self.of_talk[1][self.BEFORE:])

    def test_without_alerts_there_is_no_file(self):
        self.rules = self.write("test.rules", b'alert http any any -> any any (http.uri; content:"/nine"; sid:1;)\n')
        self.assertEqual(self.scan(", conditional: alerts")[:2], ([], []))

    def test_passed_connections_can_be_left_out(self):
        (path,), _, _ = self.scan(", honor-pass-rules: yes")
        self.assertEqual(self.kept(path), [r for r in self.records if r not in self.of_talk[2][self.BEFORE + 1:]])

    def test_connections_beyond_their_depth_can_be_left_out(self):
        (path,), _, _ = self.scan(", use-stream-depth: yes", "--set", "stream.reassembly.depth=10b")
        self.assertLess(len(self.kept(path)), len(self.records))

    def test_compressed_files_are_read_again(self):
        (path,), alerts, _ = self.scan(", compression: lz4, lz4-checksum: yes, filename: 'logs/%n-%t.pcap'")
        self.assertTrue(path.endswith("/logs/1-%d.pcap.lz4" % self.records[0][0]), path)
        self.capture = shutil.copy(path, self.folder)
        (again,), also_alerts, _ = self.scan("")
        self.assertEqual(self.kept(again), self.records)
        self.assertEqual(len(alerts), len(also_alerts))

    def test_dropped_packets_are_kept_too(self):
        self.rules = self.write("test.rules", RULES.replace("alert", "drop").encode())
        (path,), alerts, _ = self.scan(", conditional: alerts", command="prevent")
        self.assertEqual([alert["alert"]["action"] for alert in alerts], ["blocked"])
        self.assertEqual(self.kept(path), self.of_talk[1])

    def test_a_file_that_cannot_be_opened_is_told_and_the_scan_goes_on(self):
        self.write("file", b"")
        paths, alerts, said = self.scan(", filename: '%s/file/x.pcap'" % self.folder)
        self.assertEqual((paths, len(alerts)), ([], 1))
        self.assertIn("pcap-log: %d packets not written" % len(self.records), said)

    def test_what_cannot_be_is_refused(self):
        config = self.write("c.yaml", b"outputs: [{pcap-log: {mode: sguil}}]\n")
        done = subprocess.run([WEIR, "detect", "-r", self.capture, "-c", config, "--no-rules", "-l", self.folder],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        told = [line for line in done.stderr.decode().splitlines() if "mode: 'sguil': Suricata 8 has given it up" in line]
        self.assertEqual(len(told), 1)  # once, and where
        self.assertTrue(told[0].startswith(f"weir: error: {config}:1:"), told[0])


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
