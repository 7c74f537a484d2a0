#!/usr/bin/env python3
"""Writes input.pcap.gz: one HTTP connection with 600 requests, of whose answers only the first few lie within the depth."""
import gzip, os, struct

CLIENT, SERVER = b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02"
REQUESTS = 600


def checksum(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16: total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(to_server, flags, seq, ack, data=b""):
    source, target, ports = (CLIENT, SERVER, (40000, 80)) if to_server else (SERVER, CLIENT, (80, 40000))
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, 6, len(tcp) + len(data))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + data)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 1, 0x4000, 64, 6, 0, source, target)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + ip + tcp + data


def frames():
    seq, ack = 1000, 5000
    yield segment(True, 0x02, seq, 0)
    yield segment(False, 0x12, ack, seq + 1)
    seq, ack = seq + 1, ack + 1
    yield segment(True, 0x10, seq, ack)
    for n in range(REQUESTS):
        request = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900
        yield segment(True, 0x18, seq, ack, request)
        seq += len(request)
        yield segment(False, 0x18, ack, seq, answer)
        ack += len(answer)
        yield segment(True, 0x10, seq, ack)
    yield segment(True, 0x11, seq, ack)
    yield segment(False, 0x11, ack, seq + 1)
    yield segment(True, 0x10, seq + 1, ack + 1)


path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "input.pcap.gz")
with open(path, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for i, frame in enumerate(frames()):
        f.write(struct.pack("<IIII", 1700000000 + i // 1000, i % 1000 * 1000, len(frame), len(frame)) + frame)
