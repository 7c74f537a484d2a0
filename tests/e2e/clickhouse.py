#!/usr/bin/env python3
"""Flow records in a real ClickHouse: loaded, asked, inserted while they come and while the server goes away. clickhouse.py WEIR

Needs clickhouse-server; what is left out without it is said. The server listens on a loopback port of its own and keeps nothing. What is
told of TLS needs openssl: a proxy here speaks it before the server, or before one that knows no table where there is no clickhouse-server.
"""
import http.server, json, os, shutil, signal, socket, ssl, subprocess, sys, tempfile, threading, time, unittest, urllib.parse, urllib.request

from collect import data, free_port, ipfix, is_bound, is_drained, template, wait_until

WEIR = ""
SERVER = shutil.which("clickhouse-server")
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "captures")
CONFIG = """<yandex><logger><level>error</level><console>1</console></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><mark_cache_size>16777216</mark_cache_size>
<users_config>{folder}/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
</yandex>"""
USER = "<{0}><password>{1}</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></{0}>"
USERS = "<yandex><profiles><default/></profiles><users>" + USER.format("default", "") + USER.format("meter", "secret") + "</users><quotas><default/></quotas></yandex>"


def free_tcp_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_tcp_port(), None
        with open(folder + "/config.xml", "w") as f: f.write(CONFIG.format(http=self.port, tcp=free_tcp_port(), folder=folder))
        with open(folder + "/users.xml", "w") as f: f.write(USERS)

    def start(self):
        self.process = subprocess.Popen([SERVER, "--config-file=" + self.folder + "/config.xml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def answers(self):
        try: return self.ask("SELECT 1") == "1"
        except OSError: return False

    def ask(self, query):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", query.encode(), timeout=10) as answer: return answer.read().decode().strip()

    def url(self, more=""): return f"http://127.0.0.1:{self.port}{more}"


@unittest.skipUnless(SERVER, "clickhouse-server is not installed")
class ClickHouse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.mkdtemp()
        cls.server = Server(cls.shared)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        shutil.rmtree(cls.shared)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server.ask("DROP TABLE IF EXISTS flows")

    def weir(self, *words, status=0):
        p = subprocess.run([WEIR, *words], capture_output=True, text=True, timeout=120, env={**os.environ, "TZ": "UTC"})
        self.assertEqual(p.returncode, status, p.stderr)
        return p

    def store(self):
        store = self.folder + "/store"
        captures = sorted(os.path.join(EXAMPLES, name) for name in os.listdir(EXAMPLES) if name.endswith(".pcap"))
        self.weir("detect", "-r", *captures, "--no-rules", "-k", "none", "-l", self.folder + "/log", "--store", store)
        return store

    def test_loaded_records_are_those_of_the_store(self):
        store, url = self.store(), self.server.url()
        self.assertIn(" records inserted", self.weir("flows", "load", "--store", store, "--clickhouse", url).stderr)
        kept = sorted(self.weir("flows", "list", "--store", store, "--json").stdout.splitlines())
        there = sorted(self.weir("flows", "list", "--clickhouse", url, "--json").stdout.splitlines())
        self.assertGreater(len(kept), 10)
        self.assertEqual(there, kept)

    def test_questions_have_the_same_answers(self):
        store, url = self.store(), self.server.url()
        self.weir("flows", "load", "--store", store, "--clickhouse", url)
        events = [json.loads(line) for line in self.weir("flows", "list", "--store", store, "--json").stdout.splitlines()]
        feed = self.folder + "/feed.txt"
        with open(feed, "w") as f:
            for event in events[::3]: f.write(event["dest_ip"] + "\n")
            f.write("192.168.0.0/16\n10.0.0.0/9\n2001:db8::/30\nfe80::/10\n" + "".join(f"203.0.{n >> 8}.{n & 255}\n" for n in range(20000)))
        asked = [["scans"], ["known-bad", "--ioc", feed]]
        for event in events[::5]:
            times = ["--from", event["flow"]["start"], "--to", "now"]
            asked += [["used", event["dest_ip"]], ["talked", event["src_ip"]], ["talked", event["src_ip"], *times]]
            if "dest_port" in event: asked += [["peers", event["src_ip"], "--port", str(event["dest_port"])], ["reach", event["src_ip"], event["dest_ip"], "--port", str(event["dest_port"])]]
        said = set()
        for words in asked:
            answers = [self.weir("flows", *words, *where, "--json").stdout for where in (("--store", store), ("--clickhouse", url))]
            self.assertEqual(sorted(answers[0].splitlines()), sorted(answers[1].splitlines()), words)
            if answers[0]: said.add(words[0])
        self.assertLessEqual({"known-bad", "used", "talked", "peers", "reach"}, said)

    def test_errors_say_what_to_do(self):
        self.assertIn("there is no such table", self.weir("flows", "list", "--clickhouse", self.server.url(), status=1).stderr)
        self.assertIn("there is no such database", self.weir("flows", "list", "--clickhouse", self.server.url("/none"), status=1).stderr)
        wrong = f"http://meter:guess@127.0.0.1:{self.server.port}"
        said = self.weir("flows", "list", "--clickhouse", wrong, status=1).stderr
        self.assertIn("password is wrong", said)
        self.assertNotIn("guess", said)
        self.assertIn("expected http://", self.weir("flows", "list", "--clickhouse", "127.0.0.1", status=1).stderr)
        self.assertIn("exclude each other", self.weir("flows", "list", "--store", "x", "--clickhouse", self.server.url(), status=2).stderr)
        self.assertIn("connect to server", self.weir("flows", "list", "--clickhouse", f"http://127.0.0.1:{free_tcp_port()}", status=1).stderr.lower())

    def test_another_table_is_told_from_ours(self):
        self.server.ask("CREATE TABLE flows (start String) ENGINE = Memory")
        self.server.ask("INSERT INTO flows VALUES ('x')")
        self.assertIn("Code: ", self.weir("flows", "list", "--clickhouse", self.server.url(), status=1).stderr)
        self.weir("flows", "list", "--clickhouse", self.server.url("/?table=none"), status=1)

    def collect(self, port, *more):
        url = f"http://meter@127.0.0.1:{self.server.port}"
        password = self.folder + "/password"
        with open(password, "w") as f: f.write("secret\n")
        os.chmod(self.folder, 0o755)
        keys = {"url": url, "password-file": password, "interval": 1, "buffer-dir": self.folder + "/buffer"}
        sets = [w for key, value in keys.items() for w in ("--set", f"weir.flows.clickhouse.{key}={value}")]
        p = subprocess.Popen([WEIR, "collect", "--listen", f"udp://127.0.0.1:{port}", *sets, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (p.kill(), p.wait(), p.stderr.close()))
        wait_until(lambda: is_bound(port) or p.poll() is not None)
        self.assertIsNone(p.poll(), p.stderr.read() if p.poll() is not None else "")
        return p

    def has_batches(self):
        buffer = self.folder + "/buffer"
        return os.path.isdir(buffer) and any(name.endswith(".batch") for name in os.listdir(buffer))

    def is_at_rest(self):
        """Nothing is added to what waits on disk for longer than a record waits in memory."""
        def size(): return sum(entry.stat().st_size for entry in os.scandir(self.folder + "/buffer"))
        before = size()
        time.sleep(3)
        return size() == before

    def count(self): return int(self.server.ask("SELECT count() FROM flows")) if self.server.ask("EXISTS TABLE flows") == "1" else 0

    def test_records_come_while_the_server_goes_and_comes(self):
        port = free_port()
        p = self.collect(port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            def send(first, last):
                for n in range(first, last): s.sendto(ipfix(template() + data(n), n), ("127.0.0.1", port))
                wait_until(lambda: is_drained(port))
            send(0, 50)
            wait_until(lambda: self.count() == 50)
            self.server.kill()
            send(50, 120)
            wait_until(self.has_batches)
            send(120, 150)
            self.server.start()
            wait_until(lambda: self.count() == 150, 60)
            send(150, 170)
        p.send_signal(signal.SIGTERM)
        _, said = p.communicate(timeout=60)
        self.assertEqual(p.returncode, 0, said)
        self.assertEqual(self.count(), 170)
        self.assertEqual(self.server.ask("SELECT count() FROM (SELECT src_ip FROM flows GROUP BY src_ip)"), "170")
        self.assertFalse(self.has_batches())

    def test_what_waits_on_disk_is_inserted_by_the_next_run(self):
        port = free_port()
        self.server.kill()
        p = self.collect(port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for n in range(30): s.sendto(ipfix(template() + data(n), n), ("127.0.0.1", port))
        wait_until(self.has_batches)
        wait_until(self.is_at_rest)  # all 30 are on disk
        p.kill()  # not even an end
        p.communicate()
        self.server.start()
        port = free_port()
        p = self.collect(port)
        wait_until(lambda: self.count() == 30)
        p.send_signal(signal.SIGTERM)
        p.communicate(timeout=60)
        self.assertEqual(self.count(), 30)

    def test_a_run_over_files_inserts_what_it_meters(self):
        store, url = self.store(), self.server.url("/?table=own")
        self.server.ask("DROP TABLE IF EXISTS own")
        captures = sorted(os.path.join(EXAMPLES, name) for name in os.listdir(EXAMPLES) if name.endswith(".pcap"))
        self.weir("detect", "-r", *captures, "--no-rules", "-k", "none", "-l", self.folder + "/log", "--set", "weir.flows.clickhouse.url=" + url)
        kept = sorted(self.weir("flows", "list", "--store", store, "--json").stdout.splitlines())
        self.assertEqual(sorted(self.weir("flows", "list", "--clickhouse", url, "--json").stdout.splitlines()), kept)


class NoTables(http.server.BaseHTTPRequestHandler):
    """A server that has none, as ClickHouse says it."""
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = b"Code: 60, e.displayText() = DB::Exception: Table default.flows doesn't exist."
        self.send_response(404)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_): pass


class TlsProxy:
    """Speaks TLS with this certificate, and passes on what is said to a port here."""
    def __init__(self, certificate, key, to):
        self.to, self.context = to, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try: client, _ = self.listener.accept()
            except OSError: return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as near, socket.create_connection(("127.0.0.1", self.to)) as far:
                back = threading.Thread(target=self.copy, args=(far, near), daemon=True)
                back.start()
                self.copy(near, far)
                back.join(30)
        except OSError: pass  # who asks has not liked the certificate

    @staticmethod
    def copy(source, target):
        try:
            while some := source.recv(65536): target.sendall(some)
            target.shutdown(socket.SHUT_WR)
        except OSError: pass

    def close(self): self.listener.close()


def openssl(*words, folder): subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", name + ".key", "-out", name + ".pem",
            "-days", "30", "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", folder=folder)


def make_certificate(folder, name, authority, alternatives, days):
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
            "-subj", f"/CN={name}", folder=folder)
    with open(os.path.join(folder, name + ".ext"), "w") as f: f.write(f"subjectAltName={alternatives}\n")
    openssl("x509", "-req", "-in", name + ".csr", "-CA", authority + ".pem", "-CAkey", authority + ".key", "-CAcreateserial", "-days", str(days),
            "-extfile", name + ".ext", "-out", name + ".pem", folder=folder)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        if SERVER:
            cls.server = Server(cls.folder)
            cls.server.start()
            port = cls.server.port
        else:
            cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoTables)
            threading.Thread(target=cls.server.serve_forever, daemon=True).start()
            port = cls.server.server_address[1]
        cls.plain_port = port
        for name in "ours", "theirs": make_authority(cls.folder, name)
        here = "DNS:localhost,IP:127.0.0.1"
        for name, alternatives, days in (("good", here, 30), ("elsewhere", "DNS:ch.example", 30), ("expired", here, -1)):
            make_certificate(cls.folder, name, "ours", alternatives, days)
        cls.proxies = {name: TlsProxy(cls.path(name + ".pem"), cls.path(name + ".key"), port) for name in ("good", "elsewhere", "expired")}

    @classmethod
    def tearDownClass(cls):
        for proxy in cls.proxies.values(): proxy.close()
        if SERVER: cls.server.kill()
        else: cls.server.shutdown()
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, name): return os.path.join(cls.folder, name)

    def url(self, proxy, more="", host="localhost"): return f"https://{host}:{self.proxies[proxy].port}/{more}"

    def weir(self, *words, status=0):
        p = subprocess.run([WEIR, *words], capture_output=True, text=True, timeout=120, env={**os.environ, "TZ": "UTC"})
        self.assertEqual(p.returncode, status, p.stderr)
        return p

    def refused(self, url): return self.weir("flows", "list", "--clickhouse", url, status=1).stderr

    def test_a_server_whose_certificate_our_authority_signed_is_asked(self):
        for host in "localhost", "127.0.0.1":
            self.assertIn("there is no such table", self.refused(self.url("good", f"?table=none&ca={self.path('ours.pem')}", host)))

    @unittest.skipUnless(SERVER, "clickhouse-server is not installed")
    def test_records_are_inserted_and_asked_for_over_https(self):
        store, url = self.path("store"), self.url("good", f"?ca={self.path('ours.pem')}")
        captures = sorted(os.path.join(EXAMPLES, name) for name in os.listdir(EXAMPLES) if name.endswith(".pcap"))
        self.weir("detect", "-r", *captures, "--no-rules", "-k", "none", "-l", self.path("log"), "--store", store, "--set", "weir.flows.clickhouse.url=" + self.url("good"),
                  "--set", "weir.flows.clickhouse.tls.ca=" + self.path("ours.pem"))
        kept = sorted(self.weir("flows", "list", "--store", store, "--json").stdout.splitlines())
        self.assertGreater(len(kept), 10)
        self.assertEqual(sorted(self.weir("flows", "list", "--clickhouse", url, "--json").stdout.splitlines()), kept)
        self.assertEqual(len(self.weir("flows", "list", "--clickhouse", url, "--json", "--limit", "3").stdout.splitlines()), 3)

    def test_a_certificate_that_is_not_trusted_is_refused(self):
        for more in "", f"?ca={self.path('theirs.pem')}":
            said = self.refused(self.url("good", more))
            self.assertIn("name the file of who has (ca=FILE in the URL, weir.flows.clickhouse.tls.ca)", said)
            self.assertNotIn("no such table", said)

    def test_the_certificate_of_another_host_is_refused(self):
        said = self.refused(self.url("elsewhere", f"?ca={self.path('ours.pem')}"))
        self.assertIn("the certificate is another host's", said)
        self.assertIn("localhost", said)

    def test_an_expired_certificate_is_refused(self):
        said = self.refused(self.url("expired", f"?ca={self.path('ours.pem')}"))
        self.assertIn("expired", said)
        self.assertIn("the server needs a new certificate", said)

    def test_what_is_not_to_be_verified_is_not(self):
        for proxy in self.proxies: self.assertIn("there is no such table", self.refused(self.url(proxy, "?verify=no&table=none")))

    def test_a_port_without_tls_and_a_file_without_certificates_are_told(self):
        self.assertIn("is it the HTTPS port", self.refused(f"https://localhost:{self.plain_port}/?ca={self.path('ours.pem')}"))
        self.assertIn("certificates as PEM", self.refused(self.url("good", f"?ca={self.path('ours.key')}")))
        missing = self.path("missing.pem")
        self.assertIn(missing, self.refused(self.url("good", f"?ca={missing}")))


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    if SERVER is None: print("left out: clickhouse-server is not installed")
    unittest.main()
