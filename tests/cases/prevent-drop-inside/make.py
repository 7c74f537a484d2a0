#!/usr/bin/env python3
"""Writes input.pcap: words that are dropped inside tunnels, and in a datagram that comes in fragments."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *
from frames import ethernet, fragments, gre, vxlan

A, B = "192.0.2.1", "192.0.2.2"
ends = [(("10.0.0.1", port), ("10.0.0.2", 99)) for port in range(5001, 5006)]


def inner(number, data): return udp(*ends[number], data)[14:]


given = [ethernet(gre(A, B, inner(0, b"forbidden"))), ethernet(gre(A, B, inner(1, b"harmless")))]  # 1-2
given += [ethernet(vxlan(A, B, inner(2, b"forbidden"))), ethernet(vxlan(A, B, gre(A, B, inner(3, b"forbidden"))))]  # 3-4
given += [ethernet(one) for one in fragments(inner(4, b"this is for" + b"bidden"), 7, 16)]  # 5-6
given += [udp(*ends[4], b"harmless")]  # 7

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
