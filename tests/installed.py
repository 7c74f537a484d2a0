#!/usr/bin/env python3
"""What 'cmake --install' brings, the Debian package and the container image, each by running what is in it. installed.py WEIR

WEIR stands in its build tree. Left out, and said, where there is no debhelper, lintian, zsh, fish, or running podman or docker.
"""
import json, os, re, shutil, subprocess, sys, tempfile, unittest

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = """bin/weir lib/systemd/system/weir-detect@.service lib/systemd/system/weir-prevent.service lib/systemd/system/weir-collect.service lib/sysusers.d/weir.conf
lib/tmpfiles.d/weir.conf share/man/man1/weir.1 share/man/man1/weir-collect.1 share/man/man1/weir-flows.1 share/man/man5/weir.yaml.5 share/man/man5/weir-rules.5 share/man/man5/weir-store.5 share/doc/weir/README.md
share/doc/weir/examples/weir.yaml share/doc/weir/examples/rules/example.rules share/doc/weir/examples/captures/http.pcap
share/bash-completion/completions/weir share/zsh/site-functions/_weir share/fish/vendor_completions.d/weir.fish""".split()
WEIR = ""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, **options)
    if done.returncode != 0: raise AssertionError(f"{command}: exit status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def tree(): return os.path.dirname(os.path.abspath(WEIR))


def commands(): return re.findall(r"^  ([a-z][a-z-]*)  ", run(WEIR, "--help"), re.M)


def options_of(program, command):
    """As its --help lists them."""
    text = run(program, command, "--help")
    return {o for line in re.findall(r"^  (-.*)", text, re.M) for o in re.findall(r"(?:^|\[ )(--?[A-Za-z-]+)", line)}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *names): return os.path.join(self.folder, *names)


