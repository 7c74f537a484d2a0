// DCE/RPC over TCP, UDP and SMB: the interface and operation that a call is about, and its stub data.
#include "decoders/app/dcerpc/transaction.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "decoders/app/protocol_ids.h"
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
  const auto* own = tx_cast<dcerpc::DcerpcTransaction>(&tx);
  return own != nullptr ? &own->call : nullptr;
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

Compiled set_version(InterfaceCheck& check, std::string_view text) {
  const bool negated = text.starts_with('!'), equal = text.starts_with('=');
  if (!negated && !equal && !text.starts_with('<') && !text.starts_with('>'))
    return refuse("expects a version behind >, <, ! or =, or any_frag", text);
  auto match = UintMatch::parse(trim(equal ? text.substr(1) : text), UINT16_MAX);
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

class OperationCheck final : public TxCheck {
 public:
  std::vector<UintMatch> any_of;

  [[nodiscard]] bool matches(const Transaction& tx, Direction) const override {
    const Call* call = call_of(tx);
    return call != nullptr && call->calls_operation() &&
           std::any_of(any_of.begin(), any_of.end(),
                       [&](const UintMatch& m) { return m.matches(call->opnum); });
  }
};

Compiled compile_operation(RuleBuilder& rule, std::string_view argument) {
  auto check = std::make_shared<OperationCheck>();
  for (const std::string_view item : split(unquote_if_quoted(argument), ',')) {
    auto match = UintMatch::parse(item, UINT16_MAX);
    if (!match) return tl::unexpected(match.error());
    check->any_of.push_back(*match);
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
