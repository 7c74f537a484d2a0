"""Builds packets byte by byte, and writes them to captures. Addresses are text, everything else is bytes."""
import ipaddress, struct


def checksum(data):
    if len(data) % 2: data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address): return ipaddress.ip_address(address).packed
def is_v6(packet): return packet[0] >> 4 == 6


def ip(source, destination, protocol, payload, identification=0, fragment=0):
    """One IPv4 or IPv6 packet, as the addresses are. `fragment`: the header's field, IPv4 only."""
    if ":" in source:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + packed(source) + packed(destination) + payload
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0,
                         packed(source), packed(destination))
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def udp(source_port, destination_port, data):
    return struct.pack(">HHHH", source_port, destination_port, 8 + len(data), 0) + data


def tcp(source_port, destination_port, sequence, acknowledgment, flags, data=b""):
    return struct.pack(">HHIIBBHHH", source_port, destination_port, sequence, acknowledgment, 0x50, flags, 65535, 0, 0) + data


def ethernet(packet, number=1):
    return bytes((2, 0, 0, 0, 0, number)) + bytes((2, 0, 0, 0, 1, number)) + (b"\x86\xdd" if is_v6(packet) else b"\x08\0") + packet


def fragments(packet, identification, size):
    """The packet in pieces of `size` bytes of payload each, a multiple of 8."""
    v6 = is_v6(packet)
    head, payload = (packet[:40], packet[40:]) if v6 else (packet[:20], packet[20:])
    out = []
    for at in range(0, len(payload), size):
        piece, more = payload[at:at + size], at + size < len(payload)
        if v6:
            extension = struct.pack(">BBHI", head[6], 0, at | more, identification)
            out.append(head[:4] + struct.pack(">H", 8 + len(piece)) + b"\x2c" + head[7:] + extension + piece)
        else:
            source, destination = (str(ipaddress.ip_address(head[i:i + 4])) for i in (12, 16))
            out.append(ip(source, destination, head[9], piece, identification, at // 8 | (0x2000 if more else 0)))
    return out


def unreachable(router, packet):
    """An ICMPv4 error to the packet's sender that quotes it."""
    sender = str(ipaddress.ip_address(packet[12:16]))
    body = b"\x03\x01\0\0" + bytes(4) + packet[:48]
    return ip(router, sender, 1, body[:2] + struct.pack(">H", checksum(body)) + body[4:])


# Each wraps a packet into one between `a` and `b`, the ends of a tunnel.
def ip_in_ip(a, b, packet): return ip(a, b, 41 if is_v6(packet) else 4, packet)
def gre(a, b, packet): return ip(a, b, 47, struct.pack(">HH", 0, 0x86dd if is_v6(packet) else 0x0800) + packet)
def gre_key(a, b, packet): return ip(a, b, 47, struct.pack(">HHII", 0x3000, 0x86dd if is_v6(packet) else 0x0800, 77, 1) + packet)
def gre_bridged(a, b, packet): return ip(a, b, 47, b"\0\0\x65\x58" + ethernet(packet))
def gre_ppp(a, b, packet): return ip(a, b, 47, struct.pack(">HHHHIH", 0x3001, 0x880b, len(packet) + 2, 7, 1, 0x57 if is_v6(packet) else 0x21) + packet)
def erspan1(a, b, packet): return ip(a, b, 47, b"\0\0\x88\xbe" + ethernet(packet))
def erspan2(a, b, packet): return ip(a, b, 47, b"\x10\0\x88\xbe" + bytes(4) + struct.pack(">HHI", 0x1000, 5, 0) + ethernet(packet))
def vxlan(a, b, packet): return ip(a, b, 17, udp(40000 + sum(packet[-4:]), 4789, b"\x08\0\0\0\0\0\x07\0" + ethernet(packet)))
def geneve(a, b, packet): return ip(a, b, 17, udp(41000, 6081, b"\0\0\x65\x58\0\0\x07\0" + ethernet(packet)))
def geneve_ip(a, b, packet): return ip(a, b, 17, udp(41000, 6081, b"\0\0" + (b"\x86\xdd" if is_v6(packet) else b"\x08\0") + bytes(4) + packet))
def erspan3(a, b, packet): return ip(a, b, 47, b"\x10\0\x22\xeb" + bytes(4) + struct.pack(">HHIHH", 0x2000, 5, 0, 0, 0) + ethernet(packet))
def vxlan_linux(a, b, packet): return ip(a, b, 17, udp(40000 + sum(packet[-4:]), 8472, b"\x08\0\0\0\0\0\x07\0" + ethernet(packet)))
def gtp_u(a, b, packet): return ip(a, b, 17, udp(2152, 2152, struct.pack(">BBHI", 0x34, 255, len(packet) + 8, 7) + b"\0\0\0\x85\1\x10\x09\0" + packet))
def teredo(a, b, packet): return ip(a, b, 17, udp(42000, 3544, packet))


def write_capture(path, frames):
    """`frames`: pairs of seconds and bytes (Ethernet)."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for seconds, frame in frames:
            micros = round(seconds * 1_000_000)
            out.write(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
