#!/usr/bin/env python3
"""Writes input.pcap: requests that come before their connection is established, as bystanders see it."""
import os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

REQUEST = b"GET /forbidden HTTP/1.1\r\nHost: a\r\n\r\n"
COOKIE = b"\x22\x0acookie!!\1\1"  # TCP fast open, RFC 7413 4.1


def opened_fast(client, server, data):
    """A SYN with data."""
    segment = struct.pack(">HHIIBBHHH", client[1], server[1], 1000, 0, (20 + len(COOKIE)) << 2, SYN, 65535, 0, 0) + COOKIE + data
    return frame(client[0], server[0], 6, segment, 16)


completes, overtakes, fast = (Connection(("10.0.0.1", port)) for port in (40001, 40002, 40003))
frames = completes.handshake()[:2] + [completes.client(REQUEST), completes.client(b"more")]  # 1-4: there is no other acknowledgment
begin = overtakes.handshake()
frames += begin[:2] + [overtakes.client(REQUEST), begin[2]]  # 5-8: it comes behind the request
frames += [opened_fast(*fast.ends, REQUEST)]  # 9
fast.seq[0] += len(REQUEST)
frames += fast.handshake()[1:]  # 10-11

# Of a connection whose beginning was not seen.
frames += [Connection(("10.0.0.1", 40004)).client(REQUEST)]  # 12

harmless = Connection(("10.0.0.1", 40005))
frames += harmless.handshake()[:2] + [harmless.client(b"GET /allowed HTTP/1.1\r\nHost: a\r\n\r\n"), harmless.server(flags=ACK)]  # 13-16

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
