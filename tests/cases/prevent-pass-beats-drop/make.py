#!/usr/bin/env python3
"""Writes input.pcap: datagrams that a drop rule matches, and of two of them a pass rule, too."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

ends = [(("10.0.0.1", port), ("10.0.0.2", 99)) for port in (5001, 5002, 5003)]
frames = [udp(*ends[0], b"forbidden"), udp(*ends[1], b"forbidden, but allowed"), udp(*ends[2], b"allowed")]  # 1-3
frames += [udp(*ends[1], b"forbidden"), udp(*ends[0], b"allowed")]  # 4-5: of datagrams it is decided one by one

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
