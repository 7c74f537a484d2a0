#!/usr/bin/env python3
"""The files of the store, read and written by another engine: DuckDB, where node finds @duckdb/node-api (NODE_PATH). store_readers.py WEIR

What `weir flows list` says of the example captures is what DuckDB reads from the files; and a file that DuckDB has written of them, in its
own layout, is a store that says the same. Where there is no DuckDB, that is said.
"""
import glob, json, os, subprocess, sys, tempfile, unittest

WEIR = ""
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "captures")
ASK = """const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const query of process.argv.slice(1)) {
    const answer = await connection.runAndReadAll(query);
    for (const row of answer.getRowsJson()) console.log(JSON.stringify(row));
  }
})();"""


def duckdb(*queries):
    done = subprocess.run(["node", "-e", ASK, *queries], capture_output=True, text=True)
    if done.returncode: raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def has_duckdb():
    try: return duckdb("select 1") == [[1]]
    except (OSError, RuntimeError): return False


def listed(store):
    done = subprocess.run([WEIR, "flows", "list", "--store", store, "--json", "--raw"], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Readers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not has_duckdb(): raise unittest.SkipTest("node finds no @duckdb/node-api: what DuckDB reads and writes is left out")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.store = os.path.join(cls.folder.name, "store")
        subprocess.run([WEIR, "detect", "-r", EXAMPLES, "--no-rules", "-k", "none", "-l", cls.folder.name, "--store", cls.store], check=True)
        cls.files = os.path.join(cls.store, "*", "*.parquet")

    def test_duckdb_reads_what_is_listed(self):
        rows = duckdb(f"select src_ip, dest_ip, pkts_toserver, pkts_toclient, bytes_toserver, bytes_toclient, conn_state, app_proto, host, toserver_size_max from '{self.files}'")
        records = listed(self.store)
        self.assertGreater(len(records), 5)
        # EVE has all groups of IPv6; the files have its short form, which is another text.
        short = lambda a: a if ":" not in a else subprocess.run([sys.executable, "-c", f"import ipaddress; print(ipaddress.ip_address('{a}'))"], capture_output=True, text=True).stdout.strip()
        want = [[short(r["src_ip"]), short(r["dest_ip"]), str(r["flow"]["pkts_toserver"]), str(r["flow"]["pkts_toclient"]), str(r["flow"]["bytes_toserver"]),
                 str(r["flow"]["bytes_toclient"]), r.get("meter", {}).get("conn_state"), r.get("application", {}).get("name"), r.get("application", {}).get("host"),
                 r.get("meter", {}).get("toserver", {}).get("size", {}).get("max")] for r in records]
        self.assertEqual(sorted(map(str, rows)), sorted(map(str, want)))

    def test_bloom_filters_exclude_what_is_not_there(self):
        for column in ("src_ip", "dest_ip"):
            there = duckdb(f"select distinct {column} from '{self.files}'")
            self.assertTrue(there)
            missing = duckdb(f"select bool_and(bloom_filter_excludes) from parquet_bloom_probe('{self.files}', '{column}', '203.0.113.77')")
            self.assertEqual(missing, [[True]])
            for [address] in there:
                excluded = duckdb(f"select bool_and(bloom_filter_excludes) from parquet_bloom_probe('{self.files}', '{column}', '{address}')")
                self.assertEqual(excluded, [[False]], address)

    def test_files_that_duckdb_writes_are_read(self):
        want = listed(self.store)
        for name, options in (("its own", ""), ("zstd", ", COMPRESSION zstd"), ("version 2", ", PARQUET_VERSION v2, COMPRESSION zstd"), ("small groups", ", ROW_GROUP_SIZE 2048")):
            with self.subTest(name), tempfile.TemporaryDirectory() as other:
                os.mkdir(os.path.join(other, "2026-01-01"))
                duckdb(f"copy (from '{self.files}' order by start) to '{other}/2026-01-01/flows-00000001.parquet' (FORMAT parquet{options})")
                self.assertEqual(sorted(map(str, listed(other))), sorted(map(str, want)))
                host = want[0]["src_ip"]
                count = lambda store: subprocess.run([WEIR, "flows", "count", f"host {host}", "--store", store, "--json"], capture_output=True, text=True, check=True).stdout
                self.assertEqual(count(other), count(self.store))


if __name__ == "__main__":
    WEIR = os.path.abspath(sys.argv.pop(1))
    unittest.main()
