#!/usr/bin/env python3
"""The log is the same for every number of threads: line by line, byte by byte.

  run.py WEIR [COUNTS]                 on traffic made here: tunnels of all kinds, fragments, errors, several files
  run.py WEIR detect -r CAPTURE ...    on a call of one's own (without -l and --threads)

COUNTS are the numbers of threads to compare (1,2,4,8).
"""
import hashlib, json, os, subprocess, sys, tempfile
sys.dont_write_bytecode = True
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from compare import differences, lines
from traffic import Network
from frames import write_capture

THREADS = (1, 2, 4, 8)
ONE_WORKER = b"weir: warning: --threads "  # that one worker does it all the same, which is all that may differ
RULES = r'''
ACTION http any any -> any any (msg:"page"; http.uri; content:"/page1"; sid:1;)
ACTION http any any -> any any (msg:"limited"; flow:to_server; http.uri; content:"/page"; threshold:type limit, track by_src, count 2, seconds 3; sid:2;)
ACTION dns any any -> any any (msg:"every third"; dns.query; content:"example"; threshold:type threshold, track by_dst, count 3, seconds 60; sid:3;)
ACTION tcp any any -> any any (msg:"a lot of SYNs"; flags:S; detection_filter:track by_src, count 3, seconds 10; sid:4;)
ACTION http any any -> any any (msg:"sets a bit"; flow:to_server; http.uri; content:"/page2"; xbits:set,seen,track ip_src,expire 5; noalert; sid:5;)
ACTION http any any -> any any (msg:"asks for it"; flow:to_server; http.uri; content:"/page3"; xbits:isset,seen,track ip_src; sid:6;)
ACTION http any any -> any any (msg:"on the server"; flow:to_server; http.uri; content:"/page4"; hostbits:toggle,odd,dst; sid:7;)
ACTION http any any -> any any (msg:"odd"; flow:to_client; http.stat_code; content:"200"; hostbits:isset,odd,src; sid:8;)
ACTION http any any -> any any (msg:"new host"; http.host; dataset:set,hosts,type string; sid:9;)
ACTION dns any any -> any any (msg:"known host"; dns.query; dataset:isset,names,type string; sid:10;)
ACTION dns any any -> any any (msg:"new name"; dns.query; dataset:set,names; threshold:type limit, track by_src, count 1, seconds 1; sid:11;)
ACTION icmp any any -> any any (msg:"unreachable"; itype:3; sid:12;)
ACTION ip any any -> any any (msg:"fragment"; fragbits:M; threshold:type both, track by_both, count 2, seconds 60; sid:13;)
ACTION http any any -> any any (msg:"tags the client"; flow:to_server; http.uri; content:"/page6"; tag:host,40,packets,src; tag:session; sid:15;)
ACTION dns any any -> any any (msg:"tags the server, now and then"; dns.query; content:"example"; tag:host,2,seconds; threshold:type threshold, track by_src, count 4, seconds 60; sid:16;)
ACTION http any any -> any any (msg:"keeps the page"; flow:to_server; http.uri; pcre:"/^\/(page)(\d)/, pkt:key, pkt:value"; pcre:"/(?P<flow_page>\d)/"; pcre:"/(?P<alert_page>\d)/"; sid:17;)
ACTION ftp-data any any -> any any (msg:"a file"; file.name; content:"file"; file.data; content:"GET /page1"; threshold:type limit, track by_src, count 2, seconds 2; sid:18;)
pass http any any -> any any (msg:"let through"; http.uri; content:"/page5"; threshold:type limit, track by_rule, count 4, seconds 60; sid:14;)
'''
CONFIG = '''
vars: {address-groups: {HOME_NET: any, EXTERNAL_NET: any}}
outputs:
  - eve-log: {enabled: yes, filename: eve.json, pcap-file: true, types: [alert: {payload: yes}, drop: , anomaly: , http: , dns: , ftp: , files: , flow: , netflow: , stats: ]}
  - eve-log: {enabled: yes, filename: flows.json, types: [flow: ]}
  - file-store: {enabled: yes, write-fileinfo: yes, force-filestore: yes}
  - pcap-log: {enabled: yes, filename: packets/log.pcap, limit: 20kb, conditional: alerts}
weir: {file-store: {max-files: 40}, pcap-log: {before-alert: 100kb}}
'''


def run(weir, arguments, threads, folder):
    """(exit status and what was said, lines by log)"""
    out = os.path.join(folder, str(threads))
    os.mkdir(out)
    done = subprocess.run([weir, *arguments, "-l", out, "--threads", str(threads)], capture_output=True, timeout=600)
    logs = {name: [line.replace(out, "OUT") for line in lines(os.path.join(out, name))]
            for name in sorted(os.listdir(out)) if name.endswith(".json")}
    store = os.path.join(out, "filestore")
    if os.path.isdir(store):
        files = sorted(os.path.relpath(os.path.join(at, name), store) for at, _, names in os.walk(store) for name in names)
        logs["filestore"] = [f"{name}: {lines(os.path.join(store, name))}" for name in files]
    said = [line for line in done.stderr.replace(out.encode(), b"OUT").splitlines() if not line.startswith(ONE_WORKER)]
    packets = os.path.join(out, "packets")
    if os.path.isdir(packets):
        for name in sorted(os.listdir(packets)):
            with open(os.path.join(packets, name), "rb") as f: logs[name] = [hashlib.sha256(f.read()).hexdigest()]
    return (done.returncode, done.stdout, said), logs


