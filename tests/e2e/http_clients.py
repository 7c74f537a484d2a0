#!/usr/bin/env python3
"""nginx and curl with an engine between or beside them. http_clients.py WEIR [--seed N] [--connections N] [--seconds N]

Connections of random requests: kept alive or HTTP/1.0, chunked both ways, compressed, ranges, uploads, many at a time. Through `weir
prevent` every transfer must arrive unbroken and every forbidden one must not; of what was recorded beside the gateway `weir detect`
must tell, request by request, what nginx wrote into its own log. --seconds goes on with other seeds for so long. Of odd requests
and responses (odd_messages.py) those that nginx answers and those whose body curl saves must be told of, and must not arrive.
"""
import argparse, collections, concurrent.futures, json, os, random, shutil, signal, socket, subprocess, sys, threading, time, unittest
from dataclasses import dataclass

import odd_messages
from network import Hosts, options, run, wait_for

WEIR = ""
OPTIONS = None
PORT = 8081
RULES = """
%(action)s http any any -> any any (msg:"asked for"; flow:established,to_server; http.uri; content:"/forbidden"; sid:1;)
%(action)s http any any -> any any (msg:"in a body"; flow:established,to_server; http.request_body; content:"classified"; sid:2;)
%(action)s http any any -> any any (msg:"in an answer"; flow:established,to_client; file.data; content:"classified"; sid:3;)
"""
NGINX = """
daemon off; master_process off; pid %(folder)s/clients.pid; error_log %(folder)s/clients.log; events { worker_connections 1000; }
http {
  log_format seen '$remote_port $request_method $request_uri $status $body_bytes_sent';
  access_log %(folder)s/access.log seen;
  gzip on; gzip_min_length 1; gzip_types *; gzip_comp_level 1; gzip_http_version 1.0;
  client_body_temp_path %(folder)s/body; client_max_body_size 100m; keepalive_requests 10000;
  server { listen %(port)d; root %(folder)s/www; location /take { return 200 "taken\\n"; } }
}
"""
AT_ONCE = 6
ODD_AT_ONCE = 24  # most of these clients only wait
WHOLE = ("--set", "stream.reassembly.depth=0")  # however much a connection carries
ODD_PORT = 8082      # of the server with odd responses
FIRST_PORT = 30000   # the client's, of the first odd message


@dataclass
class Transfer:
    path: str
    options: list
    expected: bytes
    forbidden: bool = False
    body: bytes = b""


