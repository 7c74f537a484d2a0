#!/usr/bin/env python3
"""Every name that rules, configurations or readers of events may rely on is really used.  accepted_names.py ROOT

Fails for
- an event of the decoders, the stream engine or a protocol that rules may ask for and that no code raises, or one that is
  both raised and refused as never raised;
- a counter that nothing counts, a reason to drop that is never given;
- a condition of a rule that keywords fill in and nothing reads;
- a configuration key that is read and has no line in weir.yaml.5, or has one and is not read;
- one that is read and that the outline of known keys does not know, or knows as one without effect, and the other way round.
"""
import glob, os, re, sys

FOLDERS = ("decoders", "engine", "output", "rules")
# Gauges of metrics and counters, whose names look like configuration keys.
NOT_KEYS = {"capture.errors", "defrag.memuse", "flow.active", "flow.memuse", "tcp.memuse", "weir.guard.passed",
            "weir.guard.replaced", "weir.guard.running", "weir.guard.takeovers", "weir.sock"}


class Tree:
    def __init__(self, root):
        self.root = root
        self.code = {}
        for folder in FOLDERS:
            for ending in ("cc", "h"):
                for path in glob.glob(os.path.join(root, folder, "**", "*." + ending), recursive=True):
                    self.code[os.path.relpath(path, root)] = re.sub(r"//[^\n]*", "", self.read(path))

    def read(self, *path):
        with open(os.path.join(self.root, *path), encoding="utf-8") as f: return f.read()

    def rows(self, macro, *path):
        """First arguments of a table's rows, and whole rows."""
        text = re.sub(r"//[^\n]*", "", self.read(*path))
        return re.findall(rf"^{macro}\((\w+|\"[^\"]*\")(.*?)\)\s*$", text, re.M | re.S)

    def matches(self, pattern, within="", without=()):
        found = re.compile(pattern)
        return any(found.search(text) for path, text in self.code.items()
                   if path.startswith(within) and not any(path.startswith(w) for w in without))


def unraised(tree):
    return {name.strip('"') for name, _ in tree.rows("(?:UNRAISED|IMPOSSIBLE)", "rules", "keywords", "unraised_events.def")}


def wrong_events(tree):
    refused = unraised(tree)
    for name, rest in tree.rows("ANOMALY", "decoders", "anomalies.def"):
        if not tree.matches(rf"\bAnomaly::{name}\b"): yield f"event {name} of anomalies.def is never raised"
        if rest.strip(' ,"') in refused: yield f"event {name} of anomalies.def is refused in rules, too"
    for path in sorted(glob.glob(os.path.join(tree.root, "decoders", "app", "*", "events.def"))):
        folder = os.path.relpath(os.path.dirname(path), tree.root)
        protocol = os.path.basename(folder)
        for name, rest in tree.rows(r"\w*EVENT", os.path.relpath(path, tree.root)):
            if not tree.matches(rf"\bEvent::{name}\b", folder): yield f"event {name} of {folder} is never raised"
            rule_name = re.search(r'"([^"]*)"', rest).group(1)
            if f"{protocol}.{rule_name}" in refused: yield f"event {name} of {folder} is refused in rules, too"
    table = re.search(r"kAppEngineEvents\{(.*?)\}", tree.code["rules/keywords/events.cc"], re.S)
    for name in re.findall(r'"(\w+)"', table.group(1)):
        # Of the engine, or of the row of a protocol that should have followed upon another.
        if not (tree.matches(f'"{name}"', "engine/") or tree.matches(f'missing_event = "{name}"', "decoders/app/")): yield f"event {name} of rules/keywords/events.cc is never raised"
        if name in refused: yield f"event {name} is refused in rules, too"


def wrong_counts(tree):
    for name, _ in tree.rows("COUNTER", "engine", "account", "counters.def"):
        if not tree.matches(rf"\b\w*(counters_?|counts)(\(\))?(\.|->){name}\b", "engine/", ("engine/account/stats",)):
            yield f"counter {name} is never counted"
    for name, _ in tree.rows("DROP_REASON", "engine", "account", "drop_reasons.def"):
        if not tree.matches(rf"\bDropReason::{name}\b"): yield f"drop reason {name} is never given"


def members(text, struct):
    body = re.search(rf"^struct {struct} (?:: [\w:]+ )?\{{(.*?)^\}};", text, re.M | re.S).group(1)
    for line in re.split(r"[;}]", re.sub(r"\{[^{}]*\}", "", body)):
        line = re.sub(r"=[^,]*", "", line.strip())
        if "(" in line or not re.match(r"[\w:]", line): continue
        line = re.sub(r"<.*>", "", line)
        yield from re.findall(r"(\w+)\s*(?:,|$)", line)


