// The report as one JSON document: --json.
#include "engine/cli/digest_report.h"
#include "output/json_writer.h"
#include "weir_version.h"

namespace weir::engine {
namespace {

using output::JsonWriter;

constexpr std::size_t kMostItems = 1000;  // of each list

template <class List, class F>
void write_list(JsonWriter& out, output::JsonKey name, const List& list, F&& write_item) {
  const auto array = out.array(name);
  std::size_t count = 0;
  for (const auto& item : list) {
    if (count++ == kMostItems) break;
    const auto object = out.object();
    write_item(item);
  }
}

void write_totals(JsonWriter& out, const Report& report) {
  out.string("version", WEIR_VERSION);
  {
    const auto captures = out.array("captures");
    for (const std::string& capture : report.options.captures) out.string(capture);
  }
  out.number("packets", report.summary.packets);
  out.number("bytes", report.summary.bytes);
  out.real("seconds", report.summary.seconds);
  out.number("flows", report.summary.flows);
  out.number("alerts", report.summary.alerts);
  if (report.logs) out.string("log_dir", report.options.log_dir);
}

void write_texts(JsonWriter& out, output::JsonKey name, const std::vector<std::string>& texts) {
  const auto array = out.array(name);
  for (const std::string& text : texts) out.string(text);
}

void write_findings(JsonWriter& out, const Digest& digest) {
  write_list(out, "rules", digest.rules(), [&](const Digest::Rule* rule) {
    out.number("gid", rule->gid);
    out.number("signature_id", rule->sid);
    out.number("rev", rule->rev);
    out.string("signature", rule->message);
    out.string("category", rule->category);
    out.number("severity", rule->severity);
    out.number("alerts", rule->alerts);
    out.boolean("blocked", rule->blocked);
    out.string("first", rule->first);
    out.string("last", rule->last);
  });
  write_list(out, "hosts", digest.hosts(), [&](const auto& item) {
    out.string("ip", item.first);
    out.number("alerts", item.second->alerts());
    out.number("as_source", item.second->as_source);
    out.number("as_destination", item.second->as_destination);
    out.number("worst_severity", item.second->worst);
    const auto rules = out.array("signature_ids");
    for (const auto& [sid, alerts] : item.second->rules) out.number(sid);
  });
  if (digest.hosts_left_out() != 0) out.number("alerts_of_further_hosts", digest.hosts_left_out());
  write_list(out, "files", digest.files(), [&](const Digest::File& file) {
    out.string("filename", file.name);
    out.string("sent_by", file.host);
    out.number("size", file.size);
    if (!file.sha256.empty()) out.string("sha256", file.sha256);
    out.number("signature_id", file.sid);
    out.number("alerts", file.alerts);
  });
  write_list(out, "protocols", digest.protocols(), [&](const auto& item) {
    out.string("name", item.first);
    out.number("flows", item.second->flows);
    out.number("bytes", item.second->bytes);
  });
}

}  // namespace

std::string report_json(const Report& report) {
  JsonWriter out;
  {
    const auto document = out.object();
    write_totals(out, report);
    write_findings(out, report.digest);
    std::vector<std::string> left_out;
    for (const RunNote& note : report.summary.notes)
      if (note.is_loss) left_out.push_back(note.text);
    write_texts(out, "left_out", left_out);
    write_texts(out, "errors", report.summary.errors);
    write_texts(out, "next", next_steps(report));
    const auto events = out.array("events");
    for (const std::string& event : report.digest.events()) out.raw(event);
  }
  return std::string(out.text());
}

}  // namespace weir::engine
