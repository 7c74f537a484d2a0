#include "rules/compile/rule_builder.h"

#include <algorithm>

#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "rules/compile/file_check.h"
#include "rules/compile/rule_checks.h"
#include "rules/match/op_traits.h"

namespace weir::rules {
namespace {

bool same_transforms(const std::vector<std::shared_ptr<const Transform>>& a,
                     const std::vector<std::shared_ptr<const Transform>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x->name() == y->name(); });
}

bool decodes_base64(const BufferChain& chain) {
  return std::any_of(chain.begin(), chain.end(),
                     [](const BufferOp& op) { return std::holds_alternative<Base64Data>(op); });
}

std::string names_of(const AppProtoSet& protocols) {
  std::string out;
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    if (!protocols.test(i)) continue;
    if (!out.empty()) out += ", ";
    out += protocol_info(static_cast<AppProto>(i)).name;
  }
  return out;
}

// A filestore of whole flows may hang on packets alone; else there must be something in a transaction to match on.
bool stores_without_condition(const Signature& s) {
  if (!s.filestore || !s.tx_checks.empty()) return false;
  const bool in_transaction = std::any_of(s.buffers.begin(), s.buffers.end(),
                                          [](const BufferEngine& e) { return !e.buffer->sources.empty(); });
  const bool on_packet = !s.payload.empty() || !s.packet_checks.empty() || !s.buffers.empty() || s.dsize;
  return !in_transaction && (s.filestore->scope != Filestore::Scope::flow || !on_packet);
}

}  // namespace

std::uint32_t NameTable::id(std::string_view name) {
  const auto [entry, fresh] = ids_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (fresh) names_.emplace_back(name);
  return entry->second;
}

RuleBuilder::RuleBuilder(const Rule& rule, RuleEnvironment& environment)
    : rule_(rule), environment_(environment), signature_(std::make_unique<Signature>()) {}

bool RuleBuilder::has_option(std::string_view keyword) const {
  return std::any_of(rule_.options.begin(), rule_.options.end(),
                     [&](const RuleOption& o) { return o.keyword == keyword; });
}

Compiled RuleBuilder::once(std::string_view keyword) const {
  const auto times = std::count_if(rule_.options.begin(), rule_.options.end(),
                                   [&](const RuleOption& o) { return o.keyword == keyword; });
  if (times > 1) return refuse(fmt::format("a rule has only one {}", keyword));
  return {};
}

// --- buffers

Compiled RuleBuilder::select_buffer(const BufferSpec& buffer) {
  if (!engine_open_) return refuse(fmt::format("nothing looks at the buffer before it, {}", selected_->name));
  if (!buffer.sources.empty()) {
    AppProtoSet wanted;
    for (const BufferSource& source : buffer.sources) wanted.set(index(source.protocol));
    if (auto ok = narrow_protocols(wanted, buffer.name); !ok) return ok;
  }
  if (buffer.frame)
    if (auto ok = require_protocol(buffer.frame->protocol); !ok) return ok;
  if (auto ok = narrow_header(buffer); !ok) return ok;
  signature_->file_facts |= buffer.file_facts;
  selected_ = &buffer;
  engine_open_ = false;
  transforms_.clear();
  direction_.reset();
  return {};
}

Compiled RuleBuilder::select_direction(Direction direction) {
  if (!signature_->header.transactional) return refuse("a direction is only for rules with \"=>\"");
  if (selected_ == nullptr || engine_open_) return refuse("a direction belongs to a sticky buffer");
  const auto here = [&](const BufferSource& s) { return s.direction == direction; };
  if (std::none_of(selected_->sources.begin(), selected_->sources.end(), here))
    return refuse("the buffer is not there on this side", selected_->name);
  direction_ = direction;
  return {};
}

void RuleBuilder::select_payload() {
  selected_ = nullptr;
  engine_ = kPayload;
  engine_open_ = true;
  transforms_.clear();
}

Compiled RuleBuilder::add_transform(std::shared_ptr<const Transform> transform) {
  if (selected_ == nullptr) return refuse("a transform goes behind a sticky buffer");
  if (engine_open_ && decodes_base64(chain_of(engine_)))
    return refuse(
        "a transform does not go behind base64_data: it would change the buffer, not what was decoded");
  if (transforms_.size() == kMaxTransforms) return refuse("too many transforms on one buffer");
  transforms_.push_back(std::move(transform));
  engine_open_ = false;
  return {};
}

