#include "decoders/app/nfs/compound.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "decoders/app/nfs/messages.h"
#include "decoders/app/nfs/rpc.h"

namespace weir::nfs {
namespace {

constexpr std::size_t kMaxOpaque = 65536;
constexpr std::size_t kStateId = 16;
constexpr std::uint32_t kMaxWords = 8;    // of a bitmap
constexpr std::uint32_t kMaxItems = 256;  // of other lists than directories

constexpr OperationRow kOperationRows[] = {
#define OPERATION(number, id, name, weight, arguments, results) \
  {number, name, Weight::weight, arguments, results},
#include "decoders/app/nfs/operations.def"
#undef OPERATION
};

void skip_opaque(ByteCursor& in) {
  take_opaque(in, kMaxOpaque);
}

// Calls `item` as often as the number says that stands before the list.
template <class Item>
void each(ByteCursor& in, std::uint32_t most, Item&& item) {
  const std::uint32_t count = in.be32();
  if (count > most) in.fail();
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) item();
}

// The first word; the others are passed over.
std::uint32_t take_bitmap(ByteCursor& in) {
  const std::uint32_t words = in.be32();
  if (words > kMaxWords) in.fail();
  ByteCursor bits = in.sub(std::size_t{words} * 4);
  return bits.be32();
}

void skip_attributes(ByteCursor& in) {
  take_bitmap(in);
  skip_opaque(in);
}

void skip_if(ByteCursor& in, std::size_t bytes) {
  if (in.be32() != 0) in.skip(bytes);
}

// createtype4: a link has its text, a device its numbers.
void skip_create_type(ByteCursor& in) {
  enum : std::uint32_t { block_device = 3, character_device = 4, link = 5 };
  const std::uint32_t type = in.be32();
  if (type == link) skip_opaque(in);
  if (type == block_device || type == character_device) in.skip(8);
}

// locker4
void skip_locker(ByteCursor& in) {
  const bool is_new = in.be32() != 0;
  if (is_new) in.skip(4 + kStateId);
  if (!is_new) in.skip(kStateId);
  in.skip(4);
  if (!is_new) return;
  in.skip(8);
  skip_opaque(in);
}

// openflag4
void skip_open_how(ByteCursor& in) {
  enum : std::uint32_t { create = 1, exclusive = 2, exclusive_with_attributes = 3 };
  if (in.be32() != create) return;
  const std::uint32_t mode = in.be32();
  if (mode >= exclusive) in.skip(8);
  if (mode != exclusive) skip_attributes(in);
  if (mode > exclusive_with_attributes) in.fail();
}

// open_claim4
Bytes take_claim(ByteCursor& in) {
  enum : std::uint32_t {
    by_name,
    previous,
    delegate_current,
    delegate_previous,
    by_handle,
    delegated,
    delegated_before
  };
  switch (in.be32()) {
    case previous: in.skip(4); return {};
    case delegate_current: in.skip(kStateId); [[fallthrough]];
    case by_name:
    case delegate_previous: return take_opaque(in, kMaxOpaque);
    case delegated: in.skip(kStateId); return {};
    case by_handle:
    case delegated_before: return {};
    default: in.fail(); return {};
  }
}

// state_protect4_a, and state_protect4_r with numbers in place of two lists and handles behind
void skip_state_protection(ByteCursor& in, bool is_answer) {
  enum : std::uint32_t { none, machine, secret };
  const std::uint32_t how = in.be32();
  if (how == none) return;
  take_bitmap(in);
  take_bitmap(in);
  if (how != secret) return;
  const auto item = [&] { skip_opaque(in); };
  if (is_answer) {
    in.skip(16);
    return each(in, kMaxItems, item);
  }
  each(in, kMaxItems, item);
  each(in, kMaxItems, item);
  in.skip(8);
}

// callback_sec_parms4
void skip_callback_security(ByteCursor& in) {
  enum : std::uint32_t { sys = 1, gss = 6 };
  const std::uint32_t flavor = in.be32();
  if (flavor == sys) {
    in.skip(4);
    skip_opaque(in);
    in.skip(8);
    each(in, kMaxItems, [&] { in.skip(4); });
  } else if (flavor == gss) {
    in.skip(4);
    skip_opaque(in);
    skip_opaque(in);
  }
}

// secinfo4
void skip_security(ByteCursor& in) {
  constexpr std::uint32_t kGss = 6;
  if (in.be32() != kGss) return;
  skip_opaque(in);
  in.skip(8);
}

// layoutreturn4
void skip_layout_return(ByteCursor& in) {
  constexpr std::uint32_t kOfFile = 1;
  if (in.be32() != kOfFile) return;
  in.skip(16 + kStateId);
  skip_opaque(in);
}

void skip_access_entry(ByteCursor& in) {
  in.skip(12);
  skip_opaque(in);
}

// open_delegation4
void skip_delegation(ByteCursor& in) {
  enum : std::uint32_t { none, read, write, none_with_reason };
  const std::uint32_t type = in.be32();
  if (type == read || type == write) in.skip(kStateId + 4);
  if (type == write) in.skip(4 + 8);  // nfs_space_limit4: a size, or two numbers
  if (type == read || type == write) skip_access_entry(in);
  if (type != none_with_reason) return;
  const std::uint32_t why = in.be32();
  if (why == 1 || why == 2) in.skip(4);
}

// dirlist4, without the word behind it that says whether there is more
Bytes take_listing(ByteCursor& in) {
  const ByteCursor start = in;
  for (std::size_t i = 0; i < kMaxListed && !in.failed(); ++i) {
    if (in.be32() == 0) break;
    in.skip(8);
    skip_opaque(in);
    skip_attributes(in);
  }
  in.skip(4);
  return start.peek(start.remaining() - in.remaining());
}

void skip_layout(ByteCursor& in) {
  in.skip(8 + 8 + 4 + 4);
  skip_opaque(in);
}

// Fields of a kind of their own.
void parse_special(char field, ByteCursor& in, OperationParts& out) {
  switch (field) {
    case 'T': return skip_create_type(in);
    case 'L': return skip_locker(in);
    case 'H': return skip_open_how(in);
    case 'M': out.name = take_claim(in); return;
    case 'E': return skip_state_protection(in, false);
    case 'F': return skip_state_protection(in, true);
    case 'I':  // nfs_impl_id4
      return each(in, 1, [&] {
        skip_opaque(in);
        skip_opaque(in);
        in.skip(12);
      });
    case 'S': return each(in, kMaxItems, [&] { skip_callback_security(in); });
    case 'C':  // channel_attrs4
      in.skip(24);
      return each(in, 1, [&] { in.skip(4); });
    case 'R': return skip_layout_return(in);
    case 'G': return skip_delegation(in);
    case 'Y': out.listing = take_listing(in); return;
    case 'Z': return each(in, kMaxItems, [&] { skip_security(in); });
    case 'K': return each(in, kMaxItems, [&] { skip_layout(in); });
    default: in.fail();
  }
}

// 4 8 s: so many bytes, or those of a state; o: bytes with their length; b a: bits, attributes; h n: a handle, a name; p: a place in the
// file; y e: whether it is on the disk, whether the file ends; D: data; v t q: what is there if the word before is not 0;
// l w O: lists of states, words, bytes with their length.
void parse_field(char field, ByteCursor& in, OperationParts& out) {
  switch (field) {
    case '4': return in.skip(4);
    case '8': return in.skip(8);
    case 's': return in.skip(kStateId);
    case 'o': return skip_opaque(in);
    case 'b': take_bitmap(in); return;
    case 'a': return skip_attributes(in);
    case 'h': out.handle = take_opaque(in, kMaxHandle4); return;
    case 'n': (out.name.empty() ? out.name : out.new_name) = take_opaque(in, kMaxOpaque); return;
    case 'p': out.offset = in.be64(); return;
    case 'y': out.is_stable = in.be32() != 0; return;
    case 'e': out.is_end = in.be32() != 0; return;
    case 'D':
      out.count = in.be32();
      out.has_data = true;
      return;
    case 'v': return skip_if(in, 8);
    case 't': return skip_if(in, 12);
    case 'q': return skip_if(in, kStateId);
    case 'l': return each(in, kMaxItems, [&] { in.skip(kStateId); });
    case 'w': return each(in, kMaxItems, [&] { in.skip(4); });
    case 'O': return each(in, kMaxItems, [&] { skip_opaque(in); });
    default: return parse_special(field, in, out);
  }
}

// RFC 8881 5.8.1: values stand in the order of their bits. `in` fails where the handle is not said.
Bytes take_handle_attribute(std::uint32_t bits, ByteCursor in) {
  constexpr unsigned kHandle = 19;
  constexpr std::array<std::uint8_t, kHandle> kBytes = {0, 4, 4, 8, 8, 4, 4, 4, 16, 4,
                                                        4, 4, 0, 4, 4, 4, 4, 4, 4};
  constexpr unsigned kSupported = 0, kAccessList = 12;
  if ((bits >> kHandle & 1U) == 0) return {};
  for (unsigned i = 0; i < kHandle && !in.failed(); ++i) {
    if ((bits >> i & 1U) == 0) continue;
    in.skip(kBytes[i]);
    if (i == kSupported) take_bitmap(in);
    if (i == kAccessList) each(in, kMaxItems, [&] { skip_access_entry(in); });
  }
  return take_opaque(in, kMaxHandle4);
}

}  // namespace

