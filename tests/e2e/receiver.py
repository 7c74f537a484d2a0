#!/usr/bin/env python3
"""What a real host receives is part of what was inspected. receiver.py WEIR [--seed N] [--seconds N] [--only NUMBER]

Odd connections (odd_connections.py) go through a gateway to the Linux of this machine, with `weir detect` beside and with `weir
prevent` between them. No forbidden request may arrive whole without an alert, or past `prevent` at all, and what arrives whole
without an engine must do so with it. --seconds goes on with other seeds for so long. A connection that goes wrong is named by its
seed and number; --only shows it alone. Numbers behind the last are those of FOUND, in order.
"""
import argparse, json, os, selectors, shutil, signal, socket, struct, sys, time, unittest
from dataclasses import replace

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import odd_connections
from connections import ACK, SYN
from odd_connections import FIRST_PORT
from network import Hosts, options

WEIR = ""
OPTIONS = None
PORT = 8090
# Clients' addresses that no kernel has, so that none answers in their name; what the second sends passes the engine by.
JUDGED, DIRECT = "10.99.1.77", "10.99.1.78"
RULES = """
%(action)s http any any -> any any (msg:"asked for"; flow:established,to_server; http.uri; content:"/forbidden"; sid:1;)
%(action)s tcp any any -> any any (msg:"seen"; flow:established,to_server; content:"/unwelcome"; sid:2;)
"""
# Beside the gateway nobody can know how far a packet goes.
NOT_BESIDE = ("dies on the way",)
BATCH = 40
# Seed and number of connections that once went wrong and that no default would show.
FOUND = ((46, 4), (46, 102), (46, 133), (48, 44), (52, 44), (62, 5))


class Server:
    """Takes connections and keeps what came, by (client, number of the connection)."""

    def __init__(self, hosts):
        self.selector, self.got, self.sockets = selectors.DefaultSelector(), {}, []
        listener = hosts.socket_in("server", socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("", PORT))
        listener.listen(4096)
        self._keep(listener, None)

    def _keep(self, one, whose):
        one.setblocking(False)
        self.sockets.append(one)
        self.selector.register(one, selectors.EVENT_READ, whose)

    def take(self, quiet):
        """Until nothing has come for so many seconds."""
        while ready := self.selector.select(quiet):
            for key, _ in ready: self._take(key)

    def _take(self, key):
        if key.data is None:
            one, peer = key.fileobj.accept()
            whose = (peer[0], peer[1] - FIRST_PORT)
            self.got[whose] = b""
            self._keep(one, whose)
            return
        try: data = key.fileobj.recv(65536)
        except BlockingIOError: return
        except OSError: data = b""
        self.got[key.data] += data
        if not data: self.selector.unregister(key.fileobj)

    def close(self):
        for one in self.sockets: one.close()


