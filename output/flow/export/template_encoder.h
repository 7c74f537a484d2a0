// NetFlow version 9 (RFC 3954) and IPFIX (RFC 7011), with both directions in one record (RFC 5103) if that is asked for.
//
// A record is sent with the template of its shape (record_shape.h), whose number is that shape's in every run; a template is said
// before it is used. One that a message has no room for goes without the user's elements, or else without all that it can do
// without. Over UDP all
// templates and options are said again after so many seconds or messages; in a session that loses nothing (a connection, a
// file) once, in messages of their own, and only what options say is said again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "output/flow/export/application_numbers.h"
#include "output/flow/export/export_message.h"
#include "output/flow/export/export_settings.h"
#include "output/flow/export/option_fields.h"
#include "output/flow/export/record_fields.h"

namespace weir::output {

// Of NetFlow v9 and IPFIX: the shortest message in which a record that says all, with empty texts, and its template have room.
std::size_t least_mtu_for_all(const ExportSettings& settings);

class TemplateEncoder final : public FlowEncoder {
 public:
  // `to` and `interfaces` outlive it.
  TemplateEncoder(const ExportSettings& settings, std::span<const InterfaceName> interfaces,
                  MessageTaker& to);

  void add(const flow::Record& record, TimeUs now) override;
  void flush(TimeUs now) override;
  void begin_session(TimeUs now) override;
  void end_session(TimeUs now) override;

 private:
  struct Template {
    std::uint16_t id = 0;
    std::size_t bytes = 0;  // of a record whose texts are empty
    bool is_used = false;
    bool is_said = false;                  // in this session, or since they were last due
    std::vector<std::uint8_t> specifiers;  // as they are sent
  };
  // The most shapes that get a template; further records are sent plain.
  static constexpr std::size_t kMostTemplates = 256;
  static_assert(kFirstRecordTemplate + kShapeNumbers <= 65536);  // each shape has a number of its own

  // What both directions of a record are sent with.
  struct Plan {
    RecordShape shape;
    FieldContext context;
    Template* as = nullptr;
  };
  Plan plan(const flow::Record& record, const InterfacePair& interfaces, TimeUs now);
  void choose_template(Plan& plan, const FlowWay& way);
  void describe(Template& t, const Plan& plan, const FlowWay& way) const;
  void add_way(Plan plan, const FlowWay& way, TimeUs now);
  bool put(const Plan& plan, const FlowWay& way, TimeUs now);

  [[nodiscard]] bool is_due(TimeUs now) const;
  void say_all(TimeUs now);
  void say(Template& t, TimeUs now);
  void say_options(TimeUs now);
  void say_option(OptionKind kind, const OptionValues& values, TimeUs now);
  void note_sampling(std::uint32_t rate, TimeUs now);
  std::uint32_t application_number(const flow::Record& record, TimeUs now);
  [[nodiscard]] OptionValues option_values() const;

  std::uint8_t* reserve(std::uint16_t set, std::size_t bytes, TimeUs now);
  void close_set();
  void finish(TimeUs now, bool is_head);
  void put_header(TimeUs now);
  [[nodiscard]] bool is_empty() const { return size_ == header_bytes_; }
  [[nodiscard]] std::uint16_t template_set() const { return is_v9_ ? 0 : 2; }
  [[nodiscard]] std::uint16_t option_template_set() const { return is_v9_ ? 1 : 3; }

  const ExportSettings settings_;
  const std::span<const InterfaceName> interfaces_;
  MessageTaker& to_;
  const bool is_v9_, keeps_all_;  // the session loses nothing
  const std::size_t header_bytes_;
  const WireDialect dialect_;
  const ShapeLimits limits_;

  std::vector<std::uint8_t> buffer_;  // of settings_.mtu
  std::size_t size_;
  std::size_t set_begin_ = 0;  // 0: none is open
  std::uint16_t set_ = 0;
  ExportTotals flows_;                                // in the buffer
  std::uint32_t data_records_ = 0, all_records_ = 0;  // likewise
  std::uint32_t sequence_ = 0;

  std::optional<std::uint64_t> boot_ms_;
  std::uint32_t sampling_ = 1;
  bool due_ = true;
  TimeUs said_at_ = 0;
  std::uint32_t messages_since_ = 0;  // since templates were said
  std::vector<Template> option_templates_, templates_;
  std::vector<std::uint16_t> by_shape_;  // index into templates_, plus one
  ApplicationNumbers applications_;
};

}  // namespace weir::output
