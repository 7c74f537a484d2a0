#!/usr/bin/env python3
"""Writes input.pcap: a segment that is dropped comes again, as it was, in pieces, and with other bytes in its place."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

whole, pieces, other = (Connection(("10.0.0.1", port)) for port in (40001, 40002, 40003))
word = b"a forbidden word"
frames = whole.handshake() + pieces.handshake() + other.handshake()  # 1-9
frames += [whole.client(word), pieces.client(word), other.client(word)]  # 10-12
frames += [whole.again(word)]  # 13
frames += [tcp(*pieces.ends, PSH | ACK, 1001 + at, 5001, word[at:at + 4]) for at in range(0, len(word), 4)]  # 14-17
frames += [other.again(b"a harmless word!"), other.client(b"more")]  # 18-19

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