def words(r, size): return b" ".join(r.choice((b"some", b"words", b"of", b"a", b"long", b"page\n")) for _ in range(size // 5 + 1))[:size]


class Site:
    """What the server has, and random requests for it."""

    def __init__(self, folder, seed):
        self.folder, self.random, self.files = folder, random.Random(seed), {}
        r = self.random
        for number, size in enumerate((0, 1, 700, 5000, 65536, 300000, 2000000)):
            self.files["text%d" % number] = words(r, size)
            self.files["bytes%d" % number] = r.randbytes(size)
        self.files["forbidden"] = b"should not be asked for\n"
        self.files["letter"] = words(r, 40000) + b" classified " + words(r, 100)
        for name, content in self.files.items():
            with open(os.path.join(folder, "www", name), "wb") as f: f.write(content)

    def page(self):
        name = self.random.choice([n for n in self.files if n not in ("forbidden", "letter")])
        return "/%s?%d" % (name, self.random.randrange(10**6)), self.files[name]

    def get(self):
        path, content = self.page()
        return Transfer(path, self.random.choice(([], ["--compressed"])), content)

    def range(self):
        path, content = self.page()
        if not content: return Transfer(path, [], content)
        first = self.random.randrange(len(content))
        last = self.random.randrange(first, len(content))
        return Transfer(path, ["-r", "%d-%d" % (first, last)], content[first:last + 1])

    def head(self): return Transfer(self.page()[0], ["-I"], None)

    def missing(self): return Transfer("/nothing%d" % self.random.randrange(10**6), [], None)

    def upload(self):
        body = words(self.random, self.random.choice((1, 900, 70000, 400000)))
        chunked = self.random.choice((["-H", "Transfer-Encoding: chunked"], []))
        return Transfer("/take?%d" % self.random.randrange(10**6), ["--data-binary", "@-", "-H", "Expect:", *chunked], b"taken\n", body=body)

    def old(self):
        path, content = self.page()
        return Transfer(path, ["--http1.0"], content)

    def forbidden(self):
        chance = self.random.randrange(3)
        if chance == 0: return Transfer("/forbidden?%d" % self.random.randrange(10**6), [], b"should not", True)
        if chance == 1: return Transfer("/letter", self.random.choice(([], ["--compressed"])), b" classified ", True)
        body = words(self.random, self.random.choice((10, 3000))) + b" classified " + words(self.random, 50)
        return Transfer("/take", ["--data-binary", "@-", *self.random.choice(([], ["-H", "Transfer-Encoding: chunked"]))], b"taken", True, body)

    def connection(self):
        """Transfers of one client, one after the other."""
        if self.random.random() < 0.2: return [self.forbidden()]
        if self.random.random() < 0.25: return [self.upload()]  # what curl reads from its input it reads once
        kinds = (self.get, self.get, self.range, self.head, self.missing, self.old)
        return [self.random.choice(kinds)() for _ in range(self.random.randrange(1, 7))]


def start_server(hosts):
    with open(hosts.path("clients.conf"), "w") as f: f.write(NGINX % {"folder": hosts.folder, "port": PORT})
    hosts.spawn("server", "nginx", "-c", hosts.path("clients.conf"), log="nginx.out")
    wait_for(lambda: os.path.exists(hosts.path("clients.pid")))


def write_rules(hosts, action):
    with open(hosts.path("test.rules"), "w") as f: f.write(RULES % {"action": action})


def make_log(hosts):
    os.makedirs(hosts.path("log"), exist_ok=True)
    return hosts.path("log")


def start_recording(hosts):
    """(the recorder, its file)"""
    capture = hosts.path("clients.pcap")
    recorder = hosts.spawn("gateway", "tcpdump", "--immediate-mode", "-Z", "root", "-i", hosts.devices[("gateway", 1)], "-s", "0", "-B", "32768", "-U", "-w", capture,
                           "port %d or port %d" % (PORT, ODD_PORT), log="tcpdump.log")
    wait_for(lambda: os.path.exists(capture))
    return recorder, capture


def start_engine(hosts):
    write_rules(hosts, "drop")
    engine = hosts.spawn_service("gateway", WEIR, "prevent", "-q", "0", "-S", hosts.path("test.rules"), "-l", make_log(hosts), "--no-cache", *WHOLE, "--set",
                                 "weir.control.enabled=no", "--set", "weir.watchdog-ms=20000", "--set", "weir.packet-budget-us=0", "--user", "root", log="weir.log")
    hosts.divert()
    return engine


def detect(hosts, capture):
    write_rules(hosts, "alert")
    run(WEIR, "detect", "-r", capture, "-k", "none", "-S", hosts.path("test.rules"), "-l", make_log(hosts), "--no-cache", *WHOLE)
    return read_events(hosts)


def read_events(hosts):
    with open(hosts.path("log/eve.json")) as f: return [json.loads(line) for line in f]


def alerted(events, servers=(PORT,)):
    """The clients' ports of connections with an alert, in whichever direction."""
    return {e["src_port"] if e["dest_port"] in servers else e["dest_port"] for e in events if e["event_type"] == "alert"}


class Clients(unittest.TestCase):
    def each_seed(self, test):
        until, seed = time.monotonic() + OPTIONS.seconds, OPTIONS.seed
        while True:
            with self.subTest(seed=seed): self.with_hosts(test, seed)
            seed += 1
            if time.monotonic() >= until: return

    def with_hosts(self, test, seed):
        self.hosts = Hosts()
        try:
            self.site = Site(self.hosts.folder, seed)
            start_server(self.hosts)
            test([self.site.connection() for _ in range(OPTIONS.connections)])
        finally: self.hosts.close()

    def begin(self, number, transfers):
        """A curl that does all of these over one connection, where they allow it."""
        command = ["ip", "netns", "exec", self.hosts.names["client"], "curl"]
        for i, t in enumerate(transfers):
            if i: command.append("--next")
            command += ["-sS", "--max-time", "3" if t.forbidden else "60", "-o", self.output(number, i), *t.options, "http://%s:%d%s" % (self.hosts.server, PORT, t.path)]
        with open(self.hosts.path("body%d" % number), "wb") as f: f.write(transfers[0].body)
        with open(self.hosts.path("body%d" % number), "rb") as body, open(self.hosts.path("curl.log"), "ab") as log:
            return subprocess.Popen(command, stdin=body, stdout=log, stderr=log)

    def output(self, number, i): return self.hosts.path("got%d.%d" % (number, i))

    def got(self, number, i):
        if not os.path.exists(self.output(number, i)): return b""
        with open(self.output(number, i), "rb") as f: return f.read()

    def transfer(self, connections):
        """The exit status of each client."""
        running, status, waiting = {}, {}, list(enumerate(connections))
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                number, transfers = waiting.pop(0)
                running[number] = self.begin(number, transfers)
            done = wait_for(lambda: [n for n, p in running.items() if p.poll() is not None], seconds=120)
            for n in done: status[n] = running.pop(n).returncode
        return status

    def check_unbroken(self, number, transfers, status):
        self.assertEqual(status, 0, "connection %d: %r" % (number, [t.options + [t.path] for t in transfers]))
        for i, t in enumerate(transfers):
            if t.expected is not None: self.assertTrue(self.got(number, i) == t.expected, "connection %d: %r differs" % (number, t.options + [t.path]))

    def served(self):
        """{(the client's port, method, target, status): how often} as nginx has it."""
        with open(self.hosts.path("access.log")) as f: lines = [line.split() for line in f]
        return collections.Counter((int(port), method, target, int(status)) for port, method, target, status, _ in lines)

    @staticmethod
    def told(events):
        return collections.Counter((e["src_port"], e["http"]["http_method"], e["http"]["url"], e["http"]["status"]) for e in events
                                   if e["event_type"] == "http" and "status" in e["http"])

    def check_told(self, events, served):
        told = self.told(events)
        self.assertEqual((sorted((told - served).items()), sorted((served - told).items())), ([], []))
        self.assertGreater(sum(told.values()), OPTIONS.connections)

    def test_detect_tells_of_a_recording_what_the_server_wrote_into_its_log(self): self.each_seed(self.beside)

    def beside(self, connections):
        recorder, capture = start_recording(self.hosts)
        for number, status in self.transfer(connections).items():
            self.check_unbroken(number, [t for t in connections[number] if not t.forbidden], status)
        time.sleep(0.3)
        recorder.send_signal(signal.SIGINT)
        recorder.wait(10)
        with open(self.hosts.path("tcpdump.log")) as f: self.assertIn("0 packets dropped by kernel", f.read())
        events = detect(self.hosts, capture)
        if OPTIONS.keep: shutil.copytree(self.hosts.folder, OPTIONS.keep, dirs_exist_ok=True)
        self.check_told(events, self.served())
        alerts = alerted(events)
        self.assertEqual(len(alerts), sum(t.forbidden for c in connections for t in c))

    def test_prevent_breaks_no_transfer_and_lets_nothing_forbidden_pass(self): self.each_seed(self.between)

    def between(self, connections):
        engine = start_engine(self.hosts)
        for number, status in self.transfer(connections).items():
            transfers = connections[number]
            if not transfers[0].forbidden:
                self.check_unbroken(number, transfers, status)
                continue
            self.assertNotEqual(status, 0, "%s arrived" % transfers[0].path)
            self.assertNotIn(transfers[0].expected, self.got(number, 0))
        engine.send_signal(signal.SIGTERM)
        with open(self.hosts.path("weir.log")) as f: self.assertEqual(engine.wait(60), 0, f.read())
        events = read_events(self.hosts)
        blocked = alerted(events)
        self.assertEqual(len(blocked), sum(t.forbidden for c in connections for t in c))
        allowed = lambda seen: collections.Counter({k: n for k, n in seen.items() if k[0] not in blocked})
        self.check_told([e for e in events if e.get("src_port") not in blocked], allowed(self.served()))


class OddMessages(unittest.TestCase):
    """What arrives without an engine is told of; with one it does not arrive."""

    def setUp(self):
        self.hosts, self.first_port = Hosts(), FIRST_PORT
        self.addCleanup(self.hosts.close)
        with open(self.hosts.path("www/forbidden"), "w") as f: f.write("should not be asked for\n")
        for name in ("text2", "text4"):
            with open(self.hosts.path("www/" + name), "w") as f: f.write("page\n")
        start_server(self.hosts)

    def each(self, act, messages):
        """Numbers of the messages that arrived."""
        with concurrent.futures.ThreadPoolExecutor(ODD_AT_ONCE) as pool:
            return {i for i, arrived in enumerate(pool.map(act, range(len(messages)))) if arrived}

    def ask(self, number):
        """Sends a request; whether the forbidden file came back."""
        text, got = list(odd_messages.REQUESTS.values())[number], b""
        with self.hosts.socket_in("client", socket.AF_INET, socket.SOCK_STREAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((self.hosts.client, self.first_port + number))
            s.settimeout(1)
            try:
                s.connect((self.hosts.server, PORT))
                s.sendall(text)
                while data := s.recv(65536): got += data
            except OSError: pass
        return b"should not be asked" in got or b"\x1f\x8b" in got

    def answer(self, connection):
        """Requests are for /N/K: message N, response K of it."""
        with connection:
            connection.settimeout(3)
            text = b""
            try:
                while data := connection.recv(65536):
                    text += data
                    while b"\r\n\r\n" in text:
                        head, _, text = text.partition(b"\r\n\r\n")
                        number, k = (int(part) for part in head.split(b" ")[1].split(b"/")[1:3])
                        name, response = list(odd_messages.RESPONSES.items())[number]
                        connection.sendall(response[k][1] if isinstance(response, list) else response)
                        last = not isinstance(response, list) or k + 1 == len(response)
                        if last and name not in odd_messages.HELD: return
            except OSError: pass

    def serve(self):
        listener = self.hosts.socket_in("server", socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((self.hosts.server, ODD_PORT))
        listener.listen(100)
        def accept():
            try:
                while True: threading.Thread(target=self.answer, args=(listener.accept()[0],), daemon=True).start()
            except OSError: pass  # it is closed
        threading.Thread(target=accept, daemon=True).start()
        def close():
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.addCleanup(close)

    def save(self, number):
        """Asks for a response; whether curl saved what is forbidden."""
        response, out = list(odd_messages.RESPONSES.values())[number], self.hosts.path("saved%d" % number)
        command = ["curl"]
        for k, how in enumerate([part[0] for part in response] if isinstance(response, list) else [[]]):
            if k: command.append("--next")
            command += ["-sS", "--compressed", "--tr-encoding", "--http0.9", "--max-time", "1.5", "--local-port", str(self.first_port + number), "-o", out, *how,
                        "http://%s:%d/%d/%d" % (self.hosts.server, ODD_PORT, number, k)]
        self.hosts.inside("client", *command, check=False)
        if not os.path.exists(out): return False
        with open(out, "rb") as f: saved = f.read()
        os.unlink(out)
        return odd_messages.MARK in saved

    def check(self, act, messages, at_least):
        names = list(messages)
        recorder, capture = start_recording(self.hosts)
        arrived = self.each(act, messages)
        time.sleep(0.3)
        recorder.send_signal(signal.SIGINT)
        recorder.wait(10)
        ports = alerted(detect(self.hosts, capture), (PORT, ODD_PORT))
        if OPTIONS.keep: shutil.copytree(self.hosts.folder, OPTIONS.keep, dirs_exist_ok=True)
        self.assertGreater(len(arrived), at_least)
        with self.subTest("detect"): self.assertEqual([names[i] for i in sorted(arrived) if FIRST_PORT + i not in ports], [])
        engine = start_engine(self.hosts)
        self.first_port += 1000  # the others are still waiting for late segments
        leaked = self.each(act, messages)
        engine.send_signal(signal.SIGTERM)
        with open(self.hosts.path("weir.log")) as f: self.assertEqual(engine.wait(60), 0, f.read())
        with self.subTest("prevent"): self.assertEqual([names[i] for i in sorted(leaked)], [])

    def test_requests_that_a_server_answers_are_told_of_and_stopped(self): self.check(self.ask, odd_messages.REQUESTS, 45)

    def test_responses_that_a_client_saves_are_told_of_and_stopped(self):
        self.serve()
        self.check(self.save, odd_messages.RESPONSES, 80)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weir")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=24)
    parser.add_argument("--keep", help="copy recording and logs to this folder")
    parser.add_argument("--seconds", type=float, default=0)
    OPTIONS, rest = options(parser, "tcpdump")
    WEIR = os.path.abspath(OPTIONS.weir)
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)
