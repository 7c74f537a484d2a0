#!/usr/bin/env python3
"""Shows that memory follows the flows that are open at once and not the length of a capture.

    memory.py --weir build/weir [--times 10] [--threads 1,2] [--gap 900] CAPTURE [-- WEIR OPTIONS...]

Makes a capture that holds CAPTURE (classic pcap) once, and one that holds it TIMES times, one after the other: each copy
begins GAP seconds after the end of the one before, when the flows of that have timed out. Then runs `weir detect` on both
and prints the peak of resident memory of each. The long capture is written next to the log, below --dir (default: a
temporary folder), and removed again.
"""
import argparse
import multiprocessing
import os
import shutil
import struct
import subprocess
import sys
import tempfile

FILE_HEADER, RECORD_HEADER = 24, 16
ORDERS = {b"\xd4\xc3\xb2\xa1": ("<", 1_000_000), b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
          b"\xa1\xb2\xc3\xd4": (">", 1_000_000), b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000)}


def records(data, order):
    """Offsets of the record headers, up to a record that is cut off; and where the last whole one ends."""
    offsets, at = [], FILE_HEADER
    length_of = struct.Struct(order + "8xI").unpack_from
    while at + RECORD_HEADER <= len(data):
        end = at + RECORD_HEADER + length_of(data, at)[0]
        if end > len(data):
            break
        offsets.append(at)
        at = end
    return offsets, at


def repeat(source, target, times, gap):
    """Writes `source` TIMES times into `target`, its clock going on."""
    with open(source, "rb") as f:
        data = bytearray(f.read())
    if bytes(data[:4]) not in ORDERS:
        sys.exit(f"{source}: not a pcap file")
    order, _ = ORDERS[bytes(data[:4])]
    offsets, end = records(data, order)
    seconds = struct.Struct(order + "I")
    stamps = [seconds.unpack_from(data, at)[0] for at in offsets]
    step = max(stamps) - min(stamps) + gap
    if max(stamps) + step * (times - 1) >= 1 << 32:
        sys.exit("the times of the last copy would not fit into 32 bits: fewer copies or a smaller gap")
    with open(target, "wb") as f:
        f.write(data[:FILE_HEADER])
        for copy in range(times):
            for at, stamp in zip(offsets, stamps):
                seconds.pack_into(data, at, stamp + copy * step)
            f.write(memoryview(data)[FILE_HEADER:end])


def peak_mb(weir, capture, threads, log, options):
    shutil.rmtree(log, ignore_errors=True)
    os.mkdir(log)
    command = [weir, "detect", "-r", capture, "-l", log, "--threads", str(threads), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):  # 1: a rule or a record that cannot be used
        sys.exit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}")
    with open(os.path.join(log, "eve.json"), "rb") as f:
        flows = sum(b'"event_type":"flow"' in line for line in f)
    return used.ru_maxrss / 1024, flows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--gap", type=int, default=900, help="seconds; more than any flow timeout")
    parser.add_argument("--dir", help="where captures and logs are written")
    parser.add_argument("capture")
    parser.add_argument("options", nargs="*", help="for weir, after --")
    args = parser.parse_args()
    work = tempfile.mkdtemp(dir=args.dir)
    try:
        log = os.path.join(work, "log")
        print(f"{'workers':>7} {'copies':>6} {'flows':>9} {'peak MB':>8} {'growth':>7}")
        paths = {}
        for times in (1, args.times):
            paths[times] = os.path.join(work, f"{times}.pcap")
            # In a process of its own: what this one had in memory before it starts weir counts as weir's peak.
            maker = multiprocessing.Process(target=repeat, args=(args.capture, paths[times], times, args.gap))
            maker.start()
            maker.join()
            if maker.exitcode != 0:
                sys.exit(1)
        for threads in (int(t) for t in args.threads.split(",")):
            first = None
            for times in (1, args.times):
                peak, flows = peak_mb(args.weir, paths[times], threads, log, args.options)
                first = first or peak
                print(f"{threads:>7} {times:>6} {flows:>9} {peak:>8.1f} {100 * (peak / first - 1):>6.1f}%", flush=True)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