def wrong_conditions(tree):
    """What a rule says must be read where rules are matched, or where the set of rules is built."""
    for struct in ("Signature", "HeaderMatch", "FlowRequirement", "Tag", "ThresholdSpec", "RateFilter", "Suppression"):
        for name in members(tree.code["rules/compile/signature.h"], struct):
            if not tree.matches(rf"(\.|->){name}\b", without=("rules/keywords/", "rules/compile/")):
                yield f"{struct}::{name} of rules/compile/signature.h is filled in and never read"
    for struct in ("PacketContext", "FlowFacts"):
        for name in members(tree.code["rules/match/inspection.h"], struct):
            if not tree.matches(rf"(\.|->){name}\b(?!\s*=[^=])"):
                yield f"{struct}::{name} of rules/match/inspection.h is never read"


def known_keys(tree):
    """Of the outline: dotted paths of the keys that are read, and of those that have no effect."""
    outline = re.search(r'R"\((.*?)\)"', tree.read("engine", "config", "known_keys_outline.cc"), re.S).group(1)
    read, idle, above = set(), set(), []
    for line in re.sub(r",\n *", ", ", outline).splitlines():
        names = re.sub(r" (-|~|= .*)$", "", line.strip())
        if not names: continue
        above = above[:(len(line) - len(line.lstrip())) // 2] + [names.split(", ")[0]]
        for name in names.split(", "): (idle if line.endswith(" -") else read).add(".".join(above[:-1] + [name]))
    return read, idle


def wrong_outline(tree):
    """The outline says of each key that the code reads that it is read, and of no other."""
    read, idle = known_keys(tree)
    for key, path in sorted(keys_read(tree).items()):
        key = key.strip(".")
        def ends(known): return known == key or known.endswith("." + key)
        if any(map(ends, read)) or any(r.startswith(key + ".") or "." + key + "." in r for r in read): continue
        if any(map(ends, idle)): yield f"known_keys_outline.cc calls {key} without effect, but {path} reads it"
        else: yield f"known_keys_outline.cc does not know {key}, which {path} reads"
    texts = {part for text in tree.code.values() for literal in re.findall(r'"([A-Za-z0-9_.-]+)"', text) for part in literal.split(".")}
    for key in sorted(read):
        name = key.split(".")[-1]
        if name not in texts and not any(t.endswith("-") and name.startswith(t) or t.startswith("-") and name.endswith(t) for t in texts) and name not in ("*", "."):
            yield f"known_keys_outline.cc says that {key} is read, and nothing does"


def keys_read(tree):
    top = {path.split(".")[0] for paths in known_keys(tree) for path in paths}
    keys = {}
    for path, text in tree.code.items():
        if not re.search(r"\b(Settings|Config)\b", text): continue
        for receiver, key in re.findall(
                r'([\w\])]+(?:\(\))?)(?:\.|->)(?:flag|number|text|bytes|list|has|sub|items|keys)\(\s*"([\w.-]+)"', text):
            if receiver not in ("out", "arguments", "fields") and not path.startswith("engine/cli/cli_options"):
                keys.setdefault(key, path)
        for key in re.findall(r'(?<![\w.>])(?:small_number|chunk|key|window|count)\((?:\w+, )?"([a-z0-9.-]+)"', text):
            keys.setdefault(key, path)
        for key in re.findall(r'"([a-z0-9-]+(?:\.[a-z0-9-]+)+)"', text):
            if key.split(".")[0] in top: keys.setdefault(key, path)
    return {key: path for key, path in keys.items() if key not in NOT_KEYS}


def is_described(key, page):
    """By its name, by its name without the section's, or in the paragraph about what it belongs to."""
    def stands(name, text): return name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
    if stands(key, page) or stands(key.partition(".")[2], page): return True
    parent, _, name = key.rpartition(".")
    return any(stands(parent, paragraph) and stands(name, paragraph) for paragraph in page.split(".TP\n"))


def wrong_keys(tree):
    page = tree.read("man", "weir.yaml.5").replace("\\-", "-")
    read = keys_read(tree)
    for key, path in sorted(read.items()):
        if not is_described(key.strip(".-"), page): yield f"weir.yaml.5 has no line for {key}, which {path} reads"
    known = {part for text in tree.code.values() for literal in re.findall(r'"([A-Za-z0-9_.-]+)"', text)
             for part in literal.split(".")}
    for head in re.findall(r"^\.TP\n\.BR? (.*(?:\\\n.*)*)", page, re.M):
        for key in re.findall(r"[a-z][a-z0-9.-]+", head):
            if key.strip(".").split(".")[-1] not in known: yield f"weir.yaml.5 describes {key}, which nothing reads"


def main():
    tree = Tree(sys.argv[1])
    wrong = [w for check in (wrong_events, wrong_counts, wrong_conditions, wrong_keys, wrong_outline) for w in check(tree)]
    for text in wrong: print(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
