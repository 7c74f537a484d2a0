#include "rules/state/dataset_registry.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "rules/match/captures.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

// A data directory with one file, gone at the end.
struct DataDir {
  std::filesystem::path path;
  DataDir(const std::string& name, const std::string& text) {
    path = std::filesystem::temp_directory_path() / ("weir_dataset_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
    std::ofstream(path / name) << text;
  }
  ~DataDir() { std::filesystem::remove_all(path); }
};

bool lookup(const test::One& one, std::string_view value) {
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  return std::get<BufferCheckOp>(one.signature->buffers.at(0).chain.at(0))
      .check->matches({test::bytes_of(value)});
}

}  // namespace

TEST_CASE("a set holds the raw bytes of what its file writes") {
  Dataset strings(DatasetType::string);
  REQUIRE(read_dataset_list(strings, "Z29vZ2xlLmNvbQ==\r\n\n# comment\nYQ==").has_value());
  CHECK(strings.contains("google.com"));
  CHECK(strings.contains("a"));
  CHECK_FALSE(strings.contains("b"));
  Dataset hashes(DatasetType::md5);
  REQUIRE(read_dataset_list(hashes, "000102030405060708090a0b0c0d0e0f").has_value());
  CHECK(hashes.contains(std::string_view("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 16)));
  Dataset addresses(DatasetType::ip);
  REQUIRE(read_dataset_list(addresses, "1.2.3.4\n::ffff:5.6.7.8\n2001:db8::1\n").has_value());
  CHECK(addresses.contains("\1\2\3\4"));
  CHECK(addresses.contains("\5\6\7\x8"));
  Dataset rep({.type = DatasetType::string, .with_reputation = true});
  REQUIRE(read_dataset_list(rep, "YQ==,201\n").has_value());
  CHECK(rep.reputation("a") == 201);
  CHECK_FALSE(rep.reputation("b").has_value());
}

TEST_CASE("a line that does not fit the type is left out and told of with its place") {
  Dataset set(DatasetType::ip);
  const auto report = read_dataset_list(set, "192.168.56.10\n  10.0.0.0/8\n::1\n");
  REQUIRE(report.has_value());
  CHECK(set.size() == 2);
  REQUIRE(report->problems.size() == 1);
  CHECK(report->problems[0].line == 2);
  CHECK(report->problems[0].column == 3);
  CHECK(report->problems[0].offending == "10.0.0.0/8");
}

TEST_CASE("so many bad lines of a list are told of, and then their number") {
  Dataset set(DatasetType::md5);
  std::string text = "000102030405060708090a0b0c0d0e0f\n";
  for (int i = 0; i < 25; ++i) text += "00\n";
  const auto report = read_dataset_list(set, text);
  REQUIRE(report.has_value());
  REQUIRE(report->problems.size() == kMaxListProblems + 1);
  CHECK(report->problems.back().reason == "5 more lines cannot be used");
}

TEST_CASE("a list of which nothing can be used is refused with its first line") {
  const auto refused = [](DatasetSource source, const char* text) {
    Dataset set(std::move(source));
    const auto report = read_dataset_list(set, text);
    return report ? std::string{} : report.error().reason;
  };
  CHECK(refused({.type = DatasetType::md5}, "#\n00\n").find("line 2") != std::string::npos);
  CHECK_FALSE(refused({.type = DatasetType::string}, "a b\n").empty());
  CHECK_FALSE(refused({.type = DatasetType::ipv4}, "2001:db8::1\n").empty());
  CHECK_FALSE(refused({.type = DatasetType::string, .with_reputation = true}, "YQ==\n").empty());
  CHECK(refused({.type = DatasetType::string}, "").empty());
}

TEST_CASE("a set takes no more than its memcap") {
  Dataset set({.type = DatasetType::string, .memcap_bytes = 2 * (kDatasetEntryBytes + 1)});
  CHECK(set.add("a"));
  CHECK(set.put("b", {}) == Dataset::Put::added);
  CHECK_FALSE(set.add("c"));
  CHECK(set.put("d", {}) == Dataset::Put::full);
  CHECK(set.remove("a"));
  CHECK(set.add("c"));
  set.clear();
  CHECK(set.add("e"));
  CHECK(set.size() == 1);
}

TEST_CASE("values come back as lists write them") {
  for (const auto& row :
       {std::pair{DatasetType::string, "Z29vZ2xlLmNvbQ=="},
        std::pair{DatasetType::md5, "000102030405060708090a0b0c0d0e0f"},
        std::pair{DatasetType::ipv4, "10.0.0.1"}, std::pair{DatasetType::ip, "2001:db8::1"}}) {
    const auto type = row.first;
    const std::string_view text = row.second;
    CAPTURE(text);
    const auto value = decode_dataset_value(type, text);
    REQUIRE(value.has_value());
    CHECK(encode_dataset_value(type, *value) == text);
  }
}

TEST_CASE("lists in JSON give each value the object around it") {
  struct Row {
    DatasetFormat format;
    const char *text, *value_key, *array_key;
    bool remove_key;
    const char* context;
  };
  for (const Row& row : {
           Row{DatasetFormat::json, R"([{"h": "a", "n": 1}, {"n": 2}])", "h", "", false,
               R"({"h":"a","n":1})"},
           Row{DatasetFormat::json, R"({"x": {"y": [{"h": {"f": "a", "d": "b"}}]}})", "h.f", "x.y", false,
               R"({"h":{"f":"a","d":"b"}})"},
           Row{DatasetFormat::json, R"([{"h": {"f": "a", "d": "b"}, "q\"": "\n"}])", "h.f", "", true,
               R"({"h":{"d":"b"},"q\"":"\n"})"},
           Row{DatasetFormat::ndjson, "{\"h\": \"b\"}\n\n{\"h\": \"a\"}\n", "h", "", true, "{}"},
       }) {
    CAPTURE(row.text);
    Dataset set({.format = row.format,
                 .value_key = row.value_key,
                 .array_key = row.array_key,
                 .remove_key = row.remove_key});
    REQUIRE(read_dataset_list(set, row.text).has_value());
    std::string shown;
    CHECK(set.contains("a", [&](std::string_view context) { shown = context; }));
    CHECK(shown == row.context);
  }
}

