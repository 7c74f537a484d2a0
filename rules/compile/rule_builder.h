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
#include <vector>

#include "rules/compile/action_order.h"
#include "rules/compile/signature.h"
#include "rules/language/diagnostic.h"
#include "rules/language/rule.h"

namespace weir::rules {

class Dataset;  // rules/state/dataset.h

// Names to dense ids, shared by all rules of a load (flowbits, flowints, xbits ...). Ids count from 0.
class NameTable {
 public:
  std::uint32_t id(std::string_view name);
  // None: it is not there, and there are `most` already.
  std::optional<std::uint32_t> id_within(std::string_view name, std::size_t most) {
    if (names_.size() >= most && !ids_.contains(std::string(name))) return std::nullopt;
    return id(name);
  }
  [[nodiscard]] const std::string& name(std::uint32_t id) const { return names_[id]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::vector<std::string> names_;
};

struct Classification { std::string description; std::uint8_t priority = 3; };

// What rules may do about data sets, as the configuration's `datasets:` says.
struct DatasetRules {
  bool allow_absolute = false, allow_write = true;  // datasets.rules.allow-absolute-filenames, allow-write
  std::uint64_t memcap_bytes = std::uint64_t{100} << 20U;  // datasets.defaults
  std::uint32_t hash_size = 2048;
  std::uint32_t most_hash_size = 262'144;      // datasets.limits.single-hashsize
  std::uint64_t hash_sizes_left = 67'108'864;  // of datasets.limits.total-hashsizes
};

// What the configuration leaves out, and rules may ask for. For warnings.
struct LeftOut {
  AppProtoSet undetected_over_tcp, undetected_over_udp;  // switched off
  AppProtoSet unparsed_over_tcp, unparsed_over_udp;      // detection-only; beside those without a parser
  std::vector<const BufferSpec*> buffers;                // by their setting
  bool file_store = false;                               // no file store is on
};

// What rules are compiled against: variables, classes, names. One per load; outlives the builders.
class GeoDatabase;  // rules/values/geo_database.h
class IpReputation;  // rules/values/ip_reputation.h

struct RuleEnvironment {
  std::unordered_map<std::string, std::string> address_vars, port_vars;  // text as configured
  std::unordered_map<std::string, Classification> classifications;
  std::unordered_map<std::string, std::string> reference_systems;  // name -> URL prefix
  std::string data_dir;  // datasets and lists are read from here only; empty: none may be read
  std::vector<std::string> features;  // what `requires: feature NAME` finds; default_features() at first
  std::string geoip_database = "/usr/share/GeoIP/GeoLite2-Country.mmdb";
  std::shared_ptr<const GeoDatabase> geo;  // it, once a rule has asked for it
  std::shared_ptr<const IpReputation> reputation;  // null: the configuration names no categories
  bool inline_mode = false;
  LeftOut left_out;
  // Bytes of a TCP stream that payload rules surely see together: stream.reassembly.toserver-chunk-size and its like.
  std::uint32_t chunk_to_server = 2560, chunk_to_client = 2560;
  ActionOrder action_order;
  bool keep_text = true;  // in each rule's meta, for logs that show it
  std::shared_ptr<TextPool> texts = std::make_shared<TextPool>();
  NameTable flowbits, flowints;
  NameTable variables;  // what expressions capture, for flows, packets and alerts
  NameTable xbits;  // hostbits, too: both are bits on hosts, and one rule may set what the other reads
  NameTable tx_bits;  // of xbits on transactions; at most kMaxTxBits
  DatasetRules dataset_rules;
  std::unordered_map<std::string, std::shared_ptr<Dataset>> datasets;  // by name
  // Of lists that rules and configuration name: lines that cannot be used. The loader takes them.
  std::vector<RuleDiagnostic> list_problems;
  // Of the rules that these are to replace (RuleSet::hand_on): a set that is this run's own is taken from here, and a
  // rule with the same text.
  std::unordered_map<std::string, std::shared_ptr<Dataset>> kept_datasets;
  std::unordered_map<TextHash, std::shared_ptr<const Signature>, TextHash::Hash> compiled;
  // Stands for all that a rule's compiled form depends on beside its text, but for what Signature::has_outside_parts
  // tells of.
  [[nodiscard]] TextHash fingerprint() const;
};

inline constexpr std::size_t kMaxTransforms = 8;  // on one buffer
inline constexpr std::size_t kMaxTxBits = 1024;   // names of a run and its reloads

class RuleBuilder {
 public:
  RuleBuilder(const Rule& rule, RuleEnvironment& environment);

  Signature& signature() { return *signature_; }
  RuleEnvironment& environment() { return environment_; }
  [[nodiscard]] const Rule& rule() const { return rule_; }

