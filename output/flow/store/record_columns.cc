#include "output/flow/store/record_columns.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "decoders/address_text.h"
#include "decoders/text.h"

namespace weir::output {
namespace {

using flow::Detail, flow::Record;
using parquet::Kind;
using Form = RecordColumn::Form;

constexpr std::array<std::string_view, 6> kEndReasons{"", "idle", "active", "end", "forced", "resources"};
constexpr std::array<std::string_view, 5> kInitiatorBy{"", "exporter", "handshake", "ports", "first_packet"};
constexpr std::array<std::string_view, 3> kObservedAt{"", "ingress", "egress"};
constexpr std::array<std::string_view, 3> kVerdicts{"", "allowed", "dropped"};

constexpr std::array<std::string_view, 3> kRollups{"", "unanswered", "answered"};

template <std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, std::size_t code) {
  return code < N ? names[code] : std::string_view{};
}
// 0 for what is none of them.
template <class Code, std::size_t N>
Code code_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  return static_cast<Code>(found == names.end() ? 0 : found - names.begin());
}

std::string_view hex_text(std::string_view bytes, ColumnText& room) {
  char* to = room.data();
  for (const char c : bytes.substr(0, room.size() / 2)) to = put_hex(to, static_cast<std::uint8_t>(c));
  return {room.data(), static_cast<std::size_t>(to - room.data())};
}
// Bytes of whole pairs of digits, up to the first that is none.
std::string_view bytes_of(std::string_view hex, TextRoom& room) {
  const std::span<char> bytes = room.take(hex.size() / 2);
  std::size_t size = 0;
  for (; size < bytes.size(); hex.remove_prefix(2)) {
    const int high = hex_digit(hex[0]), low = hex_digit(hex[1]);
    if (high < 0 || low < 0) break;
    bytes[size++] = static_cast<char>(high << 4 | low);
  }
  return {bytes.data(), size};
}

std::string_view mac_text(const MacAddress& mac, ColumnText& room) {
  if (std::all_of(mac.begin(), mac.end(), [](std::uint8_t b) { return b == 0; })) return {};
  char* to = room.data();
  for (const std::uint8_t byte : mac) {
    if (to != room.data()) *to++ = ':';
    to = put_hex(to, byte);
  }
  return {room.data(), static_cast<std::size_t>(to - room.data())};
}

// --- times: start and duration of the record, and what a side has of its own, from there

std::uint64_t start_of(const Record& r) {
  return static_cast<std::uint64_t>(times_of(r).first);
}
std::uint64_t duration_of(const Record& r) {
  const auto [first, last] = times_of(r);
  return static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
}
// The side to the server is taken to last as long as the record, the other one to have no times, unless these columns say others.
bool has_own_times(const Record& r, std::size_t side) {
  const flow::Side& s = r.sides[side];
  return side == 0 ? std::pair{s.first, s.last} != times_of(r) : s.first != 0 || s.last != 0;
}
std::uint64_t side_start(const Record& r, std::size_t side) {
  if (!has_own_times(r, side)) return kNoValue;
  return static_cast<std::uint64_t>(r.sides[side].first) - start_of(r);
}
std::uint64_t side_duration(const Record& r, std::size_t side) {
  if (!has_own_times(r, side)) return kNoValue;
  return static_cast<std::uint64_t>(r.sides[side].last) - static_cast<std::uint64_t>(r.sides[side].first);
}

constexpr TimeUs sum(TimeUs a, std::uint64_t b) {
  return static_cast<TimeUs>(static_cast<std::uint64_t>(a) + b);
}

// Calls put(record, detail, value) for each row that has one.
template <class Put>
void put_each(const RecordRows& rows, std::span<const std::uint64_t> values,
              std::span<const std::uint8_t> present, const Put& put) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (present.empty() || present[i] != 0) put(rows.records[i], rows.details[i], values[i]);
}

// What was put stands in the detail: the record has one.
void point(Record& r, Detail& d, const void* put) {
  const auto at = reinterpret_cast<std::uintptr_t>(put), begin = reinterpret_cast<std::uintptr_t>(&d);
  if (at - begin < sizeof d) r.detail = &d;
}
template <class T>
void assign(T& to, std::uint64_t value) {
  to = static_cast<T>(value);
}

RecordColumn named(std::string_view name, flow::Field field, RecordColumn column) {
  column.name = name;
  column.field = field;
  return column;
}

// --- the forms of columns.def. A detail that something is put into is pointed to.

// NOLINTBEGIN(cppcoreguidelines-macro-usage): lvalues are text
#define READING [[maybe_unused]] const Record &r, [[maybe_unused]] const Detail &d
#define WRITING [[maybe_unused]] Record &r, [[maybe_unused]] Detail &d
#define PUT_NUMBERS(...)                                                                                     \
  [](const RecordRows& rows, std::span<const std::uint64_t> values, std::span<const std::uint8_t> present) { \
    put_each(rows, values, present, [](WRITING, std::uint64_t value) { __VA_ARGS__; });                      \
  }
#define COUNT(type, lvalue)                                                      \
  RecordColumn {                                                                 \
    .kind = Kind::type, .number = [](READING) { return std::uint64_t{lvalue}; }, \
    .put_numbers = PUT_NUMBERS(assign(lvalue, value))                            \
  }
