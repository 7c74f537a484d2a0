#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "output/sink.h"

using weir::output::open_file_sink;

namespace {

struct TemporaryFolder {
  std::string path;
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-sink-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("file sink: lines arrive whole and in order, whatever their size") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/log";
  std::string expected;
  {
    auto sink = open_file_sink(path, false);
    REQUIRE(sink.has_value());
    for (int i = 0; i < 5000; ++i) {
      const std::string line(static_cast<std::size_t>(i % 977), static_cast<char>('a' + i % 26));
      (*sink)->write_line(line);
      expected += line + '\n';
    }
    const std::string huge(600'000, 'x');  // more than the buffer holds
    (*sink)->write_line(huge);
    expected += huge + '\n';
    (*sink)->flush();
    CHECK(read(path) == expected);
    (*sink)->write_line("last");
  }
  CHECK(read(path) == expected + "last\n");  // the end of its life flushes
}

TEST_CASE("file sink: appends or starts anew") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/log";
  for (const bool append : {false, true, false})
    (*open_file_sink(path, append))->write_line(append ? "b" : "a");
  CHECK(read(path) == "a\n");
  (*open_file_sink(path, true))->write_line("b");
  CHECK(read(path) == "a\nb\n");
}

TEST_CASE("file sink: a full disk loses lines, counts them and says why") {
  auto sink = open_file_sink("/dev/full", true);
  REQUIRE(sink.has_value());
  (*sink)->write_line("one");
  (*sink)->write_line("two");
  (*sink)->flush();
  CHECK((*sink)->lines_lost() == 2);
  CHECK((*sink)->first_error() == "/dev/full: write: No space left on device");
  (*sink)->write_line("three");
  (*sink)->flush();
  CHECK((*sink)->lines_lost() == 3);
}

TEST_CASE("file sink: a path that cannot be opened is an error that names it") {
  const auto sink = open_file_sink("/nonexistent/folder/log", false);
  REQUIRE_FALSE(sink.has_value());
  CHECK(sink.error() == "/nonexistent/folder/log: open: No such file or directory");
}