class Installed(Folder):
    def setUp(self):
        super().setUp()
        run("cmake", "--install", tree(), "--prefix", self.path("usr"))
        self.program = self.path("usr", "bin", "weir")
        self.examples = self.path("usr", "share", "doc", "weir", "examples")

    def test_all_is_where_programs_look_for_it(self):
        for name in FILES: self.assertTrue(os.path.isfile(self.path("usr", name)), name)

    def test_units_start_the_program_where_it_was_configured_to_be(self):
        with open(os.path.join(tree(), "CMakeCache.txt")) as f: prefix = re.search(r"^CMAKE_INSTALL_PREFIX:\w+=(.*)$", f.read(), re.M)[1]
        for unit in ("weir-detect@.service", "weir-prevent.service", "weir-collect.service"):
            with open(self.path("usr", "lib", "systemd", "system", unit)) as f: starts = re.findall(r"^ExecStart=(\S+)", f.read(), re.M)
            self.assertEqual(starts, [prefix + "/bin/weir"])

    def test_the_configuration_to_begin_with_is_taken_without_a_word(self):
        config = os.path.join(self.examples, "weir.yaml")
        rules = os.path.join(self.examples, "rules")
        done = subprocess.run([self.program, "check", "--strict", "-v", "-c", config, "--set", "default-rule-path=" + rules],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        run(self.program, "detect", "--strict", "-c", config, "--set", "default-rule-path=" + rules, "-l", self.folder,
            "-r", os.path.join(self.examples, "captures"))
        with open(self.path("eve.json")) as f: kinds = {json.loads(line)["event_type"] for line in f}
        self.assertTrue({"alert", "http", "dns", "tls", "flow", "stats"} <= kinds, kinds)

    def offered(self, *words):
        script = f'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weir "$1"; printf "%s\\n" "${{COMPREPLY[@]}}"'
        completion = self.path("usr", "share", "bash-completion", "completions", "weir")
        return set(run("bash", "-c", script, "bash", completion, self.program, *words).split())

    def test_bash_offers_all_commands_options_and_keywords(self):
        self.assertEqual(self.offered("") - {"--help", "--version"}, set(commands()))
        for command in commands(): self.assertEqual(self.offered(command, "-"), options_of(self.program, command), command)
        self.assertIn("tls.sni", self.offered("keywords", "tls.s"))
        self.assertEqual(self.offered("detect", "-k", "n"), {"none"})
        self.assertIn("lo", self.offered("detect", "-i", ""))

    @unittest.skipUnless(shutil.which("fish"), "there is no fish here")
    def test_fish_offers_all_commands_and_options(self):
        script = "source $argv[1]; complete -C $argv[2]"
        path = os.path.dirname(self.program) + ":" + os.environ["PATH"]

        def offered(line):
            text = run("fish", "-N", "-c", script, self.path("usr", "share", "fish", "vendor_completions.d", "weir.fish"), line, env={**os.environ, "PATH": path, "HOME": self.folder})
            return {l.split("\t")[0] for l in text.splitlines()}
        self.assertTrue(set(commands()) <= offered("weir "))
        for command in commands():
            wanted = {o for o in options_of(self.program, command) if o.startswith("--")}
            self.assertTrue(wanted <= offered(f"weir {command} --"), command)

    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh here")
    def test_zsh_reads_its_completion(self):
        run("zsh", "-n", self.path("usr", "share", "zsh", "site-functions", "_weir"))


def copy_of_the_source(to):
    """What git knows of, so also what is not committed yet."""
    names = run("git", "-C", REPOSITORY, "ls-files", "-co", "--exclude-standard").splitlines()
    for name in names:
        if not os.path.isfile(os.path.join(REPOSITORY, name)): continue
        os.makedirs(os.path.dirname(os.path.join(to, name)), exist_ok=True)
        shutil.copy2(os.path.join(REPOSITORY, name), os.path.join(to, name))


@unittest.skipUnless(shutil.which("dh") and shutil.which("dpkg-buildpackage"), "debhelper is not installed here")
class DebianPackage(Folder):
    def test_it_is_made_clean_and_does_its_job(self):
        source = self.path("weir")
        copy_of_the_source(source)
        run("dpkg-buildpackage", "-b", "-us", "-uc", cwd=source, env={**os.environ, "WEIR_BUILD": tree()})
        package = next(n for n in os.listdir(self.folder) if n.endswith(".deb"))
        if shutil.which("lintian"):
            said = run("lintian", "--allow-root", "--fail-on", "error,warning", self.path(package))
            self.assertEqual(said, "")
        run("dpkg-deb", "-x", self.path(package), self.path("root"))
        root = self.path("root")
        with open(os.path.join(root, "usr/lib/systemd/system/weir-prevent.service")) as f: self.assertIn("ExecStart=/usr/bin/weir ", f.read())
        out = run(os.path.join(source, "debian", "tests", "main-job"), env={
            "PATH": os.path.join(root, "usr/bin") + ":" + os.environ["PATH"], "WEIR_CONFIG": os.path.join(root, "etc/weir/weir.yaml"),
            "WEIR_EXAMPLES": os.path.join(root, "usr/share/doc/weir/examples"), "AUTOPKGTEST_TMP": self.folder})
        self.assertIn("alerts", out)


def container_program():
    for name in ("podman", "docker"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, timeout=60).returncode == 0: return name
    return None


class Container(unittest.TestCase):
    def test_the_image_is_built_and_scans(self):
        program = container_program()
        if program is None: self.skipTest("neither podman nor docker runs here")
        self.addCleanup(subprocess.run, [program, "rmi", "-f", "weir-test"], capture_output=True)
        run(program, "build", "-t", "weir-test", "-f", "examples/container/Containerfile", ".", cwd=REPOSITORY)
        doc = "/usr/share/doc/weir/examples"
        run(program, "run", "--rm", "weir-test", "detect", "-r", doc + "/captures", "-S", doc + "/rules/example.rules", "-l", "/tmp")


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
