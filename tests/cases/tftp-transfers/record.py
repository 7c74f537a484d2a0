#!/usr/bin/env python3
"""Records input.pcap.gz: tftp-hpa and curl as clients of tftpd-hpa. Downloads and uploads in blocks of 512 bytes and of others, over
IPv4 and IPv6, in octet and in netascii; a file that is not there; one that ends with a full block. Needs tftpd-hpa, tftp-hpa and
curl."""
import os, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER, SERVER6


def make_site(folder):
    root = os.path.join(folder, "root")
    os.mkdir(root, 0o755)
    with open(os.path.join(root, "boot.cfg"), "w") as f: f.write("".join(f"menu entry {i}\n" for i in range(150)))
    with open(os.path.join(root, "full.bin"), "wb") as f: f.write(bytes(range(256)) * 4)
    with open(os.path.join(folder, "router.cfg"), "w") as f: f.write("hostname router\n" * 100)
    os.chmod(root, 0o777)
    for name in os.listdir(root): os.chmod(os.path.join(root, name), 0o644)
    return root


with Recording(__file__) as r:
    root = make_site(r.folder)
    r.server("in.tftpd", "-L", "-c", "-u", "root", "--secure", root, background=True)
    time.sleep(0.5)  # it listens on a UDP port
    for server in (SERVER, SERVER6):
        r.client("tftp", "-m", "octet", server, "-c", "get", "boot.cfg")
    r.client("tftp", "-m", "netascii", SERVER, "-c", "get", "boot.cfg")
    r.client("tftp", "-m", "octet", SERVER, "-c", "get", "full.bin")
    r.client("tftp", "-m", "octet", SERVER, "-c", "put", "router.cfg")
    r.client("tftp", "-m", "octet", SERVER, "-c", "get", "missing.bin", check=False)
    r.client("curl", "-s", "-S", "--tftp-blksize", "1024", f"tftp://{SERVER}/boot.cfg", "-o", "/dev/null")
    r.client("curl", "-s", "-S", "-T", "router.cfg", f"tftp://{SERVER}/second.cfg")
