#!/usr/bin/env python3
"""What a person gets: alerts and a report on a terminal, the same as JSON.  terminal.py WEIR"""
import json, os, pty, subprocess, sys, tempfile, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAPTURE = os.path.join(REPOSITORY, "examples", "captures", "http.pcap")
RULES = os.path.join(REPOSITORY, "examples", "rules", "example.rules")
ALERT = "EXAMPLE loader user agent [1:9000001:1]"
WEIR = ""


class Terminal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def call(self, *arguments, **environment):
        """Standard output and standard error of a call without a terminal."""
        done = subprocess.run([WEIR, "detect", "-S", RULES, *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, done.stderr

    def on_terminal(self, *arguments, **environment):
        """What a call with a terminal for both shows."""
        ours, its = pty.openpty()
        run = subprocess.Popen([WEIR, "detect", "-S", RULES, *arguments], stdout=its, stderr=its, cwd=self.folder,
                               env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **environment})
        os.close(its)
        shown = b""
        while True:
            try: part = os.read(ours, 65536)
            except OSError: break  # the other end is closed
            if not part: break
            shown += part
        os.close(ours)
        self.assertEqual(run.wait(timeout=60), 0, shown)
        return shown.decode().replace("\r\n", "\n")

    def files(self): return sorted(os.listdir(self.folder))

    def test_one_capture_prints_its_alerts_and_writes_nothing(self):
        shown = self.on_terminal("-r", CAPTURE, NO_COLOR="1")
        for part in (ALERT, "192.168.10.20:45640 -> 192.168.10.1:80  http  hostname: update.evil.example", "no log was written",
                     "\nRules\n", "\nHosts in alerts\n", "\nProtocols\n", "\nFiles in alerts\n", "\nNext\n"):
            self.assertIn(part, shown)
        self.assertNotIn("\033[1", shown)
        self.assertEqual(self.files(), [])

    def test_colours_follow_the_terminal_and_what_is_said_of_them(self):
        self.assertIn("\033[1;31mhigh", self.on_terminal("-r", CAPTURE))
        self.assertNotIn("\033[1", self.on_terminal("-r", CAPTURE, TERM="dumb"))
        self.assertNotIn("\033[1", self.on_terminal("-r", CAPTURE, "--color", "never"))
        self.assertIn("\033[1;31mhigh", self.call("-r", CAPTURE, "-l", "-", "--color=always", NO_COLOR="1")[0])
        self.assertNotIn("\033[", self.call("-r", CAPTURE, "-l", "-")[0])

    def test_a_folder_for_logs_gets_them_and_the_terminal_the_report(self):
        shown = self.on_terminal("-r", CAPTURE, "-l", "out")
        self.assertIn("logs in out", shown)
        self.assertIn("EXAMPLE path traversal", shown)
        self.assertNotIn("45640 ->", shown)
        self.assertTrue(os.path.getsize(os.path.join(self.folder, "out", "eve.json")))

    def test_without_a_terminal_logs_are_written_and_nothing_is_said(self):
        self.assertEqual(self.call("-r", CAPTURE), ("", ""))
        self.assertIn("eve.json", self.files())

    def test_a_dash_asks_for_the_alerts(self):
        for threads in "1", "3":
            out, said = self.call("-r", CAPTURE, "-l", "-", "--threads", threads)
            self.assertEqual(said, "")
            self.assertEqual(out.count("\n                 192.168.10."), 4)
            self.assertIn(ALERT, out)
        self.assertEqual(self.files(), [])

    def test_json_is_one_document(self):
        out, said = self.call("-r", CAPTURE, "--json")
        self.assertEqual((said, out.count("\n"), self.files()), ("", 1, []))
        report = json.loads(out)
        self.assertEqual((report["alerts"], report["flows"], report["captures"]), (4, 7, [CAPTURE]))
        self.assertEqual([rule["signature_id"] for rule in report["rules"]], [9000001, 9000002, 9000003, 9000004])
        self.assertEqual(sorted(host["ip"] for host in report["hosts"]), ["192.168.10.1", "192.168.10.20"])
        self.assertEqual(report["protocols"][0]["name"], "http")
        self.assertEqual(len(report["events"]), 4)
        self.assertNotIn("log_dir", report)
        report = json.loads(self.call("-r", CAPTURE, "--json", "-l", "out")[0])
        self.assertEqual(report["log_dir"], "out")
        with open(os.path.join(self.folder, "out", "eve.json"), encoding="utf-8") as f:
            self.assertEqual(sum('"event_type":"alert"' in line for line in f), 4)

    def test_what_does_not_go_together(self):
        for words, part in ((["-i", "lo", "--json"], "--json goes with -r"), (["-i", "lo", "-l", "-"], "-l - goes with -r"),
                            (["-r", CAPTURE, "--color", "red"], "expected auto, always or never")):
            done = subprocess.run([WEIR, "detect", "--no-rules", *words], capture_output=True, text=True, timeout=60, cwd=self.folder)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(part, done.stderr)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
