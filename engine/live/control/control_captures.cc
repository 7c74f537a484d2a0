// Commands about captures that clients hand in, with the answers of Suricata's.
#include <filesystem>

#include "engine/live/control/capture_queue.h"
#include "engine/live/control/control_commands.h"

namespace weir::engine {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

void add(ControlTarget& target, const ControlArguments& arguments, bool continuous,
         const ControlReply& reply) {
  const auto path = arguments.text("filename"), output = arguments.text("output-dir");
  if (!path) return reply.fail("filename is not a string");
  if (!is_there(*path)) return reply.fail("filename does not exist");
  if (!output) return reply.fail("output-dir param is mandatory");
  if (!is_there(*output)) return reply.fail("output-dir does not exist");
  const bool added =
      target.captures()->add({.path = *path,
                              .output_dir = *output,
                              .continuous = continuous || arguments.flag("continuous").value_or(false),
                              .delete_when_done = arguments.flag("delete-when-done").value_or(false)});
  added ? reply.ok("Successfully added file to list") : reply.fail("too many files wait already");
}

}  // namespace

void ctl_pcap_file(ControlTarget& target, const ControlArguments& arguments, const ControlReply& reply) {
  add(target, arguments, false, reply);
}

void ctl_pcap_file_continuous(ControlTarget& target, const ControlArguments& arguments,
                              const ControlReply& reply) {
  add(target, arguments, true, reply);
}

void ctl_pcap_file_number(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.message([&](output::JsonWriter& out) { out.number("message", target.captures()->waiting().size()); });
}

void ctl_pcap_file_list(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  const std::vector<std::string> files = target.captures()->waiting();
  reply.object([&](output::JsonWriter& out) {
    out.number("count", files.size());
    const auto list = out.array("files");
    for (const std::string& file : files) out.bytes_item(file);
  });
}

void ctl_pcap_current(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  const std::string current = target.captures()->current();
  reply.ok(current.empty() ? "None" : current);
}

void ctl_pcap_last_processed(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  reply.message(
      [&](output::JsonWriter& out) { out.number("message", target.captures()->last_processed_ms()); });
}

void ctl_pcap_interrupt(ControlTarget& target, const ControlArguments&, const ControlReply& reply) {
  target.captures()->interrupt();
  reply.ok("Interrupted");
}

}  // namespace weir::engine
