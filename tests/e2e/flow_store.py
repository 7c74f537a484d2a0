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
OFTEN = ("--set", "weir.flows.store.seal-interval=1s")


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
            engine = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{self.port}", "--store", self.store, *OFTEN, *arguments], stderr=log)
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
            engine = self.start()
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
        self.send(range(300, 400))
        with open(os.path.join(small, "more"), "wb") as f:
            try:
                while f.write(b"x" * 65536): pass
            except OSError: pass
        self.stop(engine)
        os.remove(os.path.join(small, "more"))
        numbers, _ = self.listed()
        self.assertEqual(set(range(300, 400)) - set(numbers), set())
        self.assertEqual(set(range(100)) & set(numbers), set(), "the oldest file is still there")
        self.assertIn("the disk is full", self.said())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("weir", type=os.path.abspath)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    options, rest = parser.parse_known_args()
    WEIR, KILLS, SEED = options.weir, options.kills, options.seed
    unittest.main(argv=sys.argv[:1] + rest)
