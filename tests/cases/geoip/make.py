#!/usr/bin/env python3
"""Writes input.pcap, and countries.mmdb in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): 192.0.2.0/24 is in FR,
198.51.100.0/24 in DE, 2001:db8::/32 in FR."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import pcap, records
from frames import ethernet, ip, udp
from geo_database import database

NETWORKS = {"192.0.2.0/24": "FR", "198.51.100.0/24": "DE", "2001:db8::/32": "FR"}

with open(os.path.join(HERE, "countries.mmdb"), "wb") as f: f.write(database({network: {"country": {"iso_code": code}} for network, code in NETWORKS.items()}))
given = [("192.0.2.1", "198.51.100.1"), ("192.0.2.1", "10.0.0.1"), ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")]
frames = [ethernet(ip(source, target, 17, udp(4000, 4001, b"data"))) for source, target in given]
with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
