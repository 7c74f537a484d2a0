#!/usr/bin/env python3
"""Records input.pcap.gz: xfreerdp against xrdp, once with the security of RDP itself and once with TLS, where the client tries
twice. Nobody logs in. Needs xrdp, freerdp2-x11, xvfb and openssl."""
import os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

SETTINGS = """[Globals]
port=3389
fork=true
security_layer={layer}
crypt_level=high
certificate={folder}/cert.pem
key_file={folder}/key.pem
ssl_protocols=TLSv1.2
rsakeys_ini={folder}/rsakeys.ini
[Logging]
LogFile={folder}/xrdp.log
LogLevel=INFO
[Xorg]
name=Xorg
lib=libxup.so
ip=127.0.0.1
port=1
username=ask
password=ask
"""


def make_server(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-set_serial", "0x1234abcd", "-subj",
                    "/CN=desktop.example.test", "-keyout", os.path.join(folder, "key.pem"), "-out",
                    os.path.join(folder, "cert.pem")], check=True, capture_output=True)
    subprocess.run(["xrdp-keygen", "xrdp", os.path.join(folder, "rsakeys.ini")], check=True, capture_output=True)
    for layer in ("rdp", "tls"):
        with open(os.path.join(folder, f"{layer}.ini"), "w") as f: f.write(SETTINGS.format(folder=folder, layer=layer))


with Recording(__file__) as r:
    make_server(r.folder)
    r.client("Xvfb", ":77", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", background=True)
    for layer in ("rdp", "tls"):
        server = r.server("xrdp", "--nodaemon", "--config", f"{r.folder}/{layer}.ini", background=True)
        r.wait_for_port(3389)
        r.client("env", "DISPLAY=:77", f"HOME={r.folder}", "timeout", "5", "xfreerdp", f"/v:{SERVER}", f"/sec:{layer}", "/cert:ignore",
                 "/u:alice", "/p:secret", "/size:1280x1024", "/client-hostname:viewer", "/log-level:OFF", check=False)
        server.terminate()
        server.wait(timeout=10)
