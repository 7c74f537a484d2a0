// The sets of NetFlow v9 and IPFIX messages, which are alike: templates, options templates, and data that they describe.
#pragma once

#include <cstdint>

#include "decoders/byte_cursor.h"
#include "decoders/flow/exporter_state.h"
#include "decoders/flow/record.h"
#include "decoders/flow/record_filler.h"
#include "decoders/flow/template.h"

namespace weir::flow {

// Whose message it is, and when it came.
struct MessageContext {
  ExporterState& exporter;
  Domain& domain;
  RecordBatch& batch;
  std::uint16_t port = 0;  // of the exporter
  TimeUs received = 0;
  MessageFacts facts;
};

class SetReader {
 public:
  SetReader(const MessageContext& context, Dialect dialect) : context_(context), dialect_(dialect) {}

  // All sets of a message. What is malformed is counted, and ends the set; a length that cannot be ends the message.
  void read(ByteCursor sets);
  // A set that had waited for its template.
  void read_held(const HeldSet& held);

  // Records of all sets together, and whether all of them could be counted: no template was missing, nothing was malformed.
  [[nodiscard]] std::uint32_t records() const { return records_; }
  [[nodiscard]] bool all_counted() const { return all_counted_; }

 private:
  bool read_set(ByteCursor& sets);
  void read_templates(ByteCursor set);
  void read_options_templates(ByteCursor set);
  bool read_fields(ByteCursor& set, std::size_t count, std::vector<FieldSpecifier>& out) const;
  void learn(std::uint16_t number, TemplateUse use, std::vector<FieldSpecifier> fields);
  void decode_held(TemplateKey key);
  void withdraw(std::uint16_t number, bool of_options);
  void read_data(std::uint16_t number, Bytes body);
  void read_records(const Template& made, std::uint16_t number, ByteCursor body);
  void read_option_records(const Template& made, ByteCursor body);
  void hold(TemplateKey key, Bytes body);
  void count_malformed() {
    ++context_.domain.account.malformed;
    all_counted_ = false;
  }
  void count_over_limit() {
    ++context_.domain.account.over_limit;
    all_counted_ = false;
  }

  MessageContext context_;
  Dialect dialect_;
  std::uint32_t records_ = 0;
  bool all_counted_ = true;
  bool has_withdrawn_all_[2] = {false, false};  // of data, of options: once a message is enough
};

}  // namespace weir::flow
