#!/usr/bin/env python3
"""Holds the manual to the program: every keyword and every option has its line. manual.py WEIR MAN-FOLDER [--update]

--update rewrites the list of keywords in weir-rules.5 from what the program knows.
"""
import os, re, subprocess, sys

BEGIN, END = ".\\\" begin of the list", ".\\\" end of the list"


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


def main():
    weir, folder = sys.argv[1:3]
    path = os.path.join(folder, "weir-rules.5")
    text = open(path, encoding="utf-8").read()
    begin = text.index("\n", text.index(BEGIN)) + 1
    end = text.index(END)
    wanted = keyword_lines(weir)
    if "--update" in sys.argv:
        open(path, "w", encoding="utf-8").write(text[:begin] + wanted + text[end:])
        return 0
    wrong = []
    have = set(re.findall(r"^\.BI (\S+)", text[begin:end], re.M))
    want = set(re.findall(r"^\.BI (\S+)", wanted, re.M))
    wrong += [f"weir-rules.5 has no line for {k}" for k in sorted(want - have)]
    wrong += [f"weir-rules.5 describes {k}, which is not a keyword" for k in sorted(have - want)]
    for line in output(weir, "keywords").splitlines():
        if not line.partition(" ")[2].strip(): wrong.append(f"keyword without a summary: {line}")
    page = open(os.path.join(folder, "weir.1"), encoding="utf-8").read().replace("\\-", "-")
    for command in ("detect", "prevent", "check", "keywords", "ctl"):
        for option in re.findall(r"--[a-z][a-z-]+", output(weir, command, "--help")):
            if option not in page: wrong.append(f"weir.1 has no line for {option} of weir {command}")
    for text in wrong: print(text)
    if wrong: print("weir-rules.5 is brought up to date by: tests/manual.py build/weir man --update")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
