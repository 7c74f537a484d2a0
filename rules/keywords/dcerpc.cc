// DCE/RPC over TCP, UDP and SMB: the interface and operation that a call is about, and its stub data.
#include "decoders/app/dcerpc/transaction.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "decoders/app/protocol_ids.h"
#include "decoders/app/smb/transaction.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/language/uint_match.h"

namespace weir::rules {
namespace {

using dcerpc::Call;
using dcerpc::Part;

constexpr auto kComplete = static_cast<std::uint8_t>(dcerpc::State::complete);

// Null: the transaction carries no call.
const Call* call_of(const Transaction& tx) {
  if (const auto* own = tx_cast<dcerpc::DcerpcTransaction>(&tx)) return &own->call;
  const auto* carrier = tx_cast<smb::SmbTransaction>(&tx);
  const auto* carried = carrier != nullptr ? carrier->about<smb::PipeCall>() : nullptr;
  return carried != nullptr ? &carried->call : nullptr;
}

std::optional<BodyView> stub_data(const BufferRequest& r) {
  const Call* call = call_of(r.tx);
  if (r.index != 0 || call == nullptr) return std::nullopt;
  const Part& part = call->parts[index(r.direction)];
  if (part.stub.empty()) return std::nullopt;
  return BodyView{.data = as_bytes(part.stub), .complete = true, .little_endian = part.little_endian};
}

// A rule about calls holds on both sides of one, as each is complete.
Compiled add_check(RuleBuilder& rule, std::shared_ptr<const TxCheck> check) {
  const AppProtoSet carriers = AppProtoSet{}.set(index(AppProto::dcerpc)).set(index(AppProto::smb));
  if (auto ok = rule.require_one_of(carriers); !ok) return ok;
  return rule.add_tx_check({.protocol = AppProto::unknown,
                            .progress_to_server = kComplete,
                            .progress_to_client = kComplete,
                            .check = std::move(check)});
}

class InterfaceCheck final : public TxCheck {
 public:
  dcerpc::Uuid uuid{};
  std::optional<UintMatch> version;
  bool any_fragment = false;

  [[nodiscard]] bool matches(const Transaction& tx, Direction) const override {
    const Call* call = call_of(tx);
    if (call == nullptr || !call->calls_operation() || !call->interface) return false;
    if (!any_fragment && !call->request().first_seen) return false;
    return call->interface->uuid == uuid && (!version || version->matches(call->interface->version));
  }
};

// ">2", "!2", "=2" and the like.
bool begins_comparison(std::string_view text) {
  return !text.empty() && std::string_view("!=<>").find(text.front()) != std::string_view::npos;
}
Parsed<UintMatch> parse_comparison(std::string_view text) {
  return UintMatch::parse(trim(text.starts_with('=') ? text.substr(1) : text), UINT16_MAX);
}

Compiled set_version(InterfaceCheck& check, std::string_view text) {
  if (!begins_comparison(text)) return refuse("expects a version behind >, <, ! or =, or any_frag", text);
  auto match = parse_comparison(text);
  if (!match) return tl::unexpected(match.error());
  check.version = *match;
  return {};
}

Compiled compile_interface(RuleBuilder& rule, std::string_view argument) {
  auto check = std::make_shared<InterfaceCheck>();
  const auto items = split(unquote_if_quoted(argument), ',');
  const auto uuid = dcerpc::parse_uuid(items.empty() ? std::string_view{} : items[0]);
  if (!uuid) return refuse("expects a UUID first", argument);
  check->uuid = *uuid;
  for (std::size_t i = 1; i < items.size(); ++i) {
    const std::string_view item = items[i];
    if (item == "any_frag") {
      check->any_fragment = true;
    } else {
      if (check->version) return refuse("has two versions", item);
      if (auto ok = set_version(*check, item); !ok) return ok;
    }
  }
  return add_check(rule, std::move(check));
}

// Unlike in other numbers, both ends of a range belong to it.
struct Operations {
  std::uint16_t first = 0, last = 0;
};

class OperationCheck final : public TxCheck {
 public:
  std::vector<Operations> ranges;
  std::optional<UintMatch> compared;

  [[nodiscard]] bool matches(const Transaction& tx, Direction) const override {
    const Call* call = call_of(tx);
    if (call == nullptr || !call->calls_operation()) return false;
    if (compared) return compared->matches(call->opnum);
    return std::any_of(ranges.begin(), ranges.end(), [&](const Operations& range) {
      return range.first <= call->opnum && call->opnum <= range.last;
    });
  }
};

Parsed<Operations> parse_operations(std::string_view text) {
  std::string_view rest = text;
  const auto first = parse_number<std::uint16_t>(trim(cut(rest, '-')));
  const auto last = rest.empty() ? first : parse_number<std::uint16_t>(trim(rest));
  if (!first || !last || *first > *last)
    return refuse("expects numbers up to 65535 and ranges of them", text);
  return Operations{*first, *last};
}

Compiled compile_operation(RuleBuilder& rule, std::string_view argument) {
  auto check = std::make_shared<OperationCheck>();
  const std::string_view text = unquote_if_quoted(argument);
  if (begins_comparison(text)) {
    auto match = parse_comparison(text);
    if (!match) return tl::unexpected(match.error());
    check->compared = *match;
    return add_check(rule, std::move(check));
  }
  for (const std::string_view item : split(text, ',')) {
    const auto range = parse_operations(item);
    if (!range) return tl::unexpected(range.error());
    check->ranges.push_back(*range);
  }
  return add_check(rule, std::move(check));
}

constexpr BufferSource kStubSources[] = {
    {AppProto::dcerpc, Direction::to_server, kComplete, stub_data},
    {AppProto::dcerpc, Direction::to_client, kComplete, stub_data},
    {AppProto::smb, Direction::to_server, kComplete, stub_data},
    {AppProto::smb, Direction::to_client, kComplete, stub_data},
};

constexpr BufferSpec kDcerpcBuffers[] = {
    {.name = "dcerpc.stub_data",
     .summary = "stub data of a DCE/RPC request or response, put together from its fragments",
     .alias = "dce_stub_data",
     .sources = kStubSources},
};

constexpr KeywordSpec kDcerpcKeywords[] = {
    {.name = "dcerpc.iface",
     .how = compile_interface,
     .summary = "UUID, and perhaps version, of the interface that a DCE/RPC request calls"},
    {.name = "dce_iface", .how = compile_interface, .summary = "older name of dcerpc.iface"},
    {.name = "dcerpc.opnum",
     .how = compile_operation,
     .summary = "number of the operation that a DCE/RPC request calls: numbers and ranges, with commas"},
    {.name = "dce_opnum", .how = compile_operation, .summary = "older name of dcerpc.opnum"},
};

}  // namespace

const KeywordFile keywords_dcerpc{.keywords = kDcerpcKeywords, .buffers = kDcerpcBuffers};

}  // namespace weir::rules
