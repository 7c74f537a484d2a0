#!/usr/bin/env python3
"""Makes what fuzzing starts from: inputs made of the captures and rules of this repository, and dictionaries.

  make_seeds.py WEIR_FUZZ FOLDER      FOLDER/<target>/* and FOLDER/<target>.dict

Application parsers get the dialogues of all captures below examples/ and tests/cases/: a protocol that comes with a case needs
nothing here. Dictionaries are tests/fuzz/<target>.dict, the keywords that the program knows, and the keys of weir.yaml(5).
"""
import gzip, os, re, struct, subprocess, sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
import connections, frames

ARGUMENTS = ["", ":1", ":>1", ":a", ":set,a", ":10<>20", ':"a"', ":1,>,1,0,relative", ":a,b", ":to_server,established"]
MOST_TURN = 2000  # bytes; longer messages are cut


def captures():
    for path in sorted([*ROOT.glob("examples/captures/*"), *ROOT.glob("tests/cases/*/input.pcap*")]):
        data = path.read_bytes()
        yield gzip.decompress(data) if path.suffix == ".gz" else data


def rule_texts():
    for path in sorted([*ROOT.glob("examples/rules/*.rules"), *ROOT.glob("tests/cases/*/test.rules"), HERE / "capture.rules"]):
        yield path.read_text()


def segments(data):
    """(flow, whether the server speaks, sequence number or None, payload) of the TCP and UDP packets over IPv4 in a capture."""
    _, _, lines = connections.read_pcap(data)
    servers = {}
    for _, _, frame in lines:
        if frame[12:14] != b"\x08\0": continue
        ip = frame[14:14 + struct.unpack_from(">H", frame, 16)[0]] if len(frame) >= 34 else b""
        start = (ip[0] & 15) * 4 if ip else 0
        if len(ip) < 20 or ip[9] not in (6, 17) or len(ip) < start + (20 if ip[9] == 6 else 8): continue
        ends = (ip[12:16] + ip[start:start + 2], ip[16:20] + ip[start + 2:start + 4])
        flow = (ip[9], *sorted(ends))
        server = servers.setdefault(flow, ends[1])
        if ip[9] == 17: yield flow, ends[0] == server, None, ip[start + 8:]
        else: yield flow, ends[0] == server, struct.unpack_from(">I", ip, start + 4)[0], ip[start + (ip[start + 12] >> 4) * 4:]


def dialogues(data):
    """[(whether the server speaks, bytes)] of each flow; what was sent again is left out."""
    flows, due = {}, {}
    for flow, by_server, sequence, payload in segments(data):
        if not payload or sequence is not None and due.get((flow, by_server), sequence) != sequence: continue
        if sequence is not None: due[flow, by_server] = (sequence + len(payload)) & 0xffffffff
        flows.setdefault(flow, []).append((by_server, payload))
    return [(flow[0] == 17, turns) for flow, turns in flows.items()]


def application(turns, datagrams=False, lost=None):
    """An input of application.cc. `lost`: of this turn a third is missing, in its middle."""
    out = struct.pack(">BH", datagrams, len(turns))
    for n, (by_server, data) in enumerate(turns):
        data, third = data[:MOST_TURN], len(data[:MOST_TURN]) // 3
        if n != lost: out += struct.pack(">BH", by_server, len(data)) + data
        else:
            out += struct.pack(">BH", by_server, third) + data[:third]
            out += struct.pack(">BHH", by_server | 2, third, len(data) - 2 * third) + data[2 * third:]
    return out


