#include "engine/query/groups/group_key.h"

#include <doctest/doctest.h>

#include "tests/engine/query/kept_records.h"

namespace weir::engine {
namespace {

flow::Record keyed_record() {
  flow::Record r;
  r.source = address("10.1.2.3");
  r.destination = address("2001:db8:1:2::7");
  r.source_port = 40'000;
  r.destination_port = 443;
  r.protocol = 6;
  r.vlan = 17;
  r.routing.source_as = 64500;
  r.exporter = {.address = address("192.0.2.9"), .domain = 3};
  r.sides[0] = {.packets = 1, .bytes = 60, .tos = 8};
  return r;
}

// The cells of a record's key, "10.1.2.3 443".
std::string key_text(std::string_view by, const flow::Record& record, std::size_t end = 0) {
  const auto keys = GroupKeys::parse(by);
  REQUIRE_MESSAGE(keys.has_value(), (keys ? "" : keys.error()));
  GroupTexts texts;
  GroupKeys::Key key;
  keys->write(record, end, texts, key);
  std::vector<Cell> row;
  keys->append_cells(key.data(), texts, row);
  std::string out;
  for (const Cell& cell : row) out += (out.empty() ? "" : " ") + std::visit(CellText{}, cell);
  return out;
}

std::string by_error(std::string_view by) {
  const auto keys = GroupKeys::parse(by);
  return keys ? "" : keys.error();
}

}  // namespace

TEST_CASE("group keys: what was written to a key is read from it") {
  const flow::Record r = keyed_record();
  CHECK(key_text("src,dst", r) == "10.1.2.3 2001:db8:1:2::7");
  CHECK(key_text("sport,dport,proto,vlan,tos", r) == "40000 443 TCP 17 8");
  CHECK(key_text("src-as,exporter,domain", r) == "64500 192.0.2.9 3");
  CHECK(key_text("src-country,country", r) == "- -");
  flow::Record placed = r;
  placed.countries = {{{'D', 'E'}, {'F', 'R'}}};
  CHECK(key_text("src-country,dst-country,country,vlan", placed) == "DE FR DE 17");
  CHECK(key_text("country", placed, 1) == "FR");
  CHECK(key_text("", r).empty());
}

TEST_CASE("group keys: networks have their bits, of IPv6 64 where nothing else is said") {
  flow::Record r = keyed_record();
  CHECK(key_text("src/16,dst/16", r) == "10.1.0.0/16 2001:db8:1:2::/64");
  CHECK(key_text("src/20,dst/16/36", r) == "10.1.0.0/20 2001:db8::/36");
  CHECK(key_text("src/0,dst/0/0", r) == "0.0.0.0/0 ::/0");
  CHECK(key_text("src/32,dst/32/128", r) == "10.1.2.3/32 2001:db8:1:2::7/128");
  r.source = address("10.1.255.255");
  CHECK(key_text("src/17", r) == "10.1.128.0/17");
}

TEST_CASE("group keys: either end has a key of its own") {
  const flow::Record r = keyed_record();
  CHECK(key_text("host,proto", r, 0) == "10.1.2.3 TCP");
  CHECK(key_text("host,proto", r, 1) == "2001:db8:1:2::7 TCP");
  CHECK(GroupKeys::parse("dport,as")->is_of_either_end());
  CHECK(GroupKeys::parse("country")->is_of_either_end());
  CHECK_FALSE(GroupKeys::parse("src,dst")->is_of_either_end());
}

TEST_CASE("group keys: the port of the service is the destination's, or the lower one of one side") {
  flow::Record r = keyed_record();
  r.source_port = 443;
  r.destination_port = 51'000;
  CHECK(key_text("port", r) == "443");
  r.sides[1].packets = 1;
  CHECK(key_text("port", r) == "51000");
}

TEST_CASE("group keys: texts are numbers that another table's keys are changed to") {
  flow::Record r = keyed_record();
  flow::Detail detail;
  r.detail = &detail;
  CHECK(key_text("app,sni", r) == "- -");
  detail.application = "dns";
  detail.host = "example.com";
  CHECK(key_text("app,sni", r) == "dns example.com");

  const auto keys = GroupKeys::parse("app");
  GroupTexts here, there;
  here.number_of("tls");
  GroupKeys::Key key;
  keys->write(r, 0, there, key);
  keys->renumber_texts(key.data(), std::vector<std::uint32_t>{0, here.number_of("dns")});
  std::vector<Cell> row;
  keys->append_cells(key.data(), here, row);
  CHECK(std::get<std::string>(row.at(0)) == "dns");
}

TEST_CASE("group keys: only what the fields need is asked for") {
  CHECK_FALSE(GroupKeys::parse("src")->fields().has(Field::ports));
  CHECK(GroupKeys::parse("src,dport")->fields().has(Field::ports));
  CHECK(GroupKeys::parse("app")->fields().has(Field::detail));
}

TEST_CASE("group keys: what is wrong with --by is told") {
  CHECK(by_error("src,foo").starts_with("--by src,foo: 'foo' is none of src, dst, host, "));
  CHECK(by_error("src/33").find("expected src, dst or host with bits of IPv4") != std::string::npos);
  CHECK(by_error("src/16/129").find("expected src") != std::string::npos);
  CHECK(by_error("src/").find("expected src") != std::string::npos);
  CHECK(by_error("dport/8").find("expected src") != std::string::npos);
  CHECK(by_error("src,src") == "--by src,src: src is there twice");
  CHECK(by_error("src,src/16").empty());
  CHECK(by_error("src,dst,host,sport,dport,port,proto,vlan,tos").find("8 fields are the most") !=
        std::string::npos);
}

}  // namespace weir::engine
