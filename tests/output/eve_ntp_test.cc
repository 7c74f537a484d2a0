#include <doctest/doctest.h>

#include "decoders/app/ntp/ntp.h"
#include "output/eve_tx.h"
#include "tests/decoders/app/ntp/ntp_builder.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

// The event of one datagram; empty when there is none.
std::string written(const std::string& datagram) {
  ntp::NtpTransaction tx(0, Direction::to_client);
  tx.message = ntp::parse_message({reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size()});
  const auto writer = eve_ntp.configure(FakeSettings{});
  CHECK(writer->direction(tx) == Direction::to_client);
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve ntp: what a message says of itself") {
  CHECK(written(test::ntp_time(4, 4, 1, 2, 1, "GPS")) ==
        R"({"ntp":{"version":4,"mode":4,"stratum":1,"reference_id":"47505300"}})");
  CHECK(written(test::ntp_control(true)) == R"({"ntp":{"version":4,"mode":6}})");
}

TEST_CASE("eve ntp: of a malformed message nothing is written") {
  CHECK(written("\x23").empty());
}