Compiled RuleBuilder::set_absent(bool or_else) {
  if (selected_ == nullptr || selected_->sources.empty())
    return refuse("goes behind the sticky buffer of a protocol");
  if (engine_open_) return refuse("comes before all that looks at its buffer");
  BufferEngine& engine = signature_->buffers[open_engine()];
  if (!engine.chain.empty()) return refuse("the rule looks at this buffer already");
  engine.absent = true;
  engine.or_else = or_else;
  return {};
}

std::size_t RuleBuilder::find_engine(const BufferSpec& buffer) const {
  if (buffer.multiple) return kPayload;
  for (std::size_t i = 0; i < signature_->buffers.size(); ++i) {
    const BufferEngine& engine = signature_->buffers[i];
    if (engine.buffer == &buffer && engine.direction == direction_ &&
        same_transforms(engine.transforms, transforms_) && !decodes_base64(engine.chain))
      return i;
  }
  return kPayload;
}

std::size_t RuleBuilder::open_engine() {
  if (engine_open_) return engine_;
  engine_ = find_engine(*selected_);
  if (engine_ == kPayload) {
    engine_ = signature_->buffers.size();
    signature_->buffers.push_back({.buffer = selected_, .transforms = transforms_, .direction = direction_});
  }
  engine_open_ = true;
  return engine_;
}

BufferChain& RuleBuilder::chain_of(std::size_t engine) {
  return engine == kPayload ? signature_->payload : signature_->buffers[engine].chain;
}

Compiled RuleBuilder::append(std::size_t engine, BufferOp op) {
  BufferChain& chain = chain_of(engine);
  if (chain.size() == kMaxOpsPerChain) return refuse("too many conditions on one buffer");
  if (std::holds_alternative<Content>(op)) {
    have_content_ = true;
    content_engine_ = engine;
    content_index_ = chain.size();
  }
  if (!std::holds_alternative<IsDataAt>(op)) relative_engine_ = engine;
  if (const std::int16_t var = set_var(op); var >= 0)
    vars_[static_cast<std::size_t>(var)].place = place_of_engine(engine);
  chain.push_back(std::move(op));
  return {};
}

Compiled RuleBuilder::add_op(BufferOp op) {
  const bool follows = selected_ == nullptr && is_relative(op);
  return append(follows ? relative_engine_ : open_engine(), std::move(op));
}

Compiled RuleBuilder::add_op_to(const BufferSpec& buffer, BufferOp op) {
  if (selected_ != nullptr && selected_ != &buffer)
    return refuse(fmt::format("looks at {}, but the buffer {} is selected; pkt_data goes back to the payload",
                              buffer.name, selected_->name));
  if (selected_ == nullptr) {
    if (auto ok = select_buffer(buffer); !ok) return ok;
    auto done = append(open_engine(), std::move(op));
    select_payload();
    return done;
  }
  return add_op(std::move(op));
}

Compiled RuleBuilder::move_last_content(const BufferSpec& buffer) {
  if (selected_ != nullptr)
    return refuse(fmt::format("does not go with a sticky buffer ({})", selected_->name));
  BufferChain& payload = signature_->payload;
  if (!have_content_ || content_engine_ != kPayload) return refuse("goes behind a content");
  Content content = std::get<Content>(payload[content_index_]);
  if (content.rawbytes) return refuse("does not go with rawbytes");
  payload.erase(payload.begin() + static_cast<std::ptrdiff_t>(content_index_));
  if (auto ok = select_buffer(buffer); !ok) return ok;
  auto done = append(open_engine(), std::move(content));
  select_payload();
  return done;
}

Content* RuleBuilder::last_content() {
  if (!have_content_ || !engine_open_) return nullptr;
  if (selected_ != nullptr && content_engine_ != engine_) return nullptr;
  return &std::get<Content>(chain_of(content_engine_)[content_index_]);
}

BufferOp* RuleBuilder::last_op() {
  if (!engine_open_) return nullptr;
  BufferChain& chain = chain_of(engine_);
  return chain.empty() ? nullptr : &chain.back();
}

RuleBuilder::Place RuleBuilder::place_of(const BufferSpec* buffer) {
  if (buffer == nullptr) return Place::payload;
  if (buffer->frame) return Place::frame;
  return buffer->sources.empty() ? Place::packet : Place::transaction;
}

RuleBuilder::Place RuleBuilder::place_of_engine(std::size_t engine) const {
  return place_of(engine == kPayload ? nullptr : signature_->buffers[engine].buffer);
}

