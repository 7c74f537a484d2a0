// EVE's dns events, in the forms of version 2 (one event a question, "query" and "answer") and version 3
// ("request" and "response" with all sections).
#include "decoders/app/dns/dns.h"

#include <algorithm>

#include "decoders/app/dns/types.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve/dns_fields.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using dns::DnsTransaction;
using dns::Message;

// Further questions of a query are in alerts only; a name server answers one.
constexpr std::size_t kMaxEventsPerQuery = 64;

struct DnsOptions {
  bool version_2 = false;
  bool requests = true, responses = true;
  bool detailed = true, grouped = true;
  std::vector<std::uint16_t> types;  // only messages that ask for one of them; empty: all
};

DnsOptions read_options(const Settings& s) {
  DnsOptions o;
  o.version_2 = s.number("version", 3) <= 2;
  o.requests = s.flag("requests", s.flag("query", true));
  o.responses = s.flag("responses", s.flag("answer", true));
  if (const auto formats = s.list("formats"); !formats.empty()) {
    const auto has = [&formats](std::string_view f) {
      return std::find(formats.begin(), formats.end(), f) != formats.end();
    };
    o.detailed = has("detailed");
    o.grouped = has("grouped");
  }
  const char* const list = s.has("types") ? "types" : "custom";
  const std::vector<std::string> names = s.list(list);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const auto type = dns::type_by_name(names[i]))
      o.types.push_back(*type);
    else
      s.unreadable_item(list, i, "a type of DNS records");
  return o;
}

class DnsWriter final : public EveTxWriter {
 public:
  explicit DnsWriter(DnsOptions options) : o_(std::move(options)) {}

  bool write(JsonWriter& out, const Transaction& tx) const override { return write_event(out, tx, 0); }

  // In version 2 a query has one for each question.
  std::size_t events(const Transaction& transaction) const override {
    const Message& m = tx_cast<DnsTransaction>(transaction).message;
    if (!o_.version_2 || m.header.is_response()) return 1;
    return std::min(m.questions.size(), kMaxEventsPerQuery);
  }

  bool write_event(JsonWriter& out, const Transaction& transaction, std::size_t number) const override {
    const auto& tx = tx_cast<DnsTransaction>(transaction);
    const bool answer = tx.message.header.is_response();
    if (!tx.valid || !(answer ? o_.responses : o_.requests)) return false;
    if (!o_.version_2 || answer) {
      if (!of_wanted_type(tx.message)) return false;
    } else if (number >= tx.message.questions.size() || !is_wanted(tx.message.questions[number])) {
      return false;
    }
    const auto object = out.object("dns");
    if (!o_.version_2) {
      write_version_3(out, tx);
    } else {
      out.number("version", 2);
      if (answer) {
        write_answer_head(out, tx.message);
        write_answers(out, tx.message);
        write_records(out, "authorities", tx.message, tx.message.authorities, Section::authorities);
      } else {
        write_query(out, tx, tx.message.questions[number]);
      }
    }
    return true;
  }

  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<DnsTransaction>(transaction);
    const auto object = out.object("dns");
    if (!o_.version_2) return write_version_3(out, tx);
    out.number("version", 2);
    if (tx.message.header.is_response()) {
      const auto answer = out.object("answer");
      write_answer_head(out, tx.message);
      write_records(out, "authorities", tx.message, tx.message.authorities, Section::authorities);
    } else if (!tx.message.questions.empty()) {
      const auto queries = out.array("query");
      for (const dns::Question& q : tx.message.questions) {
        const auto query = out.object();
        write_query(out, tx, q);
      }
    }
  }

  // Version 2 shows answers from the client's point of view, version 3 as the message went.
  Direction direction(const Transaction& tx) const override {
    return o_.version_2 ? Direction::to_server : tx_cast<DnsTransaction>(tx).direction();
  }

 private:
  [[nodiscard]] bool is_wanted(const dns::Question& q) const {
    return o_.types.empty() || std::find(o_.types.begin(), o_.types.end(), q.type) != o_.types.end();
  }
  [[nodiscard]] bool of_wanted_type(const Message& m) const {
    if (o_.types.empty()) return true;
    return std::any_of(m.questions.begin(), m.questions.end(),
                       [this](const dns::Question& q) { return is_wanted(q); });
  }

  static void write_query(JsonWriter& out, const DnsTransaction& tx, const dns::Question& q) {
    char digits[8];
    out.string("type", "query");
    out.number("id", tx.message.header.id);
    out.bytes("rrname", tx.message.view(q.name));
    out.string("rrtype", rrtype_text(q.type, digits));
    out.number("tx_id", tx.id);
    if (tx.message.header.reserved()) out.boolean("z", true);
    out.number("opcode", tx.message.header.opcode());
  }

  static void write_answer_head(JsonWriter& out, const Message& m) {
    out.string("type", "answer");
    out.number("id", m.header.id);
    write_flags(out, m.header);
    out.number("opcode", m.header.opcode());
    if (!m.questions.empty()) {
      char digits[8];
      out.bytes("rrname", m.view(m.questions.front().name));
      out.string("rrtype", rrtype_text(m.questions.front().type, digits));
    }
    write_rcode(out, m.header);
  }

  void write_answers(JsonWriter& out, const Message& m) const {
    if (o_.detailed) write_records(out, "answers", m, m.answers, Section::answers);
    if (o_.grouped) write_grouped(out, m);
  }

  static void write_questions(JsonWriter& out, const Message& m) {
    if (m.questions.empty()) return;
    const auto list = out.array("queries");
    for (const dns::Question& q : m.questions) {
      char digits[8];
      const auto item = out.object();
      write_rrname(out, m, q.name);
      out.string("rrtype", rrtype_text(q.type, digits));
    }
  }

  void write_version_3(JsonWriter& out, const DnsTransaction& tx) const {
    const Message& m = tx.message;
    out.number("version", 3);
    out.string("type", m.header.is_response() ? "response" : "request");
    out.number("tx_id", tx.id);
    out.number("id", m.header.id);
    write_flags(out, m.header);
    out.number("opcode", m.header.opcode());
    write_rcode(out, m.header);
    write_questions(out, m);
    write_answers(out, m);
    write_records(out, "authorities", m, m.authorities, Section::authorities);
    write_records(out, "additionals", m, m.additionals, Section::additionals);
  }

  DnsOptions o_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& s) {
  return std::make_unique<DnsWriter>(read_options(s));
}

}  // namespace

const EveTxLogger eve_dns{.protocol = AppProto::dns,
                          .config_name = "dns",
                          .event_type = "dns",
                          .progress_to_server = dns::kComplete,
                          .progress_to_client = dns::kComplete,
                          .configure = configure};

}  // namespace weir::output
