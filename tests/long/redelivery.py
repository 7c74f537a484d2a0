#!/usr/bin/env python3
"""The same bytes in other packets must raise the same alerts.

Captures are rewritten without changing what their ends say to each other (segments cut elsewhere, in another order, twice,
overlapping with the same bytes, in IP fragments, inside tunnels, with fewer acknowledgements, ...) and read again. An alert
counts by its signature and the two ends of its flow. Rules that ask for what rewriting changes (sizes, flags and numbers of
packets, the place of bytes in a packet) do not count.

  redelivery.py --weir build/weir                    the captures and rules of this repository (below a minute)
  redelivery.py --weir build/weir --long             more cuts and orders by chance of the same
  redelivery.py --weir build/weir --captures FOLDER --rules 'FOLDER/*.rules' --long

Exit status 1 when an alert is lost; each is printed with the rewriting. So is one that only the rewritten capture raises, which
is no failure: where acknowledgements are missing, bytes are looked at before it is known that they are encrypted. Another --seed
gives other cuts and orders.
"""
import argparse, collections, datetime, glob, json, random, re, struct, subprocess, sys, tempfile
from pathlib import Path

import packets
from packets import connections, frames

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIN, SYN, RST, ACK, URG = 0x01, 0x02, 0x04, 0x10, 0x20
LARGEST = 300_000  # bytes of a capture
START, APART = 1_700_000_000, 86_400  # seconds
# Of a rule that looks at packets; and of one that counts from the start of a segment outside any buffer.
BOUND = re.compile(r"dsize|flags\s*:|fragbits|stream_size|window|mss|ttl|\bseq\b|\back\b|threshold|detection_filter|ip_proto|ipopts|"
                   r"-event\s*:|flow\.(pkts|bytes)|hdr\s*;|tcp-pkt|no_stream|^\w+ (icmp|ip|pkthdr) ")
ANCHORED = re.compile(r"^\w+ tcp (?!.*\b(http|tls|dns|ssh|file)[._]\w+\s*;).*\b(depth|offset|startswith)\b")


def counts(rule): return not (BOUND.search(rule) or ANCHORED.search(rule))


def is_data(p): return isinstance(p, packets.Segment) and p.data and not p.flags & (SYN | RST | URG)


def recut(cut):
    """A rewriting that sends the data of each segment as cut(random, data) says: [(offset, bytes)] in order of sending."""
    def rewrite(capture, chance):
        for seconds, frame in capture:
            p = packets.parse(frame)
            if not is_data(p):
                yield seconds, frame
                continue
            pieces = cut(chance, p.data)
            last = max(at + len(data) for at, data in pieces)
            for i, (at, data) in enumerate(pieces):
                flags = p.flags if at + len(data) == last else p.flags & ~FIN
                yield seconds + i * 1e-6, p.again(p.seq + at, p.ack, flags, data)
    return rewrite


def pieces(chance, data, least, most):
    out, at = [], 0
    while at < len(data):
        n = chance.randint(least, most)
        out.append((at, data[at:at + n]))
        at += n
    return out


def mixed(chance, given): return chance.sample(given, len(given))


def overlapping(chance, data):
    return [(max(0, at - 7), data[max(0, at - 7):at + len(piece) + 5]) for at, piece in pieces(chance, data, 8, 60)]


def fragmented(size, order):
    def rewrite(capture, chance):
        for n, (seconds, frame) in enumerate(capture):
            p = packets.parse(frame)
            if p is None or len(p.payload) <= size: yield seconds, frame
            else:
                for i, part in enumerate(order(chance, p.fragments(size, n + 1))): yield seconds + i * 1e-6, part
    return rewrite


def joined(capture, _):
    """Neighbouring data segments of one direction become one."""
    out = []
    for seconds, frame in capture:
        p, before = packets.parse(frame), packets.parse(out[-1][1]) if out else None
        if is_data(p) and is_data(before) and before.way == p.way and (before.seq + len(before.data)) & 0xffffffff == p.seq \
                and not before.flags & FIN and len(before.data) + len(p.data) < 30_000:
            out[-1] = (out[-1][0], before.again(before.seq, p.ack, before.flags | p.flags, before.data + p.data))
        else: out.append((seconds, frame))
    return out


