#!/usr/bin/env python3
"""Writes input.pcap: requests that a proxy brings, each with another header that names the client behind it."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

HEADERS = ["X-Forwarded-For: 192.0.2.1, 192.0.2.2", "X-Forwarded-For: 2001:db8::1", "X-Forwarded-For: [2001:db8::2]:443",
           "X-Forwarded-For: 192.0.2.3:4711", "x-forwarded-for: 192.0.2.4\r\nX-Forwarded-For: 192.0.2.5",
           "X-Forwarded-For: unknown", "Via: 1.1 proxy"]


def exchange(connection, path, header):
    request = f"GET /{path} HTTP/1.1\r\nHost: www.example.org\r\n{header}\r\n\r\n"
    return [connection.client(request.encode()), connection.server(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]


frames = []
for number, header in enumerate(HEADERS):
    one = Connection(client=("10.0.0.1", 40000 + number))
    frames += one.handshake() + exchange(one, number, header) + one.close()
# Two clients through one connection of the proxy.
shared = Connection(client=("10.0.0.1", 41000))
frames += shared.handshake() + exchange(shared, "a", "X-Forwarded-For: 192.0.2.11")
frames += exchange(shared, "b", "X-Forwarded-For: 192.0.2.12") + shared.close()

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