TEST_CASE("lists in JSON that cannot be used are refused, their bad lines left out") {
  const auto read = [](DatasetFormat format, DatasetType type, const std::string& text) {
    Dataset set({.type = type, .format = format, .value_key = "v"});
    return read_dataset_list(set, text);
  };
  const auto json = DatasetFormat::json, lines = DatasetFormat::ndjson;
  for (const char* text : {"", "[", "{}", "[]", R"([{"w": "a"}])", R"([{"v": 1}])", R"(["v"])"}) {
    CAPTURE(text);
    CHECK_FALSE(read(json, DatasetType::string, text).has_value());
  }
  CHECK_FALSE(read(lines, DatasetType::sha256, R"({"v": true})").has_value());
  CHECK_FALSE(read(json, DatasetType::string, R"([{"v": "a", "w": ")" + std::string(20000, 'x') + "\"}]")
                  .has_value());
  const auto report = read(lines, DatasetType::ip, "{\"v\": \"1.2.3.4\"}\n{\n{\"v\": \"x\"}\n{\"w\": 1}\n");
  REQUIRE(report.has_value());
  REQUIRE(report->problems.size() == 3);
  CHECK(report->problems[0].line == 2);
  CHECK(report->problems[1].line == 3);
  CHECK(report->problems[2].severity == Severity::warning);
}

TEST_CASE("rules change and ask sets that they share by name") {
  RuleEnvironment environment;
  const auto rule = [&](const char* options) {
    return test::load("alert http any any -> any any (http.host; " + std::string(options) + " sid:1;)",
                      environment);
  };
  const auto set = rule("dataset:set,seen,type string;"), isset = rule("dataset:isset,seen;");
  const auto unset = rule("dataset:unset,seen;"), isnotset = rule("dataset:isnotset,seen;");
  CHECK_FALSE(lookup(isset, "a"));
  CHECK(lookup(isnotset, "a"));
  CHECK(lookup(set, "a"));
  CHECK_FALSE(lookup(set, "a"));
  CHECK(lookup(isset, "a"));
  CHECK(lookup(unset, "a"));
  CHECK_FALSE(lookup(unset, "a"));
  CHECK_FALSE(lookup(isset, "a"));
  CHECK(rule("dataset:isset,seen,type md5;").signature == nullptr);
}

TEST_CASE("sets are read from the data directory and from nowhere else") {
  const DataDir dir("list.csv", "YQ==\n");
  RuleEnvironment environment;
  environment.data_dir = dir.path.string();
  const auto rule = [&](const std::string& options) {
    return test::load("alert http any any -> any any (http.host; " + options + " sid:1;)", environment);
  };
  CHECK(lookup(rule("dataset:isset,l,type string,load list.csv;"), "a"));
  const std::string absolute = (dir.path / "list.csv").string();
  for (const std::string& file :
       {std::string("/etc/passwd"), std::string("../list.csv"), std::string("sub/../../list.csv"),
        std::string("no.csv"), std::string("."), absolute}) {
    CAPTURE(file);
    CHECK(rule("dataset:isset,other,type string,load " + file + ";").signature == nullptr);
  }
  environment.dataset_rules.allow_absolute = true;
  CHECK(lookup(rule("dataset:isset,m,type string,load " + absolute + ";"), "a"));
  for (const std::string& file :
       {std::string("/etc/passwd"), std::string("../list.csv"), absolute + "/../../list.csv"}) {
    CAPTURE(file);
    CHECK(rule("dataset:isset,other,type string,load " + file + ";").error.find("outside") !=
          std::string::npos);
  }
  environment.data_dir.clear();
  CHECK(rule("dataset:isset,third,type string,load list.csv;").signature == nullptr);
}

