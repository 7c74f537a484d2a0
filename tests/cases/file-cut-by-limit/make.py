#!/usr/bin/env python3
"""Writes input.pcap: a download that goes on for long behind the limit at which its file ends."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import ACK, Connection, pcap, records

PIECE, PIECES = b"what the server sends, " * 50, 20
talk = Connection()
given = talk.handshake() + [talk.client(b"GET /a.bin HTTP/1.1\r\nHost: x\r\n\r\n")]
given += [talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(PIECE) * PIECES)), talk.client(flags=ACK)]
for _ in range(PIECES): given += [talk.server(PIECE), talk.client(flags=ACK)]
given += talk.close()

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
