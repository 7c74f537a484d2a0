#!/usr/bin/env python3
"""Writes input.pcap: an ARP request and its reply, another one inside of GRE, and one of an unknown opcode."""
import os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import pcap, records
from frames import ethernet, ip, packed

HERS, HIS = bytes((2, 0, 0, 0, 0, 1)), bytes((2, 0, 0, 0, 0, 2))


def arp(opcode, source, source_ip, target, target_ip):
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, opcode) + source + packed(source_ip) + target + packed(target_ip)


def framed(packet): return b"\xff" * 6 + HERS + b"\x08\x06" + packet


given = [framed(arp(1, HERS, "10.0.0.1", bytes(6), "10.0.0.2")), framed(arp(2, HIS, "10.0.0.2", HERS, "10.0.0.1")),
         ethernet(ip("192.0.2.1", "192.0.2.2", 47, b"\0\0\x08\x06" + arp(8, HERS, "10.0.0.3", bytes(6), "10.0.0.4"))),
         framed(arp(7, HERS, "10.0.0.1", bytes(6), "10.0.0.2"))]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
