#!/usr/bin/env python3
"""Calls in Suricata's form, and suricata-update with weir in Suricata's place (where it is installed). command_forms.py WEIR"""
import json, os, shutil, signal, subprocess, sys, tempfile, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAPTURE = os.path.join(REPOSITORY, "examples", "captures", "http.pcap")
RULES = os.path.join(REPOSITORY, "examples", "rules", "example.rules")
UPDATE = shutil.which("suricata-update")
WEIR = ""


class Call:
    def __init__(self, *arguments, cwd=None):
        done = subprocess.run([WEIR, *arguments], capture_output=True, timeout=60, cwd=cwd, text=True)
        self.status, self.out, self.said = done.returncode, done.stdout, done.stderr


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names): return os.path.join(self.folder, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f: f.write(text)
        return self.path(name)

    def events(self, *names):
        with open(self.path(*names)) as f: return [json.loads(line) for line in f]


class Forms(Folder):
    def test_a_capture_is_scanned_and_logs_go_to_the_configured_folder(self):
        self.assertEqual(Call("-r", CAPTURE, "-S", RULES, "-l", self.folder, "-k", "none").status, 0)
        self.assertIn("alert", [e["event_type"] for e in self.events("eve.json")])
        config = self.write("s.yaml", "default-log-dir: %s\n" % self.path("logs"))
        self.assertEqual(Call("-c", config, "-r", CAPTURE, "-S", RULES).status, 0)
        self.assertTrue(self.events("logs", "eve.json"))
        self.assertEqual(Call("-r", CAPTURE, "-S", RULES, cwd=self.folder).status, 0)

    def test_words_and_a_file_are_a_filter(self):
        filter_file = self.write("bpf", "udp # none here\n")
        for words in (["udp"], ["-F", filter_file]):
            self.assertEqual(Call("-r", CAPTURE, "-l", self.folder, *words).status, 0)
            self.assertNotIn("http", [e["event_type"] for e in self.events("eve.json")])
            os.remove(self.path("eve.json"))

    def test_the_engine_test_checks_rules_and_configuration(self):
        self.assertEqual(Call("-T", "-S", RULES, "-l", self.folder).status, 0)
        broken = self.write("broken.rules", "alert ip any any -> any any (content:; sid:1;)\n")
        call = Call("-T", "-S", broken, "-l", self.folder)
        self.assertEqual(call.status, 1)
        self.assertIn("broken.rules:1:", call.said)
        self.assertEqual(Call("-T", "-S", self.path("none.rules")).status, 1)
        self.assertEqual(Call("-T", "-c", self.write("bad.yaml", "vars: [\n")).status, 1)
        mixed = self.write("mixed.rules", "alert ip any any -> any any (content:; sid:1;)\nalert ip any any -> any any (sid:2;)\n")
        self.assertEqual(Call("-T", "-S", mixed).status, 0)
        self.assertEqual(Call("-T", "--init-errors-fatal", "-S", mixed).status, 1)

    def test_rules_of_snort_are_checked_for_what_they_do_differently(self):
        rules = self.write("snort.rules", 'alert tcp any any -> any 80 ( msg:"a"; http_uri; content:"/x",nocase; service:http; sid:1; )\n'
                                          'alert http ( msg:"b"; js_data; content:"x"; sid:2; )\n')
        call = Call("check", "--from-snort", "-S", rules)
        self.assertEqual(call.status, 0)
        self.assertIn("1 loaded, 1 failed", call.out)
        self.assertIn("snort.rules:1:1: warning: sid 1: snort: http: the rule is looked at on its ports alone", call.said)
        self.assertIn("snort.rules:2:1: error: snort: scripts are not normalised", call.said)

    def test_what_scripts_ask_for_is_answered(self):
        self.assertRegex(Call("-V").out, r"^This is Suricata version 8\.\d+\.\d+ .* weir \d")
        info = Call("--build-info").out
        for word in ("--sysconfdir", "--localstatedir", "Features: "): self.assertIn(word, info)
        header, *rows = Call("--list-keywords=csv").out.splitlines()
        self.assertEqual(header, "name;description;app layer;features;documentation")
        self.assertEqual({row.count(";") for row in rows}, {5})
        self.assertIn("content", [row.split(";")[0] for row in rows])
        self.assertIn("http", Call("--list-app-layer-protos").out.splitlines())
        config = self.write("s.yaml", "a: {b: [x, {c: 1, d: yes}]}\n")
        self.assertIn("a.b = (null)\na.b.0 = x\na.b.1 = c\na.b.1.c = 1\na.b.1.d = yes\n", Call("-c", config, "--dump-config").out)
        self.assertIn("\nstream.midstream = true\n", Call("-c", config, "--dump-config", "--set", "stream.midstream=true").out)

    def test_what_cannot_be_taken_is_a_usage_error_that_says_what_to_use(self):
        call = Call("--dpdk", "-c", "x")
        self.assertEqual(call.status, 2)
        self.assertIn("interfaces (-i)", call.said)
        call = Call("-r", CAPTURE, "-l", self.folder, "--disable-hashing")
        self.assertEqual((call.status, call.said), (0, "weir: warning: no effect in Weir: --disable-hashing\n"))

    def test_a_file_says_the_process_number_while_the_run_goes_on(self):
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        run = subprocess.Popen([WEIR, "-r", pipe, "-l", self.folder, "--pidfile", self.path("pid")])
        with open(pipe, "wb") as writer:
            with open(self.path("pid")) as f: self.assertEqual(int(f.read()), run.pid)
            with open(CAPTURE, "rb") as f: writer.write(f.read())
        self.assertEqual(run.wait(timeout=60), 0)
        self.assertFalse(os.path.exists(self.path("pid")))
        self.write("pid", "%d\n" % os.getpid())
        call = Call("-r", CAPTURE, "-l", self.folder, "--pidfile", self.path("pid"))
        self.assertEqual(call.status, 1)
        self.assertIn("is running", call.said)


@unittest.skipUnless(os.geteuid() == 0, "listens on an interface")
class Background(Folder):
    def test_a_run_goes_on_in_the_background_when_it_is_ready(self):
        config = self.write("s.yaml", "unix-command: {enabled: no}\n")
        call = Call("-D", "-c", config, "-i", "lo", "-S", RULES, "-l", self.path("log"), "--pidfile", self.path("pid"), "--user", "root")
        self.assertEqual(call.status, 0, call.said)
        with open(self.path("pid")) as f: pid = int(f.read())
        self.assertTrue(os.path.exists(self.path("log", "weir.log")))
        os.kill(pid, signal.SIGTERM)
        deadline = time.time() + 30
        while os.path.exists("/proc/%d" % pid) and time.time() < deadline: time.sleep(0.1)
        self.assertFalse(os.path.exists("/proc/%d" % pid))
        self.assertTrue(os.path.exists(self.path("log", "eve.json")))

    def test_a_run_that_cannot_begin_says_so_to_who_started_it(self):
        call = Call("-D", "-i", "nosuchif0", "-l", self.path("log"), "--pidfile", self.path("pid"), "--user", "root")
        self.assertEqual(call.status, 1)
        self.assertIn("nosuchif0", call.said)
        self.assertFalse(os.path.exists(self.path("pid")))


@unittest.skipUnless(UPDATE, "suricata-update is not installed")
class SuricataUpdate(Folder):
    def update(self, *arguments):
        os.makedirs(self.path("none"), exist_ok=True)  # of an engine that may be installed here there are rules of its own
        self.write("update.yaml", "version: 1\ndist-rule-directory: %s\n" % self.path("none"))
        config = self.write("etc/suricata.yaml", "default-rule-path: %s\nrule-files: [suricata.rules]\nclassification-file: %s\n"
                                                 "app-layer: {protocols: {tftp: {enabled: no}}}\n" %
                                                 (self.path("out"), self.path("out", "classification.config")))
        done = subprocess.run([UPDATE, "-D", self.path("data"), "-o", self.path("out"), "-c", self.path("update.yaml"), "--suricata", WEIR,
                               "--suricata-conf", config, "--url", "file://" + self.path("local", "a.rules"), "--no-reload", *arguments],
                              capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def rules(self):
        with open(self.path("out", "suricata.rules")) as f: return f.read()

    def test_rules_are_fetched_changed_and_tested(self):
        self.write("local/a.rules", "".join("alert http any any -> any any (msg:\"rule %d\"; http.uri; content:\"/%d\"; sid:%d; rev:1;)\n" %
                                            (n, n, n) for n in (1, 2, 3)) +
                   "alert tftp any any -> any any (msg:\"switched off\"; sid:4; rev:1;)\n")
        disable, modify = self.write("disable.conf", "2\n"), self.write("modify.conf", '3 "rule 3" "changed"\n')
        status, said = self.update("--disable-conf", disable, "--modify-conf", modify)
        self.assertEqual(status, 0, said)
        self.assertIn("Found Suricata version 8.", said)
        self.assertIn("Testing with suricata -T", said)
        active = [line for line in self.rules().splitlines() if line.startswith("alert")]
        self.assertEqual(len(active), 2)
        self.assertIn("changed", self.rules())
        self.assertEqual(Call("-T", "-S", self.path("out", "suricata.rules")).status, 0)

    def test_rules_that_cannot_be_used_are_not_installed(self):
        self.write("local/a.rules", "alert nonsense any any -> any any (msg:\"x\"; sid:1; rev:1;)\n")
        status, said = self.update()
        self.assertNotEqual(status, 0, said)

    def test_a_command_of_the_users_own_tests(self):
        self.write("local/a.rules", "alert ip any any -> any any (msg:\"x\"; sid:1; rev:1;)\n")
        status, said = self.update("--test-command", "$SURICATA_PATH -T -S $OUTPUT_FILENAME -l %s && touch %s" %
                                   (self.folder, self.path("tested")))
        self.assertEqual(status, 0, said)
        self.assertTrue(os.path.exists(self.path("tested")))


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
