#!/usr/bin/env python3
"""Writes input.pcap: BitTorrent's hash table asked and answering, an error and a broken message, peers that greet each other on a
port of their own, and rsync on another one than its own."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import *

ONE, OTHER = ("10.0.0.1", 6881), ("10.0.0.2", 51413)
ID, HASH = bytes(range(20)), bytes(range(100, 120))


def coded(value):
    if isinstance(value, int): return b"i%de" % value
    if isinstance(value, bytes): return b"%d:%s" % (len(value), value)
    if isinstance(value, list): return b"l" + b"".join(map(coded, value)) + b"e"
    return b"d" + b"".join(coded(name.encode()) + coded(value[name]) for name in sorted(value)) + b"e"


def query(number, name, **arguments):
    return udp(ONE, OTHER, coded({"t": b"a%d" % number, "y": b"q", "q": name, "v": b"LT\1\2", "a": {"id": ID, **arguments}}))


def response(number, **values): return udp(OTHER, ONE, coded({"t": b"a%d" % number, "y": b"r", "r": {"id": ID, **values}}))


frames = [
    query(0, b"ping"), response(0),
    query(1, b"find_node", target=HASH), response(1, nodes=HASH + bytes([10, 0, 0, 9, 0x1a, 0xe1])),
    query(2, b"get_peers", info_hash=HASH), response(2, token=b"tk", values=[bytes([10, 0, 0, 8, 0x1a, 0xe2])]),
    query(3, b"get_peers", info_hash=HASH), response(3, token=b"tk", nodes=HASH + bytes([10, 0, 0, 7, 0x1a, 0xe3])),
    query(4, b"announce_peer", info_hash=HASH, port=6881, token=b"tk", implied_port=1), response(4),
    query(5, b"announce_peer", info_hash=HASH, port=6881, token=b"bad"),
    udp(OTHER, ONE, coded({"t": b"a5", "y": b"e", "e": [203, b"Bad token"]})),
    udp(ONE, OTHER, b"d1:ad2:id20:" + ID + b"e1:q4:ping1:t2:a6"),
]
peers = Connection(("10.0.0.1", 40000), ("10.0.0.2", 51413))
handshake = b"\x13BitTorrent protocol" + bytes(8) + HASH + ID
frames += [*peers.handshake(), peers.client(handshake), peers.server(handshake), peers.client(b"\0\0\0\1\2"), *peers.close()]
shares = Connection(("10.0.0.1", 40001), ("10.0.0.2", 8730))
frames += [*shares.handshake(), shares.server(b"@RSYNCD: 31.0\n"), shares.client(b"@RSYNCD: 31.0\n"), shares.client(b"module\n"),
           shares.server(b"@RSYNCD: OK\n"), *shares.close()]

with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
