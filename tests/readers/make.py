#!/usr/bin/env python3
"""Writes input.pcap: what the other captures lack. A redirected request, a TLS session that is resumed, a connection of
which only the server tells the protocol."""
import os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from connections import *


def record(kind, body): return bytes((kind, 3, 3)) + struct.pack(">H", len(body)) + body
def handshake(kind, body): return record(22, bytes((kind,)) + len(body).to_bytes(3, "big") + body)


SESSION = b"\x20" + bytes(range(32))
hello = b"\x03\x03" + b"c" * 32 + SESSION + b"\x00\x02\xc0\x2f" + b"\x01\x00"
answer = b"\x03\x03" + b"s" * 32 + SESSION + b"\xc0\x2f" + b"\x00"
finished = record(20, b"\x01") + record(22, b"encrypted, 24 bytes long")

web, tls, mixed = (Connection(client=("10.0.0.1", 40000 + i), server=("10.0.0.2", port)) for i, port in enumerate((80, 443, 80)))
frames = web.handshake() + [
    web.client(b"GET /old HTTP/1.1\r\nHost: www.example.org\r\nReferer: http://www.example.org/\r\n\r\n"),
    web.server(b"HTTP/1.1 301 Moved Permanently\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")] + web.close()
frames += tls.handshake() + [tls.client(handshake(1, hello)), tls.server(handshake(2, answer) + finished), tls.client(finished)]
frames += tls.close()
frames += mixed.handshake() + [mixed.client(b"\0\1 not to be told" * 20), mixed.server(b"SSH-2.0-other\r\n"),
                               mixed.client(flags=ACK)] + mixed.close()

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
