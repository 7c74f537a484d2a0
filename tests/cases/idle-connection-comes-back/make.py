#!/usr/bin/env python3
"""Writes input.pcap: connections that go on after 400 s of silence, more than the time-out.

Four speak HTTP, two are the TLS connections of the examples, silent once they are encrypted, and one has said
nothing at all."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

REQUEST, ANSWER = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"

asks, answers, disturbed, cut = (Connection(("10.0.0.1", port)) for port in (40001, 40002, 40003, 40004))
before = []
for web in (asks, answers, disturbed, cut):
    before += web.handshake() + [web.client(REQUEST % b"first"), web.server(ANSWER % (2, b"ok")), web.client(flags=ACK)]
before += [answers.client(REQUEST % b"poll"), answers.server(flags=ACK)]
before += [cut.client(b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234"), cut.server(flags=ACK)]

client, server = disturbed.ends
after = [asks.client(REQUEST % b"late"), asks.server(flags=ACK)]
after += [answers.server(ANSWER % (4, b"late")), answers.client(flags=ACK)]  # its first packet is of the server
after += [tcp(client, server, PSH | ACK, 0x70000000, disturbed.seq[1], b"far away"),  # nobody takes them
          tcp(client, server, RST, 0x60000000, 0), tcp(client, server, SYN, 0x50000000, 0)]
after += [disturbed.client(REQUEST % b"late"), disturbed.server(flags=ACK)]
after += [cut.client(b"5678\n"), cut.client(REQUEST % b"late"), cut.server(flags=ACK)]  # the rest of a body first

with open(os.path.join(HERE, *[os.pardir] * 3, "examples", "captures", "tls.pcap"), "rb") as f:
    tls = [one for _, _, one in read_pcap(f.read())[2]]
before += tls[:13] + tls[18:28]  # the last are of the clients, and encrypted
after += tls[13:18] + tls[28:]
slow = Connection(("10.0.0.1", 40005), ("10.0.0.2", 443))
before += slow.handshake()
after += [slow.client(tls[3][66:]), slow.server(flags=ACK)]  # its hello

lines = records(before) + [(second + 400, part, one) for second, part, one in records(after)]
with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(lines))
