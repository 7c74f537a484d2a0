#!/usr/bin/env python3
"""Writes input.pcap.gz: records of DNS, TLS, SSH and HTTP in pieces and together, and an answer of HTTP with a hole."""
import gzip, os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *


def talk(port, says):
    """A connection in which both sides say what they are told to: (0 or 1, bytes, whether it is captured)."""
    c = Connection(("10.0.0.1", 40000 + port), ("10.0.0.2", port))
    out = c.handshake()
    for side, text, *lost in says:
        said = (c.client, c.server)[side](text)
        if not lost: out.append(said)
        out.append((c.server, c.client)[side](flags=ACK))
    return out + c.close()


def tls(kind, body): return struct.pack(">BHH", kind, 0x0301, len(body)) + body


def ssh(code, body): return struct.pack(">IBB", len(body) + 6, 4, code) + body + b"pppp"


QUERY = struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + b"\x03www\x07example\x03com\0\0\1\0\1"
HELLO = tls(22, b"\1\0\0\x29\3\3" + b"c" * 32 + b"\0\0\2\0\x2f\1\0")
GET = b"GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n"

frames = [udp(("10.0.0.1", 5353 + 1000), ("10.0.0.2", 53), QUERY)]
both = 2 * (struct.pack(">H", len(QUERY)) + QUERY)
frames += talk(53, [(0, both[:50]), (0, both[50:])])
frames += talk(443, [(0, HELLO[:20]), (0, HELLO[20:]), (1, tls(21, b"\2\x28"))])
frames += talk(22, [(0, b"SSH-2.0-a\r\n"), (1, b"SSH-2.0-b\r\n"), (0, ssh(2, b"ignored")), (0, ssh(30, b"k" * 100)[:40]),
                    (0, ssh(30, b"k" * 100)[40:] + ssh(21, b""))])
frames += talk(80, [(0, GET + GET), (1, b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + b"first part".ljust(20, b".")),
                    (1, b"l" * 20, "lost"), (1, b"last part".ljust(20, b".")), (1, b"HTTP/1.1 204 No Content\r\n\r\n")])

with open(os.path.join(HERE, "input.pcap.gz"), "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as f:
    f.write(pcap(records(frames)))
