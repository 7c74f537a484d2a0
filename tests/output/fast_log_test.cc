#include "output/fast_log.h"

#include <cstdlib>
#include <ctime>

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::output;

namespace {

struct LastLine final : Sink {
  void write_line(std::string_view text, const std::shared_ptr<LineCondition>&) override { line = text; }
  void flush() override {}
  std::string line;
};

}  // namespace

TEST_CASE("fast log: one line says when, what and between whom") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  LastLine sink;
  FastSession log{sink};
  rules::SignatureMeta meta;
  meta.sid = 5;
  meta.rev = 2;
  meta.msg = "a\nb";
  meta.category = "Misc activity";
  AlertRecord r;
  r.signature = &meta;
  r.head.time = 1'468'449'727'199'672;
  r.head.source = IpAddress::v4(0x0a000001);
  r.head.destination = IpAddress::v4(0x0a000002);
  r.head.ip_protocol = 6;
  r.head.source_port = 1025;
  r.head.destination_port = 80;
  log.alert(r);
  CHECK(sink.line ==
        "07/13/2016-22:42:07.199672  [**] [1:5:2] a\\x0ab [**] [Classification: Misc activity] [Priority: 3] "
        "{TCP} "
        "10.0.0.1:1025 -> 10.0.0.2:80");
  r.action = "blocked";
  r.head.ip_protocol = 1;
  r.head.has_icmp = true;
  r.head.icmp_type = 8;
  meta.category = {};
  log.alert(r);
  CHECK(sink.line ==
        "07/13/2016-22:42:07.199672  [Drop] [**] [1:5:2] a\\x0ab [**] [Classification: (null)] [Priority: "
        "3] {ICMP} "
        "10.0.0.1:8 -> 10.0.0.2:0");
  r.action = "allowed";
  r.would_drop = true;
  log.alert(r);
  CHECK(sink.line.find("  [wDrop] [**] [1:5:2] ") != std::string::npos);
}