#define NUMBER(type, lvalue)                                                                         \
  RecordColumn {                                                                                     \
    .kind = Kind::type, .is_optional = true,                                                         \
    .number = [](READING) { return (lvalue) != 0 ? static_cast<std::uint64_t>(lvalue) : kNoValue; }, \
    .put_numbers = PUT_NUMBERS(assign(lvalue, value); point(r, d, &(lvalue)))                        \
  }
#define TEXT(lvalue)                                                                                       \
  RecordColumn {                                                                                           \
    .kind = Kind::text, .form = Form::text, .is_optional = true,                                           \
    .text = [](READING, ColumnText&) { return std::string_view(lvalue); },                                 \
    .put_text = [](WRITING, std::string_view value, TextRoom&) { lvalue = value, point(r, d, &(lvalue)); } \
  }
#define HEX(lvalue)                                                           \
  RecordColumn {                                                              \
    .kind = Kind::text, .form = Form::text, .is_optional = true,              \
    .text = [](READING, ColumnText& room) { return hex_text(lvalue, room); }, \
    .put_text = [](WRITING, std::string_view value, TextRoom& room) {         \
      lvalue = bytes_of(value, room), point(r, d, &(lvalue));                 \
    }                                                                         \
  }
#define CODE(lvalue, names)                                                                              \
  RecordColumn {                                                                                         \
    .kind = Kind::text, .form = Form::text, .is_optional = true,                                         \
    .text = [](READING, ColumnText&) { return name_of(names, static_cast<std::size_t>(lvalue)); },       \
    .put_text = [](WRITING, std::string_view value, TextRoom&) {                                         \
      lvalue = code_of<std::remove_reference_t<decltype(lvalue)>>(names, value), point(r, d, &(lvalue)); \
    }                                                                                                    \
  }
#define MAC(lvalue)                                                            \
  RecordColumn {                                                               \
    .kind = Kind::text, .form = Form::text, .is_optional = true,               \
    .text = [](READING, ColumnText& room) { return mac_text(lvalue, room); },  \
    .put_text = [](WRITING, std::string_view value, TextRoom&) {               \
      lvalue = read_mac(value).value_or(MacAddress{}), point(r, d, &(lvalue)); \
    }                                                                          \
  }
#define ADDRESS_COLUMN(lvalue, bloom)                                                              \
  RecordColumn {                                                                                   \
    .kind = Kind::text, .form = Form::address, .is_optional = true, .has_bloom = (bloom),          \
    .address = [](READING) -> const IpAddress& { return lvalue; },                                 \
    .put_address = [](WRITING, const IpAddress& value) { lvalue = value, point(r, d, &(lvalue)); } \
  }
#define ADDRESS(lvalue) ADDRESS_COLUMN(lvalue, false)
#define KEY_ADDRESS(lvalue) ADDRESS_COLUMN(lvalue, true)
#define FLOWS                                                                           \
  RecordColumn {                                                                        \
    .kind = Kind::u32, .is_optional = true,                                             \
    .number = [](READING) { return r.flows != 1 ? std::uint64_t{r.flows} : kNoValue; }, \
    .put_numbers = PUT_NUMBERS(assign(r.flows, value))                                  \
  }
#define START                                                                                   \
  RecordColumn {                                                                                \
    .kind = Kind::time_us, .number = [](READING) { return start_of(r); },                       \
    .put_numbers = PUT_NUMBERS(r.sides[0].first = r.sides[0].last = static_cast<TimeUs>(value)) \
  }
#define DURATION                                                               \
  RecordColumn {                                                               \
    .kind = Kind::i64, .number = [](READING) { return duration_of(r); },       \
    .put_numbers = PUT_NUMBERS(r.sides[0].last = sum(r.sides[0].first, value)) \
  }
// Those to the client come first: the side to the server still has the record's times then.
#define SIDE_START(side)                                                                           \
  RecordColumn {                                                                                   \
    .kind = Kind::i64, .is_optional = true, .number = [](READING) { return side_start(r, side); }, \
    .put_numbers = PUT_NUMBERS(r.sides[side].first = sum(r.sides[0].first, value))                 \
  }
#define SIDE_DURATION(side)                                                                           \
  RecordColumn {                                                                                      \
    .kind = Kind::i64, .is_optional = true, .number = [](READING) { return side_duration(r, side); }, \
    .put_numbers = PUT_NUMBERS(r.sides[side].last = sum(r.sides[side].first, value))                  \
  }
#define ICMP(lvalue)                                                                 \
  RecordColumn {                                                                     \
    .kind = Kind::u8, .is_optional = true,                                           \
    .number = [](READING) { return r.has_icmp ? std::uint64_t{lvalue} : kNoValue; }, \
    .put_numbers = PUT_NUMBERS(assign(lvalue, value); r.has_icmp = true)             \
  }
// NOLINTEND(cppcoreguidelines-macro-usage)

}  // namespace

std::span<const RecordColumn> record_columns() {
  static const std::array kColumns{
#define COLUMN(name, form, members) named(#name, flow::Field::members, form),
#include "output/flow/store/columns.def"
#undef COLUMN
  };
  return kColumns;
}

}  // namespace weir::output
