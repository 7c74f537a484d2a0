#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
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

// No file of this process grows beyond so many bytes, as on a disk that is full by then; until the end of its
// life.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    (void)std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~SmallDisk() { (void)::setrlimit(RLIMIT_FSIZE, &before_); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
};

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

TEST_CASE(
    "file sink: on a full disk whole lines stay, and when there is room again lines are written again") {
  const LogFolder folder;
  auto sink = open_file_sink({.path = folder.file("log")});
  REQUIRE(sink.has_value());
  {
    const SmallDisk disk(20);
    for (const char* line : {"0123456789", "abcdefghijkl", "lost"}) (*sink)->write_line(line);
    (*sink)->flush();
    (*sink)->write_line("lost, too");
    (*sink)->flush();
  }
  CHECK(folder.read("log") == "0123456789\n");
  CHECK((*sink)->lines_written() == 1);
  CHECK((*sink)->lines_lost() == 3);
  (*sink)->write_line("again");
  (*sink)->flush();
  CHECK(folder.read("log") == "0123456789\nagain\n");
  CHECK((*sink)->lines_written() == 2);
  CHECK((*sink)->lines_lost() == 3);
}

TEST_CASE("file sink: a half line in a file that somebody else writes to is ended, not taken back") {
  const LogFolder folder;
  auto sink = open_file_sink({.path = folder.file("log")});
  REQUIRE(sink.has_value());
  std::ofstream(folder.file("log"), std::ios::app) << "other\n";
  {
    const SmallDisk disk(10);
    (*sink)->write_line("0123456789");
    (*sink)->flush();
  }
  (*sink)->write_line("again");
  (*sink)->flush();
  CHECK(folder.read("log") == "other\n0123\nagain\n");
}

TEST_CASE("file sink: files that are full within one second get numbers, and the limit is kept to the byte") {
  const LogFolder folder;
  const std::time_t now = 1'700'000'000;
  auto sink = open_file_sink({.path = folder.file("log"), .max_bytes = 10, .clock = [] { return now; }});
  REQUIRE(sink.has_value());
  for (const char* line : {"aaaa", "bbbb", "cccc", "dddd", "longer than the limit", "eeee"})
    (*sink)->write_line(line);
  (*sink)->flush();
  const std::string full = weir::output::rotated_name("log", now, 0);
  CHECK(folder.read(full) == "aaaa\nbbbb\n");
  CHECK(folder.read(full + ".1") == "cccc\ndddd\n");
  CHECK(folder.read(full + ".2") == "longer than the limit\n");
  CHECK(folder.read("log") == "eeee\n");
  CHECK((*sink)->lines_written() == 6);
}

TEST_CASE("file sink: while the next file cannot be opened lines go on into the last one") {
  const LogFolder folder;
  std::time_t now = 1'700'000'000;
  std::filesystem::create_directory(folder.file("logs"));
  auto sink = open_file_sink({.path = folder.file("logs/log"), .clock = [&now] { return now; }});
  REQUIRE(sink.has_value());
  (*sink)->write_line("before");
  std::filesystem::rename(folder.file("logs"), folder.file("away"));
  (*sink)->reopen();
  CHECK((*sink)->last_error() == folder.file("logs/log") + ": open: No such file or directory");
  (*sink)->write_line("meanwhile");
  (*sink)->flush();
  std::filesystem::create_directory(folder.file("logs"));
  (*sink)->tick();  // too soon
  now += 2;
  (*sink)->tick();
  (*sink)->write_line("after");
  (*sink)->flush();
  CHECK(folder.read("away/log") == "before\nmeanwhile\n");
  CHECK(folder.read("logs/log") == "after\n");
  CHECK((*sink)->lines_lost() == 0);
}

TEST_CASE("file sink: a device is written to and never renamed") {
  const LogFolder folder;
  std::filesystem::create_symlink("/dev/null", folder.file("log"));
  auto sink = open_file_sink({.path = folder.file("log"), .max_bytes = 10});
  REQUIRE(sink.has_value());
  for (int i = 0; i < 10; ++i) (*sink)->write_line("a line");
  (*sink)->rotate();
  CHECK(std::filesystem::is_symlink(folder.file("log")));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
  CHECK((*sink)->lines_written() == 10);
}

TEST_CASE("file sink: a file is made for its owner and group, and never written through a link") {
  const LogFolder folder;
  const mode_t before = ::umask(0);
  const auto made = open_file_sink({.path = folder.file("log")});
  ::umask(before);
  REQUIRE(made.has_value());
  CHECK(std::filesystem::status(folder.file("log")).permissions() == std::filesystem::perms{0640});
  std::filesystem::create_symlink(folder.file("log"), folder.file("link"));
  std::filesystem::create_symlink(folder.file("nowhere"), folder.file("dangling"));
  for (const char* name : {"link", "dangling"}) {
    const auto refused = open_file_sink({.path = folder.file(name)});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().find(std::string(name) + ": open: it is a link") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(folder.file("nowhere")));
}

TEST_CASE("file sink: a link that takes the place of the file is not followed when it is opened again") {
  const LogFolder folder;
  auto sink = open_file_sink({.path = folder.file("log")});
  REQUIRE(sink.has_value());
  std::filesystem::rename(folder.file("log"), folder.file("old"));
  std::filesystem::create_symlink(folder.file("victim"), folder.file("log"));
  (*sink)->reopen();
  (*sink)->write_line("after");
  (*sink)->flush();
  CHECK(folder.read("old") == "after\n");
  CHECK_FALSE(std::filesystem::exists(folder.file("victim")));
  CHECK((*sink)->last_error().find("it is a link") != std::string::npos);
}
