// Commands about flows: each worker looks through its own table, piece by piece between packets.
#include <limits>

#include <fmt/format.h>
#include <tl/expected.hpp>

#include "decoders/app/protocol.h"
#include "engine/live/control/control_commands.h"
#include "engine/live/control/flow_listing.h"
#include "rules/values/address_set.h"

namespace weir::engine {
namespace {

constexpr std::size_t kFlowsAtOnce = 1024;  // some 100 us
constexpr std::uint64_t kDefaultLimit = 100;

template <class T>
tl::expected<std::optional<T>, std::string> named(const ControlArguments& in, std::string_view argument,
                                                  std::optional<T> (*lookup)(std::string_view)) {
  const auto text = in.text(argument);
  if (!text) return std::optional<T>{};
  const std::optional<T> found = lookup(*text);
  if (!found) return tl::unexpected(fmt::format("argument '{}': '{}' is not known", argument, *text));
  return found;
}

tl::expected<FlowFilter, std::string> read_filter(const ControlArguments& in) {
  FlowFilter out;
  out.id = in.number("flow_id");
  out.alerted = in.flag("alerted");
  out.dropped = in.flag("dropped");
  if (const auto port = in.number("port")) {
    if (*port > std::numeric_limits<std::uint16_t>::max())
      return tl::unexpected(std::string("argument 'port': too large"));
    out.port = static_cast<std::uint16_t>(*port);
  }
  const auto address = named<IpAddress>(in, "address", rules::parse_address);
  if (!address) return tl::unexpected(address.error());
  const auto protocol = named<std::uint8_t>(in, "proto", ip_protocol_named);
  if (!protocol) return tl::unexpected(protocol.error());
  const auto app = named<AppProto>(in, "app", app_proto_named);
  if (!app) return tl::unexpected(app.error());
  const auto state = named<FlowState>(in, "state", flow_state_named);
  if (!state) return tl::unexpected(state.error());
  out.address = *address;
  out.protocol = *protocol;
  out.app = *app;
  out.state = *state;
  return out;
}

// Goes through a worker's flows, a piece a call; gives `result` when it has seen them all.
template <class Result>
struct FlowWalk {
  Result result;
  std::size_t next = 0;

  template <class Look>
  std::optional<Result> step(const Pipeline& pipeline, Look&& look) {
    next = pipeline.flows().visit(next, kFlowsAtOnce, look);
    if (next != 0) return std::nullopt;
    return std::move(result);
  }
};

void write_flows(const ControlReply& reply, std::vector<WorkerAnswer<FlowLister>>& answers, FlowLister all) {
  std::vector<std::string> silent;
  for (auto& answer : answers) {
    if (answer.value)
      all.add_all(std::move(*answer.value));
    else if (!answer.ended)
      silent.push_back(answer.name);
  }
  const std::uint64_t matched = all.matched();
  const std::vector<FlowListing> flows = all.take();
  reply.object([&](output::JsonWriter& out) {
    out.number("matched", matched);
    out.number("shown", flows.size());
    if (!silent.empty()) {
      const auto list = out.array("no_answer_from");
      for (const std::string& name : silent) out.bytes_item(name);
    }
    const auto list = out.array("flows");
    for (const FlowListing& flow : flows) write_flow_listing(out, flow);
  });
}

}  // namespace

void ctl_flows(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto filter = read_filter(arguments);
  const auto sort = named<FlowSort>(arguments, "sort", flow_sort_named);
  if (!filter || !sort) {
    reply.fail(!filter ? filter.error() : sort.error());
    return;
  }
  const FlowLister lister(*filter, sort->value_or(FlowSort::start),
                          arguments.number("limit").value_or(kDefaultLimit));
  target.survey().ask<FlowLister>(
      target.workers(),
      [walk = FlowWalk<FlowLister>{lister}](LiveWorker&, Pipeline& pipeline, PacketSource&) mutable {
        return walk.step(pipeline, [&walk](Flow& flow) { walk.result.add(flow); });
      },
      [reply, lister](std::vector<WorkerAnswer<FlowLister>> answers) { write_flows(reply, answers, lister); },
      WorkerSurvey::kLongLimit);
}

void ctl_drop_flow(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const std::uint64_t id = *arguments.number("flow_id");
  if (!target.prevents()) {
    reply.fail("flows can be dropped in prevent mode only");
    return;
  }
  target.survey().ask<bool>(
      target.workers(),
      [id, walk = FlowWalk<bool>{false}](LiveWorker&, Pipeline& pipeline, PacketSource&) mutable {
        return walk.step(pipeline, [&](Flow& flow) {
          if (flow.id != id) return;
          pipeline.drop_flow(flow);
          walk.result = true;
        });
      },
      [reply, id](const std::vector<WorkerAnswer<bool>>& answers) {
        for (const auto& answer : answers) {
          if (!answer.value.value_or(false)) continue;
          reply.object([&](output::JsonWriter& out) {
            out.number("flow_id", id);
            out.string("worker", answer.name);
            out.string("action", "drop");
          });
          return;
        }
        reply.fail(fmt::format("there is no flow {}", id));
      },
      WorkerSurvey::kLongLimit);
}

void ctl_flow_stats(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  const auto id = arguments.number("flow_id");
  if (!id) return reply.fail("flow_id is not an integer");
  const FlowLister lister({.id = *id}, FlowSort::start, 1);
  target.survey().ask<FlowLister>(
      target.workers(),
      [walk = FlowWalk<FlowLister>{lister}](LiveWorker&, Pipeline& pipeline, PacketSource&) mutable {
        return walk.step(pipeline, [&walk](Flow& flow) { walk.result.add(flow); });
      },
      [reply](std::vector<WorkerAnswer<FlowLister>> answers) {
        std::vector<FlowListing> flows;
        for (auto& answer : answers)
          if (answer.value && flows.empty()) flows = answer.value->take();
        if (flows.empty()) return reply.fail("Not found");
        reply.object([&](output::JsonWriter& out) {
          const FlowListing& flow = flows.front();
          out.number("pkts_toclient", flow.packets[index(Direction::to_client)]);
          out.number("pkts_toserver", flow.packets[index(Direction::to_server)]);
          out.number("bytes_toclient", flow.bytes[index(Direction::to_client)]);
          out.number("bytes_toserver", flow.bytes[index(Direction::to_server)]);
          out.number("age",
                     static_cast<std::uint64_t>(std::max<TimeUs>(flow.last - flow.start, 0) / 1'000'000));
        });
      },
      WorkerSurvey::kLongLimit);
}

}  // namespace weir::engine