class Client:
    """Sends packets as they are given, in the names of both addresses."""

    def __init__(self, hosts):
        self.server = hosts.server
        self.wire = hosts.socket_in("client", socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.wire.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        self.wire.bind((hosts.devices[("client", 1)], 0x0800))
        self.wire.settimeout(1)
        here, there = hosts.mac("client", 1), hosts.mac("gateway", 1)
        self.head = bytes.fromhex((there + here).replace(":", "")) + b"\x08\0"
        for client in (JUDGED, DIRECT):
            hosts.inside("gateway", "ip", "neigh", "replace", client, "lladdr", here, "dev", hosts.devices[("gateway", 1)])

    def send(self, packet): self.wire.send(self.head + packet)

    def open(self, wanted):
        """The server's initial sequence numbers of those, by (client, number), that it answers."""
        for (client, _), c in wanted.items():
            for packet in c.opening((client, self.server, PORT)): self.send(packet)
        answered, until = {}, time.monotonic() + 10
        while len(answered) < len(wanted) and time.monotonic() < until:
            try: frame = self.wire.recv(2048)
            except TimeoutError: continue
            if len(frame) < 54 or frame[23] != 6 or frame[47] & (SYN | ACK) != SYN | ACK: continue
            source, port, first = struct.unpack(">HHI", frame[34:42])
            whose = (socket.inet_ntoa(frame[30:34]), port - FIRST_PORT)
            if source == PORT and whose in wanted: answered[whose] = first
        return answered

    def deliver(self, connections, clients):
        wanted = {(client, c.number): c for c in connections for client in clients}
        for whose, first in self.open(wanted).items():
            for packet in wanted[whose].packets((whose[0], self.server, PORT), first): self.send(packet)


class Receiver(unittest.TestCase):
    def seeds(self):
        yield OPTIONS.seed
        until, seed = time.monotonic() + OPTIONS.seconds, OPTIONS.seed
        while time.monotonic() < until: yield (seed := seed + 1)

    def run_all(self, command, clients, without=()):
        """(seed, connection, what came by client, whether there was an alert) of each connection, seed after seed."""
        for seed in self.seeds():
            with self.subTest(seed=seed):
                hosts = Hosts()
                try: yield from ((seed, *one) for one in self.run_one(hosts, seed, command, clients, without))
                finally: hosts.close()

    def start(self, hosts, command):
        with open(hosts.path("test.rules"), "w") as f: f.write(RULES % {"action": "drop" if command == "prevent" else "alert"})
        source = ["-q", "0", "--set", "weir.watchdog-ms=20000", "--set", "weir.packet-budget-us=0"] if command == "prevent" else \
                 ["-i", hosts.devices[("gateway", 1)], "--threads", "1"]
        engine = hosts.spawn_service("gateway", WEIR, command, *source, "-S", hosts.path("test.rules"), "-l", hosts.path("log"), "--no-cache",
                                     "--set", "weir.control.enabled=no", "--user", "root", log="weir.log")
        if command == "prevent":
            for side in ("-s", "-d"): hosts.inside("gateway", "iptables", "-A", "FORWARD", side, DIRECT, "-j", "ACCEPT")
            hosts.divert()
        return engine

    def run_one(self, hosts, seed, command, clients, without):
        engine, server, sender = self.start(hosts, command), Server(hosts), Client(hosts)
        self.addCleanup(server.close)
        self.addCleanup(sender.wire.close)
        numbers = range(OPTIONS.connections) if OPTIONS.only is None else [OPTIONS.only]
        connections = [odd_connections.make(seed, n, without) for n in numbers]
        if OPTIONS.only is None and seed == OPTIONS.seed:
            connections += [replace(odd_connections.make(*one, without), number=OPTIONS.connections + i) for i, one in enumerate(FOUND)]
        for at in range(0, len(connections), BATCH):
            sender.deliver(connections[at:at + BATCH], clients)
            server.take(0.2)
        server.take(1)
        engine.send_signal(signal.SIGTERM)
        with open(hosts.path("weir.log")) as f: self.assertEqual(engine.wait(60), 0, f.read())
        with open(hosts.path("log/eve.json")) as f: alerts = {e["src_port"] - FIRST_PORT for e in map(json.loads, f) if e["event_type"] == "alert"}
        if OPTIONS.keep: shutil.copytree(hosts.path("log"), OPTIONS.keep, dirs_exist_ok=True)
        for c in connections: yield c, {client: server.got.get((client, c.number), b"") for client in clients}, c.number in alerts

    def judge(self, wrong, seen, least):
        for line in wrong: print(line)
        self.assertEqual(wrong, [])
        if OPTIONS.only is None: self.assertGreater(seen, least)  # or nothing was tried

    @staticmethod
    def arrived(c, got): return got.startswith(c.request[:-2])  # without the empty line it may be carried on

    def test_detect_tells_of_every_forbidden_request_that_arrives(self):
        wrong, whole = [], 0
        for seed, c, got, told in self.run_all("detect", (JUDGED,), NOT_BESIDE):
            if not c.forbidden or not self.arrived(c, got[JUDGED]): continue
            whole += 1
            if not told: wrong.append("seed %d, connection %d, %s: no alert" % (seed, c.number, ", ".join(c.kinds)))
        self.judge(wrong, whole, OPTIONS.connections // 4)

    def test_prevent_lets_none_arrive_and_breaks_no_other(self):
        wrong, whole = [], 0
        for seed, c, got, _ in self.run_all("prevent", (DIRECT, JUDGED)):
            name = "seed %d, connection %d, %s" % (seed, c.number, ", ".join(c.kinds))
            if c.forbidden:
                if self.arrived(c, got[JUDGED]): wrong.append(name + ": arrived")
            elif self.arrived(c, got[DIRECT]):
                whole += 1
                # Copies may take turns: when Linux sends its ACKs decides on some.
                if len(got[JUDGED]) < len(got[DIRECT]): wrong.append("%s: broken, %r of %r" % (name, got[JUDGED], got[DIRECT]))
        self.judge(wrong, whole, OPTIONS.connections // 8)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--connections", type=int, default=160)
    parser.add_argument("--only", type=int, help="the connection of that number alone")
    parser.add_argument("--keep", help="copy the logs to this folder")
    parser.add_argument("--seconds", type=float, default=0)
    OPTIONS, rest = options(parser)
    WEIR = os.path.abspath(OPTIONS.weir)
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