def check(weir, title, arguments, counts=THREADS):
    """Prints how the runs differ. Returns the logs of one thread, and whether all runs are the same."""
    with tempfile.TemporaryDirectory() as folder:
        said, logs = run(weir, arguments, counts[0], folder)
        same = True
        for threads in counts[1:]:
            also_said, others = run(weir, arguments, threads, folder)
            found = [] if said == also_said else [f"it ended or spoke differently: {said}, {also_said}"]
            for name in {**logs, **others}:
                found += [f"{name}: {what}" for what in differences(logs.get(name, []), others.get(name, []))]
            for what in found[:10]: print(f"FAIL {title}, {threads} threads: {what}")
            same = same and not found
    total = sum(map(len, logs.values()))
    print(f"{'ok  ' if same else 'FAIL'} {title}: {total} lines")
    return logs, same


def own_capture(logs):
    """Every event names the file that holds the packets of its flow: file N has the addresses 10.N.0.0/16."""
    ok = True
    for line in logs["eve.json"]:
        event = json.loads(line)
        if "src_ip" not in event: continue
        source = event["src_ip"]
        second = int(source.split(":")[-2], 16) if ":" in source else int(source.split(".")[1])
        if event.get("pcap_filename", "").endswith(f"/{second}.pcap"): continue
        if ok: print(f"FAIL pcap_filename: {line}")
        ok = False
    return ok


def events(logs, kind): return sum(f'"event_type":"{kind}"' in line for line in logs["eve.json"])


def own_traffic(weir, counts, folder):
    path = lambda name: os.path.join(folder, name)
    captures = path("captures")
    os.mkdir(captures)
    # Long enough apart for flows to run out; the third begins before the second.
    for n, start in ((1, 1_600_000_000), (2, 1_600_000_700), (3, 1_600_000_500)):
        traffic = Network(n, n).fill(start, 150).fill(start + 100, 50).fill(start + 400, 10)
        write_capture(os.path.join(captures, f"{n}.pcap"), traffic.in_order())
    both = Network(4, 4).fill(1_600_000_000, 250).in_order() + Network(5, 5).fill(1_600_000_001, 250).in_order()
    write_capture(path("together.pcap"), sorted(both, key=lambda frame: frame[0]))
    for name, action in (("alert", "alert"), ("drop", "drop")):
        with open(path(f"{name}.rules"), "w") as f: f.write(RULES.replace("ACTION", action))
    with open(path("weir.yaml"), "w") as f: f.write(CONFIG)
    common = ["-c", path("weir.yaml"), "-k", "none"]
    alone = ["--set", "decoder.recursion-level.use-for-tracking=false"]  # in and outside of tunnels it is one flow
    calls = {
        "detect": ["detect", "-r", path("together.pcap"), "-S", path("alert.rules")],
        "detect without rules": ["detect", "-r", path("together.pcap"), "--no-rules"],
        "detect, depths not told apart": ["detect", "-r", path("together.pcap"), "-S", path("alert.rules"), *alone],
        "detect, little room in the log": ["detect", "-r", path("together.pcap"), "-S", path("alert.rules"),
                                           "--set", "weir.flow-log-rate=1", "--set", "weir.flow-log-burst=1kb"],
        "prevent": ["prevent", "-r", path("together.pcap"), "-S", path("drop.rules")],
        "several captures": ["detect", "-r", captures, "-S", path("alert.rules")],
        "several captures, prevent": ["prevent", "-r", captures, "-S", path("drop.rules")],
    }
    all_same = True
    for title, call in calls.items():
        logs, same = check(weir, title, [*call, *common], counts)
        if "captures" in title: same = own_capture(logs) and same
        for kind in ("flow", "http", "dns", "alert", "packet", "ftp", "ftp_data"):  # the traffic is what it is meant to be
            if kind in ("alert", "packet") and "--no-rules" in call: continue
            if kind in ("http", "packet", "ftp_data") and "prevent" in call: continue  # most are dropped before they say anything
            if kind == "alert" and sum(name.startswith("log.pcap") for name in logs) < 3:
                print(f"FAIL {title}: too few files of packets"); same = False
            if events(logs, kind) < (20 if kind == "ftp_data" else 100): print(f"FAIL {title}: too few {kind} events"); same = False
        all_same = all_same and same
    return all_same


def main():
    if len(sys.argv) < 2: sys.exit(__doc__)
    weir = os.path.abspath(sys.argv[1])
    counts = THREADS
    if len(sys.argv) == 3: counts = [int(count) for count in sys.argv[2].split(",")]
    if len(sys.argv) > 3: sys.exit(0 if check(weir, "this call", sys.argv[2:])[1] else 1)
    with tempfile.TemporaryDirectory() as folder: sys.exit(0 if own_traffic(weir, counts, folder) else 1)


if __name__ == "__main__": main()
