#!/usr/bin/env python3
"""Writes input.pcap: what was dropped comes again 400 s later, when its flow has ended; then others use the same ports."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

REQUEST = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"

web = Connection()
frames = web.handshake() + [web.client(REQUEST % b"forbidden")]  # 1-4
client, server = web.ends
late = [web.again(REQUEST % b"forbidden"), web.again(REQUEST % b"harmless!"), web.server(flags=ACK)]  # 5-7
late += [web.client(b"more")]  # 8

# Its ports once more, from the handshake on.
web.seq = [0x70001001, 0x60005001]
new = web.handshake() + [web.client(REQUEST % b"allowed"), web.server(flags=ACK)]  # 9-13

lines = records(frames)
for wait, group in ((400, late), (800, new)): lines += [(second + wait, part, one) for second, part, one in records(group)]
with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(lines))
