#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "output/file_sink.h"
#include "tests/output/log_folder.h"

using weir::output::FileSinkSettings;
using weir::output::open_file_sink;
using weir::output::RotationInterval;
using weir::output_test::LogFolder;

namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("file sink: lines arrive whole and in order, whatever their size") {
  const LogFolder folder;
  const std::string path = folder.path + "/log";
  std::string expected;
  {
    auto sink = open_file_sink({.path = path, .append = false});
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
  const LogFolder folder;
  const std::string path = folder.path + "/log";
  for (const bool append : {false, true, false})
    (*open_file_sink({.path = path, .append = append}))->write_line(append ? "b" : "a");
  CHECK(read(path) == "a\n");
  (*open_file_sink({.path = path}))->write_line("b");
  CHECK(read(path) == "a\nb\n");
}

TEST_CASE("file sink: a full disk loses lines, counts them and says why") {
  auto sink = open_file_sink({.path = "/dev/full"});
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
  const auto sink = open_file_sink({.path = "/nonexistent/folder/log"});
  REQUIRE_FALSE(sink.has_value());
  CHECK(sink.error() == "/nonexistent/folder/log: open: No such file or directory");
}

TEST_CASE("file sink: a full file is renamed with its time, and only the newest are kept") {
  const LogFolder folder;
  std::time_t now = 1'700'000'000;
  auto sink = open_file_sink(
      {.path = folder.file("log"), .max_bytes = 10, .keep = 2, .clock = [&now] { return now; }});
  REQUIRE(sink.has_value());
  std::string all;
  for (char c = 'a'; c < 'f'; ++c) {
    (*sink)->write_line(std::string(8, c));
    (*sink)->flush();
    now += 3600;
  }
  CHECK(folder.read("log") == "eeeeeeee\n");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    ++files;
    all += read(entry.path());
  }
  CHECK(files == 3);
  CHECK(all.find('a') == std::string::npos);
  CHECK(all.find("cccccccc") != std::string::npos);
  CHECK(all.find("dddddddd") != std::string::npos);
  CHECK((*sink)->lines_lost() == 0);
}

TEST_CASE("file sink: a new file begins when its time has come, under the name of the time when it has one") {
  const LogFolder folder;
  std::time_t now = 1'700'000'000;
  auto sink = open_file_sink({.path = folder.file("log-%s"),
                              .interval = *RotationInterval::parse("10s"),
                              .clock = [&now] { return now; }});
  REQUIRE(sink.has_value());
  (*sink)->write_line("one");
  now += 9;
  (*sink)->tick();
  (*sink)->write_line("two");
  now += 2;
  (*sink)->tick();
  (*sink)->write_line("three");
  (*sink)->flush();
  CHECK(folder.read("log-1700000000") == "one\ntwo\n");
  CHECK(folder.read("log-1700000011") == "three\n");
}

TEST_CASE("file sink: after a rename by somebody else reopen() begins the file anew, nothing is lost") {
  const LogFolder folder;
  auto sink = open_file_sink({.path = folder.file("log")});
  (*sink)->write_line("before");
  std::filesystem::rename(folder.file("log"), folder.file("moved"));
  (*sink)->write_line("still before");
  (*sink)->reopen();
  (*sink)->write_line("after");
  (*sink)->flush();
  CHECK(folder.read("moved") == "before\nstill before\n");
  CHECK(folder.read("log") == "after\n");
  (*sink)->rotate();
  (*sink)->write_line("later");
  (*sink)->flush();
  CHECK(folder.read("log") == "later\n");
}
