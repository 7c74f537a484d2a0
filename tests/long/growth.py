#!/usr/bin/env python3
"""Hostile traffic must not cost more than in proportion to its length.

Each shape of traffic is made at n, 2n and 4n and read by one worker with the example rules. A capture of one packet says what
starting costs; it is taken off. Costs are seconds of processor time and bytes of memory, or with --instructions (valgrind,
fifty times slower, the same in every run) instructions.

  growth.py --weir build/weir                        (below a minute)
  growth.py --weir build/weir --long                 eight times the traffic
  growth.py --weir build/weir --shape holes          some; --list names them
  growth.py --weir build/weir --instructions --shape holes

A shape is bad when 4n costs more than %.2f times twice what 2n costs and more than that times four times what n costs, above
a floor of what can be told from noise (measured again before it is said). Exit status 1 when one is.
"""
import argparse, gzip, os, random, re, struct, subprocess, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import connections, frames
from connections import ACK, PSH, SYN, tcp, udp

ROOT = Path(__file__).resolve().parent.parent.parent
MORE = 1.4
FLOOR = {"time": 0.15, "memory": 48e6, "instructions": 2e8}  # seconds, bytes, instructions
LONG = 8  # times
GET = b"GET /x HTTP/1.1\r\nHost: a\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
DNS = ("10.0.0.2", 53)


def dialogue(turns, port=80, size=1400):
    """Frames of a connection: (0 the client, 1 the server; bytes), cut into segments that the other side acknowledges."""
    c = connections.Connection(server=("10.0.0.2", port))
    out = c.handshake()
    for side, data in turns:
        for at in range(0, len(data), size):
            say, answer = (c.server, c.client) if side else (c.client, c.server)
            out += [say(data[at:at + size]), answer(flags=ACK)]
    return out + c.close()


def asked(*data, port=80): return dialogue([(0, b"".join(data))], port)
def answered(*data): return dialogue([(0, GET + b"\r\n"), (1, b"".join(data))])
def with_length(body, more=b""): return OK + more + b"Content-Length: %d\r\n\r\n" % len(body) + body
def address(n): return "10.%d.%d.%d" % (n >> 16 & 255, n >> 8 & 255, n & 255)


def scattered(offsets):
    """One byte of a stream at each of these offsets, none of them acknowledged."""
    c = connections.Connection(server=("10.0.0.2", 4444))
    return c.handshake() + [tcp(*c.ends, PSH | ACK, c.seq[0] + at, c.seq[1], b"A") for at in offsets]


def overlapping(n, chance):
    c = connections.Connection(server=("10.0.0.2", 4444))
    return c.handshake() + [tcp(*c.ends, PSH | ACK, c.seq[0] + 1 + i % 64, c.seq[1], chance.randbytes(1200)) for i in range(n)]


def late_acknowledgements(n):
    """Many small messages, of which as many as a window holds are acknowledged at once."""
    message = dns(b"\1a")
    c = connections.Connection(server=DNS)
    whole, out = (struct.pack(">H", len(message)) + message) * n, c.handshake()
    for i, at in enumerate(range(0, len(whole), 1400)):
        out.append(c.client(whole[at:at + 1400]))
        if i % 40 == 39: out.append(c.server(flags=ACK))
    return out + [c.server(flags=ACK)] + c.close()


def dns(name, records=0, body=b""):
    return struct.pack(">HHHHHH", 7, 0x8180 if records else 0x0100, 1, records, 0, 0) + name + b"\0\0\1\0\1" + body


