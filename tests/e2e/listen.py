#!/usr/bin/env python3
"""`weir detect -i` beside real traffic: what it sees, on which interface, and that it copes with the interface going. listen.py WEIR"""
import json, os, signal, socket, sys, time, unittest

from network import Hosts, missing, wait_for

WEIR = ""
RULES = """
alert http any any -> any any (msg:"secret asked for"; flow:established,to_server; http.uri; content:"/secret"; sid:1;)
alert icmp any any -> any any (msg:"ping"; itype:8; sid:2;)
"""


class Listen(unittest.TestCase):
    def setUp(self):
        self.hosts = Hosts()
        self.addCleanup(self.hosts.close)
        self.interface = self.hosts.devices[("gateway", 1)]
        with open(self.hosts.path("test.rules"), "w") as f: f.write(RULES)

    def start(self, *arguments, interface=None):
        engine = self.hosts.spawn_service("gateway", WEIR, "detect", "-i", interface or self.interface, "-S",
                                          self.hosts.path("test.rules"), "-l", self.hosts.path("log"), "--no-cache", *arguments, log="weir.log")
        self.assertIsNone(engine.poll(), self.said())
        return engine

    def stop(self, engine):
        engine.send_signal(signal.SIGTERM)
        self.assertEqual(engine.wait(30), 0, self.said())
        return self.events()

    def said(self):
        with open(self.hosts.path("weir.log")) as f: return f.read()

    def events(self):
        with open(self.hosts.path("log/eve.json")) as f: return [json.loads(line) for line in f]

    def requests(self, events): return [e for e in events if e["event_type"] == "http"]

    def test_a_request_is_seen_with_its_interface_and_without_a_capture(self):
        engine = self.start("--threads", "1")
        self.hosts.fetch("/secret")
        events = self.stop(engine)
        alert, = [e for e in events if e["event_type"] == "alert"]
        self.assertEqual((alert["alert"]["action"], alert["in_iface"]), ("allowed", self.interface))
        self.assertNotIn("pcap_cnt", alert)
        self.assertEqual(self.requests(events)[0]["http"]["status"], 200)
        stats = [e for e in events if e["event_type"] == "stats"][-1]["stats"]
        self.assertEqual(stats["capture"]["kernel_drops"], 0)
        self.assertGreaterEqual(stats["capture"]["kernel_packets"], stats["decoder"]["pkts"])

    def test_several_workers_see_each_connection_once(self):
        engine = self.start("--threads", "3")
        for _ in range(20): self.hosts.fetch("/index.html")
        events = self.stop(engine)
        self.assertEqual([r["http"]["status"] for r in self.requests(events)], [200] * 20)

    def test_two_interfaces_are_listened_to_at_once(self):
        other = self.hosts.devices[("gateway", 2)]
        engine = self.start("--threads", "1", interface="%s,%s" % (self.interface, other))
        self.hosts.fetch("/secret")
        events = self.stop(engine)
        self.assertEqual(sorted(e["in_iface"] for e in events if e["event_type"] == "alert"), sorted([self.interface, other]))

    def test_the_portable_way_sees_the_same(self):
        engine = self.start("--set", "weir.capture=pcap")
        self.hosts.fetch("/secret")
        events = self.stop(engine)
        self.assertEqual([e["in_iface"] for e in events if e["event_type"] == "alert"], [self.interface])

    def test_a_filter_keeps_the_rest_away(self):
        engine = self.start("--threads", "1", "-f", "icmp")
        self.hosts.fetch("/secret")
        self.assertTrue(self.hosts.ping(count=2))
        events = self.stop(engine)
        self.assertEqual([e["alert"]["signature_id"] for e in events if e["event_type"] == "alert"], [2, 2])
        self.assertEqual(self.requests(events), [])

    def test_the_vlan_tag_that_the_kernel_took_out_is_there_again(self):
        frame = bytes.fromhex("ffffffffffff020000000001" "8100002a0800" "4500001c00010000400163170a6301020a630202" "0800f7fd00010001")
        send = "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((%r, 0)); s.send(%r)"
        engine = self.start("--threads", "1")
        self.hosts.inside("client", sys.executable, "-c", send % (self.hosts.devices[("client", 1)], frame))
        events = self.stop(engine)
        self.assertEqual([e.get("vlan") for e in events if e["event_type"] == "alert"], [[42]])

    def test_an_interface_that_was_down_is_heard_again(self):
        engine = self.start("--threads", "1")
        self.hosts.inside("gateway", "ip", "link", "set", self.interface, "down")
        wait_for(lambda: "waiting for it" in self.said())
        self.hosts.inside("gateway", "ip", "link", "set", self.interface, "up")
        wait_for(lambda: self.hosts.ping(count=1))
        time.sleep(0.3)
        events = self.stop(engine)
        self.assertGreaterEqual(len([e for e in events if e["event_type"] == "alert"]), 1)

    def test_an_interface_that_was_taken_away_is_heard_when_it_is_back(self):
        self.hosts.inside("gateway", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
        engine = self.start("--threads", "1", interface="here")
        self.hosts.inside("gateway", "ip", "link", "del", "here")
        wait_for(lambda: "the interface is gone" in self.said())
        self.hosts.inside("gateway", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
        wait_for(lambda: "the interface is back" in self.said())
        self.hosts.inside("gateway", "ip", "address", "add", "10.98.0.1/24", "dev", "here")
        for device in ("here", "there"): self.hosts.inside("gateway", "ip", "link", "set", device, "up")
        self.hosts.inside("gateway", "ip", "neighbour", "add", "10.98.0.2", "lladdr", "02:00:00:00:00:01", "dev", "here")
        self.hosts.inside("gateway", "ping", "-c", "1", "-W", "1", "10.98.0.2", check=False)
        time.sleep(0.3)
        events = self.stop(engine)
        self.assertEqual([e["in_iface"] for e in events if e["event_type"] == "alert"], ["here"])

    def test_a_log_that_was_moved_away_is_begun_anew_at_sighup(self):
        engine = self.start("--threads", "1")
        self.hosts.fetch("/first")
        wait_for(lambda: self.requests(self.events()), seconds=10)
        os.rename(self.hosts.path("log/eve.json"), self.hosts.path("log/eve.json.1"))
        engine.send_signal(signal.SIGHUP)
        wait_for(lambda: os.path.exists(self.hosts.path("log/eve.json")))
        self.hosts.fetch("/second")
        events = self.stop(engine)
        self.assertEqual([r["http"]["url"] for r in self.requests(events)], ["/second"])
        with open(self.hosts.path("log/eve.json.1")) as f: moved = [json.loads(line) for line in f]
        self.assertEqual([r["http"]["url"] for r in self.requests(moved)], ["/first"])

    def test_events_go_to_sockets_and_to_standard_output(self):
        with open(self.hosts.path("weir.yaml"), "w") as f:
            f.write("%YAML 1.1\n---\noutputs:\n" + "".join(
                "  - eve-log: {enabled: yes, filetype: %s, filename: %s, types: [alert]}\n" % (kind, self.hosts.path(kind))
                for kind in ("unix_stream", "unix_dgram", "console")))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram:
            for s, kind in ((stream, "unix_stream"), (datagram, "unix_dgram")):
                s.settimeout(10)
                s.bind(self.hosts.path(kind))
            stream.listen(1)
            engine = self.start("--threads", "1", "-c", self.hosts.path("weir.yaml"))
            self.hosts.fetch("/secret")
            engine.send_signal(signal.SIGTERM)
            peer, _ = stream.accept()
            peer.settimeout(10)
            for got in (peer.recv(65536), datagram.recv(65536)):
                self.assertEqual(json.loads(got)["alert"]["signature_id"], 1)
            self.assertEqual(engine.wait(30), 0, self.said())
            self.assertIn('"signature_id":1,', self.said())
            peer.close()

    def test_what_is_wrong_with_an_interface_is_said(self):
        engine = self.hosts.spawn("gateway", WEIR, "detect", "-i", "none0", "--no-rules", "-l", self.hosts.path("log"), log="wrong.log")
        self.assertEqual(engine.wait(20), 1)
        with open(self.hosts.path("wrong.log")) as f: self.assertIn("-i none0: no such interface", f.read())


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if reason := missing():
        print("left out:", reason)
        sys.exit(0)
    unittest.main(verbosity=2)
