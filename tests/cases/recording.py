"""Records a case's capture between real programs: a client and a server in two network namespaces of their own.

  with Recording(__file__) as r:
      r.server("vsftpd", "/tmp/x.conf", background=True)
      r.client("curl", "ftp://10.9.0.1/file")

leaves input.pcap.gz beside the script: packets of TCP and UDP, with the checksums that they had on the wire. Needs root,
iproute2, ethtool and tcpdump. Nothing leaves the namespaces. What a run records differs from the run before in ports, times
and sequence numbers, so that expect.json names none of them.
"""
import gzip, os, shutil, signal, subprocess, tempfile, time

SERVER, CLIENT = "10.9.0.1", "10.9.0.2"
SERVER6, CLIENT6 = "fd00:9::1", "fd00:9::2"


class Recording:
    def __init__(self, script):
        self.target = os.path.join(os.path.dirname(os.path.abspath(script)), "input.pcap.gz")
        self.folder = tempfile.mkdtemp(prefix="weir-record-")  # for files of the programs
        os.chmod(self.folder, 0o755)
        self.names = {side: f"wr{os.getpid()}{side}" for side in ("client", "server")}
        self.running = []

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def _build(self):
        def ip(*words): subprocess.run(["ip", *words], check=True)

        for name in self.names.values(): ip("netns", "add", name)
        ip("link", "add", "veth0", "netns", self.names["client"], "type", "veth", "peer", "name", "veth0", "netns",
           self.names["server"])
        for side, v4, v6 in (("client", CLIENT, CLIENT6), ("server", SERVER, SERVER6)):
            name = self.names[side]
            ip("-n", name, "address", "add", v4 + "/24", "dev", "veth0")
            ip("-n", name, "address", "add", v6 + "/64", "dev", "veth0", "nodad")
            for link in ("lo", "veth0"): ip("-n", name, "link", "set", link, "up")
            offloads = [word for what in ("tx", "rx", "gro", "gso", "tso") for word in (what, "off")]  # frames as on a wire
            subprocess.run(["ip", "netns", "exec", name, "ethtool", "-K", "veth0", *offloads], check=True, capture_output=True)
        self.raw = os.path.join(self.folder, "raw.pcap")
        self.dump = self.client("tcpdump", "-i", "veth0", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", self.raw,
                                "tcp or udp", background=True)
        while not os.path.exists(self.raw) or os.path.getsize(self.raw) < 24: time.sleep(0.05)

    def client(self, *command, **how): return self._run("client", command, **how)

    def server(self, *command, **how): return self._run("server", command, **how)

    def _run(self, side, command, background=False, check=True):
        whole = ["ip", "netns", "exec", self.names[side], *command]
        if not background: return subprocess.run(whole, check=check, timeout=60, capture_output=True, cwd=self.folder)
        started = subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        self.running.append(started)
        return started

    def wait_for_port(self, port):
        """A program of the server side listens."""
        for _ in range(200):
            listening = self.server("ss", "-Hltn", f"sport = :{port}").stdout
            if listening.strip(): return
            time.sleep(0.05)
        raise RuntimeError(f"nobody listens on port {port}")

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                time.sleep(0.5)  # the last packets
                self.dump.send_signal(signal.SIGINT)
                self.dump.wait(timeout=10)
                with open(self.raw, "rb") as f: data = f.read()
                with open(self.target, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as f: f.write(data)
        finally:
            self._remove()

    def _remove(self):
        for process in self.running:
            if process.poll() is None: process.terminate()
        for process in self.running:
            try: process.wait(timeout=5)
            except subprocess.TimeoutExpired: process.kill()
        for name in self.names.values(): subprocess.run(["ip", "netns", "del", name], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