def fewer_acknowledgements(capture, _):
    """Of each direction only one bare acknowledgement in four stays."""
    seen = collections.Counter()
    for seconds, frame in capture:
        p = packets.parse(frame)
        if isinstance(p, packets.Segment) and not p.data and p.flags & (FIN | SYN | RST | ACK) == ACK:
            seen[p.way] += 1
            if seen[p.way] % 4 != 1: continue
        yield seconds, frame


def near_the_wrap(capture, _):
    """Sequence numbers of each direction begin shortly before they start again at 0. Options keep theirs: no SACK is moved."""
    shift = {}
    for seconds, frame in capture:
        p = packets.parse(frame)
        if not isinstance(p, packets.Segment):
            yield seconds, frame
            continue
        shift.setdefault(p.way, (0xffffff80 - p.seq) & 0xffffffff)
        if p.flags & ACK: shift.setdefault(p.back(), (0xffffff80 - p.ack) & 0xffffffff)
        yield seconds, p.again(p.seq + shift[p.way], p.ack + shift.get(p.back(), 0) if p.flags & ACK else p.ack, p.flags, p.data)


def keep_alives(capture, _):
    """Before each data segment of a connection comes its last byte once more, as zero."""
    spoke = set()
    for seconds, frame in capture:
        p = packets.parse(frame)
        if is_data(p) and not p.flags & FIN:
            if p.way in spoke: yield seconds - 1e-6, p.again(p.seq - 1, p.ack, ACK, b"\0")
            spoke.add(p.way)
        yield seconds, frame


def inside(wrap):
    """The IP packet of each frame in a tunnel between two hosts of which each has its direction."""
    def rewrite(capture, _):
        for seconds, frame in capture:
            p = packets.parse(frame)
            if p is None:
                yield seconds, frame
                continue
            ends = ("192.0.2.1", "192.0.2.2") if p.source < p.target else ("192.0.2.2", "192.0.2.1")
            yield seconds, frames.ethernet(wrap(*ends, p.header + p.payload))
    return rewrite


def tagged(capture, _): return [(seconds, f[:12] + b"\x81\0\0\x05" + f[12:]) for seconds, f in capture]


def both(first, second): return lambda capture, chance: second(list(first(capture, chance)), chance)


def in_order(_, given): return given
def reverse(_, given): return given[::-1]
def twice(_, given): return [part for part in given for _ in (0, 1)][:-1]


CUT = recut(lambda chance, data: pieces(chance, data, 1, 60))
SHUFFLE = recut(lambda chance, data: mixed(chance, pieces(chance, data, 5, 80)))
REWRITINGS = {
    "byte by byte": recut(lambda chance, data: pieces(chance, data, *((1, 1) if len(data) < 3000 else (16, 16)))),
    "cut": CUT, "cut, reversed": recut(lambda chance, data: pieces(chance, data, 5, 80)[::-1]), "cut, mixed": SHUFFLE,
    "each twice": recut(lambda _, data: [(0, data)] * 2), "overlapping": recut(overlapping),
    "overlapping, mixed": recut(lambda chance, data: mixed(chance, overlapping(chance, data))), "joined": joined,
    "fragments": fragmented(8, in_order), "fragments, reversed": fragmented(24, reverse), "fragments, mixed": fragmented(64, mixed),
    "fragments, twice": fragmented(256, twice), "fewer acknowledgements": fewer_acknowledgements, "numbers near the wrap": near_the_wrap,
    "keep-alives": keep_alives, "VLAN tag": tagged, "GRE": inside(frames.gre), "VXLAN": inside(frames.vxlan),
    "IP in IP": inside(frames.ip_in_ip), "Geneve": inside(frames.geneve), "cut, in fragments": both(CUT, fragmented(16, mixed)),
    "joined, in fragments": both(joined, fragmented(8, mixed)),
    "mixed, in VXLAN, in fragments": both(both(SHUFFLE, inside(frames.vxlan)), fragmented(48, mixed)),
}


def long_message():
    """(seconds, frame)s of a connection whose server says more at once than in any capture here: joined, its segments become
    the largest packets that there are, and many fragments."""
    talk = connections.Connection()
    said = b"".join(b"%d barrels by the wall, " % n for n in range(1100)) + b"and the end of a long message"
    everything = [*talk.handshake(), talk.client(b"tell us")]
    everything += [talk.server(said[at:at + 1000]) for at in range(0, len(said), 1000)] + talk.close()
    return [(connections.START + n / 1000, frame) for n, frame in enumerate(everything)]


