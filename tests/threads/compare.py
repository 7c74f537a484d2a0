#!/usr/bin/env python3
"""Says how two logs differ: compare.py EVE EVE. Lines are compared in their order; where the time goes (stats,
`weir`) is left out, as it is never the same twice."""
import collections, json, sys


def lines(path):
    out = []
    for line in open(path, encoding="utf-8"):
        if '"event_type":"stats"' in line:
            event = json.loads(line)
            event.pop("weir", None)
            line = json.dumps(event)
        out.append(line.rstrip("\n"))
    return out


def fields(value, path=""):
    """Dotted paths and values of all leaves."""
    if isinstance(value, dict):
        for name, inner in value.items(): yield from fields(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, inner in enumerate(value): yield from fields(inner, f"{path}[{i}]")
    else:
        yield path, value


def key(event): return tuple(event.get(name) for name in ("event_type", "flow_id", "pcap_cnt", "tx_id"))


def by_key(log):
    out = collections.defaultdict(list)
    for line in log:
        event = json.loads(line)
        out[key(event)].append(dict(fields(event)))
    return out


def differences(one, other):
    """Lines of text, the commonest kind first; nothing when the logs are the same."""
    if one == other: return []
    kinds, examples = collections.Counter(), {}
    def note(kind, example):
        kinds[kind] += 1
        examples.setdefault(kind, example)
    a, b = by_key(one), by_key(other)
    for k in {**a, **b}:
        if len(a[k]) != len(b[k]): note(f"number of {k[0]} events", f"{k}: {len(a[k])}, {len(b[k])}")
        for x, y in zip(a[k], b[k]):
            for name in {**x, **y}:
                if x.get(name) != y.get(name): note(f"{k[0]}: {name}", f"{k}: {x.get(name)!r}, {y.get(name)!r}")
    return [f"{n} x {kind}, as in {examples[kind]}" for kind, n in kinds.most_common()] or ["the order of the lines"]


if __name__ == "__main__":
    if len(sys.argv) != 3: sys.exit(__doc__)
    found = differences(lines(sys.argv[1]), lines(sys.argv[2]))
    print("\n".join(found) if found else "no difference")
    sys.exit(1 if found else 0)
