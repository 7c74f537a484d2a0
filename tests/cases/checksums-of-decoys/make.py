#!/usr/bin/env python3
"""Writes input.pcap.gz: a request with a decoy before it, in the same place of the stream and with a wrong checksum, which its receiver
drops.  make.py"""
import gzip, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
import connections

TCP_CHECKSUM = 14 + 20 + 16


def wrong(frame): return frame[:TCP_CHECKSUM] + b"\x12\x34" + frame[TCP_CHECKSUM + 2:]


def main():
    connection = connections.Connection()
    given = connection.handshake()
    decoy = connection.client(b"GET /harmless HTTP/1.1\r\nHost: a\r\n\r\n")
    given += [wrong(decoy), connection.again(b"GET /secret   HTTP/1.1\r\nHost: a\r\n\r\n"),
              connection.server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    with open(os.path.join(HERE, "input.pcap.gz"), "wb") as f:
        f.write(gzip.compress(connections.pcap(connections.records(given)), mtime=0))


main()
