#!/usr/bin/env python3
"""Records input.pcap.gz: the clients of libnfs and NFS-Ganesha. A file up and down, a directory listed, a name that is not there, in
NFS 3 and in NFS 4.0. Needs nfs-ganesha, nfs-ganesha-vfs, libnfs-utils and rpcbind; the mount daemon is asked over UDP and TCP."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

SETTINGS = """
NFS_CORE_PARAM {{ NFS_Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; }}
NFSv4 {{ Graceless = true; RecoveryBackend = fs; RecoveryRoot = {folder}/recovery; }}
EXPORT {{ Export_Id = 1; Path = {folder}/share; Pseudo = /share; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
         Protocols = 3, 4; Transports = TCP, UDP; FSAL {{ Name = VFS; }} }}
"""


def make_share(folder):
    os.mkdir(os.path.join(folder, "share"))
    os.mkdir(os.path.join(folder, "recovery"))
    with open(os.path.join(folder, "share", "report.txt"), "w") as f: f.write("".join(f"line {i} of the report\n" for i in range(4000)))
    with open(os.path.join(folder, "notes.txt"), "w") as f: f.write("notes that go up\n" * 200)
    settings = os.path.join(folder, "ganesha.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(folder=folder))
    return settings


with Recording(__file__) as r:
    settings = make_share(r.folder)
    r.server("rpcbind", "-f", "-w", background=True)
    r.wait_for_port(111)
    r.server("ganesha.nfsd", "-F", "-f", settings, "-L", os.path.join(r.folder, "log"), "-p", os.path.join(r.folder, "pid"), background=True)
    r.wait_for_port(2049)
    for version, share in (("3", f"{r.folder}/share"), ("4", "/share")):
        at = lambda name: f"nfs://{SERVER}{share}/{name}?version={version}"
        r.client("nfs-ls", at(""))
        r.client("nfs-cp", at("report.txt"), os.path.join(r.folder, f"copy{version}.txt"))
        r.client("nfs-cp", os.path.join(r.folder, "notes.txt"), at(f"notes{version}.txt"))
        r.client("nfs-cat", at("nowhere.txt"), check=False)
