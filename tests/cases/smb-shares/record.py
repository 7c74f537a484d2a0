#!/usr/bin/env python3
"""Records input.pcap.gz: smbclient and Samba. A file up and down, renamed and deleted in SMB 1, 2 and 3, once encrypted; a share that
is not there; the list of shares by calls over a pipe. Needs samba and smbclient."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

SETTINGS = """[global]
client min protocol = NT1
server min protocol = NT1
server max protocol = SMB3
username map = {folder}/users
smb ports = 445
disable netbios = yes
load printers = no
interfaces = {server}
private dir = {folder}
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log
[files]
path = {folder}/share
read only = no
"""


def make_share(folder):
    os.mkdir(os.path.join(folder, "share"))
    with open(os.path.join(folder, "share", "report.txt"), "w") as f: f.write("".join(f"line {i} of the report\n" for i in range(4000)))
    with open(os.path.join(folder, "notes.txt"), "w") as f: f.write("notes that go up\n" * 200)
    with open(os.path.join(folder, "users"), "w") as f: f.write("root = alice\n")  # no user of the system's is made
    settings = os.path.join(folder, "smb.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(folder=folder, server=SERVER))
    return settings


with Recording(__file__) as r:
    settings = make_share(r.folder)
    r.server("sh", "-c", f"printf 'secret\\nsecret\\n' | smbpasswd -c {settings} -s -a root")
    r.server("smbd", "--foreground", "-s", settings, background=True)
    r.wait_for_port(445)
    client = ("-s", settings, "-U", "ALLIANCE\\alice%secret")
    for version in ("NT1", "SMB2_10", "SMB3_11"):
        r.client("smbclient", *client, "-m", version, f"//{SERVER}/files", "-c",
                 f"get report.txt /dev/null; put notes.txt {version}.txt; rename {version}.txt {version}.bak; del {version}.bak")
        r.client("smbclient", *client, "-m", version, f"//{SERVER}/nowhere", "-c", "ls", check=False)
    r.client("smbclient", *client, "--client-protection=encrypt", f"//{SERVER}/files", "-c", "get report.txt /dev/null")
    r.client("rpcclient", *client, SERVER, "-c", "netshareenum")
