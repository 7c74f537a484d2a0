#!/usr/bin/env python3
"""Writes input.pcap, and countries.mmdb in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): 192.0.2.0/24 is in FR,
198.51.100.0/24 in DE, 2001:db8::/32 in FR."""
import ipaddress, os, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(os.path.dirname(HERE)))
from connections import pcap, records
from frames import ethernet, ip, udp

NETWORKS = {"192.0.2.0/24": "FR", "198.51.100.0/24": "DE", "2001:db8::/32": "FR"}


def text(value): return bytes([2 << 5 | len(value)]) + value.encode()


def number(value, kind=6): return bytes([kind << 5 | 4]) + struct.pack(">I", value)


def mapping(items): return bytes([7 << 5 | len(items)]) + b"".join(text(key) + value for key, value in items.items())


def database():
    data, offsets = b"", {}
    for code in sorted(set(NETWORKS.values())):
        offsets[code] = len(data)
        data += mapping({"country": mapping({"iso_code": text(code)})})
    nodes = [[None, None]]  # of a tree over 128 bits; IPv4 lies below ::/96
    for network, code in NETWORKS.items():
        parsed = ipaddress.ip_network(network)
        bits = bin(int(parsed.network_address))[2:].zfill(parsed.max_prefixlen)[:parsed.prefixlen]
        if parsed.version == 4: bits = "0" * 96 + bits
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = code
    tree = b""
    for node in nodes:
        for record in node:
            value = len(nodes) if record is None else record if isinstance(record, int) else len(nodes) + 16 + offsets[record]
            tree += struct.pack(">I", value)[1:]
    about = {"binary_format_major_version": number(2), "binary_format_minor_version": number(0), "build_epoch": number(1700000000),
             "database_type": text("Test"), "description": mapping({}), "languages": b"\0\4", "ip_version": number(6), "node_count": number(len(nodes)), "record_size": number(24)}
    about = {key: value if key not in ("binary_format_major_version", "binary_format_minor_version", "ip_version", "record_size")
             else bytes([5 << 5 | 2]) + value[3:] for key, value in about.items()}
    about["build_epoch"] = bytes([8, 2]) + struct.pack(">Q", 1700000000)
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + mapping(about)


with open(os.path.join(HERE, "countries.mmdb"), "wb") as f: f.write(database())
given = [("192.0.2.1", "198.51.100.1"), ("192.0.2.1", "10.0.0.1"), ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")]
frames = [ethernet(ip(source, target, 17, udp(4000, 4001, b"data"))) for source, target in given]
with open(os.path.join(HERE, "input.pcap"), "wb") as f: f.write(pcap(records(frames)))
