#!/usr/bin/env python3
"""How much of the log a sender can make the program write, and how much memory on the way there. log_bounds.py WEIR"""
import json, os, struct, sys, tempfile, unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from frames import ethernet, ip, tcp, udp, write_capture

WEIR = ""
KILO, MEGA = 1 << 10, 1 << 20
EVENT_BYTES, SHORT_ALERT_BYTES = 256 * KILO, 16 * KILO  # as weir.yaml(5) says
RATE, BURST = 16, 64 * KILO
RULE = 'alert dns any any -> any any (msg:"the last one"; dns.answer.name; content:"z"; startswith; sid:1;)\n'


def sanitized():
    with open(WEIR, "rb") as f: return b"__asan_init" in f.read()


def name(letter): return (b"\x3f" + letter * 63) * 3 + b"\x3d" + b"b" * 61 + b"\0"


def answers(number, count, letter=b"a"):
    """A response of few bytes that is long when it is written out: each answer is a name for the same long name."""
    head = struct.pack(">HHHHHH", number & 0xffff, 0x8180, 1, count, 0, 0) + name(letter) + b"\0\5\0\1"
    return head + b"\xc0\x0c\0\5\0\1\0\0\0\0\0\2\xc0\x0c" * count


class LogBounds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name): return os.path.join(self.folder, name)

    def capture(self, frames):
        write_capture(self.path("t.pcap"), [(1_700_000_000 + i / 1000, frame) for i, frame in enumerate(frames)])
        return sum(map(len, frames))

    def run_weir(self, *arguments):
        """Status, and the most memory that it took, in bytes."""
        with open(self.path("test.rules"), "w") as f: f.write(RULE)
        child = os.spawnl(os.P_NOWAIT, WEIR, WEIR, "detect", "-r", self.path("t.pcap"), "-S", self.path("test.rules"), "-l", self.folder,
                          "-k", "none", *arguments)
        _, status, usage = os.wait4(child, 0)
        self.assertEqual(status, 0)
        return usage.ru_maxrss * KILO

    def events(self):
        with open(self.path("eve.json"), encoding="utf-8") as f: return [json.loads(line) for line in f]

    def responses(self, count, flows=1):
        return [ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(4000 + i % flows, 53, answers(i, 60)))) for i in range(count)]

    def test_a_flow_has_its_share_of_the_log_and_its_event_says_what_is_missing(self):
        last = ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(4000, 53, answers(7, 60, b"z"))))
        sent = self.capture([*self.responses(800), last])
        for threads in ("1", "3"):
            if threads != "1": os.remove(self.path("eve.json"))
            self.run_weir("--threads", threads)
            written, events = os.path.getsize(self.path("eve.json")), self.events()
            self.assertLess(written, RATE * sent + BURST + 2 * SHORT_ALERT_BYTES)
            alert, = [e for e in events if e["event_type"] == "alert"]
            self.assertLess(len(json.dumps(alert)), 2 * SHORT_ALERT_BYTES)
            flow, = [e for e in events if e["event_type"] == "flow"]
            self.assertIn("weir", alert)  # an alert's cut stands in it alone
            cut = sum("weir" in e for e in events if e["event_type"] == "dns")
            logged = sum(e["event_type"] == "dns" for e in events)
            self.assertGreater(cut, 400)
            self.assertEqual(flow["weir"], {"events_left_out": 801 - logged, "events_truncated": cut})
            stats, = [e["stats"]["weir"] for e in events if e["event_type"] == "stats"]
            self.assertEqual((stats["events_left_out"], stats["events_truncated"]), (801 - logged, cut))

    def test_small_events_are_left_out_when_a_flow_has_had_far_too_much(self):
        self.capture(self.responses(1) + [ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(4000, 53, answers(i, 0)[:12]))) for i in range(2000)])
        self.run_weir("--set", "weir.flow-log-rate=1", "--set", "weir.flow-log-burst=10kb")
        events = self.events()
        flow, = [e for e in events if e["event_type"] == "flow"]
        self.assertGreater(flow["weir"]["events_left_out"], 1000)
        self.assertGreater(sum(e["event_type"] != "flow" for e in events), 10)

    def test_many_flows_have_no_more(self):
        sent = self.capture(self.responses(500, flows=500))
        self.run_weir()
        self.assertLess(os.path.getsize(self.path("eve.json")), 20 * sent)

    def test_without_a_rate_everything_is_written(self):
        self.capture(self.responses(100))
        self.run_weir("--set", "weir.flow-log-rate=0")
        events = self.events()
        self.assertEqual(sum(e["event_type"] == "dns" for e in events), 100)
        self.assertNotIn("weir", [e for e in events if e["event_type"] == "flow"][0])

    def test_one_event_has_an_end_and_says_that_it_was_cut(self):
        message = answers(1, 4000)
        data = struct.pack(">H", len(message)) + message
        frames, sequence = [], 1
        def segment(flags, ack, payload=b"", up=False):
            nonlocal sequence
            ends = ("10.0.0.1", "10.0.0.2", 4000, 53) if up else ("10.0.0.2", "10.0.0.1", 53, 4000)
            frames.append(ethernet(ip(ends[0], ends[1], 6, tcp(ends[2], ends[3], 1 if up and ack else 0 if up else sequence - (flags & 2 > 0), ack, flags, payload))))
            if not up: sequence += len(payload)
        segment(2, 0, up=True), segment(0x12, 1), segment(0x10, 1, up=True)
        for at in range(0, len(data), 1400): segment(0x18, 1, data[at:at + 1400])
        segment(0x10, sequence, up=True)
        self.capture(frames)
        self.run_weir()
        events = [e for e in self.events() if e["event_type"] == "dns"]
        with open(self.path("eve.json")) as f: longest = max(map(len, f))
        self.assertEqual(len(events), 1)
        self.assertEqual(events[0]["weir"], {"truncated": True})
        self.assertGreater(longest, EVENT_BYTES * 0.98)
        self.assertLessEqual(longest, EVENT_BYTES + 1)
        self.assertGreater(len(events[0]["dns"]["answers"]), 300)
        os.remove(self.path("eve.json"))
        self.run_weir("--set", "weir.event-size=20kb")
        with open(self.path("eve.json")) as f: self.assertLessEqual(max(map(len, f)), 20 * KILO + 1)

    def test_lines_that_wait_to_be_written_take_little_memory(self):
        if sanitized(): self.skipTest("a sanitised program's memory is not its own")
        self.capture(self.responses(4000))  # 200 MB of lines
        os.symlink("/dev/null", self.path("eve.json"))
        with open(self.path("none.yaml"), "w") as f: f.write("outputs: []\n")
        for threads in ("1", "2", "4"):
            without = self.run_weir("--threads", threads, "-c", self.path("none.yaml"))
            logging = self.run_weir("--threads", threads, "--set", "weir.flow-log-rate=0") - without
            self.assertLess(logging, 48 * MEGA, "with %s threads" % threads)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
