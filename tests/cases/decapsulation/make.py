#!/usr/bin/env python3
"""Writes input.pcap: one datagram in each kind of encapsulation that says little of what it carries."""
import os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *
from frames import erspan3, ethernet, fragments, gre, gtp_u, vxlan_linux

A, B = "192.0.2.1", "192.0.2.2"
LABELS = struct.pack(">II", 0x00020040, 0x00030140)


def inner(number): return udp(("10.0.0.1", 5000 + number), ("10.0.0.2", 99), b"hidden")[14:]
def tagged(kinds, packet):
    head = ethernet(packet)
    return head[:12] + b"".join(struct.pack(">HH", kind, at + 1) for at, kind in enumerate(kinds)) + head[12:]
def backbone(frame): return ethernet(inner(0))[:12] + b"\x88\xa8\0\x09\x88\xe7" + struct.pack(">I", 77) + frame
def labelled(payload): return ethernet(inner(0))[:12] + b"\x88\x47" + LABELS + payload


given = [ethernet(gtp_u(A, B, inner(1))), ethernet(gtp_u(A, B, ethernet(inner(2)))), ethernet(vxlan_linux(A, B, inner(3))),
         ethernet(erspan3(A, B, inner(4))), labelled(ethernet(inner(5))), labelled(bytes(4) + ethernet(inner(6))),
         backbone(ethernet(inner(7))), tagged([0x9200, 0x8100], inner(8)), tagged([0x88a8, 0x9100, 0x8100, 0x8100, 0x8100], inner(9))]
given += [ethernet(gre(A, B, piece)) for piece in fragments(inner(10), 7, 8)]  # in pieces that a tunnel carries

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(given)))