def looked_up(port):
    """A question, and an answer of many records."""
    client = ("10.0.0.1", port)
    return udp(client, DNS, dns(b"\1a")), udp(DNS, client, dns(b"\1a", 60, b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4abcd" * 60))


def unfinished(n, each):
    """Fragments of datagrams of which the last never comes."""
    return [frames.ethernet(frames.ip(address(10 + i // each), "10.0.0.2", 17, bytes(64), i // each & 0xffff, 0x2000 | 8 * (i % each))) for i in range(n)]


def nested_tunnels(n):
    packet = frames.ip("10.0.0.1", "10.0.0.2", 17, frames.udp(1, 9, b"x"))
    for _ in range(12): packet = frames.vxlan("10.0.1.1", "10.0.1.2", packet)
    return [frames.ethernet(packet)] * n


def hellos(n):
    body = b"\3\3" + bytes(32) + b"\0\0\2\0\x2f\1\0\0\0"
    message = b"\1" + struct.pack(">I", len(body))[1:] + body
    return asked((b"\x16\3\1" + struct.pack(">H", len(message)) + message) * n, port=443)


def compressed(n): return answered(with_length(gzip.compress(bytes(n << 16), mtime=0), b"Content-Encoding: gzip\r\n"))
def chunks(n): return answered(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * n + b"0\r\n\r\n")
def form(n): return b"--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nx\r\n" * n + b"--b--\r\n"


def posted(body, kind): return asked(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(body)), body)


def transfer(i): return b"PORT 10,0,0,1,%d,%d\r\nRETR a\r\n" % (4 + i // 256 % 200, i % 256)


# name: (n of a run that is not long, the frames of n)
SHAPES = {
    "holes": (4000, lambda n, r: scattered(2 + 2 * i for i in range(n))),
    "holes, backwards": (4000, lambda n, r: scattered(2 + 2 * (n - i) for i in range(n))),
    "holes, mixed": (4000, lambda n, r: scattered(r.sample(range(2, 4 * n, 2), n))),
    "overlaps": (3000, overlapping),
    "half open": (10000, lambda n, r: [tcp((address(9 + i), r.randrange(1024, 65536)), ("10.0.0.2", 80), SYN, i, 0) for i in range(n)]),
    "datagrams": (10000, lambda n, r: [udp((address(9 + i), 1000 + i % 60000), ("10.0.0.2", 9999), b"hello") for i in range(n)]),
    "fragments": (8000, lambda n, r: unfinished(n, 500)),
    "fragments, apart": (8000, lambda n, r: unfinished(n, 1)),
    "tunnels": (3000, lambda n, r: nested_tunnels(n)),
    "many DNS messages": (30000, lambda n, r: late_acknowledgements(n)),
    "DNS answers": (2000, lambda n, r: [one for i in range(n) for one in looked_up(5000 + i % 9)]),
    "headers": (8000, lambda n, r: asked(GET, b"".join(b"X-%d: y\r\n" % i for i in range(n)), b"\r\n")),
    "one header": (16000, lambda n, r: asked(GET, b"Same: y\r\n" * n, b"\r\n")),
    "folded header": (40000, lambda n, r: asked(GET, b"Folded: a\r\n" + b" b\r\n" * n, b"\r\n")),
    "cookies": (100000, lambda n, r: asked(GET, b"Cookie: " + b"a=b; " * n, b"\r\n\r\n")),
    "dots in a path": (60000, lambda n, r: asked(b"GET /" + b"a/../" * n + b" HTTP/1.1\r\nHost: a\r\n\r\n")),
    "percents": (60000, lambda n, r: asked(b"GET /" + b"%2561" * n + b" HTTP/1.1\r\nHost: a\r\n\r\n")),
    "pipelined": (5000, lambda n, r: dialogue([(0, (GET + b"\r\n") * n), (1, EMPTY * n)])),
    "never answered": (5000, lambda n, r: asked((GET + b"\r\n") * n)),
    "continued": (16000, lambda n, r: answered(b"HTTP/1.1 100 Continue\r\n\r\n" * n, EMPTY)),
    "chunks": (60000, lambda n, r: chunks(n)),
    "compressed": (200, lambda n, r: compressed(n)),
    "form": (3000, lambda n, r: posted(form(n), b"multipart/form-data; boundary=b")),
    "dashes": (60000, lambda n, r: posted(b"\r\n--" * n, b"multipart/form-data; boundary=" + b"-" * 60)),
    "hellos": (12000, lambda n, r: hellos(n)),
    "alerts in TLS": (80000, lambda n, r: asked(b"\x15\3\1\0\2\1\0" * n, port=443)),
    "lines before SSH": (30000, lambda n, r: dialogue([(1, b"hello\r\n" * n + b"SSH-2.0-a\r\n")], 22)),
    "FTP commands": (30000, lambda n, r: asked(b"USER a\r\n", b"NOOP\r\n" * n, port=21)),
    "FTP replies": (30000, lambda n, r: dialogue([(0, b"USER a\r\n"), (1, b"200 x\r\n" * n)], 21)),
    "FTP reply of many lines": (60000, lambda n, r: dialogue([(0, b"USER a\r\n"), (1, b"200-x\r\n" + b"y\r\n" * n + b"200 z\r\n")], 21)),
    "FTP transfers": (10000, lambda n, r: asked(b"USER a\r\n", *map(transfer, range(n)), port=21)),
    "nothing known": (1000000, lambda n, r: asked(r.randbytes(n), port=4444)),
}


class Engine:
    def __init__(self, args, folder):
        self.args, self.folder, self.capture = args, folder, folder / "shape.pcap"
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}

    def write(self, make):
        """The frames that make() gives, as a capture. In a process of its own: what the system takes for the most memory of a
        program begins with that of the process which started it."""
        child = os.fork()
        if child == 0:
            frames.write_capture(self.capture, [(1.7e9 + i * 1e-5, frame) for i, frame in enumerate(make())])
            os._exit(0)
        if os.waitpid(child, 0)[1]: sys.exit("a capture could not be made")

    def cost(self, make):
        """{kind: cost} of one run over the frames that make() gives."""
        self.write(make)
        command = [self.args.weir, "detect", "-k", "none", "--threads", "1", "-r", str(self.capture), "-l", str(self.folder), "-S",
                   str(ROOT / "examples/rules/example.rules")]
        if self.args.instructions:
            done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], check=True, capture_output=True,
                                  text=True, env=self.environment)
            return {"instructions": int(re.search(r"Collected : (\d+)", done.stderr)[1])}
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment) as child:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode: sys.exit(f"{' '.join(command)}: exit status {child.returncode}")
        return {"time": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024}

    def cheapest(self, make, times):
        costs = [self.cost(make) for _ in range(times)]
        return {kind: min(c[kind] for c in costs) for kind in costs[0]}


def grows(kind, once, twice, fourfold):
    least = FLOOR[kind] / 20
    return fourfold > max(FLOOR[kind], MORE * 2 * max(twice, least), MORE * 4 * max(once, least))


def too_much(costs, start): return [k for k in start if grows(k, *(c[k] - start[k] for c in costs))]


def measure(args, engine, name, start):
    """(costs at n, 2n and 4n, of what there is too much)"""
    n, make = SHAPES[name]
    n *= LONG if args.long else 1
    made = [lambda times=times: make(n * times, random.Random(f"{args.seed} {name}")) for times in (1, 2, 4)]
    costs = [engine.cost(m) for m in made]
    if too_much(costs, start) and not args.instructions: costs = [engine.cheapest(m, 3) for m in made]
    return costs, too_much(costs, start)


def main():
    ap = argparse.ArgumentParser(description=__doc__ % MORE, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--weir", type=lambda p: str(Path(p).resolve()))
    ap.add_argument("--shape", nargs="+", choices=SHAPES, metavar="SHAPE")
    ap.add_argument("--long", action="store_true"); ap.add_argument("--instructions", action="store_true")
    ap.add_argument("--seed", type=int, default=1); ap.add_argument("--list", action="store_true", help="the names of the shapes")
    args = ap.parse_args()
    if args.list: return print("\n".join(SHAPES))
    if not args.weir: ap.error("--weir is needed")
    bad = []
    with tempfile.TemporaryDirectory(prefix="weir-long-") as folder:
        engine = Engine(args, Path(folder))
        start = engine.cheapest(lambda: [udp(("10.0.0.1", 1), ("10.0.0.2", 2), b"")], 1 if args.instructions else 3)
        for name in args.shape or SHAPES:
            costs, found = measure(args, engine, name, start)
            if found: bad.append(name)
            print(f"{name:20}", *(f"{kind} " + " ".join(f"{c[kind] - start[kind]:,.2f}" if kind == "time" else f"{(c[kind] - start[kind]) / 1e6:,.1f}M"
                                                       for c in costs) for kind in start), *(f"TOO MUCH {kind}" for kind in found), sep="  ", flush=True)
    print(f"{len(bad)} of {len(args.shape or SHAPES)} shapes grow too much")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