const OperationRow* find_operation(std::uint32_t number) {
  constexpr std::uint32_t kFirst = kOperationRows[0].number;
  static_assert(kOperationRows[std::size(kOperationRows) - 1].number - kFirst + 1 ==
                std::size(kOperationRows));
  return number - kFirst < std::size(kOperationRows) ? &kOperationRows[number - kFirst] : nullptr;
}

OperationParts parse_fields(std::string_view fields, ByteCursor& in) {
  OperationParts out;
  for (const char field : fields) {
    if (in.failed()) break;
    parse_field(field, in, out);
  }
  return out;
}

std::optional<Listed4> next_listed4(ByteCursor& in) {
  if (in.be32() == 0) return std::nullopt;
  Listed4 out;
  in.skip(8);
  out.name = take_opaque(in, kMaxOpaque);
  const std::uint32_t bits = take_bitmap(in);
  out.handle = take_handle_attribute(bits, ByteCursor{take_opaque(in, kMaxOpaque)});
  return in.failed() ? std::nullopt : std::optional(out);
}

CompoundHeader parse_compound(bool is_answer, ByteCursor& in) {
  CompoundHeader out;
  if (is_answer) out.status = in.be32();
  take_opaque(in, kMaxTag);
  if (!is_answer) out.minor_version = in.be32();
  out.operations = in.be32();
  return out;
}

OperationHead parse_operation_head(bool is_answer, ByteCursor& in) {
  OperationHead out;
  out.number = in.be32();
  if (is_answer) out.status = in.be32();
  return out;
}

bool reaches_data(bool is_answer, std::uint32_t operations, ByteCursor in) {
  for (std::uint32_t i = 0; i < std::min(operations, kMaxOperations); ++i) {
    const OperationHead head = parse_operation_head(is_answer, in);
    const OperationRow* const row = find_operation(head.number);
    if (row == nullptr || head.status != 0) return false;
    const OperationParts parts = parse_fields(is_answer ? row->results : row->arguments, in);
    if (in.failed()) return false;
    if (parts.has_data) return true;
  }
  return false;
}

}  // namespace weir::nfs
