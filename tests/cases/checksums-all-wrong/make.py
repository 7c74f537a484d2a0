#!/usr/bin/env python3
"""Writes input.pcap.gz: a connection as it is captured on the client's host, whose card fills checksums in later; all that the client
sends has a wrong one, and what it gets a good one.  make.py"""
import gzip, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
import connections

TCP_CHECKSUM = 14 + 20 + 16


def unfilled(frame): return frame[:TCP_CHECKSUM] + b"\x12\x34" + frame[TCP_CHECKSUM + 2:]


def main():
    connection = connections.Connection()
    syn, syn_ack, ack = connection.handshake()
    given = [unfilled(syn), syn_ack, unfilled(ack), unfilled(connection.client(b"GET /secret HTTP/1.1\r\nHost: a\r\n\r\n")),
             connection.server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    with open(os.path.join(HERE, "input.pcap.gz"), "wb") as f:
        f.write(gzip.compress(connections.pcap(connections.records(given)), mtime=0))


main()
