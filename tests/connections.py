"""TCP connections and datagrams with good checksums, in Ethernet frames, and captures of them."""
import struct
import frames

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ETHERNET, RAW_IP = 1, 101  # link types
START = 1700000000  # of a capture: seconds


def frame(source, target, protocol, segment, checksum_at):
    """`segment` has zeros where its checksum goes."""
    ends = frames.packed(source) + frames.packed(target)
    total = frames.checksum(ends + struct.pack(">BBH", 0, protocol, len(segment)) + segment) or 0xFFFF
    segment = segment[:checksum_at] + struct.pack(">H", total) + segment[checksum_at + 2:]
    return frames.ethernet(frames.ip(source, target, protocol, segment))


def udp(source, target, data):
    """From and to (address, port), IPv4."""
    return frame(source[0], target[0], 17, frames.udp(source[1], target[1], data), 6)


def tcp(source, target, flags, seq, ack, data=b""):
    return frame(source[0], target[0], 6, frames.tcp(source[1], target[1], seq, ack, flags, data), 16)


class Connection:
    """Frames of one TCP connection, numbered as they go."""

    def __init__(self, client=("10.0.0.1", 40000), server=("10.0.0.2", 80)):
        self.ends, self.seq = (client, server), [1001, 5001]

    def handshake(self):
        client, server = self.ends
        return [tcp(client, server, SYN, self.seq[0] - 1, 0), tcp(server, client, SYN | ACK, self.seq[1] - 1, self.seq[0]),
                tcp(client, server, ACK, *self.seq)]

    def client(self, data=b"", flags=PSH | ACK): return self._say(0, data, flags)

    def server(self, data=b"", flags=PSH | ACK): return self._say(1, data, flags)

    def again(self, data):
        """The client's last bytes once more, or others (as many) in their place."""
        self.seq[0] -= len(data)
        return self.client(data)

    def close(self): return [self.client(flags=FIN | ACK), self.server(flags=FIN | ACK), self.client(flags=ACK)]

    def _say(self, side, data, flags):
        said = tcp(self.ends[side], self.ends[1 - side], flags, self.seq[side], self.seq[1 - side], data)
        self.seq[side] += len(data) + (1 if flags & FIN else 0)
        return said


def records(given, nanoseconds=False):
    """(second, part of it, frame): one every millisecond, and a bit more where there are nanoseconds."""
    return [(START + i // 1000, i % 1000 * (1000000 if nanoseconds else 1000) + (i + 1 if nanoseconds else 0), one)
            for i, one in enumerate(given)]


def pcap(lines, link_type=ETHERNET, nanoseconds=False):
    """A file of such records."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    out = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)]
    for second, part, one in lines: out.append(struct.pack("<IIII", second, part, len(one), len(one)) + one)
    return b"".join(out)


def read_pcap(data):
    """(link type, whether it has nanoseconds, records) of a little-endian file, which must be whole."""
    magic, *_, link_type = struct.unpack("<IHHiIII", data[:24])
    lines, at = [], 24
    while at < len(data):
        second, part, captured, _ = struct.unpack_from("<IIII", data, at)
        one = data[at + 16:at + 16 + captured]
        if len(one) != captured: raise ValueError("truncated record")
        lines.append((second, part, one))
        at += 16 + captured
    return link_type, magic == 0xA1B23C4D, lines
