"""Makes databases of MaxMind's format (https://maxmind.github.io/MaxMind-DB/): database({"192.0.2.0/24": {"country": {"iso_code": "FR"}}})."""
import ipaddress, struct


def text(value): return bytes([2 << 5 | len(value)]) + value.encode()


def number(value, kind=6, size=4): return bytes([kind << 5 | size]) + struct.pack(">I", value)[4 - size:]


def mapping(items): return bytes([7 << 5 | len(items)]) + b"".join(text(key) + value for key, value in items.items())


def packed(value):
    if isinstance(value, dict): return mapping({key: packed(one) for key, one in value.items()})
    return text(value) if isinstance(value, str) else number(value)


def database(networks):
    """networks: what is said of each, as mappings of texts, of numbers below 2**32 and of mappings."""
    data, offsets = b"", {}
    for said in sorted({packed(said) for said in networks.values()}):
        offsets[said] = len(data)
        data += said
    nodes = [[None, None]]  # of a tree over 128 bits; IPv4 lies below ::/96
    for network, said in networks.items():
        parsed = ipaddress.ip_network(network)
        bits = bin(int(parsed.network_address))[2:].zfill(parsed.max_prefixlen)[:parsed.prefixlen]
        if parsed.version == 4: bits = "0" * 96 + bits
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = packed(said)
    tree = b""
    for node in nodes:
        for record in node:
            value = len(nodes) if record is None else record if isinstance(record, int) else len(nodes) + 16 + offsets[record]
            tree += struct.pack(">I", value)[1:]
    about = {"binary_format_major_version": number(2, 5, 2), "binary_format_minor_version": number(0, 5, 2),
             "build_epoch": bytes([8, 2]) + struct.pack(">Q", 1700000000), "database_type": text("Test"), "description": mapping({}),
             "languages": b"\0\4", "ip_version": number(6, 5, 2), "node_count": number(len(nodes)), "record_size": number(24, 5, 2)}
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + mapping(about)
