#!/usr/bin/env python3
"""Shows that many messages which are acknowledged at once cost what they cost when acknowledged one by one.

    message_burst.py --weir build/weir [--messages 600000] [--count instructions|time] [-- WEIR OPTIONS...]

Makes two captures of one connection that carries so many small DNS queries: in the one the server acknowledges each
segment, in the other all of them together at the end, when all become transactions at a time. Runs `weir detect` on both
and prints the instructions (callgrind, needs valgrind) or the processor time, the peak of resident memory, and whether
the DNS events are the same. Exit status 1 when they are not.
"""
import argparse
import json
import multiprocessing
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import frames  # noqa: E402
from connections import ACK, SYN, Connection, frame, pcap, records  # noqa: E402

SEGMENT = 1400
SETTINGS = ["--set", "stream.reassembly.depth=0", "--set", "stream.reassembly.memcap=1gb", "--no-rules", "--threads", "1", "-k", "none"]


def query(number):
    message = struct.pack(">HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + b"\x01a\0\0\x01\0\x01"
    return struct.pack(">H", len(message)) + message


def opening(source, target, flags, seq, ack):
    """A segment of the handshake that scales windows by 2^14 (RFC 7323): as much as one likes may be on its way."""
    segment = bytearray(frames.tcp(source[1], target[1], seq, ack, flags, b"\x01\x03\x03\x0e"))
    segment[12] = 0x60  # six words of header
    return frame(source[0], target[0], 6, bytes(segment), 16)


def handshake(connection):
    (client, server), (mine, theirs) = connection.ends, connection.seq
    return [opening(client, server, SYN, mine - 1, 0), opening(server, client, SYN | ACK, theirs - 1, mine),
            *connection.handshake()[2:], connection.server(flags=ACK)]  # the handshake's own windows are not scaled


def write(path, messages, at_once):
    """The capture: each of the client's segments acknowledged, or all at the end."""
    connection = Connection(server=("10.0.0.2", 53))
    lines = handshake(connection)
    stream = b"".join(query(i) for i in range(messages))
    for at in range(0, len(stream), SEGMENT):
        lines.append(connection.client(stream[at:at + SEGMENT]))
        if not at_once:
            lines.append(connection.server(flags=ACK))
    lines.append(connection.server(flags=ACK))
    with open(path, "wb") as f:
        f.write(pcap(records(lines)))


def run(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)}: {said[-2000:]}")
    return said, used


def queries(log):
    """The ids of the DNS queries, in the order in which they were written."""
    with open(os.path.join(log, "eve.json"), encoding="utf-8") as f:
        return [json.loads(line)["dns"]["id"] for line in f if '"event_type":"dns"' in line]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--messages", type=int, default=600_000)
    parser.add_argument("--count", choices=("instructions", "time"), default="time")
    parser.add_argument("options", nargs="*", help="for weir, after --")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        seen = {}
        print(f"{'acknowledged':>13} {args.count:>15} {'peak MB':>8}")
        for name, at_once in (("one by one", False), ("at once", True)):
            capture, log = os.path.join(work, "burst.pcap"), os.path.join(work, name)
            # In a process of its own: what this one had in memory before it starts weir counts as weir's peak.
            maker = multiprocessing.Process(target=write, args=(capture, args.messages, at_once))
            maker.start()
            maker.join()
            os.mkdir(log)
            command = [args.weir, "detect", "-r", capture, "-l", log, *SETTINGS, *args.options]
            _, used = run(command)
            cost = f"{used.ru_utime + used.ru_stime:.2f} s"
            if args.count == "instructions":
                said, _ = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={work}/callgrind", *command])
                cost = f"{int(re.search(r'Collected : ([0-9]+)', said)[1]) / 1e6:.0f} M"
            print(f"{name:>13} {cost:>15} {used.ru_maxrss / 1024:>8.1f}", flush=True)
            seen[name] = queries(log)
        same = seen["one by one"] == seen["at once"] and len(seen["at once"]) == args.messages
        print(f"{len(seen['at once'])} DNS events, " + ("the same" if same else "not the same"))
        sys.exit(not same)


if __name__ == "__main__":
    main()
