#!/usr/bin/env python3
"""Writes input.pcap, and passed.pcap: what a rule that replaces a word makes of it."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *


def frames_with(word, second):
    talk, ends = Connection(), (("10.0.0.1", 5001), ("10.0.0.2", 99))
    yield from talk.handshake()
    yield talk.client(b"the " + word + b" of the day")
    yield talk.server(b"no SECRET")  # the rule is for the other direction
    yield talk.client(b"twice: " + word + b" " + second)
    yield udp(*ends, b"an odd length: " + word)
    yield from talk.close()


frames = list(frames_with(b"secret", b"secret"))
passed = list(frames_with(b"public", b"secret"))  # of a packet the first one is replaced

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
with open(os.path.join(HERE, "passed.pcap"), "wb") as f: f.write(pcap(records(passed)))
