#include "engine/query/answer_addresses.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

const IpAddress kAlpha = IpAddress::v4(0x0a000001), kBeta = IpAddress::v4(0x0a000002);

Answer with_addresses() {
  Answer out;
  out.columns = {{"src_ip"}, {"flows"}, {"peers"}};
  out.rows.push_back({kAlpha, std::uint64_t{3}, std::vector<IpAddress>{kAlpha, kBeta}});
  out.before = {"10.0.0.1 talks"};
  return out;
}
std::string first_has_a_name(const IpAddress& address) {
  return address == kAlpha ? "alpha" : "";
}

}  // namespace

TEST_CASE("names: a person sees them in the place of addresses, in lists and lines too") {
  Answer answer = with_addresses();
  show_names(answer, first_has_a_name);
  CHECK(std::get<std::string>(answer.rows[0][0]) == "alpha");
  CHECK((std::get<std::vector<std::string>>(answer.rows[0][2]) ==
         std::vector<std::string>{"alpha", "10.0.0.2"}));
  CHECK(answer.before[0] == "alpha talks");
}

TEST_CASE("names: programs get them in columns of their own") {
  Answer answer = with_addresses();
  add_names(answer, first_has_a_name);
  REQUIRE(answer.columns.size() == 5);
  CHECK(answer.columns[1].name == "src_ip_name");
  CHECK(answer.columns[4].name == "peers_name");
  REQUIRE(answer.rows[0].size() == 5);
  CHECK(std::get<IpAddress>(answer.rows[0][0]) == kAlpha);
  CHECK(std::get<std::string>(answer.rows[0][1]) == "alpha");
  CHECK((std::get<std::vector<std::string>>(answer.rows[0][4]) == std::vector<std::string>{"alpha", ""}));
}

TEST_CASE("anonymised: nothing stays in the order of what addresses were") {
  const auto turned = [](const IpAddress& a) { return a == kAlpha ? kBeta : kAlpha; };
  Answer answer = with_addresses();
  answer.rows.push_back({kBeta, std::uint64_t{3}, std::vector<IpAddress>{kAlpha, kBeta}});
  answer.rows.push_back({kAlpha, std::uint64_t{2}, {}});
  answer.sorted_by = {1};
  anonymise(answer, turned);
  CHECK(std::get<IpAddress>(answer.rows[0][0]) == kAlpha);
  CHECK(std::get<IpAddress>(answer.rows[1][0]) == kBeta);
  CHECK((std::get<std::vector<IpAddress>>(answer.rows[0][2]) == std::vector<IpAddress>{kAlpha, kBeta}));
  CHECK(std::get<std::uint64_t>(answer.rows[2][1]) == 2);
  CHECK(answer.before[0] == "10.0.0.2 talks");
}

TEST_CASE("addresses of an answer are each told once") {
  CHECK((addresses_of(with_addresses()) == std::vector<IpAddress>{kAlpha, kBeta}));
}
