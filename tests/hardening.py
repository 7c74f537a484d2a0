#!/usr/bin/env python3
"""Holds the program of an optimised build to cmake/hardening.cmake, by what readelf and objdump find in it.

  hardening.py BINARY
"""
import platform, re, subprocess, sys

# Calls that the compiler makes of checked forms: memcpy -> __memcpy_chk.
FORTIFIED = re.compile(r"\b__\w+_chk\b")
RETURNS = {"x86_64": re.compile(r"x86 feature:.*\bSHSTK\b"), "aarch64": re.compile(r"AArch64 feature:.*\bPAC\b")}
PROBES = {"x86_64": re.compile(r"\bor[ql]\s+\$0x0,.*\(%[er]sp"), "aarch64": re.compile(r"\bstr\s+xzr, \[sp")}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def imported(binary):
    names = re.findall(r"UND (\w+)", output("readelf", "-W", "--dyn-syms", binary))
    return set(names) - {"__stack_chk_fail"}, "__stack_chk_fail" in names


def headers(binary):
    """What the loader does with the program."""
    program, dynamic = output("readelf", "-lW", binary), output("readelf", "-dW", binary)
    stack = re.search(r"GNU_STACK\s.*?\s([RWE ]{3})\s+0x", program)
    return {"relro (GNU_RELRO)": "GNU_RELRO" in program,
            "bound at the start (BIND_NOW)": bool(re.search(r"\(FLAGS(_1)?\).*\b(BIND_NOW|NOW)\b", dynamic)),
            "a stack that is not run (GNU_STACK)": bool(stack) and "E" not in stack[1],
            "an address of its own each time (PIE)": "Elf file type is DYN" in program and bool(re.search(r"\(FLAGS_1\).*\bPIE\b", dynamic)),
            "no writable segment that is run": not re.search(r"LOAD\s.*\sRWE\s", program)}


def code(binary):
    """What the compiler has put in."""
    names, guarded = imported(binary)
    text = output("objdump", "-d", "--no-show-raw-insn", binary)
    out = {"stack protector (__stack_chk_fail)": guarded, "_FORTIFY_SOURCE (__*_chk)": any(FORTIFIED.fullmatch(n) for n in names)}
    machine = platform.machine()
    if machine in PROBES:
        out["stack-clash protection (probes)"] = bool(PROBES[machine].search(text))
    if machine in RETURNS:
        out["control-flow protection (shadow stack)"] = bool(RETURNS[machine].search(output("readelf", "-nW", binary)))
    return out


def main():
    found = headers(sys.argv[1]) | code(sys.argv[1])
    for what in (what for what, there in found.items() if not there):
        print(f"missing: {what}")
    if all(found.values()):
        print(f"all {len(found)} are there")
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
