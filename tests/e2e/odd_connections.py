"""TCP connections to a server as nobody in his right mind would send them: each a list of packets that is made from a seed.

A request is cut into segments; oddities are put among them: copies with other bytes, segments that a host does not take, fragments
in any order ... What the server makes of them is not foretold here: it is asked (receiver.py).
"""
import random, struct
from dataclasses import dataclass, field, replace

import frames
from connections import ACK, FIN, PSH, RST, SYN

URG = 0x20
IN_HTTP, IN_STREAM, CLEAN = b"/forbidden", b"/unwelcome", b"/permitted"
FIRST_PORT = 20000  # the client's, of connection 0
OTHER = b"abcdefghijklmnopqrstuvwxyz"


@dataclass
class Segment:
    at: int  # of the first byte of data, from the first byte of the stream
    data: bytes
    flags: int = PSH | ACK
    ack: int = 0      # beyond what the server has sent
    ttl: int = 64
    options: bytes = b""
    urgent: int = 0   # the pointer
    age: int = 0      # of the timestamp, when there are some
    broken: bool = False     # a wrong checksum
    pieces: tuple = ()       # sizes of fragments, in multiples of 8; none: it is whole
    order: tuple = ()        # of the fragments; numbers may come twice


@dataclass
class Connection:
    number: int
    forbidden: bool
    kinds: tuple
    timestamps: bool
    first: int  # the client's initial sequence number
    request: bytes = b""
    segments: list = field(default_factory=list)
    syns: tuple = (0,)  # the ages of their timestamps

    def opening(self, ends): return [self._tcp(ends, Segment(-1, b"", SYN, age=age), 0, 0) for age in self.syns]

    def packets(self, ends, server_first):
        """Behind the SYN. `ends`: the client's address, the server's, the server's port."""
        begun = self._tcp(ends, Segment(0, b"", ACK), server_first + 1, 1)
        return [begun] + [p for i, s in enumerate(self.segments, 2) for p in self._cut(ends, i, s, server_first)]

    def _cut(self, ends, i, s, server_first):
        whole = self._tcp(ends, s, server_first + 1 + s.ack if s.flags & ACK else 0, i)
        if not s.pieces: return [whole]
        payload, out, at = whole[20:], [], 0
        for size in s.pieces:
            more = at + size < len(payload)
            out.append(frames.ip(*ends[:2], 6, payload[at:at + size], self.identification(i), at // 8 | (0x2000 if more else 0)))
            at += size
        return [out[n] for n in s.order]

    def identification(self, i): return (self.number * 256 + i) % 65536

    def _tcp(self, ends, s, ack, clock):
        client, server, port = ends
        options = s.options
        if self.timestamps: options += struct.pack(">BBBBII", 1, 1, 8, 10, (2**31 + 10 * clock - s.age) % 2**32, 0)
        options += bytes(-len(options) % 4)
        head = struct.pack(">HHIIBBHHH", FIRST_PORT + self.number, port, (self.first + 1 + s.at) % 2**32, ack % 2**32, (20 + len(options)) // 4 << 4,
                           s.flags, 65535, 0, s.urgent)
        segment = head + options + s.data
        pseudo = frames.packed(client) + frames.packed(server) + struct.pack(">BBH", 0, 6, len(segment))
        segment = segment[:16] + struct.pack(">H", frames.checksum(pseudo + segment) ^ (0x1234 if s.broken else 0)) + segment[18:]
        return with_ttl(frames.ip(client, server, 6, segment, self.identification(clock)), s.ttl)


def with_ttl(packet, ttl):
    head = packet[:8] + bytes((ttl, packet[9], 0, 0)) + packet[12:20]
    return head[:10] + struct.pack(">H", frames.checksum(head)) + head[12:] + packet[20:]


def other(r, size): return bytes(r.choice(OTHER) for _ in range(size))
def pick(r, c): return r.randrange(len(c.segments))


def decoy(r, c, **how):
    """Other bytes in the place of a segment's, just before it or behind it."""
    i = pick(r, c)
    s = c.segments[i]
    c.segments.insert(i + r.randrange(2), replace(s, data=other(r, len(s.data)), **how))


def shuffle(r, c):
    i = pick(r, c)
    part = c.segments[i:i + r.randrange(2, 6)]
    r.shuffle(part)
    c.segments[i:i + len(part)] = part


def repeat(r, c): c.segments.insert(r.randrange(len(c.segments) + 1), c.segments[pick(r, c)])


def overlap(r, c):
    """The neighbours' bytes once more, the same or others."""
    i = pick(r, c)
    s, whole = c.segments[i], c.request
    begin, end = max(0, s.at - r.randrange(9)), min(len(whole), s.at + len(s.data) + r.randrange(9))
    data = whole[begin:end]
    if r.random() < 0.5: data = other(r, s.at - begin) + s.data + other(r, end - s.at - len(s.data))
    c.segments[i] = replace(s, at=begin, data=data)


def other_copy(r, c): decoy(r, c)


def early_copy(r, c):
    """Other bytes before there is room for them: they wait, and the true ones come later."""
    i = pick(r, c)
    s = c.segments[i]
    c.segments.insert(r.randrange(i + 1), replace(s, data=other(r, len(s.data))))


def before_the_start(r, c):
    """Reaches back before the first byte."""
    size = r.randrange(1, 40)
    c.segments.insert(r.randrange(2), Segment(-size, other(r, size) + c.request[:r.randrange(20)]))


def keepalive(r, c):
    i = pick(r, c)
    c.segments.insert(i, Segment(c.segments[i].at - 1, r.choice((b"", b"x")), ACK))


def reset_elsewhere(r, c):
    """In the window but not at its left edge, or far from it: nothing is reset."""
    i = pick(r, c)
    c.segments.insert(i, Segment(c.segments[i].at + r.choice((5, 300, 20000, -400, 10**8)), b"", r.choice((RST, RST | ACK))))


def early_end(r, c):
    """A FIN that has to wait for what is missing before it, or lies where nobody takes it."""
    i = pick(r, c)
    c.segments.insert(i, Segment(c.segments[i].at + r.choice((len(c.request) + 1, 10**7, -9)), b"", r.choice((FIN, FIN | ACK))))


def second_syn(r, c):
    i = pick(r, c)
    c.segments.insert(i, Segment(c.segments[i].at + r.choice((0, 1, -1, 70000)), other(r, r.choice((0, 9))), SYN))


def urgent(r, c):
    """One byte more, which the receiver takes out."""
    i = pick(r, c)
    s = c.segments[i]
    if len(s.data) < 2 or any(x.urgent for x in c.segments): return
    where = r.randrange(1, len(s.data))
    for n, later in enumerate(c.segments):
        if later.at > s.at: c.segments[n] = replace(later, at=later.at + 1)
    c.segments[i] = replace(s, data=s.data[:where] + b"!" + s.data[where:], flags=s.flags | URG, urgent=where + 1)


def add_byte(c, i, where):
    """Puts one byte more into a segment; its place in the stream."""
    s = c.segments[i]
    for n, later in enumerate(c.segments):
        if later.at > s.at: c.segments[n] = replace(later, at=later.at + 1)
    c.segments[i] = replace(s, data=s.data[:where] + b"!" + s.data[where:])
    return s.at + where


def urgent_elsewhere(r, c):
    """The pointer comes with an earlier segment than the byte, or with none, or the byte waits already."""
    i = pick(r, c)
    place = add_byte(c, i, r.randrange(len(c.segments[i].data) + 1))
    n = r.randrange(i + 1)
    if r.random() < 0.3: c.segments.insert(n, Segment(c.segments[n].at, b"", ACK))
    elif r.random() < 0.5: c.segments[n], c.segments[i], n = c.segments[i], c.segments[n], i
    s = c.segments[n]
    if s.at <= place < s.at + 65535: c.segments[n] = replace(s, flags=s.flags | URG, urgent=place - s.at + 1)


def urgent_without_pointer(r, c):
    i = pick(r, c)
    add_byte(c, i, 0)
    c.segments[i] = replace(c.segments[i], flags=c.segments[i].flags | URG)


def urgent_twice(r, c):
    for i in sorted(r.sample(range(len(c.segments)), min(2, len(c.segments)))):
        place = add_byte(c, i, r.randrange(len(c.segments[i].data) + 1))
        s = c.segments[i]
        c.segments[i] = replace(s, flags=s.flags | URG, urgent=place - s.at + 1)


def fragments(r, c):
    i = pick(r, c)
    size = 20 + (12 if c.timestamps else 0) + len(c.segments[i].options)
    left, sizes = size + len(c.segments[i].data) + -size % 4, []
    while left > 0:
        sizes.append(min(left, 8 * r.randrange(1, 5)))
        left -= sizes[-1]
    order = list(range(len(sizes)))
    if r.random() < 0.7: r.shuffle(order)
    if r.random() < 0.5: order.insert(r.randrange(len(order)), r.randrange(len(order)))
    c.segments[i] = replace(c.segments[i], pieces=tuple(sizes), order=tuple(order))


def syn_again(r, c):
    """With another time, before it is answered."""
    c.syns = tuple(r.choice((0, 7, 100, -5, 10**6)) for _ in range(r.choice((2, 2, 3))))


def data_behind_a_fin(r, c):
    """Where the request has ended the receiver takes nothing more."""
    end = len(c.request)
    c.segments += [Segment(end, b"", FIN | ACK), Segment(end + 1, other(r, 20))]


KINDS = {
    "shuffle": shuffle, "repeat": repeat, "overlap": overlap, "other copy": other_copy, "early copy": early_copy,
    "before the start": before_the_start, "keepalive": keepalive, "reset elsewhere": reset_elsewhere, "early end": early_end,
    "second SYN": second_syn, "SYN again": syn_again, "urgent": urgent, "urgent elsewhere": urgent_elsewhere,
    "urgent without pointer": urgent_without_pointer, "urgent twice": urgent_twice, "fragments": fragments, "data behind a FIN": data_behind_a_fin,
    "wrong checksum": lambda r, c: decoy(r, c, broken=True),
    "no ACK flag": lambda r, c: decoy(r, c, flags=r.choice((0, PSH))),
    "ACK of what was not sent": lambda r, c: decoy(r, c, ack=r.choice((1, 1000, 10**6, 2**31 - 9))),
    "ACK from before": lambda r, c: decoy(r, c, ack=-r.choice((10**6, 10**8, 2**30))),
    "old timestamp": lambda r, c: decoy(r, c, age=r.choice((50, 10**5, 2**30))),
    "MD5 option": lambda r, c: decoy(r, c, options=b"\x13\x12" + bytes(16) + b"\1\1"),
    "odd options": lambda r, c: decoy(r, c, options=r.choice((b"\xfe\1\1\1", b"\x08\x02\1\1", b"\1\1\1\0", b"\x05\x0a" + bytes(8) + b"\1\1"))),
    "beyond the window": lambda r, c: decoy(r, c, flags=PSH | ACK) or c.segments.append(Segment(10**6, other(r, 30))),
    "dies on the way": lambda r, c: decoy(r, c, ttl=1),
}


def make(seed, number, without=()):
    """The connection of that number; the same every time."""
    r = random.Random("%d %d" % (seed, number))
    kinds = tuple(r.choices([k for k in KINDS if k not in without], k=r.choice((1, 1, 1, 2, 2, 3))))
    c = Connection(number, r.random() < 0.7, kinds, r.random() < 0.7 or "old timestamp" in kinds, r.choice((r.getrandbits(32), 2**32 - 20)))
    c.request = b"GET %s HTTP/1.1\r\nHost: host%d\r\n\r\n" % (r.choice((IN_HTTP, IN_STREAM)) if c.forbidden else CLEAN, number)
    at, most = 0, r.choice((3, 8, 20, 60))
    while at < len(c.request):
        size = r.randrange(1, most + 1)
        c.segments.append(Segment(at, c.request[at:at + size]))
        at += size
    for kind in kinds: KINDS[kind](r, c)
    return c
