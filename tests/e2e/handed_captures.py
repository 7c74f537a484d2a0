#!/usr/bin/env python3
"""Captures that clients hand to `weir detect --unix-socket`, over the socket and by suricatasc (where it is installed).
handed_captures.py WEIR"""
import json, os, shutil, signal, socket, subprocess, sys, tempfile, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAPTURES = os.path.join(REPOSITORY, "examples", "captures")
CAPTURE = os.path.join(CAPTURES, "http.pcap")
RULES = os.path.join(REPOSITORY, "examples", "rules", "example.rules")
SURICATASC = shutil.which("suricatasc")
WEIR = ""


def wait_for(what):
    deadline = time.time() + 60
    while time.time() < deadline:
        if found := what(): return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile()
        self.socket.sendall(b'{"version": "0.2"}')
        assert json.loads(self.lines.readline()) == {"return": "OK"}

    def ask(self, command, **arguments):
        arguments = {name.replace("_", "-"): value for name, value in arguments.items()}
        self.socket.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        return answer["message"] if answer["return"] == "OK" else "NOK " + answer["message"]

    def close(self):
        self.lines.close()
        self.socket.close()


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names): return os.path.join(self.folder, *names)

    def start(self, *arguments, rules=RULES):
        self.said = open(self.path("said"), "w+")
        self.addCleanup(self.said.close)
        self.run_ = subprocess.Popen([WEIR, "detect", "--unix-socket=" + self.path("s"), "-S", rules, "-l", self.folder, "--no-cache",
                                      *arguments], stderr=self.said)
        self.addCleanup(self.end)
        wait_for(lambda: os.path.exists(self.path("s")) or self.run_.poll() is not None)
        def connect():
            try: return Client(self.path("s"))
            except ConnectionRefusedError: return None
        self.client = wait_for(connect)
        self.addCleanup(self.client.close)
        return self.client

    def end(self):
        if self.run_.poll() is None: self.run_.send_signal(signal.SIGTERM)
        return self.run_.wait(timeout=60)

    def out(self, name):
        os.mkdir(self.path(name))
        return self.path(name)

    def idle(self): return self.client.ask("pcap-file-number") == 0 and self.client.ask("pcap-current") == "None"

    def events(self, folder):
        with open(os.path.join(folder, "eve.json")) as f: return [json.loads(line) for line in f]


