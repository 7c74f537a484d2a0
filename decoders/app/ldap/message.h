// Messages of LDAP (RFC 4511 4), one behind the other in a stream or a datagram.
//
// Plain functions over one whole message. What is read of it is copied: all but passwords, search filters and controls.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "decoders/number_name.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::ldap {

enum class Operation : std::uint8_t {
#define OPERATION(number, id, kind) id = (number),
#include "decoders/app/ldap/operations.def"
#undef OPERATION
};
// By number: "search_request".
std::span<const NumberName> operation_names();
// Empty for a number that stands for none.
std::string_view operation_name(Operation operation);

enum class Kind : std::uint8_t {
  asks,     // and is answered
  tells,    // and is not
  answers,  // and more comes
  ends,     // the operation, with a result
};
// Of an operation that has a name.
Kind kind_of(Operation operation);

std::span<const NumberName> result_names();
std::string_view result_name(std::uint32_t code);

struct Result {
  std::uint32_t code = 0;
  SlabString matched_dn, message;
};

struct Attribute {
  SlabString type;
  SlabVector<SlabString> values;
  std::uint8_t change = 0;  // of a modify request: 0 add, 1 delete, 2 replace, 3 increment
};

struct Search {
  std::uint32_t scope = 0, deref_alias = 0, size_limit = 0, time_limit = 0;
  bool types_only = false;
};
struct Rename {
  SlabString new_rdn, new_superior;
  bool has_superior = false, delete_old_rdn = false;
};
struct Sasl {
  SlabString mechanism, credentials;
};

// Attributes and values of a message beyond those are left out.
inline constexpr std::size_t kMaxValues = 4096;

// One message. What an operation does not have is empty.
struct Message {
  std::uint32_t id = 0;
  Operation operation{};
  SlabString dn;  // that the request or the entry is about; of a bind, who
  SlabVector<Attribute>
      attributes;  // of a search request: those it wants, of a compare request: the one with its value
  std::optional<Result> result;
  SlabString name,
      value;  // of extended operations and intermediate responses; server credentials of a bind response
  bool has_name = false, has_value = false;
  std::uint32_t number = 0;  // version of a bind; the message that an abandon request is about
  std::optional<Sasl> sasl;
  std::optional<Search> search;
  std::optional<Rename> rename;

  [[nodiscard]] std::size_t held() const;  // bytes besides its own size; about
};

// How long the message is that begins there, its head included.
struct Frame {
  enum class Status : std::uint8_t { whole, incomplete, broken } status = Status::broken;
  std::size_t bytes = 0;  // of `whole` and, if it can be told, `incomplete`: then more than there are
};
Frame frame_message(Bytes bytes);
// Of bytes that may be anything: a message that looks whole begins there.
bool looks_like_message(Bytes bytes);
// None: it is broken, or of no operation that has a name.
std::optional<Message> parse_message(Bytes bytes);

}  // namespace weir::ldap
