#!/usr/bin/env python3
"""Writes input.pcap.gz: a frame as it is after a snaplen of 40, and cut ever shorter, down to below its Ethernet header.  make.py"""
import gzip, os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
import connections

WHOLE = connections.tcp(("10.0.0.1", 40000), ("10.0.0.2", 80), connections.SYN, 1000, 0)
ETHERNET = WHOLE[:12]
IPV6 = ETHERNET + b"\x86\xdd" + b"\x60\0\0\0" + struct.pack(">HBB", 32, 6, 64) + bytes(32)


def record(number, captured, on_the_wire):
    return struct.pack("<IIII", connections.START + number, 0, len(captured), on_the_wire) + captured


def main():
    given = [(WHOLE[:40], len(WHOLE)), (WHOLE[:20], len(WHOLE)), (WHOLE[:8], len(WHOLE)), (ETHERNET + b"\x81\0\0", 17),
             (IPV6[:20], 86), (IPV6, 86), (ETHERNET + b"\x12\x34" + bytes(20), 34), (WHOLE, len(WHOLE))]
    lines = b"".join(record(i, *one) for i, one in enumerate(given))
    with open(os.path.join(HERE, "input.pcap.gz"), "wb") as f:
        f.write(gzip.compress(connections.pcap([]) + lines, mtime=0))


main()
