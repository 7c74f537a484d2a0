#include <doctest/doctest.h>

#include "output/flow/export/export_settings.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using output::ExportFormat;
using output::ExportTarget;
using output::FlowExportSettings;

TEST_CASE("flow export: where it goes to") {
  using Transport = ExportTarget::Transport;
  const auto udp = ExportTarget::parse("udp://collector.example:2055");
  REQUIRE(udp.has_value());
  CHECK(udp->transport == Transport::udp);
  CHECK(udp->host == "collector.example");
  CHECK(udp->port == 2055);
  const auto v6 = ExportTarget::parse("tls://[2001:db8::1]:4740");
  REQUIRE(v6.has_value());
  CHECK(v6->transport == Transport::tls);
  CHECK(v6->host == "2001:db8::1");
  const auto file = ExportTarget::parse("file:flows/%F.ipfix");
  REQUIRE(file.has_value());
  CHECK(file->path == "flows/%F.ipfix");
  for (const char* wrong : {"", "udp://", "udp://host", "udp://host:", "udp://host:0", "udp://host:65536",
                            "udp://:2055", "udp://2001:db8::1:2055", "udp://[]:1", "udp://a/b:1",
                            "sctp://host:1", "host:1", "file:", "file:a/"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ExportTarget::parse(wrong).has_value());
  }
}

TEST_CASE("flow export: the format of the option comes before that of an entry") {
  const FakeSettings configured{{"collectors", "netflow9 udp://127.0.0.1:2055"}};
  CHECK(FlowExportSettings::from(configured, {}, "")->collectors[0].format == ExportFormat::netflow9);
  CHECK(FlowExportSettings::from(configured, {}, "netflow5")->collectors[0].format == ExportFormat::netflow5);
}

TEST_CASE("flow export: keys that no collector heeds are warned of") {
  const auto warnings = [](const FakeSettings& settings, const std::vector<std::string>& to,
                           const char* format) {
    const auto got = FlowExportSettings::from(settings, to, format);
    REQUIRE(got.has_value());
    return got->warnings;
  };
  for (const char* key : {"rotate-size", "tls.verify", "engine-id", "enterprise"}) {
    CAPTURE(key);
    const auto told = warnings({{key, std::string(key) == "tls.verify"  ? "no"
                                      : std::string(key) == "engine-id" ? "7"
                                                                        : "70000"}},
                               {"udp://[::1]:1"}, "netflow9");
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("weir.flows.export." + std::string(key) + ": has no effect: it is for ") == 0);
  }
  CHECK(warnings({{"rotate-size", "70000"}, {"enterprise", "7"}}, {"udp://[::1]:1", "file:x"}, "").empty());
  CHECK(warnings({{"rotate-size", "70000"}}, {}, "").empty());
  for (const char* key : {"template-interval", "template-messages", "domain"}) {
    CAPTURE(key);
    CHECK(warnings({{key, "7"}}, {"udp://[::1]:1"}, "netflow5").size() == 1);
    CHECK(warnings({{key, "7"}}, {"udp://[::1]:1"}, "netflow9").empty());
  }
  CHECK(warnings({{"queue", "70000"}}, {"file:x"}, "ipfix").size() == 1);
  const auto small = warnings({{"mtu", "512"}, {"enterprise", "7"}}, {"udp://[::1]:1"}, "ipfix-biflow");
  REQUIRE(small.size() == 1);
  CHECK(small[0].find("weir.flows.export.mtu: 512 bytes have no room") == 0);
  CHECK(warnings({{"mtu", "512"}}, {"udp://[::1]:1"}, "ipfix-biflow").empty());
}

TEST_CASE("flow export: options come before the configuration, and what is wrong is named") {
  const FakeSettings configured{{"collectors", "netflow5 udp://127.0.0.1:2055"},
                                {"format", "ipfix-biflow"},
                                {"mtu", "1280"},
                                {"balance", "flow-hash"}};
  const auto own = FlowExportSettings::from(configured, {}, "");
  REQUIRE(own.has_value());
  REQUIRE(own->collectors.size() == 1);
  CHECK(own->collectors[0].format == ExportFormat::netflow5);
  CHECK(own->collectors[0].mtu == 1280);
  CHECK(own->by_flow);
  const auto given = FlowExportSettings::from(configured, {"udp://[::1]:1", "file:x"}, "ipfix");
  REQUIRE(given.has_value());
  REQUIRE(given->collectors.size() == 2);
  CHECK(given->collectors[1].format == ExportFormat::ipfix);
  CHECK(FlowExportSettings::from(FakeSettings{}, {}, "")->collectors.empty());

  const auto error = [](const FakeSettings& settings, const std::vector<std::string>& to,
                        const char* format) {
    const auto got = FlowExportSettings::from(settings, to, format);
    REQUIRE_FALSE(got.has_value());
    return got.error();
  };
  CHECK(error({}, {"host:1"}, "").find("--flow-export host:1: expected udp://HOST:PORT") == 0);
  CHECK(error({}, {"tcp://host:1"}, "netflow9")
            .find("--flow-export tcp://host:1: netflow9 goes over UDP alone") == 0);
  CHECK(error({}, {"file:x"}, "netflow5").find("--flow-export file:x: netflow5") == 0);
  CHECK(error({}, {"udp://host:1"}, "sflow").find("--flow-format: 'sflow' is no format: expected netflow5") ==
        0);
  CHECK(error({}, {}, "ipfix") == "--flow-format: nothing is exported; say where to with --flow-export");
  CHECK(error({{"mtu", "100"}}, {}, "") == "weir.flows.export.mtu: 100: expected 512 to 65507");
  CHECK(error({{"collectors", "sflow udp://host:1"}}, {}, "").find("weir.flows.export.collectors: ") == 0);
  CHECK(error({{"balance", "random"}}, {}, "").find("weir.flows.export.balance: 'random'") == 0);
  CHECK(error({{"tls.key", "x"}}, {}, "") == "weir.flows.export.tls: certificate and key go together");
}
