#!/usr/bin/env python3
"""Data sets in files: what a run learns is there for the next, a bad line is told of and left out, and where files may lie.
datasets.py WEIR"""
import base64, json, os, subprocess, sys, tempfile, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAPTURE = os.path.join(REPOSITORY, "examples", "captures", "http.pcap")
HOSTS = {"www.example", "update.evil.example"}
WEIR = ""


def lines_of(values): return "".join(base64.b64encode(v.encode()).decode() + "\n" for v in sorted(values))


class Datasets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(self.path("data"))

    def path(self, *names): return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as f: f.write(text)
        return self.path(name)

    def read(self, *names):
        with open(self.path(*names)) as f: return f.read()

    def run_rules(self, rules, *arguments, status=0):
        rules = self.write("test.rules", "".join("alert http any any -> any any (http.host; %s sid:%d;)\n" % (options, sid + 1)
                                                 for sid, options in enumerate(rules)))
        done = subprocess.run([WEIR, "detect", "-r", CAPTURE, "-S", rules, "-l", self.path("log"), "--no-cache", *arguments],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        events = [json.loads(line) for line in self.read("log", "eve.json").splitlines()]
        os.remove(self.path("log", "eve.json"))
        return [e["alert"]["signature_id"] for e in events if e["event_type"] == "alert"], done.stderr

    def test_state_is_written_at_the_end_and_read_by_the_next_run(self):
        rules = ["dataset:set,seen,type string,state deep/seen.lst;"]
        for threads in ("1", "3"):
            os.mkdir(self.path("data", threads))
            alerts, _ = self.run_rules(rules, "--data-dir", self.path("data", threads), "--threads", threads)
            self.assertEqual(len(alerts), len(HOSTS) + 1)  # one host is also asked by its address
            written = self.read("data", threads, "deep", "seen.lst")
            self.assertLessEqual(set(lines_of(HOSTS).splitlines()), set(written.splitlines()))
            self.assertEqual(os.listdir(self.path("data", threads, "deep")), ["seen.lst"])
            self.assertEqual(self.run_rules(rules, "--data-dir", self.path("data", threads), "--threads", threads)[0], [])
            self.assertEqual(self.read("data", threads, "deep", "seen.lst"), written)

    def test_sets_of_the_configuration_lie_where_it_says(self):
        self.write("names.lst", lines_of({"www.example"}))
        config = self.write("weir.yaml", "datasets:\n  known: {type: string, load: names.lst}\n"
                                         "  seen: {type: string, save: %s}\n" % self.path("elsewhere", "seen.lst"))
        alerts, said = self.run_rules(["dataset:isset,known;", "dataset:set,seen;"], "-c", config, "--data-dir", self.path("data"))
        self.assertIn(1, alerts)
        self.assertIn(lines_of({"www.example"}), self.read("elsewhere", "seen.lst"))
        self.assertEqual(said, "")

    def test_a_bad_line_is_told_of_with_its_place_and_the_rest_is_used(self):
        self.write("data/hosts.lst", lines_of({"www.example"}) + "what is this\n")
        rules = ["dataset:isset,hosts,type string,load hosts.lst;"]
        alerts, said = self.run_rules(rules, "--data-dir", self.path("data"))
        self.assertIn(1, alerts)
        self.assertIn("hosts.lst:2:1: error: dataset: not a value of the set", said)
        done = subprocess.run([WEIR, "check", "-S", self.path("test.rules"), "--data-dir", self.path("data"), "--strict"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)

    def test_rules_reach_the_data_directory_only(self):
        inside, outside = self.write("data/in.lst", lines_of(HOSTS)), self.write("out.lst", lines_of(HOSTS))
        rules = ["dataset:isset,a,type string,load %s;" % inside, "dataset:isset,b,type string,load %s/../../out.lst;" % self.path("data", "x"),
                 "dataset:set,c,type string,state %s;" % outside, "dataset:set,d,type string,state ../out.lst;"]
        alerts, said = self.run_rules(rules, "--data-dir", self.path("data"))
        self.assertEqual((alerts, said.count("error: dataset")), ([], 4))
        alerts, said = self.run_rules(rules, "--data-dir", self.path("data"), "--set", "datasets.rules.allow-absolute-filenames=true")
        self.assertEqual(set(alerts), {1})
        self.assertEqual(said.count("lies outside of the data directory"), 3)
        self.assertEqual(self.read("out.lst"), lines_of(HOSTS))

    def test_sets_cannot_be_kept_in_a_folder_that_is_not_there(self):
        _, said = self.run_rules(["dataset:set,c,type string,state c.lst;"], "--data-dir", self.path("nowhere"))
        self.assertIn("the data directory %s is not there" % self.path("nowhere"), said)

    def test_rules_may_be_kept_from_writing(self):
        alerts, said = self.run_rules(["dataset:set,c,type string,state c.lst;"], "--data-dir", self.path("data"),
                                      "--set", "datasets.rules.allow-write=false")
        self.assertEqual((alerts, os.listdir(self.path("data"))), ([], []))
        self.assertIn("allow-write", said)

    def test_a_set_that_cannot_be_written_is_an_error_at_the_end(self):
        self.write("data/file", "")
        _, said = self.run_rules(["dataset:set,c,type string,save file/c.lst;"], "--data-dir", self.path("data"), status=1)
        self.assertIn("file/c.lst: cannot be written", said)

    def test_a_list_is_found_beside_the_rules(self):
        self.write("beside.lst", lines_of(HOSTS))
        self.assertIn(1, self.run_rules(["dataset:isset,a,type string,load beside.lst;"], "--data-dir", self.path("data"))[0])

    def test_digest_lists_leave_bad_lines_out_as_well(self):
        self.write("data/md5.lst", "0" * 32 + "\nnonsense\n")
        rules = self.write("files.rules", "alert http any any -> any any (filemd5:!md5.lst; sid:1;)\n")
        done = subprocess.run([WEIR, "check", "-S", rules, "--data-dir", self.path("data")], capture_output=True, text=True)
        self.assertIn("1 loaded, 0 failed", done.stdout)
        self.assertIn("md5.lst:2:1: error: filemd5", done.stderr)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
