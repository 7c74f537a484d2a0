#!/usr/bin/env python3
"""Fails when a protocol is named where code should ask its row. protocol_names.py SOURCE-ROOT

A protocol may be named in its folder (decoders/app/NAME/), in its rows (the .def files), in its keyword files
(rules/keywords/NAME*) and in its event file (output/eve/NAME*). Anywhere else its name makes the next protocol an
edit of code that has nothing to do with it: there a property of ProtocolInfo is asked.
"""
import os, re, sys

FOLDERS = ("decoders", "engine", "output", "rules")
# What names protocols for a reason of its own.
ALLOWED = {
    "rules/load/unsupported.cc": "keywords of the rule language that nobody parses",
    "rules/keywords/ja3.cc": "a keyword file of TLS",
    "rules/keywords/pcre.cc": "the flags of pcre name buffers of HTTP, by definition of the language",
    "rules/keywords/file_data.cc": "the body of an HTTP response stands for its file",
    "rules/load/snort_form.cc": "Snort's names of buffers, and ours for them",
    "engine/live/control/control_suricata.cc": "Suricata's names of memory caps, and the keys that set them",
    "output/syslog_header.cc": "facilities of syslog",
    "output/flow/export/export_settings.cc": "how collectors are spoken to",
    "output/flow/clickhouse/clickhouse_settings.cc": "how servers are spoken to",
    "output/flow/clickhouse/server_address.cc": "schemes of addresses",
    "output/flow/clickhouse/client.cc": "schemes of addresses",
    "output/flow/zeek_lines.cc": "Zeek's names of services",
    "output/flow/export/record_shape.cc": "an element of IANA's registry that is HTTP's",
    "rules/ioc/feed_reader.cc": "words that lists of indicators use",
}


def rows(root):
    """{folder or id: names in rules} of all protocols."""
    found = {}
    for id in re.findall(r"^PROTOCOL\((\w+)\)", open(f"{root}/decoders/app/protocols.def").read(), re.M):
        text = open(f"{root}/decoders/app/{id}/protocol.cc").read()
        found[id] = re.search(r'\.name = "([^"]+)"', text).group(1)
    return found


def pattern(protocols):
    ids, names = "|".join(protocols), "|".join(map(re.escape, protocols.values()))
    return re.compile(rf'\bAppProto::({ids})\b|\bproto_({ids})\b|"(?:app-layer\.protocols\.)?({names})(?="|\.[a-z])'
                      rf'|#include "(?:decoders/app|rules/keywords|output/eve)/({ids})[/_.]|\b({ids})::')


def may_name(path, protocols):
    if path.startswith("decoders/app/") and path.count("/") > 2 or path.endswith(".def"): return True
    folder, name = os.path.split(path)
    return folder in ("rules/keywords", "output/eve") and any(name.startswith(id) for id in protocols)


def violations(path, text, protocols, wanted):
    if may_name(path, protocols): return
    for number, line in enumerate(text.splitlines(), 1):
        if found := wanted.search(re.sub(r"//.*", "", line)):
            yield f"{path}:{number}: names {next(filter(None, found.groups()))}: {line.strip()}"


def main():
    root = sys.argv[1]
    protocols = rows(root)
    wanted = pattern(protocols)
    for line in ("if (p == AppProto::dns) {", "use(proto_http);", 'name == "ftp-data"', 'flag("app-layer.protocols.tls.x")',
                 '#include "decoders/app/ssh/ssh.h"', "http::equal(a, b);"):
        if not list(violations("engine/x.cc", line, protocols, wanted)): return f"does not find: {line}"
    bad = []
    for folder in FOLDERS:
        for at, _, files in os.walk(os.path.join(root, folder)):
            for name in files:
                path = os.path.relpath(os.path.join(at, name), root)
                if name.endswith((".cc", ".h")):
                    found = list(violations(path, open(os.path.join(root, path)).read(), protocols, wanted))
                    if path not in ALLOWED: bad += found
                    elif not found: bad.append(f"{path}: names no protocol any more, and need not be allowed to")
    for line in bad: print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
