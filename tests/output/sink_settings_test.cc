#include "output/sink_settings.h"

#include <sys/stat.h>
#include <syslog.h>

#include <doctest/doctest.h>

#include "tests/output/fake_settings.h"
#include "tests/output/log_folder.h"

using weir::output::SinkDefaults;
using weir::output::SinkSettings;

namespace {

const SinkDefaults kDefaults{
    .folder = "/var/log/weir", .filename = "eve.json", .rotate_bytes = 1000, .rotate_keep = 7};

}  // namespace

TEST_CASE("sink settings: an output that says nothing goes to a file below the log folder") {
  const auto got = SinkSettings::from(FakeSettings{}, kDefaults);
  REQUIRE(got.has_value());
  CHECK(got->kind == &weir::output::sink_regular);
  CHECK(got->path == "/var/log/weir/eve.json");
  CHECK(got->append);
  CHECK(got->rotate_bytes == 1000);
  CHECK(got->rotate_keep == 7);
  CHECK(got->interval.kind == weir::output::RotationInterval::Kind::never);
}

TEST_CASE("sink settings: each key is read, under Suricata's name") {
  const auto got = SinkSettings::from(FakeSettings{{"filetype", "syslog"},
                                                   {"identity", "sensor1"},
                                                   {"facility", "local5"},
                                                   {"level", "Warning"},
                                                   {"filename", "/elsewhere/log"},
                                                   {"filemode", "640"},
                                                   {"append", "no"},
                                                   {"rotate-interval", "hour"},
                                                   {"rotate-size", "2mb"},
                                                   {"rotate-keep", "3"}},
                                      kDefaults);
  REQUIRE(got.has_value());
  CHECK(got->kind == &weir::output::sink_syslog);
  CHECK(got->name == "syslog");
  CHECK(got->identity == "sensor1");
  CHECK(got->priority == (LOG_LOCAL5 | LOG_WARNING));
  CHECK(got->path == "/elsewhere/log");
  CHECK(got->mode == 0640);
  CHECK_FALSE(got->append);
  CHECK(got->interval.kind == weir::output::RotationInterval::Kind::hour);
  CHECK(got->rotate_bytes == 2U << 20U);
  CHECK(got->rotate_keep == 3);
}

TEST_CASE("sink settings: type is an older name of filetype") {
  const auto got = SinkSettings::from(FakeSettings{{"type", "syslog"}}, kDefaults);
  REQUIRE(got.has_value());
  CHECK(got->kind == &weir::output::sink_syslog);
  const auto newer = SinkSettings::from(FakeSettings{{"type", "syslog"}, {"filetype", "regular"}}, kDefaults);
  REQUIRE(newer.has_value());
  CHECK(newer->kind == &weir::output::sink_regular);
}

TEST_CASE("sink settings: what is wrong is said with what stands there") {
  const std::pair<FakeSettings, std::string> rows[] = {
      {{{"filetype", "redis"}},
       "filetype 'redis' is not supported: write a file or to a socket (unix_stream), and let a log shipper bring the "
       "lines there"},
      {{{"filemode", "rw"}}, "filemode 'rw': expected octal digits, such as 640"},
      {{{"filemode", "7777"}}, "filemode '7777': expected octal digits, such as 640"},
      {{{"rotate-interval", "soon"}},
       "rotate-interval 'soon': expected minute, hour, day, or a number with s, m, h, d or w"},
      {{{"rotate-size", "huge"}}, "rotate-size 'huge': expected a size, such as 100mb"},
      {{{"filetype", "syslog"}, {"facility", "mine"}}, "facility 'mine' is not known"},
      {{{"filetype", "syslog"}, {"level", "loud"}}, "level 'loud' is not known"},
  };
  for (const auto& [settings, error] : rows) {
    const auto got = SinkSettings::from(settings, kDefaults);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error() == error);
  }
}

TEST_CASE("sink settings: a path that is too long for a socket is refused, nobody there is not") {
  const weir::output_test::LogFolder folder;
  for (const char* kind : {"unix_stream", "unix_dgram"}) {
    auto settings =
        SinkSettings::from(FakeSettings{{"filetype", kind}}, {.folder = folder.path, .filename = "s"});
    REQUIRE(settings.has_value());
    CHECK(weir::output::open_sink(*settings).has_value());
    settings->path += std::string(200, 'x');
    CHECK_FALSE(weir::output::open_sink(*settings).has_value());
  }
}

TEST_CASE("sink settings: a file gets the mode that is asked for") {
  const weir::output_test::LogFolder folder;
  const auto settings =
      SinkSettings::from(FakeSettings{{"filemode", "600"}}, {.folder = folder.path, .filename = "log"});
  REQUIRE(settings.has_value());
  CHECK(weir::output::open_sink(*settings).has_value());
  struct stat info {};
  REQUIRE(::stat(folder.file("log").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600);
}
