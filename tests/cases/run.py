#!/usr/bin/env python3
"""Runs the cases beside this file through the real program and compares events.

A case is a folder with expect.json, and as needed test.rules and weir.yaml:

  {"capture": "../../../examples/captures/http.pcap",   or input.pcap in the folder, the default
   "command": "detect",                                 or "prevent"
   "args": ["--set", "stream.midstream=true"],
   "exit": 0,
   "passed": [1, 2, 4],                                 of prevent: numbers of the packets that pass as they are, or
                                                        the name of a capture that is what passes
   "events": [{"count": 1, "match": {"event_type": "alert", "alert.signature_id": 9000001}}]}

`match` names fields by dotted path ("answers[0].rdata"); null means that the field is not there. Every event must
be valid JSON, and each case must write the same events, in the same order, on one thread and on three.

  run.py WEIR [NAME...]
"""
import json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import connections


def field(event, path):
    for part in path.split("."):
        name, *indices = re.split(r"[\[\]]+", part.rstrip("]"))
        if not isinstance(event, dict) or name not in event: return None
        event = event[name]
        for index in indices:
            if not isinstance(event, list) or int(index) >= len(event): return None
            event = event[int(index)]
    return event


def read(*path):
    with open(os.path.join(*path), "rb") as f: return f.read()


def run(weir, folder, case, threads):
    """(exit status, events, what it said, the capture of what passed)"""
    with tempfile.TemporaryDirectory() as out:
        command = [weir, case.get("command", "detect"), "-r", os.path.join(folder, case.get("capture", "input.pcap")),
                   "-l", out, "--threads", str(threads), *case.get("args", [])]
        for option, name in (("-S", "test.rules"), ("-c", "weir.yaml")):
            if os.path.exists(os.path.join(folder, name)): command += [option, os.path.join(folder, name)]
        if "passed" in case: command += ["--pcap-out", os.path.join(out, "passed.pcap")]
        done = subprocess.run(command, capture_output=True, timeout=600, cwd=folder, env={**os.environ, "TZ": "UTC"})
        log = os.path.join(out, "eve.json")
        lines = open(log, encoding="utf-8").read().splitlines() if os.path.exists(log) else []
        passed = read(out, "passed.pcap") if "passed" in case else b""
        return done.returncode, [json.loads(line) for line in lines], done.stderr.decode("utf-8", "replace"), passed


def differences(folder, case, passed):
    """What is wrong with the packets that passed."""
    link_type, nanoseconds, given = connections.read_pcap(read(folder, case.get("capture", "input.pcap")))
    if isinstance(case["passed"], str): wanted = connections.read_pcap(read(folder, case["passed"]))
    else: wanted = link_type, nanoseconds, [given[number - 1] for number in case["passed"]]
    found = connections.read_pcap(passed)
    if found == wanted: return
    if found[:2] != wanted[:2]: yield f"link type and nanoseconds of what passed: {found[:2]}, not {wanted[:2]}"
    numbers = [given.index(record) + 1 if record in given else "changed" for record in found[2]]
    yield f"other packets passed: {numbers}"


def problems(weir, folder):
    case = json.load(open(os.path.join(folder, "expect.json")))
    status, events, said, passed = run(weir, folder, case, 1)
    if status != case.get("exit", 0): yield f"exit status {status}: {said.strip()[-300:]}"
    for want in case.get("events", []):
        found = sum(all(field(e, k) == v for k, v in want["match"].items()) for e in events)
        if found != want["count"]: yield f"{found} events, not {want['count']}: {json.dumps(want['match'])}"
    if "passed" in case: yield from differences(folder, case, passed)
    several = run(weir, folder, case, 3)[1]
    flat = lambda all_events: [json.dumps(e) for e in all_events if e["event_type"] != "stats"]
    if flat(events) != flat(several): yield "three threads write other events than one"


def main():
    weir, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
    folders = sorted(d for d in os.listdir(HERE) if os.path.exists(os.path.join(HERE, d, "expect.json")))
    failed = 0
    for name in folders:
        if names and name not in names: continue
        wrong = list(problems(weir, os.path.join(HERE, name)))
        failed += bool(wrong)
        print(("FAIL " if wrong else "ok   ") + name)
        for text in wrong: print("     " + text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
