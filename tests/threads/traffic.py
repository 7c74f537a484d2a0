"""Conversations and what may happen to their packets on the way: made for captures in which a flow's packets come
by different ways. Everything is drawn from a generator with a fixed seed, so that each run makes the same bytes."""
import random
from frames import *

SYN, ACK, FIN, PUSH = 2, 16, 1, 8
TUNNELS_OF_ANY = [ip_in_ip, gre, gre_key, gre_bridged, gre_ppp, erspan1, erspan2, erspan3, vxlan, vxlan_linux,
                  geneve, geneve_ip, gtp_u]


def web(client, server, port, path):
    """IP packets of an HTTP exchange, in both directions."""
    request = f"GET {path} HTTP/1.1\r\nHost: {path[1:] or 'x'}.example\r\nUser-Agent: test\r\n\r\n".encode()
    body = path.encode() * 40
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    there = lambda sequence, acknowledged, flags, data=b"": ip(client, server, 6, tcp(port, 80, sequence, acknowledged, flags, data))
    back = lambda sequence, acknowledged, flags, data=b"": ip(server, client, 6, tcp(80, port, sequence, acknowledged, flags, data))
    sent, answered = 101 + len(request), 501 + len(response)
    return [there(100, 0, SYN), back(500, 101, SYN | ACK), there(101, 501, ACK), there(101, 501, ACK | PUSH, request),
            back(501, sent, ACK), back(501, sent, ACK | PUSH, response), there(sent, answered, ACK),
            there(sent, answered, FIN | ACK), back(answered, sent + 1, FIN | ACK), there(sent + 1, answered + 1, ACK)]


def names(client, server, port, number):
    """DNS over UDP: questions and answers."""
    out = []
    for i in range(3):
        name = b"".join(bytes((len(l),)) + l for l in (b"host%d" % (number + i), b"example", b"com")) + b"\0"
        question = struct.pack(">HHHHHH", number + i, 0x0100, 1, 0, 0, 0) + name + b"\0\x01\0\x01"
        answer = (struct.pack(">HHHHHH", number + i, 0x8180, 1, 1, 0, 0) + name + b"\0\x01\0\x01\xc0\x0c\0\x01\0\x01" +
                  struct.pack(">IH", 60, 4) + b"\x0a\x01\x02\x03")
        out += [ip(client, server, 17, udp(port, 53, question)), ip(server, client, 17, udp(53, port, answer))]
    return out


def ping(client, server, number):
    echo = lambda kind: bytes((kind, 0, 0, 0)) + struct.pack(">HH", number, 1) + bytes(32)
    return [ip(client, server, 1, echo(8)), ip(server, client, 1, echo(0))]


class Talk:
    """Packets of one TCP connection, each side acknowledging what the other says."""
    def __init__(self, client, server, port, server_port):
        self.ends, self.ports, self.seq = (client, server), (port, server_port), [100, 500]
        self.packets = [self.packet(0, SYN), self.packet(1, SYN | ACK), self.packet(0, ACK)]

    def packet(self, side, flags, data=b""):
        one = ip(self.ends[side], self.ends[1 - side], 6, tcp(self.ports[side], self.ports[1 - side], self.seq[side],
                 self.seq[1 - side] if flags & ACK else 0, flags, data))
        self.seq[side] += len(data) + bool(flags & (SYN | FIN))
        return one

    def say(self, side, text):
        self.packets += [self.packet(side, ACK | PUSH, text), self.packet(1 - side, ACK)]
        return self

    def close(self):
        self.packets += [self.packet(0, FIN | ACK), self.packet(1, FIN | ACK), self.packet(0, ACK)]
        return self

    def take(self):
        """What was said since the last call."""
        taken, self.packets = self.packets, []
        return taken


