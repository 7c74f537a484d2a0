#include "decoders/app/ldap/message.h"

#include <algorithm>

#include "decoders/ber.h"
#include "decoders/text.h"

namespace weir::ldap {
namespace {

constexpr std::uint8_t kSequence = 0x30, kInteger = 0x02;
constexpr unsigned kMaxHead = 6;  // a tag and the longest length
constexpr BerTag kEnumerated = ber::universal(10);
constexpr BerTag kSasl = ber::constructed(ber::context(3));

constexpr NumberName kOperations[] = {
#define OPERATION(number, id, kind) {number, #id},
#include "decoders/app/ldap/operations.def"
#undef OPERATION
};
constexpr Kind kKinds[] = {
#define OPERATION(number, id, kind) Kind::kind,
#include "decoders/app/ldap/operations.def"
#undef OPERATION
};
constexpr NumberName kResults[] = {
#define RESULT(code, name) {code, name},
#include "decoders/app/ldap/result_codes.def"
#undef RESULT
};

std::uint32_t number_of(Bytes bytes) {
  std::uint32_t out = 0;
  for (const std::uint8_t byte : bytes) out = out << 8U | byte;
  return out;
}
// Larger ones than LDAP has are taken by their last bytes.
std::uint32_t read_number(BerReader& in, BerTag tag = ber::integer) {
  return number_of(in.content(tag));
}
std::string_view read_text(BerReader& in) {
  return as_text(in.content(ber::octet_string));
}
bool read_flag(BerReader& in) {
  const Bytes content = in.content(ber::boolean);
  return !content.empty() && content[0] != 0;
}
// The next element, if it has that tag.
bool read_optional(BerReader& in, BerTag tag, SlabString& out) {
  const auto next = in.next_tag();
  if (!next || *next != tag) return false;
  out = as_text(in.content(tag));
  return true;
}

// How many values and attributes of a message may still be kept.
class Room {
 public:
  bool take() { return left_ != 0 && left_-- != 0; }

