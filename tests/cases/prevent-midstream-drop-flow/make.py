#!/usr/bin/env python3
"""Writes input.pcap: a connection without its beginning, and one with it."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

cut, whole = Connection(("10.0.0.1", 40001)), Connection(("10.0.0.1", 40002))
frames = [cut.client(b"the middle"), cut.server(b"of something")]  # 1-2
frames += whole.handshake() + [whole.client(b"hello"), cut.client(b"more")]  # 3-7
frames += [whole.server(b"hello")] + whole.close() + cut.close()  # 8-14

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
