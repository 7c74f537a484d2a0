#!/usr/bin/env python3
"""Writes input.pcap.gz: one HTTP connection with 600 requests, of whose answers only the first few lie within the depth."""
import gzip, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

REQUESTS = 600

web = Connection()
frames = web.handshake()
for n in range(REQUESTS):
    frames.append(web.client(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n))
    frames.append(web.server(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900))
    frames.append(web.client(flags=ACK))
frames += web.close()

with open(os.path.join(HERE, "input.pcap.gz"), "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as f:
    f.write(pcap(records(frames)))
