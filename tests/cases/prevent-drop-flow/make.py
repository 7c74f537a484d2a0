#!/usr/bin/env python3
"""Writes input.pcap: two connections, of which one says a word that is dropped."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

bad, good = Connection(("10.0.0.1", 40001)), Connection(("10.0.0.1", 40002))
frames = bad.handshake() + good.handshake()  # 1-6
frames += [good.client(b"hello"), bad.client(b"hello"), bad.client(b"a forbidden word"), bad.server(b"what?")]  # 7-10
frames += [good.server(b"hello"), bad.client(b"nothing")] + good.close() + bad.close()  # 11-18

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
