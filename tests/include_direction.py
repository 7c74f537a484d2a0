#!/usr/bin/env python3
"""include_direction.py REPOSITORY: fails when a file includes from a room that its own may not know.

The rooms and what each may include stand in include_rooms.txt beside this file.
"""
import pathlib
import re
import sys

TABLE = pathlib.Path(__file__).with_name("include_rooms.txt")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
FOLDERS = ("decoders", "rules", "output", "engine")
SOURCES = {".h", ".cc", ".def", ".inc"}


def read_table():
    rooms = {}
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        room, colon, allowed = line.partition(":")
        if not colon or room in rooms:
            sys.exit(f"{TABLE.name}:{number}: not a row, or a room's second one: {line}")
        rooms[room] = [word for word in allowed.split() if word != "-"]
    return rooms


def room_of(path, rooms):
    fitting = [room for room in rooms if path.startswith(room + "/")]
    return max(fitting, key=len, default=None)


def is_allowed(included, room, rooms):
    target = room_of(included, rooms)
    for word in [room, *rooms[room]]:
        if word in (included, target) or (word.endswith("/*") and included.startswith(word[:-1])):
            return True
    return False


def main(root):
    rooms = read_table()
    bad, files, includes = [], 0, 0
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SOURCES:
                continue
            files += 1
            path = file.relative_to(root).as_posix()
            room = room_of(path, rooms)
            if room is None:
                bad.append(f"{path}: in no room; rooms stand in tests/{TABLE.name}")
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                if not found or not found[1].startswith(tuple(f + "/" for f in FOLDERS)):
                    continue
                includes += 1
                if not is_allowed(found[1], room, rooms):
                    bad.append(f"{path}:{number}: {room} must not include {found[1]}")
    print("\n".join(bad + [f"{files} files, {includes} includes, {len(bad)} against the table"]))
    return 1 if bad or includes == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