def rules_that_count(patterns):
    """{signature id: rule} of the rules in these files for which rewriting makes no difference."""
    out = {}
    for path in sorted(path for pattern in patterns for path in glob.glob(pattern)):
        for line in Path(path).read_text(errors="replace").splitlines():
            sid = re.search(r"\bsid:\s*(\d+)", line)
            if sid and not line.startswith("#") and counts(line): out[int(sid[1])] = line
    return out


def end(event, side): return (event[side + "_ip"], event.get({"src": "src_port", "dest": "dest_port"}[side], 0))


def alerts(weir, deliveries, rules, folder):
    """Of each delivery: {(signature id, ends)} of what the program says about its frames. One run reads them all, APART seconds
    from each other, so that no flow of one lasts into the next."""
    path, log = folder / "capture.pcap", folder / "log"
    begin = [min(seconds for seconds, _ in d) for d in deliveries]
    packets.write(path, [(START + i * APART + seconds - begin[i], frame) for i, d in enumerate(deliveries) for seconds, frame in d])
    log.mkdir(exist_ok=True)
    eve = log / "eve.json"
    eve.unlink(missing_ok=True)
    subprocess.run([weir, "detect", "-k", "none", "--threads", "1", "-r", path, "-S", rules, "-l", log], check=True, stdout=subprocess.DEVNULL)
    out = [set() for _ in deliveries]
    for e in map(json.loads, eve.read_text().splitlines()):
        if e["event_type"] != "alert": continue
        seconds = datetime.datetime.strptime(e["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
        out[int((seconds - START + 1) // APART)].add((e["alert"]["signature_id"], frozenset((end(e, "src"), end(e, "dest")))))
    return out


def compare(args, capture, rules, folder):
    """(alerts on the capture as it is, rewritings made, alerts lost by them); prints the last, and new ones."""
    names = [name for name in REWRITINGS for _ in range(5 if args.long else 1)]
    rewritten = [list(REWRITINGS[name](capture, random.Random(f"{args.seed} {i} {name}"))) for i, name in enumerate(names)]
    expected, *got = alerts(args.weir, [capture, *rewritten], rules, folder)
    lost = 0
    for name, found in zip(names, got):
        lost += len(expected - found)
        for kind, which in (("lost", expected - found), ("new", found - expected)):
            for sid, ends in sorted(which, key=str): print(f"  {name}: {kind}: {sid} between {sorted(ends)}", flush=True)
    return len(expected), len(names), lost


def captures_of(paths):
    """(name, capture) of those that are neither long nor of another link type."""
    for path in paths:
        capture = packets.read(path) if path.stat().st_size <= LARGEST else None
        if capture and capture[-1][0] - capture[0][0] <= APART / 2: yield path.relative_to(path.parents[1]), capture


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--weir", type=lambda p: str(Path(p).resolve()), required=True)
    ap.add_argument("--captures", nargs="+", default=[ROOT / "examples/captures", *sorted((ROOT / "tests/cases").glob("*/input.pcap*"))])
    ap.add_argument("--rules", nargs="+", default=[str(ROOT / "examples/rules/*.rules"), str(ROOT / "tests/long/*.rules"), str(ROOT / "tests/cases/ssh*/*.rules")])
    ap.add_argument("--long", action="store_true", help="five cuts and orders by chance of each rewriting")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    paths = [p for given in map(Path, args.captures) for p in (sorted(given.rglob("*.pcap*")) if given.is_dir() else [given])]
    bad = runs = raised = 0
    with tempfile.TemporaryDirectory(prefix="weir-long-") as folder:
        folder = Path(folder)
        rules = folder / "counting.rules"
        rules.write_text("\n".join(rules_that_count(args.rules).values()) + "\n")
        for name, capture in [("a long message", long_message()), *captures_of(paths)]:
            there, made, lost = compare(args, capture, rules, folder)
            raised, runs, bad = raised + there, runs + made, bad + lost
            print(f"{name}: {there} alerts, {lost} lost", flush=True)
    print(f"{raised} alerts, {runs} captures rewritten, {bad} alerts lost")
    return 1 if bad or not raised else 0


if __name__ == "__main__":
    sys.exit(main())
