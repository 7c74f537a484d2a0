#include "engine/query/clickhouse_query.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

ClickHouseQuery asked(const RecordQuery& query) {
  return clickhouse_query(query, "`flows`", output::clickhouse::columns_of(query.fields));
}

}  // namespace

TEST_CASE("clickhouse query: no more columns are asked for than somebody looks at") {
  RecordQuery query;
  query.fields = flow::Field::protocol;
  CHECK(asked(query).select == "SELECT proto FROM `flows` FORMAT Native");
  CHECK(asked(query).tables.empty());
  query.fields = {};
  CHECK(asked(query).select == "SELECT start FROM `flows` FORMAT Native");
}

TEST_CASE("clickhouse query: times bound start and end") {
  RecordQuery query;
  query.fields = flow::Field::protocol;
  query.from = 10;
  query.to = 20;
  CHECK(asked(query).select ==
        "SELECT proto FROM `flows` WHERE start < 20 AND start + duration_us >= 10 FORMAT Native");
}

TEST_CASE("clickhouse query: ports go along as a table, and ICMP has none") {
  RecordQuery query;
  query.fields = flow::Field::protocol;
  for (std::uint16_t port = 1; port < 60'000; ++port) query.ports.push_back(port);
  const ClickHouseQuery out = asked(query);
  CHECK(out.select ==
        "SELECT proto FROM `flows` WHERE isNull(icmp_type) AND (src_port IN (SELECT port FROM weir_ports) OR "
        "dest_port IN "
        "(SELECT port FROM weir_ports)) FORMAT Native");
  REQUIRE(out.tables.size() == 1);
  CHECK(out.tables[0].lines.starts_with("1\n2\n"));
}

TEST_CASE("clickhouse query: the text stays short however many addresses and networks there are") {
  RecordQuery query;
  query.fields = flow::Field::protocol;
  for (std::uint32_t i = 0; i < 20'000; ++i) query.hosts.add(IpAddress::v4(0xb9000000 + i));
  for (std::uint32_t i = 0; i < 5'000; ++i) query.hosts.add(IpNetwork{IpAddress::v4(i << 8U), 24});
  query.others.add(*IpNetwork::parse("2001:db8::/30"));
  const ClickHouseQuery out = asked(query);
  CHECK(out.select.size() < 4000);
  REQUIRE(out.tables.size() == 2);
  CHECK(out.tables[0].name == "weir_hosts");
  CHECK(out.tables[0].lines.find("0\t0\t0\t185.0.0.7\n") != std::string::npos);
  CHECK(out.tables[0].lines.find("4\t24\t768\t\n") != std::string::npos);
  // Two bits of the fourth byte are open.
  CHECK(out.tables[1].lines ==
        "6\t4\t0\t20010DB8\n6\t4\t0\t20010DB9\n6\t4\t0\t20010DBA\n6\t4\t0\t20010DBB\n");
  // One in hosts and the other in others, either way round.
  CHECK(out.select.find("((src_ip IN (SELECT text FROM weir_hosts") != std::string::npos);
  CHECK(out.select.find(" OR ((dest_ip IN (SELECT text FROM weir_hosts") != std::string::npos);
}
