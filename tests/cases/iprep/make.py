#!/usr/bin/env python3
"""Writes input.pcap: datagrams between listed and other addresses; of the first flow two each way. One line of lists/bad.list is no
address and one is of a category that has no name: the others count."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import pcap, records
from frames import ethernet, ip, udp

there, back = ("192.0.2.1", "198.51.100.1", 4000, 4001), ("198.51.100.1", "192.0.2.1", 4001, 4000)
given = [there, there, back, back,
         ("192.0.2.9", "10.0.0.1", 4000, 4001),
         ("10.0.0.2", "10.0.0.3", 4000, 4001),
         ("2001:db8::1", "2001:db8:1::1", 4000, 4001)]
frames = [ethernet(ip(source, target, 17, udp(sport, dport, b"data"))) for source, target, sport, dport in given]
with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
