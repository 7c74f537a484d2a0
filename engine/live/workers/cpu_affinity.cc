#include "engine/live/workers/cpu_affinity.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"


namespace weir::engine {
namespace {

static_assert(kMaxCores == CPU_SETSIZE);

std::optional<unsigned> number(std::string_view text) {
  const auto value = parse_number<unsigned>(trim(text));
  return value && *value < kMaxCores ? value : std::nullopt;
}

// "3" or "2-5".
std::optional<std::pair<unsigned, unsigned>> range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return std::pair{*first, *last};
}

bool contains(const Cores& cores, unsigned core) {
  return std::binary_search(cores.begin(), cores.end(), core);
}

tl::expected<void, std::string> add_range(std::string_view text, const Cores& present, Cores& out) {
  const auto span = range(text);
  if (!span)
    return tl::unexpected(fmt::format("'{}': expected a core (0), a range (0-3) or all", trim(text)));
  for (unsigned core = span->first; core <= span->second; ++core) {
    if (!contains(present, core))
      return tl::unexpected(fmt::format("core {} is not there, or not for this process; {} to {} are", core,
                                        present.front(), present.back()));
    out.push_back(core);
  }
  return {};
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t comma = list.find(',');
    out.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

tl::expected<Cores, std::string> parse_cores(const std::vector<std::string>& items, const Cores& present) {
  Cores out;
  for (const std::string& item : items) {
    if (trim(item) == "all") return present;
    for (const std::string_view part : split(item))
      if (auto added = add_range(part, present, out); !added) return tl::unexpected(added.error());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Cores present_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  Cores out;
  if (::sched_getaffinity(0, sizeof set, &set) == 0)
    for (unsigned core = 0; core < kMaxCores; ++core)
      if (CPU_ISSET(core, &set)) out.push_back(core);
  if (out.empty()) out.push_back(0);
  return out;
}

tl::expected<CpuAffinity::WorkerSet, std::string> CpuAffinity::read_set(const Settings& settings,
                                                                        const std::string& path,
                                                                        WorkerSet defaults,
                                                                        const Cores& present) {
  WorkerSet set = std::move(defaults);
  if (settings.has("cpu")) {
    auto cores = parse_cores(settings.list("cpu"), present);
    if (!cores) return tl::unexpected(fmt::format("{}.cpu: {}", path, cores.error()));
    if (cores->empty()) return tl::unexpected(fmt::format("{}.cpu: names no core", path));
    set.cores = std::move(*cores);
  }
  if (const auto mode = settings.text("mode")) {
    if (*mode != "exclusive" && *mode != "balanced")
      return tl::unexpected(fmt::format("{}.mode: '{}': expected exclusive or balanced", path, *mode));
    set.exclusive = *mode == "exclusive";
  }
  return set;
}

tl::expected<void, std::string> CpuAffinity::read_worker_set(const Config& config, const Config::Item& item,
                                                             const Cores& present) {
  auto common = read_set(*item.settings, item.path, workers_.front(), present);
  if (!common) return tl::unexpected(common.error());
  workers_.front() = std::move(*common);
  for (const Config::Item& own : config.items(item.path + ".interface-specific-cpu-set")) {
    auto set = read_set(*own.settings, own.path, workers_.front(), present);
    if (!set) return tl::unexpected(set.error());
    set->interface = own.settings->text("interface").value_or("");
    if (set->interface.empty()) return tl::unexpected(fmt::format("{}: names no interface", own.path));
    workers_.push_back(std::move(*set));
  }
  return {};
}

tl::expected<CpuAffinity, std::string> CpuAffinity::from(const Config& config, const Cores& present) {
  CpuAffinity out;
  if (!config.flag("threading.set-cpu-affinity", false)) return out;
  out.on_ = true;
  out.management_ = out.workers_.front().cores = present;
  for (const Config::Item& item : config.items("threading.cpu-affinity")) {
    if (item.name == "worker-cpu-set") {
      if (auto done = out.read_worker_set(config, item, present); !done) return tl::unexpected(done.error());
    } else if (item.name == "management-cpu-set") {
      auto set = read_set(*item.settings, item.path, WorkerSet{.interface = {}, .cores = present}, present);
      if (!set) return tl::unexpected(set.error());
      out.management_ = std::move(set->cores);
    }
  }
  return out;
}

const CpuAffinity::WorkerSet& CpuAffinity::set_of(std::string_view interface) const {
  for (const WorkerSet& set : workers_)
    if (!set.interface.empty() && set.interface == interface) return set;
  return workers_.front();
}

Cores CpuAffinity::worker(std::size_t number, std::string_view interface) const {
  const WorkerSet& set = set_of(interface);
  if (!on_ || !set.exclusive) return set.cores;
  return {set.cores[number % set.cores.size()]};
}

bool pin_this_thread(const Cores& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) CPU_SET(core, &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace weir::engine