std::int16_t RuleBuilder::find_var(std::string_view name) const {
  std::int16_t elsewhere = -1;
  for (std::size_t i = 0; i < vars_.size(); ++i) {
    if (vars_[i].name != name) continue;
    if (vars_[i].place == place_of(selected_)) return static_cast<std::int16_t>(i);
    elsewhere = static_cast<std::int16_t>(i);
  }
  return selected_ == nullptr ? elsewhere : -1;  // the old form says later where it looks: check_vars()
}

Compiled RuleBuilder::check_vars(const BufferChain& chain, std::size_t engine) const {
  std::int16_t foreign = -1;
  for (const BufferOp& op : chain)
    for_each_used_var(op, [&](std::int16_t var) {
      if (vars_[static_cast<std::size_t>(var)].place != place_of_engine(engine)) foreign = var;
    });
  if (foreign < 0) return {};
  return refuse("this variable is read out of a buffer of another kind than the one where it is used",
                vars_[static_cast<std::size_t>(foreign)].name);
}

tl::expected<std::int16_t, KeywordError> RuleBuilder::make_var(std::string_view name) {
  const bool first_ok = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '.' ||
           c == '-';
  };
  if (!first_ok || !std::all_of(name.begin(), name.end(), allowed))
    return refuse("not a name for a variable", name);
  if (const std::int16_t known = find_var(name); known >= 0) return known;
  if (vars_.size() == kMaxRuleVars)
    return refuse(fmt::format("a rule has at most {} variables", kMaxRuleVars), name);
  vars_.push_back({std::string(name), place_of(selected_)});
  return static_cast<std::int16_t>(vars_.size() - 1);
}

// --- conditions

Compiled RuleBuilder::narrow_protocols(const AppProtoSet& wanted, std::string_view names) {
  auto& protocols = signature_->header.app_protocols;
  const auto both = protocols.none() ? wanted : protocols & wanted;
  if (both.none())
    return refuse(fmt::format("{} belongs to {}, but the rule is about {}", names, names_of(wanted),
                              names_of(protocols)));
  auto& flows = signature_->header.app_flows;
  const AppProtoSet sharing = sharing_rules_of(both);
  flows = both | (protocols.none() ? sharing : flows & sharing);
  protocols = both;
  return {};
}

Compiled RuleBuilder::narrow_header(const BufferSpec& buffer) {
  HeaderMatch& header = signature_->header;
  if (buffer.ip_version != 0) {
    if (header.ip_version != 0 && header.ip_version != buffer.ip_version)
      return refuse("the rule is about the other IP version");
    header.ip_version = buffer.ip_version;
  }
  if (buffer.ip_protocol != 0) {
    if (!header.any_ip_protocol && !header.ip_protocols.test(buffer.ip_protocol))
      return refuse("the rule is about another protocol");
    header.any_ip_protocol = false;
    header.ip_protocols.reset();
    header.ip_protocols.set(buffer.ip_protocol);
  }
  return {};
}

Compiled RuleBuilder::require_protocol(AppProto protocol) {
  return require_one_of(AppProtoSet{}.set(index(protocol)));
}

Compiled RuleBuilder::require_one_of(const AppProtoSet& protocols) {
  return narrow_protocols(protocols, "the keyword");
}

Compiled RuleBuilder::add_tx_check(TxCheckEngine engine) {
  if (engine.protocol != AppProto::unknown)
    if (auto ok = require_protocol(engine.protocol); !ok) return ok;
  signature_->tx_checks.push_back(std::move(engine));
  return {};
}

tl::expected<std::unique_ptr<Signature>, KeywordError> RuleBuilder::finish() {
  if (!engine_open_) return refuse("nothing looks at the last buffer", selected_->name);
  if (auto ok = check_vars(signature_->payload, kPayload); !ok) return tl::unexpected(std::move(ok.error()));
  for (std::size_t i = 0; i < signature_->buffers.size(); ++i)
    if (auto ok = check_vars(signature_->buffers[i].chain, i); !ok)
      return tl::unexpected(std::move(ok.error()));
  if (stores_without_condition(*signature_))
    if (auto ok = require_file(*this); !ok) return tl::unexpected(std::move(ok.error()));
  if (auto ok = check_rule(*signature_); !ok) return tl::unexpected(std::move(ok.error()));
  signature_->payload.shrink_to_fit();  // there are many rules, and nothing is added any more
  signature_->buffers.shrink_to_fit();
  for (BufferEngine& engine : signature_->buffers) engine.chain.shrink_to_fit();
  return std::move(signature_);
}

}  // namespace weir::rules