 private:
  std::size_t left_ = kMaxValues;
};

// SEQUENCE { type, SET OF value }
bool read_attribute(BerReader& in, SlabVector<Attribute>& out, Room& room, std::uint8_t change = 0) {
  BerReader attribute = in.enter(ber::sequence);
  Attribute read{.type = SlabString(read_text(attribute)), .values = {}, .change = change};
  BerReader values = attribute.enter(ber::set);
  while (!values.empty()) {
    const std::string_view value = read_text(values);
    if (!values.failed() && room.take()) read.values.emplace_back(value);
  }
  if (room.take()) out.push_back(std::move(read));
  return !attribute.failed() && !values.failed();
}

bool read_attributes(BerReader& in, SlabVector<Attribute>& out) {
  Room room;
  BerReader list = in.enter(ber::sequence);
  while (!list.empty())
    if (!read_attribute(list, out, room)) return false;
  return !in.failed() && !list.failed();
}

bool read_bind(BerReader& in, Message& out) {
  out.number = read_number(in);
  out.dn = read_text(in);
  const auto method = in.next_tag();
  if (!method) return false;
  if (*method != kSasl) return true;  // a password
  BerReader sasl = in.enter(kSasl);
  out.sasl.emplace();
  out.sasl->mechanism = read_text(sasl);
  read_optional(sasl, ber::octet_string, out.sasl->credentials);
  return !sasl.failed();
}

bool read_search(BerReader& in, Message& out) {
  out.dn = read_text(in);
  Search& search = out.search.emplace();
  search.scope = read_number(in, kEnumerated);
  search.deref_alias = read_number(in, kEnumerated);
  search.size_limit = read_number(in);
  search.time_limit = read_number(in);
  search.types_only = read_flag(in);
  in.next();  // the filter
  BerReader wanted = in.enter(ber::sequence);
  Room room;
  while (!wanted.empty()) {
    const std::string_view type = read_text(wanted);
    if (!wanted.failed() && room.take()) out.attributes.push_back({.type = SlabString(type), .values = {}});
  }
  return !in.failed() && !wanted.failed();
}

bool read_modify(BerReader& in, Message& out) {
  out.dn = read_text(in);
  BerReader changes = in.enter(ber::sequence);
  Room room;
  while (!changes.empty()) {
    BerReader change = changes.enter(ber::sequence);
    const std::uint32_t kind = read_number(change, kEnumerated);
    if (!read_attribute(change, out.attributes, room, static_cast<std::uint8_t>(std::min(kind, 255U))))
      return false;
  }
  return !changes.failed();
}

bool read_entry(BerReader& in, Message& out) {
  out.dn = read_text(in);
  return read_attributes(in, out.attributes);
}

bool read_rename(BerReader& in, Message& out) {
  out.dn = read_text(in);
  Rename& rename = out.rename.emplace();
  rename.new_rdn = read_text(in);
  rename.delete_old_rdn = read_flag(in);
  rename.has_superior = read_optional(in, ber::context(0), rename.new_superior);
  return !in.failed();
}

bool read_compare(BerReader& in, Message& out) {
  out.dn = read_text(in);
  BerReader assertion = in.enter(ber::sequence);
  Attribute attribute;
  attribute.type = read_text(assertion);
  attribute.values.emplace_back(read_text(assertion));
  out.attributes.push_back(std::move(attribute));
  return !in.failed() && !assertion.failed();
}

// LDAPResult, and what a bind or an extended response has behind it.
bool read_result(BerReader& in, Message& out) {
  Result& result = out.result.emplace();
  result.code = read_number(in, kEnumerated);
  result.matched_dn = read_text(in);
  result.message = read_text(in);
  while (!in.empty() && !in.failed()) {
    const bool bind = out.operation == Operation::bind_response;
    if (read_optional(in, ber::context(bind ? 7 : 10), bind ? out.value : out.name))
      (bind ? out.has_value : out.has_name) = true;
    else if (!bind && read_optional(in, ber::context(11), out.value))
      out.has_value = true;
    else
      in.next();  // referrals
  }
  return !in.failed();
}

bool read_extended(BerReader& in, Message& out) {
  out.has_name = read_optional(in, ber::context(0), out.name);
  out.has_value = read_optional(in, ber::context(1), out.value);
  return !in.failed() && (out.has_name || out.operation == Operation::intermediate_response);
}

bool read_operation(BerReader& in, Message& out) {
  switch (out.operation) {
    case Operation::bind_request: return read_bind(in, out);
    case Operation::search_request: return read_search(in, out);
    case Operation::search_result_entry:
    case Operation::add_request: return read_entry(in, out);
    case Operation::modify_request: return read_modify(in, out);
    case Operation::mod_dn_request: return read_rename(in, out);
    case Operation::compare_request: return read_compare(in, out);
    case Operation::extended_request:
    case Operation::intermediate_response: return read_extended(in, out);
    case Operation::search_result_reference: return true;
    default: return read_result(in, out);
  }
}

// Those whose tag has the value itself behind it, not further elements (RFC 4511 4.3, 4.8, 4.11).
constexpr bool is_plain(Operation operation) {
  return operation == Operation::unbind_request || operation == Operation::del_request ||
         operation == Operation::abandon_request;
}

void read_plain_operation(Bytes content, Message& out) {
  if (out.operation == Operation::del_request) out.dn = as_text(content);
  if (out.operation == Operation::abandon_request) out.number = number_of(content);
}

}  // namespace

std::span<const NumberName> operation_names() {
  return kOperations;
}
std::string_view operation_name(Operation operation) {
  return name_in(kOperations, static_cast<std::uint64_t>(operation));
}
std::span<const NumberName> result_names() {
  return kResults;
}
std::string_view result_name(std::uint32_t code) {
  return name_in(kResults, code);
}

Kind kind_of(Operation operation) {
  std::size_t i = 0;
  while (i + 1 < std::size(kOperations) && kOperations[i].number != static_cast<std::uint64_t>(operation))
    ++i;
  return kKinds[i];
}

std::size_t Message::held() const {
  std::size_t out =
      dn.capacity() + name.capacity() + value.capacity() + attributes.capacity() * sizeof(Attribute);
  for (const Attribute& a : attributes) {
    out += a.type.capacity() + a.values.capacity() * sizeof(SlabString);
    for (const SlabString& v : a.values) out += v.capacity();
  }
  if (result) out += result->matched_dn.capacity() + result->message.capacity();
  if (sasl) out += sasl->mechanism.capacity() + sasl->credentials.capacity();
  if (rename) out += rename->new_rdn.capacity() + rename->new_superior.capacity();
  return out;
}

Frame frame_message(Bytes bytes) {
  ByteCursor in{bytes};
  if (!bytes.empty() && in.u8() != kSequence) return {};
  const std::size_t length = read_ber_length(in);
  if (in.failed())
    return {bytes.size() < kMaxHead ? Frame::Status::incomplete : Frame::Status::broken, bytes.size() + 1};
  const std::size_t whole = in.offset() + length;
  return {length > in.remaining() ? Frame::Status::incomplete : Frame::Status::whole, whole};
}

bool looks_like_message(Bytes bytes) {
  ByteCursor in{bytes};
  if (in.u8() != kSequence) return false;
  const std::size_t length = read_ber_length(in);
  const std::size_t start = in.offset();
  if (in.u8() != kInteger) return false;
  const std::uint8_t id_bytes = in.u8();
  if (id_bytes == 0 || id_bytes > 4) return false;
  in.skip(id_bytes);
  const BerTag tag = read_ber_tag(in);
  const std::size_t inner = read_ber_length(in);
  return !in.failed() && tag.tag_class == BerTag::Class::application &&
         !name_in(kOperations, tag.number).empty() && in.offset() - start + inner <= length;
}

std::optional<Message> parse_message(Bytes bytes) {
  BerReader in = BerReader(bytes).enter(ber::sequence);
  Message out;
  out.id = read_number(in);
  const auto tag = in.next_tag();
  if (in.failed() || !tag || tag->tag_class != BerTag::Class::application ||
      name_in(kOperations, tag->number).empty())
    return std::nullopt;
  out.operation = static_cast<Operation>(tag->number);
  // The other form has nothing that its operation must have.
  if (tag->constructed == is_plain(out.operation)) return std::nullopt;
  if (is_plain(out.operation)) {
    const Bytes content = in.content(*tag);
    if (in.failed()) return std::nullopt;
    read_plain_operation(content, out);
    return out;
  }
  BerReader operation = in.enter(*tag);
  if (in.failed() || !read_operation(operation, out) || operation.failed()) return std::nullopt;
  return out;
}

}  // namespace weir::ldap
