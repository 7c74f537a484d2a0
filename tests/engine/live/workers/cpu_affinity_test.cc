#include "engine/live/workers/cpu_affinity.h"

#include <doctest/doctest.h>

namespace weir::engine {
namespace {

const Cores kEight{0, 1, 2, 3, 4, 5, 6, 7};

tl::expected<CpuAffinity, std::string> read(const std::string& threading) {
  auto config = Config::parse("threading:\n" + threading, "t.yaml", ".");
  REQUIRE(config);
  return CpuAffinity::from(*config, kEight);
}

TEST_CASE("cores are named by numbers, ranges and all") {
  struct Row {
    std::vector<std::string> items;
    Cores cores;
  };
  for (const Row& row :
       {Row{{"0"}, {0}}, Row{{"2-4"}, {2, 3, 4}}, Row{{"all"}, kEight}, Row{{"5", "1-2", "1"}, {1, 2, 5}},
        Row{{"1,3, 5-6"}, {1, 3, 5, 6}}, Row{{" 7 "}, {7}}, Row{{}, {}}}) {
    const auto cores = parse_cores(row.items, kEight);
    REQUIRE(cores);
    CHECK(*cores == row.cores);
  }
}

TEST_CASE("what is no core, or not there, is said") {
  for (const char* item : {"", "x", "3-1", "-1", "1-", "1-2-3", "8", "6-9", "99999999999", "0x1", "1,,2"}) {
    CAPTURE(item);
    CHECK_FALSE(parse_cores({item}, kEight).has_value());
  }
  CHECK(parse_cores({"8"}, kEight).error() == "core 8 is not there, or not for this process; 0 to 7 are");
}

TEST_CASE("threads are not pinned unless the configuration says so") {
  const auto affinity = read("  cpu-affinity:\n    worker-cpu-set: {cpu: [1]}\n");
  REQUIRE(affinity);
  CHECK_FALSE(affinity->is_on());
  CHECK(affinity->worker(0, "eth0").empty());
  CHECK(affinity->management().empty());
}

TEST_CASE("workers of an exclusive set take its cores in turn") {
  const auto affinity = read(
      "  set-cpu-affinity: yes\n  detect-thread-ratio: 1.0\n  cpu-affinity:\n"
      "    - management-cpu-set:\n        cpu: [0]\n    - receive-cpu-set:\n        cpu: [0]\n"
      "    - worker-cpu-set:\n        cpu: [\"2-3\", 5]\n        mode: exclusive\n        prio: {default: "
      "high}\n");
  REQUIRE(affinity);
  CHECK(affinity->management() == Cores{0});
  CHECK(affinity->worker(0, "eth0") == Cores{2});
  CHECK(affinity->worker(2, "eth0") == Cores{5});
  CHECK(affinity->worker(3, "eth0") == Cores{2});
}

TEST_CASE("workers of a balanced set share it, and an interface can have a set of its own") {
  const auto affinity = read(
      "  set-cpu-affinity: yes\n  cpu-affinity:\n    worker-cpu-set:\n      cpu: [1, 2]\n      mode: "
      "balanced\n"
      "      interface-specific-cpu-set:\n        - interface: eth1\n          cpu: [6-7]\n          mode: "
      "exclusive\n");
  REQUIRE(affinity);
  CHECK(affinity->worker(0, "eth0") == Cores{1, 2});
  CHECK(affinity->worker(1, "") == Cores{1, 2});
  CHECK(affinity->worker(1, "eth1") == Cores{7});
  CHECK(affinity->management() == kEight);
}

TEST_CASE("a wrong set is named by its key") {
  struct Row {
    const char *text, *error;
  };
  for (const Row& row :
       {Row{"worker-cpu-set: {cpu: [9]}",
            "threading.cpu-affinity.worker-cpu-set.cpu: core 9 is not there, or not for this process; 0 to 7 "
            "are"},
        Row{"worker-cpu-set: {cpu: []}", "threading.cpu-affinity.worker-cpu-set.cpu: names no core"},
        Row{"worker-cpu-set: {cpu: [1], mode: odd}",
            "threading.cpu-affinity.worker-cpu-set.mode: 'odd': expected exclusive or balanced"},
        Row{"management-cpu-set: {cpu: [x]}",
            "threading.cpu-affinity.management-cpu-set.cpu: 'x': expected a core (0), a range (0-3) or "
            "all"}}) {
    const auto affinity =
        read(std::string("  set-cpu-affinity: yes\n  cpu-affinity:\n    ") + row.text + "\n");
    REQUIRE_FALSE(affinity.has_value());
    CHECK(affinity.error() == row.error);
  }
}

TEST_CASE("a thread can be pinned to a core of this machine") {
  const Cores before = present_cores();
  REQUIRE_FALSE(before.empty());
  REQUIRE(pin_this_thread({before.back()}));
  CHECK(present_cores() == Cores{before.back()});
  CHECK(pin_this_thread(before));
}

}  // namespace
}  // namespace weir::engine
