#!/usr/bin/env python3
"""Writes input.pcap: a connection and a datagram that are rejected, and what follows them."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

web, name, other = Connection(), (("10.0.0.1", 5000), ("10.0.0.2", 53)), (("10.0.0.1", 5001), ("10.0.0.2", 53))
frames = web.handshake()  # 1-3
frames += [web.client(b"an unwanted request"), web.server(b"an answer")]  # 4-5
frames += [udp(*name, b"unwanted"), udp(*reversed(name), b"an answer"), udp(*other, b"wanted")]  # 6-8: each for itself
frames += web.close()  # 9-11

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
