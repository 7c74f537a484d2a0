#!/usr/bin/env python3
"""The store of flow records, where things go wrong: writers that are killed, a disk that fills, pages that are damaged.
flow_store.py WEIR [--kills N] [--seed N]

A writer is killed a few times here, at moments that the seed chooses; more with --kills. A full disk needs root (a small tmpfs in a
mount namespace of its own), which is said when it is left out.
"""
import argparse, glob, json, os, random, signal, subprocess, sys, tempfile, time, unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import collect as C

WEIR, KILLS, SEED = "", 12, 1
OFTEN = ("--set", "weir.flows.store.seal-interval=1s")  # without it, what a writer was sent is one file when it ends


class Store(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.folder, self.store, self.log = folder.name, os.path.join(folder.name, "store"), os.path.join(folder.name, "log")
        self.sequence = 0

    def start(self, *arguments):
        self.port = C.free_port()
        with open(self.log, "a") as log:
            engine = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{self.port}", "--store", self.store, *arguments], stderr=log)
        self.addCleanup(lambda: engine.poll() is None and (engine.kill(), engine.wait()))
        C.wait_until(lambda: engine.poll() is not None or C.is_bound(self.port))
        self.assertIsNone(engine.poll(), self.said())
        return engine

    def said(self):
        with open(self.log) as f: return f.read()

    def stop(self, engine):
        engine.send_signal(signal.SIGTERM)
        self.assertEqual(engine.wait(60), 0, self.said())

    def send(self, numbers):
        """Records that say these numbers: source address and packets."""
        with C.socket.socket(C.socket.AF_INET, C.socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", self.port))
            numbers = list(numbers)
            for at in range(0, len(numbers), 20):
                some = numbers[at:at + 20]
                s.send(C.ipfix(C.template() + C.data(*some), self.sequence))
                self.sequence += len(some)
        C.wait_until(lambda: C.is_drained(self.port))

    def listed(self, status=0):
        """The numbers of all records that are kept, sorted; what the command said besides."""
        done = subprocess.run([WEIR, "flows", "list", "--store", self.store, "--json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return sorted(json.loads(line)["flow"]["pkts_toserver"] - 1 for line in done.stdout.splitlines()), done.stderr

    def files(self): return sorted(glob.glob(os.path.join(self.store, "*", "*.parquet")))

    def test_what_was_there_before_a_kill_is_there_once_after_it(self):
        chance, sent, seen = random.Random(SEED), 0, 0
        for _ in range(KILLS):
            engine = self.start(*OFTEN)
            end = time.monotonic() + chance.uniform(0.05, 2.5)
            while time.monotonic() < end:
                self.send(range(sent, sent + 40))
                sent += 40
                time.sleep(0.01)
            before, _ = self.listed()  # while it is written
            self.assertEqual(len(before), len(set(before)), "a record is there twice")
            seen += len(before)
            time.sleep(chance.uniform(0, 0.3))
            engine.kill()
            engine.wait()
            after, _ = self.listed()
            self.assertEqual(len(after), len(set(after)), "a record is there twice")
            self.assertEqual(set(before) - set(after), set(), "records are gone")
        self.assertGreater(seen, 0)
        self.stop(self.start())
        sealed, _ = self.listed()
        self.assertEqual(sealed, sorted(set(sealed)))
        self.assertEqual(set(after) - set(sealed), set())
        self.assertGreater(len(sealed), 0)
        self.assertEqual(glob.glob(os.path.join(self.store, "flows-*.journal")), [])

    def test_a_damaged_page_costs_its_row_group_and_is_named(self):
        for part in range(3):
            engine = self.start()
            self.send(range(part * 100, part * 100 + 100))
            self.stop(engine)
        files = self.files()
        self.assertEqual(len(files), 3)
        with open(files[1], "r+b") as f:  # pages of addresses: those of a column with one value for all rows need not be read
            f.seek(100)
            bytes_there = f.read(600)
            f.seek(100)
            f.write(bytes(b ^ 0x55 for b in bytes_there))
        numbers, said = self.listed(status=1)
        self.assertEqual(numbers, list(range(100)) + list(range(200, 300)))
        self.assertIn(files[1], said)
        with open(files[2], "r+b") as f: f.truncate(os.path.getsize(files[2]) - 1)
        numbers, said = self.listed(status=1)
        self.assertEqual(numbers, list(range(100)))
        self.assertIn(files[2], said)

    def test_old_files_go_by_age(self):
        engine = self.start()
        self.send(range(100))
        self.stop(engine)
        self.assertEqual(len(self.listed()[0]), 100)
        engine = self.start("--set", "weir.flows.store.max-age=30d")  # records of 2023
        self.send(range(100, 200))
        self.stop(engine)
        self.assertEqual(self.files(), [])

    def test_old_files_become_sums_while_records_come(self):
        engine = self.start("--set", "weir.flows.store.max-age=30d", "--set", "weir.flows.store.rollups.1h.max-age=9999d")
        self.send(range(100))
        self.stop(engine)
        self.assertEqual(self.files(), [])
        self.assertEqual(len(glob.glob(os.path.join(self.store, "rollup-1h", "*", "*.parquet"))), 1)
        out, said = self.flows("count", "--json")
        self.assertEqual(json.loads(out)["flows"], 100)
        self.assertIn("rollups by 1h", said)

    def load(self, flows):
        """Flows of EVE as a file of the store: (minute of 2023-11-14, client, port of it, server, port, packets, answers, flags back)."""
        path = os.path.join(self.folder, "eve.json")
        with open(path, "w") as f:
            for minute, client, client_port, server, port, packets, answers, flags in flows:
                start, end = (time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(1699920000 + 60 * m)) for m in (minute, minute + packets // 100))
                f.write(json.dumps({"timestamp": end, "event_type": "flow", "src_ip": client, "src_port": client_port, "dest_ip": server, "dest_port": port, "proto": "TCP",
                                    "flow": {"pkts_toserver": packets, "pkts_toclient": answers, "bytes_toserver": packets * 100, "bytes_toclient": answers * 1000, "start": start, "end": end, "end_reason": "end"},
                                    "tcp": {"tcp_flags_ts": "1b" if flags == "1b" else "02", "tcp_flags_tc": flags}}) + "\n")
        self.flows("load", path)

    def flows(self, *arguments, status=0):
        done = subprocess.run([WEIR, "flows", arguments[0], "--store", self.store, *arguments[1:]], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout, done.stderr

    def some_flows(self, count):
        chance = random.Random(SEED)
        for n in range(count):
            client, port = f"10.1.{n % 7}.{n % 50}", chance.choice((22, 443, 5432, 8443))
            answered = chance.random() < 0.8
            yield (n * 600 // count, client, 40000 + n % 20000, f"10.2.0.{n % 5}", port, chance.choice((1, 3, 20, 2000)), 7 if answered else n % 2, "1b" if answered else "14")

    def answers(self, step):
        feed = os.path.join(self.folder, "feed.csv")
        with open(feed, "w") as f: f.write("10.1.3.0/28\n10.2.0.4\n")
        questions = [("count",), ("count", "answered and dport 443"), ("top", "--by", "src,port"), ("top", "--by", "host", "--sort", "flows", "--limit", "50"), ("series", "--step", step),
                     ("series", "--step", step, "--by", "port"), ("matrix",), ("peers", "10.1.3.3"), ("talked", "10.1.3.3"), ("used", "10.2.0.1"), ("known-bad", "--ioc", feed)]
        return [self.flows(*question, "--json") for question in questions]

    def test_rollups_answer_as_the_records_did(self):
        self.load(self.some_flows(3000))
        by_minutes, by_hours = self.answers("5m"), self.answers("1h")
        self.assertEqual({said for _, said in by_minutes + by_hours}, {""})
        self.flows("expire", "--max-age", "30d", "--rollup", "5m")
        self.assertEqual(self.files(), [])
        again = self.answers("5m")
        self.assertEqual([out for out, _ in again], [out for out, _ in by_minutes])
        for _, said in again: self.assertIn("2023-11-14: rollups by 5m (src,dst,proto,port,exporter) stand for the records", said)
        self.assertEqual([out for out, _ in self.answers("1h")], [out for out, _ in by_hours])
        self.flows("expire", "--max-age", "30d", "--rollup", "5m::30d", "--rollup", "1h")
        again = self.answers("1h")
        self.assertEqual([out for out, _ in again], [out for out, _ in by_hours])
        for _, said in again: self.assertIn("rollups by 1h", said)
        out, said = self.flows("top", "--by", "src,dport", "--json")
        self.assertEqual(out, "")
        self.assertIn("do not keep dport: left out", said)
        out, said = self.flows("list", "--json")
        self.assertEqual(out, "")
        self.assertIn("the question needs each record: left out", said)

    def test_a_kill_while_sums_are_made_counts_nothing_twice_and_loses_nothing(self):
        chance = random.Random(SEED)
        for _ in range(4): self.load(self.some_flows(4000))
        whole = json.loads(self.flows("count", "--json")[0])
        rules = ("--max-age", "30d", "--rollup", "5m:src,dst,proto,port:30d", "--rollup", "1h:src,dst,proto")
        killed = 0
        for _ in range(KILLS):
            expiring = subprocess.Popen([WEIR, "flows", "expire", "--store", self.store, *rules], stderr=subprocess.DEVNULL)
            try: expiring.wait(chance.uniform(0.005, 0.3))
            except subprocess.TimeoutExpired:
                expiring.kill()
                killed += 1
            expiring.wait()
            self.assertEqual(json.loads(self.flows("count", "--json")[0]), whole)
        self.flows("expire", *rules)
        self.flows("expire", *rules)
        self.assertEqual(json.loads(self.flows("count", "--json")[0]), whole)
        self.assertEqual(self.files(), [])
        self.assertGreater(len(glob.glob(os.path.join(self.store, "rollup-1h", "*", "*.parquet"))), 0)
        self.assertEqual(glob.glob(os.path.join(self.store, "rollup-5m", "*", "*.parquet")), [])
        self.assertGreater(killed, 0)

    @unittest.skipIf(os.geteuid() != 0, "needs root: a small disk")
    def test_a_full_disk_costs_the_oldest_file_and_nothing_that_comes(self):
        small = os.path.join(self.folder, "small")
        os.mkdir(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m,mode=0755", "weir-test", small], capture_output=True, text=True)
        if mounted.returncode: self.skipTest("no small disk here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=True)
        self.store = os.path.join(small, "store")
        for part in range(3):
            engine = self.start("--user", "root")
            self.send(range(part * 100, part * 100 + 100))
            self.stop(engine)
        with open(os.path.join(small, "other"), "wb") as f: f.write(b"x" * (30 << 20))  # less than 64 MB are left
        engine = self.start("--user", "root")
        with open(os.path.join(small, "more"), "wb") as f:
            try:
                while f.write(b"x" * 65536): pass
            except OSError: pass
        self.send(range(300, 400))  # not before: what is sealed by then is merged, and would go with the oldest
        self.stop(engine)
        os.remove(os.path.join(small, "more"))
        numbers, _ = self.listed()
        self.assertEqual(set(range(300, 400)) - set(numbers), set())
        self.assertEqual(set(range(100)) & set(numbers), set(), "the oldest file is still there: " + self.said())
        self.assertIn("the disk is full", self.said())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("weir", type=os.path.abspath)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    options, rest = parser.parse_known_args()
    WEIR, KILLS, SEED = options.weir, options.kills, options.seed
    unittest.main(argv=sys.argv[:1] + rest)
