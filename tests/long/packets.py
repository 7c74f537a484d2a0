"""Frames taken apart and put together again with other contents, for rewriting captures. Ethernet with VLAN tags, IPv4 and
IPv6 without extension headers, TCP."""
import gzip, os, struct, sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import connections, frames

ETHER_IPV4, ETHER_IPV6, TAGS = b"\x08\0", b"\x86\xdd", (b"\x81\0", b"\x88\xa8")


class IpPacket:
    """One frame whose IP packet is whole: link header, IP header, payload."""

    def __init__(self, link, header, payload):
        self.link, self.header, self.payload = link, header, payload
        self.is_v6 = header[0] >> 4 == 6
        self.protocol = header[6] if self.is_v6 else header[9]
        self.source, self.target = (header[8:24], header[24:40]) if self.is_v6 else (header[12:16], header[16:20])

    def with_payload(self, payload, protocol=None, identification=None, fragment=0):
        """The frame's bytes with another payload in its packet; `fragment` is the IPv4 header's field."""
        h = bytearray(self.header)
        if protocol is not None: h[6 if self.is_v6 else 9] = protocol
        if self.is_v6:
            h[4:6] = struct.pack(">H", len(payload))
        else:
            h[2:4] = struct.pack(">H", len(h) + len(payload))
            if identification is not None: h[4:6] = struct.pack(">H", identification & 0xffff)
            h[6:8], h[10:12] = struct.pack(">H", fragment), b"\0\0"
            h[10:12] = struct.pack(">H", frames.checksum(bytes(h)))
        return self.link + bytes(h) + payload

    def fragments(self, size, identification):
        """Frames with its payload in pieces of `size` bytes, a multiple of 8."""
        out = []
        for at in range(0, len(self.payload), size):
            piece, more = self.payload[at:at + size], at + size < len(self.payload)
            if self.is_v6: out.append(self.with_payload(struct.pack(">BBHI", self.protocol, 0, at | more, identification) + piece, 44))
            else: out.append(self.with_payload(piece, None, identification, at // 8 | (0x2000 if more else 0)))
        return out


class Segment(IpPacket):
    """A TCP segment in such a frame."""

    def __init__(self, link, header, payload):
        super().__init__(link, header, payload)
        self.ports = payload[:4]
        self.seq, self.ack, offset, self.flags, self.window, _, self.urgent = struct.unpack_from(">IIBBHHH", payload, 4)
        self.options, self.data = payload[20:(offset >> 4) * 4], payload[(offset >> 4) * 4:]
        self.way = (self.source, self.ports[:2], self.target, self.ports[2:])

    def back(self): return self.way[2:] + self.way[:2]

    def again(self, seq, ack, flags, data):
        """The frame's bytes with another segment of the same direction."""
        head = self.ports + struct.pack(">IIBBHHH", seq & 0xffffffff, ack & 0xffffffff, (20 + len(self.options)) // 4 << 4, flags,
                                        self.window, 0, self.urgent) + self.options
        body = head + data
        ends = self.source + self.target + (struct.pack(">II", len(body), 6) if self.is_v6 else struct.pack(">BBH", 0, 6, len(body)))
        return self.with_payload(body[:16] + struct.pack(">H", frames.checksum(ends + body)) + body[18:])


def parse(frame):
    """The frame as a Segment or an IpPacket; None when it is something else, a fragment, or cut."""
    at = 12
    while frame[at:at + 2] in TAGS: at += 4
    kind, ip = frame[at:at + 2], frame[at + 2:]
    if kind == ETHER_IPV4 and len(ip) >= 20:
        start, end = (ip[0] & 15) * 4, struct.unpack_from(">H", ip, 2)[0]
        if not 20 <= start <= end <= len(ip) or struct.unpack_from(">H", ip, 6)[0] & 0x3fff: return None
        protocol = ip[9]
    elif kind == ETHER_IPV6 and len(ip) >= 40:
        start, end, protocol = 40, 40 + struct.unpack_from(">H", ip, 4)[0], ip[6]
        if end > len(ip): return None
    else: return None
    payload = ip[start:end]
    is_tcp = protocol == 6 and len(payload) >= 20 and 20 <= (payload[12] >> 4) * 4 <= len(payload)
    return (Segment if is_tcp else IpPacket)(frame[:at + 2], ip[:start], payload)


def read(path):
    """[(seconds, frame)] of an Ethernet pcap file, plain or gzip; None of anything else."""
    with open(path, "rb") as f: data = f.read()
    if data[:2] == b"\x1f\x8b": data = gzip.decompress(data)
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"): return None
    try: link, fine, records = connections.read_pcap(data)
    except (ValueError, struct.error): return None
    return [(second + part * (1e-9 if fine else 1e-6), frame) for second, part, frame in records] if link == connections.ETHERNET else None


write = frames.write_capture
