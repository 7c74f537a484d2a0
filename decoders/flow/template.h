// A template of NetFlow v9 or IPFIX: which fields its records have, and the steps that read one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "decoders/byte_cursor.h"
#include "decoders/flow/elements.h"
#include "decoders/flow/limits.h"

namespace weir::flow {

enum class Dialect : std::uint8_t { netflow9, ipfix };

// A field as the template names it.
struct FieldSpecifier {
  std::uint16_t number = 0, length = 0;  // kVariableLength: it stands before each value
  std::uint32_t enterprise = kIana;
  bool operator==(const FieldSpecifier&) const = default;
};

// Reads one field that is wanted, or one of variable length that is passed over.
struct FieldStep {
  std::uint32_t skip;    // bytes before it that nobody wants
  std::uint16_t length;  // or kVariableLength
  Slot slot;
  DataType type;
  std::uint8_t rank;  // above 0
  bool reverse;       // of the other direction (RFC 5103)
  std::uint8_t own = 0;  // of Slot::own: which
};

// What its records are.
struct TemplateUse {
  bool of_options = false;  // they say something of the exporter; else each is a flow
  std::size_t scopes = 0;   // of options: so many fields, from the first, say what the others are about
  bool operator==(const TemplateUse&) const = default;
};

class Template {
 public:
  // None when it has no fields or more than kMaxFields, when its records have no length, or a least one above kMaxRecordBytes.
  // `own_enterprise`: whose elements are those of own_elements.h; kIana: nobody's.
  static std::shared_ptr<const Template> make(Dialect dialect, TemplateUse use,
                                              std::vector<FieldSpecifier> fields,
                                              std::uint32_t own_enterprise = kIana);

  [[nodiscard]] const TemplateUse& use() const { return use_; }
  [[nodiscard]] std::span<const FieldSpecifier> fields() const { return fields_; }
  // The shortest that a record can be; above 0, so that a loop over records ends.
  [[nodiscard]] std::size_t least_bytes() const { return least_bytes_; }
  // What it takes, for the budget.
  [[nodiscard]] std::size_t memory_bytes() const;

  // Reads one record: visitor.field(step, value) for each field that has a slot, in their order. False: the record goes beyond
  // what is there, and `in` has failed; the visitor may have seen some of it.
  template <class Visitor>
  bool read(ByteCursor& in, Visitor& visitor) const {
    for (const FieldStep& step : steps_) {
      in.skip(step.skip);
      std::size_t length = step.length;
      if (length == kVariableLength) {
        length = in.u8();
        if (length == kLongLength) length = in.be16();
      }
      const Bytes value = in.take(length);
      if (in.failed()) return false;
      if (step.slot != Slot::none) visitor.field(step, value);
    }
    in.skip(skip_at_end_);
    return !in.failed();
  }

 private:
  static constexpr std::size_t kLongLength = 255;  // RFC 7011 7: the length is in the two bytes that follow

  Template(TemplateUse use, std::vector<FieldSpecifier> fields) : use_(use), fields_(std::move(fields)) {}
  void plan(Dialect dialect, std::uint32_t own_enterprise);

  TemplateUse use_;
  std::vector<FieldSpecifier> fields_;
  std::vector<FieldStep> steps_;
  std::size_t least_bytes_ = 0;
  std::uint32_t skip_at_end_ = 0;
};

}  // namespace weir::flow
