#!/usr/bin/env python3
"""Writes input.pcap: a form is sent and a page comes back, each side acknowledges with an empty packet before it says more."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

one = Connection()
frames = one.handshake() + [
    one.client(b"POST /form HTTP/1.1\r\nHost: www.example.org\r\nContent-Length: 10\r\n\r\nname=value"), one.server(flags=ACK),
    one.server(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\nstored page"), one.client(flags=ACK)]
frames += one.close()

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