TEST_CASE("what a set has learnt is written to its file and read again") {
  const DataDir dir("other", "");
  RuleEnvironment environment;
  environment.data_dir = dir.path.string();
  const auto rule = [&](const std::string& options) {
    return test::load("alert http any any -> any any (http.host; " + options + " sid:1;)", environment);
  };
  const auto set = rule("dataset:set,seen,type string,state sub/seen.lst;");
  CHECK(lookup(set, "b"));
  CHECK(lookup(set, "a"));
  REQUIRE(save_dataset(*environment.datasets.at("seen")).has_value());
  std::ifstream file(dir.path / "sub" / "seen.lst");
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "YQ==\nYg==\n");
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path / "sub"), {}) == 1);
  environment = {};
  environment.data_dir = dir.path.string();
  CHECK(lookup(rule("dataset:isset,seen,type string,state sub/seen.lst;"), "a"));
  environment.datasets.clear();
  environment.dataset_rules.allow_write = false;
  CHECK(rule("dataset:set,seen,type string,state seen.lst;").error.find("allow-write") != std::string::npos);
}

TEST_CASE("a set that cannot be written says so and leaves nothing behind") {
  const DataDir dir("file", "");
  const Dataset set({.save = (dir.path / "file" / "below.lst").string()});
  const auto saved = save_dataset(set);
  REQUIRE_FALSE(saved.has_value());
  CHECK(saved.error().find("below.lst: cannot be written") != std::string::npos);
}

TEST_CASE("the sizes of rules' sets are limited") {
  RuleEnvironment environment;
  environment.dataset_rules.most_hash_size = 1000;
  environment.dataset_rules.hash_sizes_left = 1500;
  environment.dataset_rules.hash_size = 10;
  const auto error = [&](const std::string& options) {
    return test::load("alert http any any -> any any (http.host; dataset:isset," + options + "; sid:1;)",
                      environment)
        .error;
  };
  CHECK(error("a,type string,hashsize 1001").find("single-hashsize") != std::string::npos);
  CHECK(error("a,type string,hashsize 1000").empty());
  CHECK(error("a").empty());
  CHECK(error("b,type string,hashsize 501").find("total-hashsizes") != std::string::npos);
  CHECK(error("b,type string,hashsize 500,memcap 1mb").empty());
  CHECK(environment.datasets.at("b")->source().memcap_bytes == 1U << 20U);
  CHECK(error("b,type md5").find("another type") != std::string::npos);
}

TEST_CASE("a match on a set with objects hands the object on under its key") {
  const DataDir dir("hosts.json", R"([{"host": "a", "why": "b"}])");
  RuleEnvironment environment;
  environment.data_dir = dir.path.string();
  for (const std::string key : {"context_key", "enrichment_key"}) {
    const auto one = test::load(
        "alert http any any -> any any (http.host; dataset:isset,h,type string,load hosts.json,"
        "format json,value_key host," +
            key + " bad; sid:1;)",
        environment);
    REQUIRE_MESSAGE(one.signature != nullptr, one.error);
    const auto& check = std::get<BufferCheckOp>(one.signature->buffers.at(0).chain.at(0)).check;
    CHECK(check->captures());
    CaptureList captured;
    CHECK_FALSE(check->matches({.data = test::bytes_of("b"), .captured = &captured}));
    CHECK(captured.size() == 0);
    CHECK(check->matches({.data = test::bytes_of("a"), .captured = &captured}));
    captured.for_each([&](const Capture& what, std::string_view text) {
      CHECK(what.kind == Capture::Kind::alert_json);
      CHECK(environment.variables.name(what.name) == "bad");
      CHECK(text == R"({"host":"a","why":"b"})");
    });
  }
}

TEST_CASE("dataset and datarep refuse what they cannot do") {
  for (const char* options :
       {"http.host; dataset:isset;", "http.host; dataset:jump,a,type string;", "http.host; dataset:isset,a;",
        "http.host; dataset:isset,a,type text;", "http.host; dataset:set,a,type string,save x.csv;",
        "http.host; dataset:isset,a,type string,format json;",
        "http.host; dataset:isset,a,type string,format xml,load x;",
        "http.host; dataset:isset,a,type string,context_key b;",
        "http.host; dataset:isset,a,type string,hashsize 0;",
        "http.host; dataset:isset,a,type string,memcap much;", "http.host; dataset:isset,a,type string,load;",
        "http.host; dataset:isset,a,type string,colour red;", "dataset:isset,a,type string;",
        "http.host; datarep:a,>,1;", "http.host; datarep:a,!,1,type string;",
        "http.host; datarep:a,>,65536,type string;"}) {
    CAPTURE(options);
    CHECK(test::http_with(options).signature == nullptr);
  }
}
