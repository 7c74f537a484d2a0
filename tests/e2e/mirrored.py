#!/usr/bin/env python3
"""Mirrored traffic in UDP: `weir detect --listen`, with the sender in what it writes. mirrored.py WEIR"""
import json, os, signal, socket, struct, subprocess, sys, tempfile, time, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "tests"))
import connections
CAPTURE = os.path.join(REPOSITORY, "examples", "captures", "http.pcap")
RULES = 'alert http any any -> any any (msg:"login"; http.uri; content:"/login"; sid:1;)\n'
WRAPPED = {"vxlan": b"\x08\0\0\0\0\0\x07\0", "geneve": b"\0\0\x65\x58\0\0\x07\0", "tzsp": b"\1\0\0\1\1"}
WEIR = ""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Mirrored(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(os.path.join(self.folder, "test.rules"), "w") as f: f.write(RULES)

    def start(self, *arguments):
        run = subprocess.Popen([WEIR, "detect", *arguments, "-S", os.path.join(self.folder, "test.rules"), "-l", self.folder, "--no-cache",
                                "--set", "weir.control.path=" + os.path.join(self.folder, "s"), "--user", "root"], stderr=subprocess.PIPE, text=True)
        deadline = time.time() + 60
        while time.time() < deadline and run.poll() is None:
            done = subprocess.run([WEIR, "ctl", "status", "--socket", os.path.join(self.folder, "s")], capture_output=True)
            if done.returncode == 0: return run
            time.sleep(0.1)
        run.kill()
        self.fail(run.communicate()[1])

    def events(self):
        with open(os.path.join(self.folder, "eve.json")) as f: return [json.loads(line) for line in f]

    def test_each_kind_is_taken_and_the_sender_shown(self):
        ports = {kind: free_port() for kind in WRAPPED}
        listeners = {"%s:127.0.0.1:%d" % (kind, port): kind for kind, port in ports.items()}
        run = self.start(*(word for listener in listeners for word in ("--listen", listener)))
        with open(CAPTURE, "rb") as f: frames = [frame for _, _, frame in connections.read_pcap(f.read())[2]]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))
            for kind, port in ports.items():
                for frame in frames:
                    sender.sendto(WRAPPED[kind] + frame, ("127.0.0.1", port))
                    time.sleep(0.001)
            source = sender.getsockname()[1]
            time.sleep(1)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(timeout=60), 0, run.stderr.read())
        run.stderr.close()
        alerts = [e for e in self.events() if e["event_type"] == "alert"]
        self.assertEqual(sorted(listeners[e["in_iface"]] for e in alerts), sorted(WRAPPED))
        for alert in alerts:
            self.assertEqual((alert["tunnel"]["src_ip"], alert["tunnel"]["src_port"]), ("127.0.0.1", source))
            self.assertEqual(alert["http"]["url"], "/login")

    def test_packets_are_kept_around_an_alert(self):
        config = os.path.join(self.folder, "c.yaml")
        with open(config, "w") as f:
            f.write("outputs:\n  - eve-log: {types: [alert]}\n"
                    "  - pcap-log: {enabled: yes, conditional: alerts, filename: kept.pcap}\n")
        port = free_port()
        run = self.start("--listen", "vxlan:127.0.0.1:%d" % port, "-c", config, "--set", "weir.sandbox.landlock=yes")
        with open(CAPTURE, "rb") as f: frames = [frame for _, _, frame in connections.read_pcap(f.read())[2]]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for frame in frames:
                sender.sendto(WRAPPED["vxlan"] + frame, ("127.0.0.1", port))
                time.sleep(0.001)
            time.sleep(1)
        run.send_signal(signal.SIGTERM)
        said = run.communicate()[1]
        self.assertEqual(run.returncode, 0, said)
        alerts = [e for e in self.events() if e["event_type"] == "alert"]
        self.assertEqual(len({alert["capture_file"] for alert in alerts}), 1, said)
        with open(alerts[0]["capture_file"], "rb") as f: kept = [frame for _, _, frame in connections.read_pcap(f.read())[2]]
        inner = [next(frame for frame in frames if one.endswith(frame)) for one in kept]  # as they came, in their tunnel
        self.assertEqual(inner[0][47] & 2, 2)  # the connection's SYN, though the alert came later

    def test_what_cannot_be_listened_to_is_an_error(self):
        for words, part in ((["--listen", "gre"], "expected vxlan, geneve or tzsp"), (["--listen", "vxlan:192.0.2.77:4789"], "192.0.2.77"),
                            (["--listen", "vxlan", "-f", "tcp"], "takes no filter")):
            done = subprocess.run([WEIR, "detect", *words, "--no-rules", "-l", self.folder], capture_output=True, text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(part, done.stderr)


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    if os.geteuid() != 0:
        print("left out: a live run begins as root")
        sys.exit(0)
    unittest.main()
