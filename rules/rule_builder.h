// The rule under construction: what a keyword's compile() may read and change.
//
// Keywords are compiled in the order of the rule. A content goes to the selected buffer: the packet payload (or
// stream) at first, a sticky buffer after its keyword. Modifiers edit the last content. When all options are read the
// loader calls finish(), which checks the rule as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rules/diagnostic.h"
#include "rules/rule.h"
#include "rules/signature.h"

namespace weir::rules {

// Names to dense ids, shared by all rules of a load (flowbits, flowints, xbits ...). Ids count from 0.
class NameTable {
 public:
  std::uint32_t id(std::string_view name);
  [[nodiscard]] const std::string& name(std::uint32_t id) const { return names_[id]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::vector<std::string> names_;
};

struct Classification { std::string description; std::uint8_t priority = 3; };

// What rules are compiled against: variables, classes, names. One per load; outlives the builders.
struct RuleEnvironment {
  std::unordered_map<std::string, std::string> address_vars, port_vars;  // text as configured
  std::unordered_map<std::string, Classification> classifications;
  std::unordered_map<std::string, std::string> reference_systems;  // name -> URL prefix
  std::string data_dir;  // datasets and lists are read from here only; empty: none may be read
  std::vector<std::string> features;  // what `requires: feature NAME` finds; default_features() at first
  bool inline_mode = false;
  NameTable flowbits, flowints, xbits, hostbits;
};

class RuleBuilder {
 public:
  RuleBuilder(const Rule& rule, RuleEnvironment& environment);

  Signature& signature() { return *signature_; }
  RuleEnvironment& environment() { return environment_; }
  [[nodiscard]] const Rule& rule() const { return rule_; }

  // --- buffers
  // Contents that follow look at `buffer`. A rule may come back to a buffer: it then has two engines on it.
  Compiled select_buffer(const BufferSpec& buffer);
  // Contents that follow look at the packet payload again (pkt_data).
  void select_payload();
  // Adds a transform to the buffer selected last; refused after its first content.
  Compiled add_transform(std::shared_ptr<const Transform> transform);
  // The old form: "content:...; http_uri;" moves the last content from the payload to `buffer`.
  Compiled move_last_content(const BufferSpec& buffer);
  // The old form of file_data and dce_stub_data is sticky; pcre's buffer flags add straight to a buffer.
  Compiled add_op_to(const BufferSpec& buffer, BufferOp op);
  // Appends to the selected buffer's chain; refused when it is full.
  Compiled add_op(BufferOp op);
  // The last content of the selected buffer (for depth, nocase ...); null when there is none.
  Content* last_content();
  // The last operation of the selected buffer; null when there is none.
  BufferOp* last_op();
  [[nodiscard]] const BufferSpec* selected() const { return selected_; }
  // The variable of that name, made by byte_extract / byte_math; -1 when there is none.
  [[nodiscard]] std::int16_t find_var(std::string_view name) const;
  tl::expected<std::int16_t, KeywordError> make_var(std::string_view name);

  // --- conditions
  void add_packet_check(std::shared_ptr<const PacketCheck> check) {
    signature_->packet_checks.push_back(std::move(check));
  }
  // The rule is about `protocol`; refused when the header or an earlier keyword says another.
  Compiled require_protocol(AppProto protocol);
  Compiled require_one_of(std::initializer_list<AppProto> protocols);
  Compiled add_tx_check(TxCheckEngine engine);
  void add_effect(std::shared_ptr<const Effect> effect) { signature_->effects.push_back(std::move(effect)); }

  // Checks the rule as a whole and gives it away.
  tl::expected<std::unique_ptr<Signature>, KeywordError> finish();

 private:
  BufferChain& selected_chain();

  const Rule& rule_;
  RuleEnvironment& environment_;
  std::unique_ptr<Signature> signature_;
  const BufferSpec* selected_ = nullptr;  // null: payload
  std::size_t selected_engine_ = 0;
  bool base64_selected_ = false;
  std::vector<std::string> vars_;
};

}  // namespace weir::rules