  // --- buffers
  // Contents that follow look at `buffer`. A rule that comes back to a buffer goes on with the chain that it has there,
  // so that `distance` may count from a content before; buffers with instances (`multiple`) get an engine each time.
  Compiled select_buffer(const BufferSpec& buffer);
  // Contents that follow look at the packet payload again (pkt_data).
  void select_payload();
  // Adds a transform to the selected buffer: contents that follow look at its output, those before it do not.
  Compiled add_transform(std::shared_ptr<const Transform> transform);
  // Means the buffer just selected on that side only; for transactional rules and buffers that both sides have.
  Compiled select_direction(Direction direction);
  // The selected buffer must not be there (`absent`).
  Compiled set_absent(bool or_else);
  // The old form: "content:...; http_uri;" moves the last content from the payload to `buffer`.
  Compiled move_last_content(const BufferSpec& buffer);
  // The old form of file_data and dce_stub_data is sticky; pcre's buffer flags add straight to a buffer.
  Compiled add_op_to(const BufferSpec& buffer, BufferOp op);
  // Appends to the selected buffer's chain; without one, a relative operation goes where the last one went, which an old
  // modifier may have moved ("content:...; http_uri; isdataat:10,relative;"). Refused when the chain is full.
  Compiled add_op(BufferOp op);
  // The last content of the selected buffer (for depth, nocase ...), or the one that was just moved; null when there is
  // none.
  Content* last_content();
  // The last operation of the selected buffer; null when there is none.
  BufferOp* last_op();
  [[nodiscard]] const BufferSpec* selected() const { return selected_; }
  // The variable of that name, made by byte_extract / byte_math before on a buffer of the same kind as the
  // selected one (payload, packet header, frame, transaction); -1 when there is none. Without a selected buffer it may be of
  // any kind, as a modifier that follows may say where it is used; finish() refuses what does not come together.
  [[nodiscard]] std::int16_t find_var(std::string_view name) const;
  tl::expected<std::int16_t, KeywordError> make_var(std::string_view name);

  // Refuses a keyword that stands in the rule more than once.
  [[nodiscard]] Compiled once(std::string_view keyword) const;
  [[nodiscard]] bool has_option(std::string_view keyword) const;

  // --- conditions
  void add_packet_check(std::shared_ptr<const PacketCheck> check) {
    signature_->packet_checks.push_back(std::move(check));
  }
  // The rule is about `protocol`; refused when the header or an earlier keyword says another.
  Compiled require_protocol(AppProto protocol);
  Compiled require_one_of(const AppProtoSet& protocols);
  Compiled add_tx_check(TxCheckEngine engine);
  void add_effect(std::shared_ptr<const Effect> effect) { signature_->effects.push_back(std::move(effect)); }

  // Checks the rule as a whole and gives it away.
  tl::expected<std::unique_ptr<Signature>, KeywordError> finish();

 private:
  static constexpr std::size_t kPayload = SIZE_MAX;  // as an engine's number
  // Buffers of one kind are looked at together and in the order of the rule, so they may share variables.
  enum class Place : std::uint8_t { payload, packet, frame, transaction };
  struct Variable {
    std::string name;
    Place place;
  };
  static Place place_of(const BufferSpec* buffer);
  [[nodiscard]] Place place_of_engine(std::size_t engine) const;
  [[nodiscard]] Compiled check_vars(const BufferChain& chain, std::size_t engine) const;

  // Numbers of engines in signature().buffers, or kPayload. Engines are made when something is put into them.
  std::size_t open_engine();
  std::size_t find_engine(const BufferSpec& buffer) const;
  BufferChain& chain_of(std::size_t engine);
  Compiled append(std::size_t engine, BufferOp op);
  // Narrows the rule's protocols to those of `wanted`.
  Compiled narrow_protocols(const AppProtoSet& wanted, std::string_view names);
  // Settles IP version and protocol where the buffer says them; refused when the rule is about others.
  Compiled narrow_header(const BufferSpec& buffer);

  const Rule& rule_;
  RuleEnvironment& environment_;
  std::unique_ptr<Signature> signature_;
  const BufferSpec* selected_ = nullptr;  // null: payload
  std::size_t engine_ = kPayload;         // of the selected buffer
  bool engine_open_ = true;               // false: selected, but nothing put in yet
  std::vector<std::shared_ptr<const Transform>> transforms_;  // of the selected buffer
  std::optional<Direction> direction_;                        // the same
  std::size_t content_engine_ = kPayload, content_index_ = 0;  // the last content
  bool have_content_ = false;
  std::size_t relative_engine_ = kPayload;  // of the last operation, from which a relative one counts
  std::vector<Variable> vars_;
};

}  // namespace weir::rules