class Handed(Running):
    def test_each_capture_is_read_as_by_a_run_of_its_own(self):
        client = self.start()
        alone = self.out("alone")
        subprocess.run([WEIR, "detect", "-r", CAPTURE, "-S", RULES, "-l", alone, "--no-cache", "--threads", "1"], check=True)
        folders = [self.out("o%d" % n) for n in range(5)]
        for folder in folders:
            self.assertEqual(client.ask("pcap-file", filename=CAPTURE, output_dir=folder), "Successfully added file to list")
        wait_for(self.idle)
        def plain(folder): return [e for e in self.events(folder) if e["event_type"] != "stats"]
        for folder in folders: self.assertEqual(plain(folder), plain(alone))
        self.assertEqual(client.ask("pcap-last-processed"), os.stat(CAPTURE).st_mtime_ns // 1000000)
        self.assertEqual(client.ask("shutdown"), "Closing Suricata")
        self.assertEqual(self.run_.wait(timeout=60), 0)
        self.assertFalse(os.path.exists(self.path("s")))

    def test_folders_and_files_that_are_no_captures(self):
        client = self.start()
        bad, out, whole = self.path("bad.pcap"), self.out("bad"), self.out("whole")
        with open(bad, "w") as f: f.write("no capture")
        client.ask("pcap-file", filename=bad, output_dir=out, delete_when_done=True)
        client.ask("pcap-file", filename=CAPTURES, output_dir=whole)
        wait_for(self.idle)
        self.assertTrue(os.path.exists(bad))
        self.assertLess({"http", "dns", "tls"}, {e["event_type"] for e in self.events(whole)})
        self.end()
        with open(self.path("said")) as f: self.assertIn("bad.pcap", f.read())

    def test_captures_are_removed_when_they_were_read(self):
        client, copy, out = self.start(), self.path("copy.pcap"), self.out("o")
        shutil.copy(CAPTURE, copy)
        client.ask("pcap-file", filename=copy, output_dir=out, delete_when_done=True)
        wait_for(lambda: not os.path.exists(copy))

    def test_a_folder_is_watched_until_it_is_interrupted(self):
        client, folder, out = self.start(), self.out("in"), self.out("o")
        client.ask("pcap-file-continuous", filename=folder, output_dir=out)
        for name in ("a.pcap", "b.pcap"):
            before = len(self.events(out)) if os.path.exists(os.path.join(out, "eve.json")) else 0
            shutil.copy(CAPTURE, os.path.join(folder, name))
            wait_for(lambda: os.path.exists(os.path.join(out, "eve.json")) and len(self.events(out)) > before)
        self.assertEqual(client.ask("pcap-current"), folder)
        self.assertEqual(client.ask("pcap-interrupt"), "Interrupted")
        wait_for(self.idle)

    def test_an_endless_capture_is_interrupted(self):
        client, pipe, out = self.start(), self.path("pipe"), self.out("o")
        os.mkfifo(pipe)
        client.ask("pcap-file", filename=pipe, output_dir=out)
        with open(pipe, "wb") as writer, open(CAPTURE, "rb") as capture:
            writer.write(capture.read())
            writer.flush()
            self.assertEqual(client.ask("pcap-current"), pipe)
            client.ask("pcap-interrupt")
            try:
                writer.write(bytes(16))  # of the record that is read when it looks
                writer.flush()
            except BrokenPipeError: pass
        wait_for(self.idle)
        self.assertEqual(client.ask("version").split()[1], "RELEASE")

    def test_rules_are_read_anew_for_the_captures_that_follow(self):
        rules = self.path("test.rules")
        with open(rules, "w") as f: f.write("alert http any any -> any any (http.uri; content:\"/login\"; sid:1;)\n")
        client = self.start(rules=rules)
        first, second = self.out("first"), self.out("second")
        client.ask("pcap-file", filename=CAPTURE, output_dir=first)
        wait_for(self.idle)
        with open(rules, "w") as f: f.write("alert http any any -> any any (http.uri; content:\"/missing\"; sid:2;)\n")
        self.assertEqual(client.ask("ruleset-reload-rules"), "done")
        client.ask("pcap-file", filename=CAPTURE, output_dir=second)
        wait_for(self.idle)
        sids = [[e["alert"]["signature_id"] for e in self.events(folder) if "alert" in e] for folder in (first, second)]
        self.assertEqual(sids, [[1], [2]])
        self.assertEqual(client.ask("ruleset-stats"), [{"id": 0, "rules_loaded": 1, "rules_failed": 0, "rules_skipped": 0}])

    def test_what_sets_learn_is_there_for_the_next_capture_and_kept_at_the_end(self):
        rules = self.path("test.rules")
        os.mkdir(self.path("data"))
        with open(rules, "w") as f: f.write("alert http any any -> any any (http.uri; dataset:set,seen,type string,state seen.lst; sid:1;)\n")
        client = self.start("--data-dir", self.path("data"), rules=rules)
        folders = self.out("first"), self.out("second")
        for folder in folders: client.ask("pcap-file", filename=CAPTURE, output_dir=folder)
        wait_for(self.idle)
        self.assertTrue(any("alert" in e for e in self.events(folders[0])))
        self.assertFalse(any("alert" in e for e in self.events(folders[1])))
        self.assertEqual(self.end(), 0)
        self.assertTrue(os.path.getsize(self.path("data", "seen.lst")))

    @unittest.skipUnless(SURICATASC, "suricatasc is not installed")
    def test_suricatasc_hands_captures_in(self):
        self.start()
        def sc(command):
            done = subprocess.run([SURICATASC, "-c", command, self.path("s")], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return json.loads(done.stdout)["message"]
        out = self.out("o")
        self.assertEqual(sc("pcap-file %s %s" % (CAPTURE, out)), "Successfully added file to list")
        wait_for(self.idle)
        self.assertTrue(any("alert" in e for e in self.events(out)))
        self.assertEqual(sc("pcap-file-number"), 0)
        self.assertEqual(sc("uptime") >= 0, True)
        self.assertEqual(sc("ruleset-reload-rules"), "done")
        self.assertEqual(sc("conf-get weir.control.enabled"), "yes")
        self.assertEqual(sc("shutdown"), "Closing Suricata")


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
