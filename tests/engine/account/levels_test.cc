#include "engine/account/levels.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace weir;
using namespace weir::engine;

namespace {

std::map<std::string, std::uint64_t> named(const std::vector<StatsValue>& values) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [name, value] : values) CHECK(out.emplace(name, value).second);  // each once
  return out;
}

}  // namespace

TEST_CASE("levels: the pressure is that of the fullest table, and never more than all") {
  CHECK(RunLevels{}.pressure() == 0);
  CHECK(RunLevels{.flow_table = {50, 100}, .stream_data = {3, 4}}.pressure() == 75);
  CHECK(RunLevels{.stream_sessions = {7, 0}, .fragments = {1, 100}}.pressure() == 1);
  CHECK(RunLevels{.flow_table = {300, 100}}.pressure() == 100);
}

TEST_CASE("levels: what tables hold, and the most that was seen of them") {
  std::vector<StatsValue> values;
  append_levels({.flows = 2,
                 .flow_table = {10, 100},
                 .stream_sessions = {20, 100},
                 .stream_data = {30, 100},
                 .fragments = {40, 100}},
                55, values);
  CHECK(named(values) == std::map<std::string, std::uint64_t>{{"flow.active", 2},
                                                              {"flow.memuse", 10},
                                                              {"tcp.memuse", 20},
                                                              {"tcp.reassembly_memuse", 30},
                                                              {"defrag.memuse", 40},
                                                              {"memcap.pressure", 40},
                                                              {"memcap.pressure_max", 55}});
}

TEST_CASE("levels: names of what there is not are zeros, older ones on request") {
  std::vector<StatsValue> values, older;
  append_absent({.file_store = false}, values);
  append_absent({.file_store = true, .older = true}, older);
  const auto few = named(values), all = named(older);
  CHECK(few.at("flow.spare") == 0);
  CHECK(few.count("file_store.open_files") == 0);
  CHECK(few.count("dns.memuse") == 0);
  CHECK(all.at("file_store.open_files") == 0);
  CHECK(all.at("dns.memuse") == 0);
}
