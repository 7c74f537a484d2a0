#!/usr/bin/env python3
"""Writes input.pcap: an NTP client's question and the answer, an answer to nothing, a control message, a broken one."""
import os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

CLIENT, SERVER = ("10.0.0.1", 40123), ("10.0.0.2", 123)


def time(mode, origin, transmit, stratum=1, reference=b"GPS\0"):
    return struct.pack(">BBbbII4sQQQQ", 4 << 3 | mode, stratum, 6, -20, 1, 1, reference, 7, origin, 8, transmit)


frames = [udp(CLIENT, SERVER, time(3, 0, 1000, 0, bytes(4))), udp(SERVER, CLIENT, time(4, 1000, 2000)),
          udp(SERVER, CLIENT, time(4, 1001, 2001, 0, b"RATE")),
          udp(CLIENT, SERVER, b"\x26\x02" + bytes(10)), udp(CLIENT, SERVER, time(3, 0, 3000)[:20])]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
