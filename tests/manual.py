#!/usr/bin/env python3
"""Holds the manual to the program: every keyword, protocol and option has its line. manual.py WEIR MAN-FOLDER [--update]

--update rewrites the lists in weir-rules.5 and weir.yaml.5 from what the program knows.
"""
import os, re, subprocess, sys

COMMANDS = {"detect": "weir.1", "prevent": "weir.1", "check": "weir.1", "keywords": "weir.1", "protocols": "weir.1", "ctl": "weir.1",
            "collect": "weir-collect.1", "flows": "weir-flows.1"}


def output(*command): return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def roff(text): return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def keyword_lines(weir):
    lines = []
    for line in output(weir, "keywords").splitlines():
        usage, _, summary = line.partition(" ")
        name, _, value = usage.rstrip("]").partition(":")
        name, optional = name.rstrip("["), usage.endswith("]")
        text = f".TP\n.BI {roff(name)}" + (f" {'[:VALUE]' if optional else ':VALUE'}" if value else "")
        summary = summary.strip()
        lines.append(text + "\n" + (("\\&" if summary[:1] in ".'" else "") + roff(summary)) + "\n")
    return "".join(lines)


def protocols(weir):
    """[(name, traits, {fact: names})] of `weir protocols`."""
    found = []
    for line in output(weir, "protocols").splitlines():
        if not line.startswith(" "):
            name, _, traits = line.partition(" ")
            found.append((name, traits.strip(), {}))
        else:
            found[-1][2][line[2:18].strip()] = line[19:].split()
    return found


def bold(names): return "".join(f".BR {roff(n)} ,\n" for n in names[:-1]) + f".BR {roff(names[-1])} .\n"


def protocol_lines(weir):
    lines = []
    for name, traits, facts in protocols(weir):
        over, *rest = traits.split(", ")
        lines.append(f".TP\n.B {roff(name)}\nover {' and '.join(over.split()).upper().replace('AND', 'and')}")
        if "also written" in facts: lines[-1] += ", also written " + " and ".join(map(roff, facts["also written"]))
        lines[-1] += "".join(f", {r}" for r in rest) + ".\n"
        for side, text in (("hooks to_server", "Hooks towards the server:"), ("hooks to_client", "Hooks towards the client:"),
                           ("events", "Events:"), ("frames", "Frames:")):
            if side in facts: lines.append(text + "\n" + bold(facts[side]))
    return "".join(lines)


def logged_lines(weir): return bold(list(dict.fromkeys(n for _, _, facts in protocols(weir) for n in facts.get("logged by", []))))


def rows(table, pattern):
    """What the pattern finds in a table of rows of this repository."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), table)
    return re.findall(pattern, open(path, encoding="utf-8").read())


def filter_lines(_):
    found = rows("engine/query/filter/words.def", r'FILTER_WORD\("([^"]+)",\s*\w+,\s*\w+,\s*"([^"]*)",\s*"([^"]*)"\)')
    return "".join(f".TP\n.BI {roff(quoted(word))}" + (f' " {value}"' if value else "") + f"\n{roff(text)}.\n" for word, value, text in found)


def group_lines(_):
    found = rows("engine/query/groups/group_fields.def", r'GROUP_FIELD\("([^"]+)",[^"]*"([^"]+)",\s*"([^"]*)"\)')
    return "".join(f".TP\n.B {roff(word)}\n{roff(text)}. Column\n.IR {roff(column)} .\n" for word, column, text in found)


def quoted(word): return f'"{word}"' if " " in word else word


# Page, name of the list between its two comment lines, and what stands there.
LISTS = (("weir-rules.5", "list", keyword_lines), ("weir-rules.5", "list of protocols", protocol_lines),
         ("weir.yaml.5", "list of logged protocols", logged_lines), ("weir-flows.1", "list of filter words", filter_lines),
         ("weir-flows.1", "list of group fields", group_lines))


def place(text, name):
    """Where the lines of a list begin and end."""
    begin = re.search(rf'^\.\\" begin of the {name}:.*\n', text, re.M).end()
    return begin, re.compile(rf'^\.\\" end of the {name}$', re.M).search(text, begin).start()


def check_list(weir, folder, page, name, wanted, update):
    path = os.path.join(folder, page)
    text = open(path, encoding="utf-8").read()
    begin, end = place(text, name)
    have, want = text[begin:end], wanted(weir)
    if have == want: return []
    if update:
        open(path, "w", encoding="utf-8").write(text[:begin] + want + text[end:])
        return []
    new, old = set(want.splitlines()) - set(have.splitlines()), set(have.splitlines()) - set(want.splitlines())
    return ([f"{page}, {name}: has no line: {line}" for line in sorted(new)] +
            [f"{page}, {name}: says what is not so: {line}" for line in sorted(old)] or [f"{page}, {name}: another order"])


def columns_without_line(folder):
    """Columns of the store that weir-store.5 does not name; those of a side have one name for both."""
    rows = open(os.path.join(folder, "..", "output", "flow", "store", "columns.def"), encoding="utf-8").read()
    names = [name.removeprefix("side##_") for name in re.findall(r"^ *COLUMN\(([a-z0-9_#]+),", rows, re.M)]
    said = set(re.findall(r"[a-z0-9_]+", open(os.path.join(folder, "weir-store.5"), encoding="utf-8").read()))
    return [f"weir-store.5 has no line for the column {name}" for name in names if name not in said] or ([] if names else ["columns.def has no columns"])


def main():
    weir, folder = sys.argv[1:3]
    wrong = []
    for page, name, wanted in LISTS: wrong += check_list(weir, folder, page, name, wanted, "--update" in sys.argv)
    for line in output(weir, "keywords").splitlines():
        if not line.partition(" ")[2].strip(): wrong.append(f"keyword without a summary: {line}")
    for command, name in COMMANDS.items():
        page = open(os.path.join(folder, name), encoding="utf-8").read().replace("\\-", "-")
        for option in re.findall(r"--[a-z][a-z-]+", output(weir, command, "--help")):
            if option not in page: wrong.append(f"{name} has no line for {option} of weir {command}")
    wrong += columns_without_line(folder)
    for text in wrong: print(text)
    if wrong: print("the lists are brought up to date by: tests/manual.py build/weir man --update")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
