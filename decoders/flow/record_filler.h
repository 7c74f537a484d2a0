// Makes records of the fields of data records, whatever template they came by.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "decoders/flow/option_tables.h"
#include "decoders/flow/record.h"
#include "decoders/flow/template.h"

namespace weir::flow {

// What the message around the data says.
struct MessageFacts {
  Exporter exporter;
  TimeUs exported = 0;          // when it was sent, by the exporter's clock
  bool has_uptime = false;      // NetFlow: how long the exporter has run was said,
  std::uint32_t uptime_ms = 0;  // and this is it; wraps every 49.7 days
};

// Uptime in milliseconds, which wraps, as a time.
TimeUs from_uptime(const MessageFacts& message, std::uint32_t at_ms);
// The same where only the start of the exporter is known: the latest such time that is not behind the message.
TimeUs from_boot(const MessageFacts& message, TimeUs boot, std::uint32_t at_ms);

// Finds the rate of sampling for a record.
class SamplingSource {
 public:
  virtual ~SamplingSource() = default;
  // At least 1.
  [[nodiscard]] virtual std::uint32_t sampling(const SamplingKeys& keys) const = 0;
};

// What a field is about: with whom, how much, when. Most fields of most records are of these kinds.
enum class FieldKind : std::uint8_t { other, key, counter, time };

// By slot.
inline constexpr auto kFieldKinds = [] {
  std::array<FieldKind, static_cast<std::size_t>(Slot::count_)> out{};
  const auto are = [&](FieldKind kind, std::initializer_list<Slot> slots) {
    for (const Slot slot : slots) out[static_cast<std::size_t>(slot)] = kind;
  };
  are(FieldKind::key,
      {Slot::source, Slot::destination, Slot::source_port, Slot::destination_port, Slot::protocol,
       Slot::icmp_type_code, Slot::icmp_type, Slot::icmp_code, Slot::biflow_direction, Slot::end_reason});
  are(FieldKind::counter,
      {Slot::bytes, Slot::packets, Slot::tcp_flags, Slot::tos, Slot::bytes_back, Slot::packets_back});
  are(FieldKind::time,
      {Slot::first, Slot::last, Slot::first_uptime, Slot::last_uptime, Slot::first_before_export,
       Slot::last_before_export, Slot::duration_ms, Slot::duration_us, Slot::observed, Slot::boot_time});
  return out;
}();

class RecordFiller {
 public:
  // All of them live as long as the filler. `tables` are the domain's. `boot`: when the exporter started; 0: it did
  // not say.
  RecordFiller(RecordBatch& batch, const MessageFacts& message, const OptionTables& tables,
               const SamplingSource& sampling, TimeUs boot)
      : batch_(batch), message_(message), tables_(tables), sampling_(sampling), boot_(boot) {}

  // Begins a record; Template::read() then calls field().
  void begin();
  void field(const FieldStep& step, Bytes value) {
    const FieldKind kind = kFieldKinds[static_cast<std::size_t>(step.slot)];
    if (kind == FieldKind::key) return key_field(step, value);
    scratch_.has_back |= step.reverse;
    if (kind == FieldKind::counter) return counter_field(step, value);
    if (kind == FieldKind::time) return time_field(step, value);
    other_field(step, value);
  }
  // Ends it. False: there are no two addresses, and there is no record.
  bool finish();
  // Takes back what was begun: it was not whole.
  void abandon() { batch_.drop(); }

 private:
  // What is of use only until the record is whole.
  struct Scratch {
    std::array<std::uint8_t, static_cast<std::size_t>(Slot::count_)>
        ranks{};  // of what a slot was filled with
    // Addresses that are there and zero: of source and destination, each of IPv4 and IPv6.
    std::array<std::array<bool, 2>, 2> has_zero{};
    std::array<std::uint32_t, 2> first_uptime{}, last_uptime{};
    std::array<bool, 2> has_first_uptime{}, has_last_uptime{};  // by direction, as the two before
    std::optional<std::uint32_t> first_before_export, last_before_export;  // 0: as it was sent
    std::uint64_t duration_us = 0, sampler = 0, sequence = 0;
    bool has_sampler = false;  // the record says which, or that there was none
    TimeUs observed = 0, boot = 0;
    std::uint16_t icmp_type_code = 0;
    bool has_icmp_type_code = false;
    std::uint8_t biflow_direction = 0;
    bool has_back = false;  // something was said of the other direction
    SamplingFields sampling;
    Bytes frame, ip_packet;
    std::uint32_t frame_length = 0;
  };

  bool is_better(const FieldStep& step);
  void set_address(IpAddress& to, const FieldStep& step, Bytes value);
  void set_time(TimeUs& to, const FieldStep& step, Bytes value);
  template <class T>
  void set(T& to, const FieldStep& step, Bytes value);
  void counter_field(const FieldStep& step, Bytes value);
  void key_field(const FieldStep& step, Bytes value);
  void time_field(const FieldStep& step, Bytes value);
  void other_field(const FieldStep& step, Bytes value);
  bool path_field(const FieldStep& step, Bytes value);
  void detail_field(const FieldStep& step, Bytes value);
  void text_field(const FieldStep& step, Bytes value);
  static void set_segment(Detail& d, const FieldStep& step, Bytes value);
  [[nodiscard]] SamplingKeys sampling_keys() const;
  void finish_addresses();
  void finish_icmp();
  void finish_times();
  void finish_direction();
  void finish_names();

  RecordBatch& batch_;
  const MessageFacts& message_;
  const OptionTables& tables_;
  const SamplingSource& sampling_;
  const TimeUs boot_;
  Record* record_ = nullptr;
  Scratch scratch_;
};

}  // namespace weir::flow
