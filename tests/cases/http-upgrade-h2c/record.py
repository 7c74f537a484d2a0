#!/usr/bin/env python3
"""Records input.pcap.gz: curl speaks HTTP/2 to nginx without asking, asks a server that changes to it, and one that does not."""
import os, socket, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
KNOWN, CHANGES, STAYS = 8080, 8081, 8082
PAGE = b"<html>BEHIND-THE-CHANGE</html>\n"
CONF = """daemon off; master_process off; pid %(at)s/pid; error_log %(at)s/error; events {}
http { access_log off; client_body_temp_path %(at)s/b; proxy_temp_path %(at)s/p; fastcgi_temp_path %(at)s/f; uwsgi_temp_path %(at)s/u;
  scgi_temp_path %(at)s/s; server { listen 8080 http2; root %(at)s; } server { listen 8082; root %(at)s; } }
"""


def frame(kind, flags, stream, payload=b""): return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def serve():
    """Answers an upgrade as HTTP/2 has it: settings, headers (:status 200 of the static table), data."""
    with socket.create_server(("", CHANGES)).accept()[0] as connection:
        head = b""
        while not head.endswith(b"\r\n\r\n"): head += connection.recv(1)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + frame(4, 0, 0))
        connection.recv(65536)
        connection.sendall(frame(4, 1, 0) + frame(1, 4, 1, b"\x88") + frame(0, 1, 1, PAGE))
        while connection.recv(65536): pass


def record():
    from recording import Recording, SERVER
    with Recording(__file__) as r:
        os.chmod(r.folder, 0o777)
        with open(os.path.join(r.folder, "page"), "wb") as f: f.write(PAGE)
        conf = os.path.join(r.folder, "nginx.conf")
        with open(conf, "w") as f: f.write(CONF % {"at": r.folder})
        r.server("nginx", "-c", conf, background=True)
        r.server(sys.executable, __file__, "serve", background=True)
        for port in (KNOWN, CHANGES, STAYS): r.wait_for_port(port)
        for port, how in ((KNOWN, "--http2-prior-knowledge"), (CHANGES, "--http2"), (STAYS, "--http2")):
            r.client("curl", "-sS", how, "http://%s:%d/page" % (SERVER, port))


if len(sys.argv) == 1: record()
else: serve()
