#!/usr/bin/env python3
"""Holds the pages for people to the repository: every path that they name is there, every room and preset is told of.

  contributing.py REPOSITORY
"""
import json, re, sys
from pathlib import Path

PAGES = ("CONTRIBUTING.md", "README.md")
BUILT = re.compile(r"^(build(-\w+)?|out|captures)(/|$)")  # what commands make, or users have


def named_paths(text):
    """Words in backticks and in code blocks that look like paths of the repository: no options, patterns or placeholders."""
    spans = re.findall(r"```\n(.*?)```", text, re.S) + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    words = {word.strip("(),;:'\"") for span in spans for word in span.split()}
    return sorted(w.rstrip("/") for w in words if re.fullmatch(r"[A-Za-z][\w./-]*", w) and ("/" in w or "." in w) and not BUILT.match(w))


def is_path(root, word):
    """Words such as "http.uri" or "wire/pcap" are no paths: those that begin in no folder of ours."""
    return (root / word.split("/")[0]).is_dir() if "/" in word else word.endswith((".txt", ".md", ".sh"))


def main():
    root = Path(sys.argv[1])
    wrong = [f"{page}: {word} is not there" for page in PAGES for word in named_paths((root / page).read_text())
             if is_path(root, word) and not (root / word).exists()]
    page = (root / PAGES[0]).read_text()
    rows = (root / "tests/include_rooms.txt").read_text().splitlines()
    rooms = [row.partition(":")[0] for row in rows if row.strip() and not row.startswith("#")]
    wrong += [f"{PAGES[0]}: says nothing of the room {room}" for room in rooms if f"`{room}`" not in page]
    presets = {p["name"] for p in json.loads((root / "CMakePresets.json").read_text())["configurePresets"]}
    wrong += [f"{PAGES[0]}: there is no preset {name}" for name in re.findall(r"--preset (\w+)|the preset `(\w+)`", page)
              for name in [name[0] or name[1]] if name not in presets]
    print("\n".join(wrong) or "all paths, rooms and presets are there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
