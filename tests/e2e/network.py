"""Three hosts in network namespaces of their own: a client and a server, and a gateway between them that forwards.

Needs root and iproute2; every address lies in the namespaces. Used by the end-to-end tests beside this file.
"""
import ctypes, os, shutil, signal, socket, subprocess, sys, tempfile, time

TOOLS = ("ip", "nginx", "curl", "iptables", "ip6tables", "ping", "sysctl")


def missing(*tools):
    """Why tests that need these besides cannot run here; None when they can."""
    if os.geteuid() != 0: return "network namespaces need root"
    absent = [t for t in (*TOOLS, *tools) if shutil.which(t, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    if absent: return "not installed: " + ", ".join(absent)
    probe = subprocess.run(["ip", "netns", "add", "wt-probe-%d" % os.getpid()], capture_output=True)
    if probe.returncode != 0: return "network namespaces cannot be made here: " + probe.stderr.decode().strip()
    subprocess.run(["ip", "netns", "del", "wt-probe-%d" % os.getpid()], capture_output=True)
    return None


def options(parser, *tools):
    """(what the command line says, what is left of it for unittest); ends here, and says why, where these tests cannot run."""
    said, rest = parser.parse_known_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if reason := missing(*tools):
        print("left out:", reason)
        sys.exit(0)
    return said, rest


def run(*command, check=True, timeout=60):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
    if check and done.returncode != 0: raise RuntimeError("%s: %s" % (" ".join(command), done.stdout))
    return done


def wait_for(what, seconds=20.0, every=0.02):
    """The first true value of what(); fails when it stays false."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got: return got
        time.sleep(every)
    raise AssertionError("did not come within %g s: %s" % (seconds, getattr(what, "__doc__", None) or what))


class Hosts:
    """client 10.99.1.2, fd00:1::2 - gateway .1 - server 10.99.2.2, fd00:2::2, with a web server on port 8080.

    With `bridge` the gateway has no addresses and is a bridge: the server is 10.99.1.3, fd00:1::3.
    """

    def __init__(self, queue_options="--queue-num 0 --queue-bypass", bridge=False):
        self.queue_options = queue_options.split()
        self.bridge = bridge
        self.client = "10.99.1.2"
        self.server, self.server6 = ("10.99.1.3", "fd00:1::3") if bridge else ("10.99.2.2", "fd00:2::2")
        self.folder = tempfile.mkdtemp(prefix="weir-e2e-")
        os.chmod(self.folder, 0o755)
        self.processes = []
        tag = "wt%d" % os.getpid()
        self.names = {host: tag + host for host in ("client", "gateway", "server")}
        try:
            self._build(tag)
        except Exception:
            self.close()
            raise

    def _build(self, tag):
        for name in self.names.values(): run("ip", "netns", "add", name)
        self.devices = {}  # by host and number of its network
        for number, side in ((1, "client"), (2, "server")):
            outer, inner = "%sa%d" % (tag, number), "%sb%d" % (tag, number)
            run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
            run("ip", "link", "set", outer, "netns", self.names[side])
            run("ip", "link", "set", inner, "netns", self.names["gateway"])
            for host, device in ((side, outer), ("gateway", inner)):
                self.devices[(host, number)] = device
                self.inside(host, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.%s.accept_dad=0" % device)
                self.inside(host, "ip", "link", "set", "lo", "up")
                self.inside(host, "ip", "link", "set", device, "up")
        if self.bridge:
            self._bridge()
        else:
            self._route()
        self._serve()

    def _address(self, host, number, last, network):
        device = self.devices[(host, number)]
        self.inside(host, "ip", "address", "add", "10.99.%d.%d/24" % (network, last), "dev", device)
        self.inside(host, "ip", "address", "add", "fd00:%d::%d/64" % (network, last), "dev", device, "nodad")

    def _route(self):
        for number, side in ((1, "client"), (2, "server")):
            self._address(side, number, 2, number)
            self._address("gateway", number, 1, number)
            self.inside(side, "ip", "route", "add", "default", "via", "10.99.%d.1" % number)
            self.inside(side, "ip", "-6", "route", "add", "default", "via", "fd00:%d::1" % number)
        self.inside("gateway", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")

    def _bridge(self):
        self._address("client", 1, 2, 1)
        self._address("server", 2, 3, 1)
        self.inside("gateway", "ip", "link", "add", "bridge", "type", "bridge")
        for number in (1, 2): self.inside("gateway", "ip", "link", "set", self.devices[("gateway", number)], "master", "bridge")
        self.inside("gateway", "ip", "link", "set", "bridge", "up")
        self.inside("gateway", "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1", "net.bridge.bridge-nf-call-ip6tables=1")

    def _serve(self):
        os.mkdir(self.path("www"))
        for name, content in (("index.html", b"hello\n"), ("big", os.urandom(1 << 20)), ("secret", b"classified document\n"),
                              ("report", b"classified report\n")):
            with open(self.path("www/" + name), "wb") as f: f.write(content)
        with open(self.path("nginx.conf"), "w") as f:
            f.write("daemon off; master_process off; pid %s; error_log %s; events {} http { access_log off; server { listen 8080; listen [::]:8080; root %s; } }"
                    % (self.path("nginx.pid"), self.path("nginx.log"), self.path("www")))
        self.spawn("server", "nginx", "-c", self.path("nginx.conf"))
        wait_for(lambda: self.fetch("/index.html").returncode == 0)

    def path(self, name): return os.path.join(self.folder, name)

    def inside(self, host, *command, **how): return run("ip", "netns", "exec", self.names[host], *command, **how)

    def socket_in(self, host, *what):
        """A socket of this program that lives in the host's namespace."""
        enter = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net") as own, open("/run/netns/" + self.names[host]) as there:
            if enter(there.fileno(), 0) != 0: raise OSError(ctypes.get_errno(), "setns")
            try: return socket.socket(*what)
            finally: enter(own.fileno(), 0)

    def mac(self, host, number): return self.inside(host, "cat", "/sys/class/net/%s/address" % self.devices[(host, number)]).stdout.strip()

    def spawn(self, host, *command, log="programs.log"):
        out = open(self.path(log), "a")
        process = subprocess.Popen(["ip", "netns", "exec", self.names[host], *command], stdout=out, stderr=out,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        out.close()
        self.processes.append(process)
        return process

    def spawn_service(self, host, *command, log):
        """As spawn(), and waits until the program tells its service manager that it is ready, or has ended."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(self.path("notify"))
            os.chmod(self.path("notify"), 0o777)
            manager.settimeout(0.05)
            process = self.spawn(host, "env", "NOTIFY_SOCKET=" + self.path("notify"), *command, log=log)
            def ready():
                """the program is ready"""
                try: return b"READY=1" in manager.recv(4096)
                except TimeoutError: return process.poll() is not None
            wait_for(ready)
        os.unlink(self.path("notify"))
        return process

    def fetch(self, path, server=None, seconds=5, check=False):
        server = server or self.server
        target = "[%s]" % server if ":" in server else server
        return self.inside("client", "curl", "-sS", "-g", "--max-time", str(seconds), "http://%s:8080%s" % (target, path),
                           check=check, timeout=seconds + 30)

    def ping(self, server=None, count=3):
        return self.inside("client", "ping", "-q", "-c", str(count), "-i", "0.05", "-W", "1", server or self.server, check=False).returncode == 0

    def divert(self, host="gateway", chains=("FORWARD",)):
        """From now on what the gateway forwards goes through the queue; or what passes other chains of another host."""
        for tables in ("iptables", "ip6tables"):
            for chain in chains: self.inside(host, tables, "-A", chain, "-j", "NFQUEUE", *self.queue_options)

    def queues(self, host="gateway"):
        """{queue: number of packets waiting} of the queues that somebody has bound."""
        lines = self.inside(host, "cat", "/proc/net/netfilter/nfnetlink_queue", check=False).stdout.splitlines()
        return {int(l.split()[0]): int(l.split()[2]) for l in lines if len(l.split()) >= 9}

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                try: os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError: pass
            process.wait()
        for name in self.names.values(): run("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
