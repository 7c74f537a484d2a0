#!/usr/bin/env python3
"""Writes input.pcap: one datagram in each kind of tunnel in UDP, one whose inner packet is cut, one in a tunnel of IP."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *
from frames import ethernet, geneve, geneve_ip, gtp_u, ip, ip_in_ip, teredo, vxlan
from frames import udp as datagram

A, B = "192.0.2.1", "192.0.2.2"


def inner(number): return udp(("10.0.0.1", 5000 + number), ("10.0.0.2", 99), b"look inside")[14:]


inner_v6 = ip("2001:db8::1", "2001:db8::2", 17, datagram(5005, 99, b"look inside"))
cut = ip(A, B, 17, datagram(40006, 4789, b"\x08\0\0\0\0\0\x07\0" + ethernet(b"\x45 look inside")))
given = [vxlan(A, B, inner(1)), geneve(A, B, inner(2)), geneve_ip(A, B, inner(3)), gtp_u(A, B, inner(4)),
         teredo(A, B, inner_v6), cut, ip_in_ip(A, B, inner(7))]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records([ethernet(p) for p in given])))
