#!/usr/bin/env python3
"""Captures that come as streams: standard input, named pipes, files that grow, TCP. Events are there while they last. streams.py WEIR"""
import json, os, signal, socket, subprocess, sys, tempfile, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
with open(os.path.join(REPOSITORY, "examples", "captures", "http.pcap"), "rb") as f: CAPTURE = f.read()
with open(os.path.join(REPOSITORY, "examples", "captures", "dns.pcap"), "rb") as f: OTHER = f.read()
RULES = 'alert http any any -> any any (msg:"numbers"; http.uri; content:"/files/numbers.txt"; sid:1;)\n'
WEIR = ""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Streams(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(self.path("test.rules"), "w") as f: f.write(RULES)

    def path(self, name): return os.path.join(self.folder, name)

    def start(self, *arguments, **more):
        run = subprocess.Popen([WEIR, "detect", "-S", self.path("test.rules"), "-l", self.folder, "--no-cache", *arguments],
                               stderr=subprocess.PIPE, **more)
        self.addCleanup(run.stderr.close)
        self.addCleanup(lambda: run.poll() is None and run.kill())
        return run

    def events(self, kind):
        if not os.path.exists(self.path("eve.json")): return []
        with open(self.path("eve.json")) as f: lines = f.read().split("\n")
        return [e for e in map(json.loads, lines[:-1]) if e["event_type"] == kind]

    def wait_for(self, kind, run):
        deadline = time.time() + 30
        while time.time() < deadline and not self.events(kind) and run.poll() is None: time.sleep(0.05)
        self.assertTrue(self.events(kind))
        self.assertIsNone(run.poll(), "events are there only when the run has ended")

    def end(self, run, status=0):
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(timeout=30), status, run.stderr.read())

    def test_standard_input_is_logged_as_it_comes(self):
        run = self.start("-r", "-", stdin=subprocess.PIPE)
        run.stdin.write(CAPTURE)
        run.stdin.flush()
        self.wait_for("alert", run)
        run.stdin.close()
        self.assertEqual(run.wait(timeout=30), 0)

    def test_an_interrupted_stream_ends_well(self):
        run = self.start("-r", "-", stdin=subprocess.PIPE)
        run.stdin.write(CAPTURE)
        run.stdin.flush()
        self.wait_for("alert", run)
        self.end(run)
        run.stdin.close()
        with open(self.path("eve.json")) as f: self.assertIn('"event_type":"flow"', f.read())

    def test_a_growing_file_is_followed(self):
        with open(self.path("grows.pcap"), "wb", buffering=0) as grows:
            grows.write(CAPTURE[:1000])
            run = self.start("-r", self.path("grows.pcap"), "--follow")
            time.sleep(0.5)
            grows.write(CAPTURE[1000:])
            self.wait_for("alert", run)
            self.end(run)

    def test_a_named_pipe_is_followed_from_one_writer_to_the_next(self):
        os.mkfifo(self.path("pipe"))
        run = self.start("-r", self.path("pipe"), "--follow")
        for part in (CAPTURE[:1000], CAPTURE[1000:]):
            with open(self.path("pipe"), "wb") as writer: writer.write(part)
        self.wait_for("alert", run)
        self.end(run)

    def test_follow_wants_one_file(self):
        self.assertEqual(self.start("--follow").wait(timeout=30), 2)

    def test_a_capture_is_fetched_over_tcp(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            run = self.start("-r", "tcp://127.0.0.1:%d" % server.getsockname()[1])
            connection, _ = server.accept()
            with connection:
                connection.sendall(CAPTURE)
                self.wait_for("alert", run)
            self.assertEqual(run.wait(timeout=30), 0, run.stderr.read())

    def test_captures_are_taken_over_tcp_one_after_the_other(self):
        port = free_port()
        run = self.start("-r", "tcp-listen://127.0.0.1:%d" % port, "--set", "outputs.0.eve-log.pcap-file=yes")
        senders = []
        for capture, kind in ((CAPTURE, "alert"), (OTHER, "dns")):
            deadline = time.time() + 30
            while True:
                try:
                    client = socket.create_connection(("127.0.0.1", port))
                    break
                except ConnectionRefusedError:
                    self.assertLess(time.time(), deadline)
                    time.sleep(0.05)
            with client:
                senders.append("tcp://127.0.0.1:%d" % client.getsockname()[1])
                client.sendall(capture)
                self.wait_for(kind, run)
        self.end(run)
        self.assertEqual([self.events(kind)[0]["pcap_filename"] for kind in ("alert", "dns")], senders)

    def test_nobody_there_is_an_error(self):
        run = self.start("-r", "tcp://127.0.0.1:%d" % free_port())
        self.assertEqual(run.wait(timeout=30), 1)
        self.assertIn(b"Connection refused", run.stderr.read())


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
