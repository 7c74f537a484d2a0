#!/usr/bin/env python3
"""Events have the fields that published pipelines and dashboards read.  run.py WEIR

fields.txt beside this file says who reads what. All captures of the examples and the cases go through the program with
everything switched on (weir.yaml), once in each form of DNS events, and with the rules of their cases; what a field's event
type says in any of them counts. `[live]` behind a field: only live runs have it.
"""
import glob, json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)


def wanted():
    """(reader, event type, field) of each field that runs over files have."""
    reader = kind = None
    for line in open(os.path.join(HERE, "fields.txt"), encoding="utf-8"):
        line = line.split("#")[0].rstrip()
        if not line: continue
        if not line[0].isspace(): reader = line; continue
        head, colon, names = line.partition(":")
        if colon: kind = head.strip()
        else: names = line
        for name, mark in re.findall(r"([^\s\[]+)(\[live\])?", names):
            if not mark: yield reader, kind, name


def paths(value, prefix=""):
    """Dotted names of all members; those of items of lists as of the list."""
    if isinstance(value, list):
        for item in value: yield from paths(item, prefix)
        if prefix: yield prefix
    elif isinstance(value, dict):
        for name, inner in value.items(): yield from paths(inner, f"{prefix}.{name}" if prefix else name)
    else: yield prefix


def events(weir):
    captures = glob.glob(os.path.join(TESTS, "..", "examples", "captures", "*.pcap*"))
    captures += glob.glob(os.path.join(TESTS, "cases", "*", "input.pcap*")) + [os.path.join(HERE, "input.pcap")]
    for capture in sorted(captures):
        rules = os.path.join(os.path.dirname(capture), "test.rules")
        select = ["-S", rules] if os.path.exists(rules) else ["-S", os.path.join(HERE, "any.rules")]
        for version in (2, 3):
            with tempfile.TemporaryDirectory() as out:
                command = [weir, "prevent" if "prevent" in capture else "detect", "-r", capture, "-l", out, "-c",
                           os.path.join(HERE, "weir.yaml"), *select, "--set", f"outputs.0.eve-log.types.3.dns.version={version}"]
                subprocess.run(command, capture_output=True, timeout=60, check=True)
                for line in open(os.path.join(out, "eve.json"), encoding="utf-8"): yield json.loads(line)


def main(weir):
    found = set()
    for event in events(os.path.abspath(weir)):
        for path in paths(event): found |= {(event["event_type"], path), ("any", path)}
    rows = list(wanted())
    missing = [row for row in rows if row[1:] not in found]
    for reader, kind, name in missing: print(f"{reader}: no {kind} event has {name}")
    print(f"{len(rows)} fields of {len({r for r, _, _ in rows})} readers, {len(missing)} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
