#include "decoders/app/krb5/message.h"

#include <algorithm>
#include <iterator>

#include "decoders/ber.h"
#include "decoders/text.h"

namespace weir::krb5 {
namespace {

constexpr BerTag kGeneralString = ber::universal(27);
constexpr std::uint32_t kTicketTag = 1;

struct EncryptionType {
  std::int32_t number;
  std::string_view name;
  bool weak;
};
constexpr EncryptionType kEncryptionTypes[] = {
#define ENCRYPTION(number, name, weak) {number, name, weak},
#include "decoders/app/krb5/encryption_types.def"
#undef ENCRYPTION
};

struct ErrorCode {
  std::int32_t number;
  std::string_view name;
};
constexpr ErrorCode kErrors[] = {
#define ERROR(number, name) {number, name},
#include "decoders/app/krb5/errors.def"
#undef ERROR
};

template <class Row, std::size_t N>
const Row* find_row(const Row (&rows)[N], std::int32_t number) {
  const auto* const found =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.number == number; });
  return found == std::end(rows) ? nullptr : found;
}

constexpr BerTag application(std::uint32_t number) {
  return {BerTag::Class::application, true, number};
}
constexpr BerTag field(std::uint32_t number) {
  return ber::constructed(ber::context(number));
}

// An integer of at most four bytes; fails the reader on others.
std::optional<std::int32_t> read_number(BerReader in) {
  const Bytes bytes = in.content(ber::integer);
  if (in.failed() || bytes.empty() || bytes.size() > 4) return std::nullopt;
  std::uint32_t value = (bytes[0] & 0x80U) != 0 ? UINT32_MAX : 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return static_cast<std::int32_t>(value);
}

bool read_string(BerReader in, SlabString& out) {
  const Bytes text = in.content(kGeneralString);
  out = as_text(text);
  return !in.failed();
}

// PrincipalName: SEQUENCE { [0] name-type, [1] SEQUENCE OF KerberosString }
bool read_name(BerReader in, Name& out) {
  BerReader name = in.enter(ber::sequence);
  name.content(field(0));
  BerReader parts = name.enter(field(1)).enter(ber::sequence);
  if (parts.failed()) return false;
  while (!parts.empty() && out.size() < kMaxNameParts) {
    const Bytes part = parts.content(kGeneralString);
    if (parts.failed()) return false;
    out.emplace_back(as_text(part));
  }
  return true;
}

// EncryptedData: SEQUENCE { [0] etype, ... }
std::optional<std::int32_t> read_encryption(BerReader in) {
  return read_number(in.enter(ber::sequence).enter(field(0)));
}

// The fields of a SEQUENCE, which are told apart by their context tags: one(number, content) for each; false ends it.
template <class One>
bool each_field(BerReader in, One&& one) {
  while (!in.empty()) {
    const auto tag = in.next_tag();
    if (!tag) return false;
    BerReader content = in.enter(*tag);
    if (in.failed()) return false;
    if (*tag == field(tag->number) && !one(tag->number, content)) return false;
  }
  return !in.failed();
}

bool read_request_body(BerReader in, Message& out) {
  return each_field(in.enter(ber::sequence), [&](std::uint32_t number, BerReader content) {
    switch (number) {
      case 1: return read_name(content, out.client);
      case 2: return read_string(content, out.realm);
      case 3: return read_name(content, out.server);
      default: return true;
    }
  });
}

bool read_request(BerReader in, Message& out) {
  bool body = false;
  const bool whole = each_field(in, [&](std::uint32_t number, BerReader content) {
    if (number != 4) return true;
    body = true;
    return read_request_body(content, out);
  });
  return whole && body;
}

bool read_ticket(BerReader in, Message& out) {
  return each_field(in.enter(application(kTicketTag)).enter(ber::sequence),
                    [&](std::uint32_t number, BerReader content) {
                      if (number == 2) return read_name(content, out.server);
                      if (number == 3) out.ticket_encryption = read_encryption(content);
                      return number != 3 || out.ticket_encryption.has_value();
                    });
}

bool read_reply(BerReader in, Message& out) {
  const bool whole = each_field(in, [&](std::uint32_t number, BerReader content) {
    switch (number) {
      case 3: return read_string(content, out.realm);
      case 4: return read_name(content, out.client);
      case 5: return read_ticket(content, out);
      case 6: out.encryption = read_encryption(content); return out.encryption.has_value();
      default: return true;
    }
  });
  return whole && out.encryption && out.ticket_encryption;
}

bool read_error(BerReader in, Message& out) {
  const bool whole = each_field(in, [&](std::uint32_t number, BerReader content) {
    switch (number) {
      case 6: out.error = read_number(content); return out.error.has_value();
      case 7: return read_string(content, out.realm);
      case 8: return read_name(content, out.client);
      case 10: return read_name(content, out.server);
      default: return true;
    }
  });
  return whole && out.error;
}

std::size_t size_of(const Name& name) {
  std::size_t out = name.capacity() * sizeof(SlabString);
  for (const SlabString& part : name) out += part.capacity();
  return out;
}

}  // namespace

std::string_view message_type_name(MessageType type) {
  switch (type) {
    case MessageType::as_req: return "KRB_AS_REQ";
    case MessageType::as_rep: return "KRB_AS_REP";
    case MessageType::tgs_req: return "KRB_TGS_REQ";
    case MessageType::tgs_rep: return "KRB_TGS_REP";
    case MessageType::error: return "KRB_ERROR";
  }
  return {};
}

std::size_t Message::held() const {
  return size_of(client) + size_of(server) + realm.capacity();
}

Kind kind_of(std::uint8_t first_byte) {
  switch (first_byte) {
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x7e: return Kind::read;
    case 0x6e:
    case 0x6f:
    case 0x74:
    case 0x75: return Kind::not_read;
    default: return Kind::none;
  }
}

std::optional<Message> parse_message(Bytes bytes) {
  BerReader in(bytes);
  const auto tag = in.next_tag();
  if (!tag) return std::nullopt;
  Message out;
  out.type = static_cast<MessageType>(tag->number);
  const BerReader fields = in.enter(*tag).enter(ber::sequence);
  const bool error = out.type == MessageType::error, request = out.is_request();
  const bool good = error     ? read_error(fields, out)
                    : request ? read_request(fields, out)
                              : read_reply(fields, out);
  if (!good) return std::nullopt;
  return out;
}

std::string_view encryption_name(std::int32_t type) {
  const auto* row = find_row(kEncryptionTypes, type);
  return row != nullptr ? row->name : std::string_view{};
}

std::string_view error_name(std::int32_t code) {
  const auto* row = find_row(kErrors, code);
  return row != nullptr ? row->name : std::string_view{};
}

bool is_weak(std::int32_t encryption) {
  const auto* row = find_row(kEncryptionTypes, encryption);
  return row == nullptr || row->weak;
}

std::optional<std::int32_t> encryption_by_name(std::string_view name) {
  for (const EncryptionType& row : kEncryptionTypes)
    if (row.name == name) return row.number;
  return std::nullopt;
}

}  // namespace weir::krb5
