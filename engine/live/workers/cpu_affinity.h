// `threading:`: which threads run on which cores, under Suricata's names.
//
// threading:
//   set-cpu-affinity: yes
//   cpu-affinity:
//     management-cpu-set: {cpu: [0]}
//     worker-cpu-set: {cpu: ["1-7"], mode: exclusive, interface-specific-cpu-set: [{interface: eth1, cpu:
//     [4]}]}
//
// The sets may be a list of one-key maps too, as version 7 writes them. receive-cpu-set and verdict-cpu-set
// have no threads of their own here, `prio` and detect-thread-ratio mean nothing: all are accepted and left
// alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config/config.h"

namespace weir::engine {

using Cores = std::vector<unsigned>;  // ascending, each once; empty: where the system likes

inline constexpr unsigned kMaxCores = 1024;  // CPU_SETSIZE

// "all", or numbers and ranges: {"0", "2-3", "5,7"}. `present`: the cores of this machine. Fails with a text
// that names what is wrong with which item.
tl::expected<Cores, std::string> parse_cores(const std::vector<std::string>& items, const Cores& present);

// The cores that this process may use now.
Cores present_cores();

class CpuAffinity {
 public:
  // Off, unless set-cpu-affinity is on. Fails with a text that names the key.
  static tl::expected<CpuAffinity, std::string> from(const Config& config, const Cores& present);

  [[nodiscard]] bool is_on() const { return on_; }
  // Of threads that see no packets: the main one, the log writer, those that reload.
  [[nodiscard]] const Cores& management() const { return management_; }
  // Of the worker with this number (from 0) of those that listen on `interface` (empty: a queue): one core in
  // turn when the set is exclusive, else the whole set. Empty when off.
  [[nodiscard]] Cores worker(std::size_t number, std::string_view interface) const;

 private:
  struct WorkerSet {
    std::string interface;  // empty: of all that have none of their own
    Cores cores;
    bool exclusive = true;
  };
  static tl::expected<WorkerSet, std::string> read_set(const Settings& settings, const std::string& path,
                                                       WorkerSet defaults, const Cores& present);
  tl::expected<void, std::string> read_worker_set(const Config& config, const Config::Item& item,
                                                  const Cores& present);
  [[nodiscard]] const WorkerSet& set_of(std::string_view interface) const;

  bool on_ = false;
  Cores management_;
  std::vector<WorkerSet> workers_{WorkerSet{}};  // the first one is the common one
};

// False, and errno is set, when the system does not let it.
bool pin_this_thread(const Cores& cores);

}  // namespace weir::engine