def web():
    """HTTP dialogues beyond those of the captures: transfer codings, forms, several requests, upgrades."""
    get = b"GET /a%20b/../c?q=1 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: x\r\n\r\n"
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.exe"\r\n\r\nMZ\0\0\r\n--b--\r\n'
    packed = gzip.compress(b"hello, hello, hello", mtime=0)
    chunks = b"5;x=y\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n"
    post = b"POST /f HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(form) + form
    for response in (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
                     b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed,
                     b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
                     b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\n\r\nhello",
                     b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"):
        yield [(0, get), (1, response)]
    part = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes %d-%d/4\r\nContent-Length: 2\r\n\r\nab"
    several = b"--B\r\nContent-Range: bytes 0-1/4\r\n\r\nab\r\n--B\r\nContent-Range: bytes 2-3/4\r\n\r\ncd\r\n--B--\r\n"
    yield [(0, get + get), (1, part % (2, 3) + part % (0, 1))]
    yield [(0, get), (1, b"HTTP/1.1 206 Partial\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: %d\r\n\r\n" % len(several) + several)]
    yield [(0, get), (1, b"HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n 5\r\n\r\nhello\r\n")]
    yield [(0, b"CONNECT a:443 HTTP/1.1\r\n\r\n" + get + b"odd\r\n"), (1, b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")]
    yield [(0, get + post + get), (1, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" * 3)]
    yield [(0, b"CONNECT a:443 HTTP/1.1\r\n\r\n"), (1, b"HTTP/1.1 200 OK\r\n\r\n"), (0, b"\x16\3\1")]
    yield [(0, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks), (1, b"HTTP/1.1 200 OK\r\n\r\n")]


def applications(name):
    everything = [(False, turns) for turns in web()] if name == "app_http" else []
    everything += (dialogue for data in captures() for dialogue in dialogues(data))
    for datagrams, turns in everything:
        yield application(turns, datagrams)
        if not datagrams: yield from (application(turns, lost=n) for n in range(min(len(turns), 6)))


def packets(_):
    types = {1: 0, 101: 6}  # places in packet.cc's kLinkTypes
    for data in captures():
        link_type, _, lines = connections.read_pcap(data)
        for _, _, frame in lines[:40]: yield bytes([types[link_type]]) + frame[:1500]
    inner = frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1, 53, b"payload"))
    inner6 = frames.ip("2001:db8::1", "2001:db8::2", 17, frames.udp(1, 53, b"payload"))
    for wrap in (frames.ip_in_ip, frames.gre, frames.gre_key, frames.gre_bridged, frames.gre_ppp, frames.erspan1, frames.erspan2,
                 frames.erspan3, frames.vxlan, frames.vxlan_linux, frames.geneve, frames.geneve_ip, frames.gtp_u, frames.teredo):
        for packet in (inner, inner6): yield b"\0" + frames.ethernet(wrap("10.1.0.1", "10.1.0.2", packet))
    for packet in (inner, inner6):
        for piece in frames.fragments(packet, 7, 8): yield b"\x06" + piece


def rules(_):
    for text in rule_texts():
        yield from (line.encode() for line in text.splitlines() if line and line[0] != "#")
    for keyword in KEYWORDS:
        for argument in ARGUMENTS:
            yield f'alert ip any any -> any any ({keyword}{argument}; content:"b"; sid:1;)'.encode()


def capture_rules(_):
    texts = [line.encode() for text in rule_texts() for line in text.splitlines() if line and line[0] != "#"]
    for i, data in enumerate(captures()):
        text = b"\n".join(texts[i::7][:8])
        yield struct.pack(">H", len(text)) + text + data


def steps(_):
    data = b"".join(struct.pack(">BBhhBB", by, 0x18, 0, 0, n, 0) for by, n in ((0, 9), (1, 0), (1, 90), (0, 0), (0x40, 200), (1, 0)))
    late = struct.pack(">BBhhBB", 0, 0x18, 20, 0, 10, 0) + struct.pack(">BBhhBB", 0, 0x18, -30, 0, 20, 0)
    for flags in range(16):
        for limits in (0, 1, 2, 4, 8, 16, 24): yield bytes([flags, flags, limits]) + data + late + data + struct.pack(">BBhhBB", 0, 0x11, 0, 0, 0, 0)


def pieces(_):
    for flags in range(32):
        yield bytes([flags]) + b"".join(struct.pack(">BBHB", flags & 1 | 2, 0, unit, 16) for unit in (4, 2, 0, 1)) + \
            struct.pack(">BBHB", flags & 1, 0, 6, 5)


def configurations(_):
    for path in sorted(ROOT.glob("tests/cases/*/weir.yaml")): yield path.read_bytes()
    for text in re.findall(r"^\.nf\n(.*?)^\.fi", (ROOT / "man" / "weir.yaml.5").read_text(), re.M | re.S):
        yield re.sub(r"\\f[A-Z]|\\&", "", text).replace("\\-", "-").encode()
    yield from (f"{key}: 1\n".encode() for key in configuration_keys())


def control(_):
    yield b'{"version": "0.2"}\n{"command": "status"}\n'
    yield b'{"command": "flows", "arguments": {"limit": 20, "proto": "tcp", "alerted": true}}\n'
    yield b'{"command": "drop-flow", "arguments": {"id": "123"}}\n{"command": "help"}\n'


def tables(_):
    yield b"\0config classification: trojan-activity,A Network Trojan was detected,1\n"
    yield b"\1config reference: url https://\n"
    for line in (b"threshold gen_id 1, sig_id 1, type limit, track by_src, count 1, seconds 60", b"suppress gen_id 1, sig_id 1, track by_src, ip 10.0.0.0/8",
                 b"rate_filter gen_id 3, sig_id 2, track by_rule, count 100, seconds 60, new_action drop, timeout 30",
                 b"event_filter gen_id 0, sig_id 0, type backoff, track by_flow, count 1, multiplier 10"): yield b"\2" + line + b"\n"


def datasets(_):
    for which, line in enumerate((b"ZXhhbXBsZQ==", b"d41d8cd98f00b204e9800998ecf8427e", b"ab" * 32, b"10.0.0.1", b"2001:db8::1")):
        yield bytes([which, 0, 1]) + b"a" + line + b"\n"
        yield bytes([which, 1, 1]) + b"a" + line + b",10\n"
    for flags in (2, 10): yield bytes([0, flags, 1]) + b'a[{"a": {"b": "x", "c": [1, null]}, "d": "\\u0041"}, {"e": 1}]'
    for flags in (4, 12): yield bytes([3, flags, 1]) + b'a{"a": {"b": "10.0.0.1"}}\n{"a": {"b": "10.0.0.0/8"}}\n{\n'


def files(_):
    for data in captures():
        yield data
        yield gzip.compress(data, mtime=0)
    section = struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
    interface = struct.pack("<IIHHIHHBxxxHHI", 1, 32, 1, 0, 0, 9, 1, 9, 0, 0, 32)
    yield section + interface + struct.pack("<IIIIIII", 6, 36, 0, 0, 1, 4, 4) + b"abcd" + struct.pack("<I", 36)
    yield section + interface + struct.pack("<III", 3, 20, 4) + b"abcd" + struct.pack("<I", 20)


def json_steps(_): yield b"\x80\1\2ab\xff\x41k\x83\1\1x\1\0\x61l\xa0\3a\"\\\0\0"
def cache_changes(_): yield from (b"\0", b"\0\0\x10\0", b"\2\0\x40\1", b"\1weir patterns 1\n\1\0\0\0" + bytes(40))
def whole_captures(_): yield from captures()


def fields(*pairs): return b"".join(struct.pack(">HH", *pair) for pair in pairs)
def flow_set(number, body): return struct.pack(">HH", number, 4 + len(body)) + body


def datagrams(*bodies):
    """An input of flow_exports.cc; bodies stand behind the version."""
    return b"".join(struct.pack(">BH", how, len(body)) + body for how, body in bodies)


def netflow5(_):
    record = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + bytes(8) + struct.pack(">IIIIHHBBBB", 3, 300, 10, 20, 1000, 80, 0, 0x1b, 6, 0) + bytes(8)
    for sampling in (0, 0x4010):
        yield datagrams(*((how, struct.pack(">HIIIIBBH", 2, 5000, 1700000000, 0, how * 2, 1, 1, sampling) + 2 * record) for how in range(8)))


FLOW_FIELDS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (2, 4), (1, 4), (22, 4), (21, 4), (48, 1), (10, 4), (96, 65535), (233, 1), (225, 4), (315, 65535))
FLOW_RECORD = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + struct.pack(">HHBBIIIIBI", 1000, 80, 6, 0x1b, 3, 300, 10, 20, 1, 7) + b"\3web\2" + bytes([10, 0, 0, 9]) + b"\0"


def netflow9(_):
    def message(sequence, sets): return struct.pack(">HIIII", 1, 5000, 1700000000, sequence, 7) + sets
    shape = flow_set(0, struct.pack(">HH", 256, len(FLOW_FIELDS)) + fields(*FLOW_FIELDS))
    options = flow_set(1, struct.pack(">HHH", 257, 4, 8) + fields((1, 4), (48, 1), (50, 4))) + flow_set(257, struct.pack(">IBI", 0, 1, 100))
    data = flow_set(256, 2 * FLOW_RECORD)
    yield datagrams((0, message(0, options + shape + data)), (1, message(1, data)), (2, message(3, data)), (6, message(4, shape)))


def ipfix(_):
    def message(sequence, sets): return struct.pack(">HIII", 16 + len(sets), 1700000000, sequence, 7) + sets
    shape = flow_set(2, struct.pack(">HH", 256, len(FLOW_FIELDS) + 1) + fields(*FLOW_FIELDS) + struct.pack(">HHI", 0x8002, 4, 29305))
    options = flow_set(3, struct.pack(">HHH", 257, 4, 1) + fields((10, 4), (82, 65535), (305, 4), (306, 4))) + \
        flow_set(257, struct.pack(">I", 7) + b"\4eth7" + struct.pack(">II", 1, 99)) + \
        flow_set(3, struct.pack(">HHH", 258, 2, 1) + fields((144, 4), (160, 8))) + flow_set(258, struct.pack(">IQ", 1, 1699990000000))
    data = flow_set(256, 2 * (FLOW_RECORD + struct.pack(">I", 9)))
    yield datagrams((0, message(0, options + shape + data)), (1, message(4, data)), (2, message(6, data)), (3, message(6, shape)),
                    (0, message(8, flow_set(2, struct.pack(">HH", 256, 0)))), (4, message(8, flow_set(2, struct.pack(">HH", 2, 0)) + data)))


def sflow(_):
    def part(kind, body): return struct.pack(">II", kind, len(body)) + body
    for frame in [frame for data in captures() for _, _, frame in connections.read_pcap(data)[2][:2]][:40]:
        frame = frame[:128 - len(frame[:128]) % 4]
        parts = part(1, struct.pack(">IIII", 1, 1000, 4, len(frame)) + frame) + part(1001, struct.pack(">IIII", 1, 0, 2, 0)) + \
            part(3, struct.pack(">II", 100, 17) + bytes(8) + struct.pack(">IIII", 1, 2, 0, 0))
        samples = part(1, struct.pack(">IIIIIIII", 1, 3, 400, 0, 0, 1, 2, 3) + parts) + part(2, bytes(16))
        yield datagrams((0, struct.pack(">IIIIII", 1, 1, 0, 1, 1000, 2) + samples), (0, struct.pack(">IIIIII", 1, 1, 0, 4, 1000, 2) + samples))


def vpc_log(_):
    yield (b"version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags pkt-dstaddr flow-direction\n"
           b"5 eni-1 10.0.0.1 10.0.0.2 1 2 6 3 400 1700000000 1700000060 REJECT OK 3 192.0.2.1 egress\n5 eni-1 - - - - - - - 1 2 - NODATA - - -\n")
    yield b"2026-11-30T10:00:00.000Z 2 1 eni-1 2001:db8::1 2001:db8::2 0 0 58 1 104 1418530010 1418530010 ACCEPT OK\n"


def indicators(_):
    yield b"# a feed\n192.0.2.1\n192.0.2.0/24:443 # x\n[2001:db8::1]:53\n*.evil.example\nt13d1516h2_8daaf6152771_e5627efa2ab1\nd41d8cd98f00b204e9800998ecf8427e\n"
    yield b'# "ioc_value","ioc_type","confidence_level","expiry","tags","port"\n"192.0.2.1", "ip", "80%", "2027-01-01T00:00:00+02:00", "a,b", "443"\n"x.example","domain",high,1700000000,,\n'


def flow_filters(_):
    for text in ("src in 10.0.0.0/8 and dport 443 and not answered and bytes > 1M", "(tcp or udp) and src and dst in [10.0.0.0/8, 192.0.2.1]",
                 "flags S and not flags AFRPU", "not (host 10.0.0.1 or port in [80 443 8000-8010])", "duration >= 200ms and bps > 1.5Mi or app dns",
                 "tcp dst port 443 && ! vlan 3", 'sni "*.example.com" || net 10.0.0.0 255.0.0.0', "any"):
        yield struct.pack(">H", len(text)) + text.encode() + bytes(range(60, 200))


def flow_events(_):
    head = b'"timestamp":"2023-11-14T22:13:21.5+0000","src_ip":"10.0.0.1","src_port":1000,"dest_ip":"2001:db8::1","dest_port":443,"proto":"TCP"'
    flow = b'"flow":{"pkts_toserver":3,"pkts_toclient":2,"bytes_toserver":300,"bytes_toclient":200,"start":"2023-11-14T22:13:20Z","end":"2023-11-14T22:13:21Z","state":"closed","reason":"timeout"}'
    yield (b'{"event_type":"flow","vlan":[1,2],"app_proto":"tls",' + head + b"," + flow + b',"tcp":{"tcp_flags_ts":"1b","tcp_flags_tc":"13"}}\n{"event_type":"alert"}\n'
           b'{"event_type":"netflow",' + head + b',"netflow":{"pkts":1,"bytes":60,"start":"2023-11-14T22:13:20Z","end":"2023-11-14T22:13:21Z","min_ttl":1,"max_ttl":64}}\n')
    yield (b'{"event_type":"flow",' + head + b"," + flow + b',"exporter":{"address":"192.0.2.1","domain":7,"sampling":100},"path":{"in_interface":3,"in_interface_name":"a","observed_at":"ingress",'
           b'"next_hop":"192.0.2.2","src_as":1,"src_mac":"02:00:00:00:00:01","mpls_label":16},"nat":{"src_ip":"5.5.5.5","event":1},"firewall":{"user":"u"},"meter":{"initiator_by":"handshake",'
           b'"history":"ShAD","conn_state":"SF","toserver":{"size":{"min":40,"mean":50,"max":60},"ttl":{"min":1,"max":64},"syn_options":[2,3],"payload":"00ff","entropy":1.5},'
           b'"icmp_error":{"from":"10.0.0.9","icmp_type":3,"icmp_code":1},"vlans":[1,2],"mpls":[16,17]},"tunnel":{"src_ip":"1.1.1.1","kind":"gre","id":7},'
           b'"application":{"id":1,"name":"tls","host":"h"},"rules":{"hits":1,"verdict":"dropped"}}\n')


def parquet(_):  # pages by kind, codec, encoding and rows, and changes of a footer: see parquet.cc
    yield b"\0PAR1" + bytes(8) + b"PAR1"
    plain, indexes, delta = b"\1\0\0\0\2\0\0\0", b"\2\0\0\0\4\1\1\3\x1b", b"\x80\1\4\3\6\2\0\0\0\0"
    for kind in range(8):
        for optional in range(2):
            for encoding, page in ((0, plain), (8, indexes), (5, delta), (3, b"\2\0\0\0\4\1"), (6, delta + b"abc"), (7, delta + delta + b"abc")):
                yield bytes((1, kind, optional, 0, encoding, 0, 2)) + page
    yield bytes((1, 7, 0, 1, 0, 0, 1)) + b"\x08\x1c\4\0\0\0text"  # snappy
    yield from (b"\2\0\0\0", b"\2\0\x20\xff\0\x30\x15")


SEEDS = {"packet": packets, "capture": whole_captures, "capture_rules": capture_rules, "segments": steps, "fragments": pieces, "rules": rules,
         "configuration": configurations, "control": control, "pattern_cache": cache_changes, "capture_file": files, "json": json_steps,
         "dataset": datasets, "rule_tables": tables, "netflow5": netflow5, "netflow9": netflow9, "ipfix": ipfix, "sflow": sflow, "vpc_log": vpc_log,
         "indicators": indicators, "parquet": parquet, "flow_filter": flow_filters, "flow_events": flow_events}


def configuration_keys():
    return sorted(set(re.findall(r"\b[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+\b", (ROOT / "man" / "weir.yaml.5").read_text().replace("\\-", "-"))))


def words(name):
    """Lines of the target's dictionary."""
    own = HERE / f"{name}.dict"
    lines = own.read_text().splitlines() if own.exists() else []
    if name in ("rules", "capture_rules"): lines += [f'"{keyword}:"' for keyword in KEYWORDS]
    if name == "configuration": lines += [f'"{key}:"' for key in sorted({part for key in configuration_keys() for part in key.split(".")})]
    return lines


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    global KEYWORDS
    KEYWORDS = subprocess.run([program, "--keywords"], check=True, capture_output=True, text=True).stdout.split()
    for row in subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.splitlines():
        name, longest = row.split()
        (folder / name).mkdir(parents=True, exist_ok=True)
        make = applications if name.startswith("app_") else SEEDS[name]
        for i, seed in enumerate(s for s in make(name) if len(s) <= int(longest)): (folder / name / f"{i:04}").write_bytes(seed)
        (folder / f"{name}.dict").write_text("".join(line + "\n" for line in words(name)))


if __name__ == "__main__":
    main()
