#!/usr/bin/env python3
"""Writes input.pcap: a page that is acknowledged by nothing but packets without data, until its client resets the connection."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import ACK, Connection, pcap, records

RST = 4
PAGE = b"%PDF-1.5 " + b"what the server sends " * 200
talk = Connection()
given = talk.handshake() + [talk.client(b"GET /a.pdf HTTP/1.1\r\nHost: x\r\n\r\n"), talk.server(flags=ACK)]
answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
given += [talk.server(answer[at:at + 1400]) for at in range(0, len(answer), 1400)]
given += [talk.client(flags=ACK), talk.client(flags=RST | ACK)]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
