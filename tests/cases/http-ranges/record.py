#!/usr/bin/env python3
"""Records input.pcap.gz: curl gets parts of pages from nginx, over one connection and over two, in one body and in any order."""
import os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from recording import Recording, SERVER

PORT = 8080
MARK = b"ONLY-WHOLE-IN-THE-WHOLE"
PAGE = b"a" * 4000 + MARK + b"b" * 4000
HALF = 4000 + len(MARK) // 2
CONF = """daemon off; master_process off; pid %(at)s/pid; error_log %(at)s/error; events {}
http { access_log off; client_body_temp_path %(at)s/b; proxy_temp_path %(at)s/p; fastcgi_temp_path %(at)s/f; uwsgi_temp_path %(at)s/u;
  scgi_temp_path %(at)s/s; server { listen %(port)d; root %(at)s/www; } }
"""

with Recording(__file__) as r:
    os.mkdir(os.path.join(r.folder, "www"))
    os.chmod(r.folder, 0o777)
    for name in ("one", "two", "many", "back", "part"):
        with open(os.path.join(r.folder, "www", name), "wb") as f: f.write(PAGE)
    conf = os.path.join(r.folder, "nginx.conf")
    with open(conf, "w") as f: f.write(CONF % {"at": r.folder, "port": PORT})
    r.server("nginx", "-c", conf, background=True)
    r.wait_for_port(PORT)

    def get(*parts):
        command = ["curl", "-sS"]
        for name, ranges in parts:
            if len(command) > 2: command.append("--next")
            command += ["-sS", "-o", "/dev/null", "-r", ranges, "http://%s:%d/%s" % (SERVER, PORT, name)]
        r.client(*command)

    first, second = "0-%d" % (HALF - 1), "%d-" % HALF
    get(("one", first), ("one", second))
    get(("two", first))
    get(("two", second))
    get(("many", "0-%d,%d-%d,%d-" % (HALF - 1, HALF, HALF, HALF + 1)))
    get(("back", second))
    get(("back", first))
    get(("part", first), ("part", "%d-%d" % (HALF, len(PAGE) - 2)))  # a byte of it is never asked for
