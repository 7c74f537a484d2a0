// Suricata's commands for which weir ctl has others, or nothing: with its answers, as scripts wait for them.
#include <array>
#include <string>

#include <fmt/format.h>

#include "decoders/clock.h"
#include "engine/live/control/control_commands.h"
#include "engine/live/control/flow_listing.h"
#include "rules/set/program.h"
#include "rules/values/address_set.h"

namespace weir::engine {
namespace {

struct Memcap {
  std::string_view name, key, usual;  // usual: where the configuration says nothing
};
constexpr std::string_view kNoLimit = "unlimited";
constexpr std::array kMemcaps{
    Memcap{"stream", "stream.memcap", "64mb"},
    Memcap{"stream-reassembly", "stream.reassembly.memcap", "256mb"},
    Memcap{"flow", "flow.memcap", "128mb"},
    Memcap{"applayer-proto-http", "app-layer.protocols.http.memcap", kNoLimit},
    Memcap{"defrag", "defrag.memcap", "32mb"},
    Memcap{"ippair", "ippair.memcap", kNoLimit},
    Memcap{"host", "host.memcap", kNoLimit},
};

// Those without a limit here have none, whatever the configuration says.
std::string value_of(const ControlTarget& target, const Memcap& memcap) {
  if (memcap.usual == kNoLimit) return std::string(kNoLimit);
  return target.config().text(memcap.key).value_or(std::string(memcap.usual));
}

// The memcap that a request names; null, and the reply says so, when there is none of that name.
const Memcap* named_memcap(const ControlArguments& arguments, const ControlReply& reply) {
  const auto name = arguments.text("config");
  for (const Memcap& memcap : kMemcaps)
    if (name == memcap.name) return &memcap;
  reply.fail(name ? "Memcap value not found. Use 'memcap-list' to show all" : "config is not a string");
  return nullptr;
}

// The number of a bit that some rule names.
std::optional<std::uint32_t> bit_named(const rules::RuleSet* rules, const std::optional<std::string>& name) {
  if (rules == nullptr || !name) return std::nullopt;
  const rules::NameTable& names = rules->program().xbit_names;
  for (std::uint32_t id = 0; id < names.size(); ++id)
    if (names.name(id) == *name) return id;
  return std::nullopt;
}

struct HostBit {
  rules::SharedState* state = nullptr;
  IpAddress host;
  std::uint32_t id = 0;
};
// What a request about a bit on a host means; the reply says what is wrong with it when it means nothing.
std::optional<HostBit> host_bit(ControlTarget& target, const ControlArguments& arguments,
                                const ControlReply& reply) {
  const auto text = arguments.text("ipaddress");
  const auto host = text ? rules::parse_address(*text) : std::nullopt;
  if (!host) {
    reply.fail(text ? "invalid address string" : "ipaddress is not an string");
    return std::nullopt;
  }
  const auto id = bit_named(target.rule_set().get(), arguments.text("hostbit"));
  if (!id || target.shared_state() == nullptr) {
    reply.fail("hostbit not found");
    return std::nullopt;
  }
  return HostBit{target.shared_state(), *host, *id};
}

}  // namespace

void ctl_reload_done(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.reload(
      [reply](const ReloadResult& result) { result.done ? reply.ok("done") : reply.fail(result.error); });
}

void ctl_reload_nonblocking(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.reload([](const ReloadResult&) {});
  reply.ok("done");
}

void ctl_reload_time(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.message([&](output::JsonWriter& out) {
    const auto list = out.array("message");
    const auto engine = out.object();
    out.number("id", 0);
    out.string("last_reload", time_text(target.rule_state().loaded_at));
  });
}

void ctl_ruleset_stats(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  const RuleState& state = target.rule_state();
  reply.message([&](output::JsonWriter& out) {
    const auto list = out.array("message");
    const auto engine = out.object();
    out.number("id", 0);
    out.number("rules_loaded", state.loaded);
    out.number("rules_failed", state.failed);
    out.number("rules_skipped", state.skipped);
  });
}

void ctl_failed_rules(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.message([&](output::JsonWriter& out) {
    const auto list = out.array("message");
    for (const rules::RuleDiagnostic& d : target.rule_state().errors) {
      const auto rule = out.object();
      out.number("tenant_id", 0);
      out.number("sid", d.sid);
      out.bytes("filename", d.file);
      out.number("line", d.line);
      out.bytes("error", rules::to_string(d));
    }
  });
}

void ctl_reopen_done(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.reopen_logs();
  reply.ok("done");
}

void ctl_no_tenants(ControlTarget&, const ControlArguments&, const ControlReply& reply) {
  reply.fail("multi-tenant support not enabled");
}

void ctl_memcap_list(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.message([&](output::JsonWriter& out) {
    const auto list = out.array("message");
    for (const Memcap& memcap : kMemcaps) {
      const auto one = out.object();
      out.string("name", memcap.name);
      out.bytes("value", value_of(target, memcap));
    }
  });
}

void ctl_memcap_show(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const Memcap* const memcap = named_memcap(arguments, reply);
  if (memcap == nullptr) return;
  reply.object([&](output::JsonWriter& out) { out.bytes("value", value_of(target, *memcap)); });
}

void ctl_memcap_set(ControlTarget&, const ControlArguments& arguments, const ControlReply& reply) {
  const Memcap* const memcap = named_memcap(arguments, reply);
  if (memcap != nullptr)
    reply.fail(
        fmt::format("a run keeps the memcaps of its start: change {} in the configuration", memcap->key));
}

void ctl_add_hostbit(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto bit = host_bit(target, arguments, reply);
  if (!bit) return;
  const auto seconds = arguments.number("expire");
  if (!seconds || *seconds > UINT32_MAX) return reply.fail("expire is not an integer");
  bit->state->set_bit(bit->id, bit->host, {}, wall_clock(), static_cast<std::uint32_t>(*seconds));
  reply.ok("hostbit added");
}

void ctl_remove_hostbit(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto bit = host_bit(target, arguments, reply);
  if (!bit) return;
  if (!bit->state->bit(bit->id, bit->host, {}, wall_clock())) return reply.fail("host not found");
  bit->state->clear_bit(bit->id, bit->host, {});
  reply.ok("hostbit removed");
}

void ctl_list_hostbit(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto text = arguments.text("ipaddress");
  const auto host = text ? rules::parse_address(*text) : std::nullopt;
  if (!host) return reply.fail(text ? "invalid address string" : "ipaddress is not an string");
  std::vector<std::string_view> set;
  const auto rules = target.rule_set();
  const rules::SharedState* const state = target.shared_state();
  if (rules != nullptr && state != nullptr)
    for (std::uint32_t id = 0; id < rules->program().xbit_names.size(); ++id)
      if (state->bit(id, *host, {}, wall_clock())) set.push_back(rules->program().xbit_names.name(id));
  if (set.empty()) return reply.fail("host not found");
  reply.object([&](output::JsonWriter& out) {
    out.number("count", set.size());
    const auto list = out.array("hostbits");
    for (const std::string_view name : set) {
      const auto bit = out.object();
      out.bytes("name", name);
    }
  });
}

}  // namespace weir::engine