def files(client, server, port, number):
    """FTP: a file comes over a connection that its server names, another goes over one that the client names."""
    control = Talk(client, server, port, 21).say(1, b"220 (x)\r\n").say(0, b"USER a\r\n").say(1, b"230 in\r\n")
    out = []
    for i, (ask, agreed, command, ends) in enumerate((
            (b"EPSV", b"229 (|||%d|)" % (40000 + number), b"RETR file%d.txt" % (number % 5), (client, server, port + 1, 40000 + number)),
            (b"EPRT |1|0.0.0.0|%d|" % (41000 + number), b"200 ok", b"STOR up%d.txt" % (number % 5), (server, client, 20, 41000 + number)))):
        control.say(0, ask + b"\r\n").say(1, agreed + b"\r\n")
        out += control.take()
        data = Talk(*ends)
        out += data.take()
        control.say(0, command + b"\r\n").say(1, b"150 go\r\n")
        out += control.take()
        out += data.say(1, b"GET /page1 HTTP/1.1\r\n\r\n" * (20 + number)).close().take()  # a file, whatever it looks like
        control.say(1, b"226 done\r\n")
    return out + control.close().take()


class Network:
    """Sends conversations by ways that it chooses packet by packet. `second` makes the addresses of one capture
    differ from those of the others: 10.SECOND.0.0/16."""
    def __init__(self, second, seed):
        self.second, self.random, self.identification, self.frames = second, random.Random(seed), 0, []

    def host(self, n, v6=False): return f"fd00::{self.second}:{n:x}" if v6 else f"10.{self.second}.{n // 250}.{n % 250 + 1}"

    def ends(self): return self.host(9000 + self.random.randrange(6)), self.host(9100 + self.random.randrange(6))

    def wrap(self, packet):
        """The packet in a tunnel of any kind, from either end of it; perhaps in one more."""
        tunnel = self.random.choice(TUNNELS_OF_ANY + ([teredo] if is_v6(packet) else []))
        a, b = self.ends()
        if tunnel is ip_in_ip and self.random.random() < 0.3: a, b = self.host(9200, True), self.host(9201, True)
        return tunnel(a, b, packet) if self.random.random() < 0.5 else tunnel(b, a, packet)

    def cut(self, packet):
        """The packet, or its fragments in some order."""
        if len(packet) < 120 or self.random.random() < 0.6: return [packet]
        self.identification += 1
        pieces = fragments(packet, self.identification, self.random.choice((24, 48, 64)))
        if self.random.random() < 0.5: self.random.shuffle(pieces)
        return pieces

    def on_the_wire(self, packet, depth):
        """All that one packet becomes: in `depth` tunnels, cut anywhere on the way."""
        pieces = self.cut(packet)
        for _ in range(depth): pieces = [piece for whole in pieces for piece in self.cut(self.wrap(whole))]
        return pieces

    def send(self, packets, start, gap=0.01):
        """One conversation; its flow is the same inside and outside of a tunnel only when depths are not told apart."""
        depth = self.random.choice((0, 0, 1, 1, 1, 2))
        for i, packet in enumerate(packets):
            at = start + i * gap
            for piece in self.on_the_wire(packet, depth if self.random.random() < 0.95 else 0):
                self.frames.append((at, ethernet(piece, self.random.randrange(1, 4))))
                at += 0.0001
            if not is_v6(packet) and self.random.random() < 0.1:
                error = unreachable(self.host(9300 + self.random.randrange(4)), packet)
                for piece in self.on_the_wire(error, depth): self.frames.append((at, ethernet(piece)))

    def fill(self, start, conversations):
        for n in range(conversations):
            v6 = self.random.random() < 0.3
            client = self.host(self.random.randrange(8), v6)
            server = self.host(100 + self.random.randrange(8), v6)
            kind, at = self.random.randrange(4), start + n * self.random.choice((0, 0.05, 0.4))
            if kind < 2: self.send(web(client, server, 20000 + n, f"/page{n % 7}"), at)
            elif kind == 2: self.send(names(client, server, 30000 + n, n), at)
            elif not v6: self.send(ping(client, server, n), at)
            if n % 6 == 0: self.send(files(client, server, 50000 + 2 * n, n), at)
        return self

    def in_order(self): return sorted(self.frames, key=lambda frame: frame[0])
