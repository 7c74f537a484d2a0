#!/usr/bin/env python3
"""Records input.pcap.gz: curl and vsftpd. A listing, a download and an upload with PASV, PORT, EPSV and EPRT, over IPv4 and IPv6;
a user who is refused; TLS within the control connection. Needs vsftpd and curl, openssl for a certificate."""
import os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import CLIENT, CLIENT6, Recording, SERVER, SERVER6

SETTINGS = """listen=NO
listen_ipv6=YES
background=NO
anonymous_enable=YES
anon_root={root}
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
local_enable=NO
write_enable=YES
no_anon_password=YES
connect_from_port_20=YES
seccomp_sandbox=NO
xferlog_enable=NO
run_as_launching_user=NO
secure_chroot_dir={empty}
ssl_enable=YES
allow_anon_ssl=YES
force_local_logins_ssl=NO
force_local_data_ssl=NO
require_ssl_reuse=NO
rsa_cert_file={folder}/cert.pem
rsa_private_key_file={folder}/key.pem
"""


def make_site(folder):
    root, empty = os.path.join(folder, "root"), os.path.join(folder, "empty")
    for path in (root, empty): os.mkdir(path, 0o755)
    os.mkdir(os.path.join(root, "incoming"))
    shutil.chown(os.path.join(root, "incoming"), "ftp")
    with open(os.path.join(root, "report.txt"), "w") as f: f.write("".join(f"line {i} of the report\n" for i in range(400)))
    with open(os.path.join(folder, "notes.txt"), "w") as f: f.write("notes that go up\n" * 20)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=files.example", "-keyout",
                    os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    settings = os.path.join(folder, "vsftpd.conf")
    with open(settings, "w") as f: f.write(SETTINGS.format(root=root, empty=empty, folder=folder))
    os.chmod(settings, 0o600)
    return settings


with Recording(__file__) as r:
    settings, notes = make_site(r.folder), os.path.join(r.folder, "notes.txt")
    r.server("vsftpd", settings, background=True)
    r.wait_for_port(21)
    for number, (place, mode) in enumerate((  # PASV, PORT, EPSV, EPRT
            (SERVER, ("--disable-epsv",)), (SERVER, ("--disable-eprt", "--ftp-port", CLIENT)),
            (f"[{SERVER6}]", ()), (f"[{SERVER6}]", ("--ftp-port", CLIENT6)))):
        site = f"ftp://{place}"
        r.client("curl", "-s", "-S", *mode, site + "/")
        r.client("curl", "-s", "-S", *mode, site + "/report.txt", "-o", "/dev/null")
        r.client("curl", "-s", "-S", *mode, "-T", notes, f"{site}/incoming/notes{number}.txt")
    r.client("curl", "-s", "--user", "mallory:secret", f"ftp://{SERVER}/report.txt", check=False)
    r.client("curl", "-s", "-S", "-k", "--ssl-reqd", f"ftp://{SERVER}/report.txt", "-o", "/dev/null")
