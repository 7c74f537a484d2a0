#include "rules/state/dataset.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

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
  REQUIRE(strings.load("Z29vZ2xlLmNvbQ==\r\n\n# comment\nYQ==", false).has_value());
  CHECK(strings.contains("google.com"));
  CHECK(strings.contains("a"));
  CHECK_FALSE(strings.contains("b"));
  Dataset hashes(DatasetType::md5);
  REQUIRE(hashes.load("000102030405060708090a0b0c0d0e0f", false).has_value());
  CHECK(hashes.contains(std::string_view("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 16)));
  Dataset addresses(DatasetType::ip);
  REQUIRE(addresses.load("1.2.3.4\n::ffff:5.6.7.8\n2001:db8::1\n", false).has_value());
  CHECK(addresses.contains("\1\2\3\4"));
  CHECK(addresses.contains("\5\6\7\x8"));
  Dataset rep(DatasetType::string);
  REQUIRE(rep.load("YQ==,201\n", true).has_value());
  CHECK(rep.reputation("a") == 201);
  CHECK_FALSE(rep.reputation("b").has_value());
}

TEST_CASE("files that do not fit the type are refused with the line") {
  CHECK(Dataset(DatasetType::md5).load("00\n", false).error().reason.find("line 1") != std::string::npos);
  CHECK_FALSE(Dataset(DatasetType::string).load("a b\n", false).has_value());
  CHECK_FALSE(Dataset(DatasetType::ipv4).load("2001:db8::1\n", false).has_value());
  CHECK_FALSE(Dataset(DatasetType::string).load("YQ==\n", true).has_value());
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
  for (const std::string file : {"/etc/passwd", "../list.csv", "sub/../../list.csv", "no.csv", "."}) {
    CAPTURE(file);
    CHECK(rule("dataset:isset,other,type string,load " + file + ";").signature == nullptr);
  }
  environment.data_dir.clear();
  CHECK(rule("dataset:isset,third,type string,load list.csv;").signature == nullptr);
}

TEST_CASE("dataset and datarep refuse what they cannot do") {
  for (const char* options :
       {"http.host; dataset:isset;", "http.host; dataset:jump,a,type string;", "http.host; dataset:isset,a;",
        "http.host; dataset:isset,a,type text;", "http.host; dataset:set,a,type string,save x.csv;",
        "http.host; dataset:isset,a,type string,format json;",
        "http.host; dataset:isset,a,type string,colour red;", "dataset:isset,a,type string;",
        "http.host; datarep:a,>,1;", "http.host; datarep:a,!,1,type string;",
        "http.host; datarep:a,>,65536,type string;"}) {
    CAPTURE(options);
    CHECK(test::http_with(options).signature == nullptr);
  }
}
