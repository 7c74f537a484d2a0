#include "decoders/app/dns/message.h"

#include <algorithm>

#include "decoders/app/dns/name.h"
#include "decoders/app/dns/types.h"
#include "decoders/byte_cursor.h"

namespace weir::dns {
namespace {

Header read_header(ByteCursor& in) {
  Header h;
  h.id = in.be16();
  h.flags = in.be16();
  h.questions = in.be16();
  h.answers = in.be16();
  h.authorities = in.be16();
  h.additionals = in.be16();
  return h;
}

Slice keep(Bytes bytes, Message& out) {
  const Slice s{static_cast<std::uint32_t>(out.text.size()), static_cast<std::uint32_t>(bytes.size())};
  out.text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return s;
}

// Strings that are broken off after the first are left out; a record without a single one is malformed.
TxtStrings read_strings(ByteCursor& data, Message& out) {
  TxtStrings strings{static_cast<std::uint32_t>(out.strings.size()), 0};
  while (!data.empty() && strings.count < kMaxStringsPerRecord) {
    ByteCursor next = data;
    const Bytes text = next.take(next.u8());
    if (next.failed()) break;
    data = next;
    out.strings.push_back(keep(text, out));
    ++strings.count;
  }
  if (strings.count == 0) data.fail();
  return strings;
}

EdnsOptions read_options(ByteCursor data, Message& out) {
  EdnsOptions options{static_cast<std::uint32_t>(out.options.size()), 0};
  while (!data.empty() && options.count < kMaxStringsPerRecord) {
    const std::uint16_t code = data.be16();
    const Bytes value = data.take(data.be16());
    if (data.failed()) break;
    out.options.push_back({code, keep(value, out)});
    ++options.count;
  }
  return options;
}

// A name in a record's data. Its pointers may go anywhere in the message, but the name itself ends within the
// data.
Name read_inner_name(ByteCursor& data, Bytes message, Message& out) {
  ByteCursor at{message};
  at.skip(data.offset());
  const Name name = read_name(at, out);
  if (data.failed() || at.failed() || at.offset() > data.whole().size())
    data.fail();
  else
    data.skip(at.offset() - data.offset());
  return name;
}

Soa read_soa(ByteCursor& in, Bytes message, Message& out) {
  Soa soa;
  soa.mname = read_inner_name(in, message, out);
  soa.rname = read_inner_name(in, message, out);
  soa.serial = in.be32();
  soa.refresh = in.be32();
  soa.retry = in.be32();
  soa.expire = in.be32();
  soa.minimum = in.be32();
  return soa;
}

Srv read_srv(ByteCursor& in, Bytes message, Message& out) {
  Srv srv;
  srv.priority = in.be16();
  srv.weight = in.be16();
  srv.port = in.be16();
  srv.target = read_inner_name(in, message, out);
  return srv;
}

Sshfp read_sshfp(ByteCursor& data, Message& out) {
  Sshfp fp;
  fp.algorithm = data.u8();
  fp.type = data.u8();
  if (!data.failed()) fp.fingerprint = keep(data.rest(), out);
  return fp;
}

// `in` lies over the message up to the end of the record's data and stands at the start of that. It fails
// when the data is not what its type says.
RecordData read_data(ByteCursor& in, Bytes message, std::uint16_t type, Message& out) {
  switch (type) {
    case type_cname:
    case type_ns:
    case type_ptr: return read_inner_name(in, message, out);
    case type_mx: in.skip(2); return read_inner_name(in, message, out);  // behind the preference
    case type_soa: return read_soa(in, message, out);
    case type_srv: return read_srv(in, message, out);
    case type_txt: return read_strings(in, out);
    case type_opt: return read_options(in, out);
    case type_sshfp: return read_sshfp(in, out);
    default: return keep(in.rest(), out);
  }
}

Record read_record(ByteCursor& in, Message& out) {
  Record r;
  r.name = read_name(in, out);
  r.type = in.be16();
  r.klass = in.be16();
  r.ttl = in.be32();
  const std::uint16_t length = in.be16();
  const std::uint32_t start = in.offset();
  in.skip(length);
  if (in.failed() || length == 0) return r;  // an empty record says nothing, whatever its type
  ByteCursor data{in.whole().first(in.offset())};
  data.skip(start);
  r.data = read_data(data, in.whole(), r.type, out);
  if (data.failed()) in.fail();
  return r;
}

// False when a record runs past the end; what stands before it is kept.
bool read_section(ByteCursor& in, std::size_t count, SlabVector<Record>& section, Message& out) {
  const std::size_t kept = std::min(count, kMaxEntriesPerSection);
  for (std::size_t i = 0; i < kept; ++i) {
    Record record = read_record(in, out);
    if (in.failed()) return false;
    section.push_back(record);
  }
  return true;
}

bool read_questions(ByteCursor& in, Message& out) {
  for (std::size_t i = 0; i < std::min<std::size_t>(out.header.questions, kMaxEntriesPerSection); ++i) {
    Question q;
    q.name = read_name(in, out);
    q.type = in.be16();
    q.klass = in.be16();
    if (in.failed()) return false;
    out.questions.push_back(q);
  }
  return true;
}

void forget_all_but_header(Message& out) {
  const Header header = out.header;
  const Oddities odd = out.odd;
  out = Message{};
  out.header = header;
  out.odd = odd;
}

}  // namespace

bool parse_message(Bytes bytes, Message& out) {
  ByteCursor in{bytes};
  const Header header = read_header(in);
  if (in.failed()) return false;
  out.header = header;
  out.text.reserve(std::min<std::size_t>(bytes.size() * 2, 1024));
  if (!read_questions(in, out) || !read_section(in, header.answers, out.answers, out)) {
    forget_all_but_header(out);
    return false;
  }
  if (!read_section(in, header.authorities, out.authorities, out)) {
    out.odd.invalid_authorities = true;
    out.authorities.clear();
  } else if (!read_section(in, header.additionals, out.additionals, out)) {
    out.odd.invalid_additionals = true;
    out.additionals.clear();
  }
  return true;
}

std::size_t Message::held() const {
  const std::size_t records = answers.capacity() + authorities.capacity() + additionals.capacity();
  return records * sizeof(Record) + questions.capacity() * sizeof(Question) +
         strings.capacity() * sizeof(Slice) + options.capacity() * sizeof(EdnsOption) + text.capacity();
}

std::optional<Header> parse_header(Bytes bytes) {
  ByteCursor in{bytes};
  const Header header = read_header(in);
  if (in.failed()) return std::nullopt;
  return header;
}

bool looks_like_message(Bytes bytes) {
  ByteCursor in{bytes};
  const Header h = read_header(in);
  if (in.failed()) return false;
  const std::size_t names = std::size_t{h.questions} + h.answers + h.authorities + h.additionals;
  if (names == 0) return h.is_response();      // an error answer may carry nothing
  if (names * 2 > bytes.size()) return false;  // a name takes a byte or more, and so does what follows it
  Message scratch;
  (void)read_name(in, scratch);
  in.skip(4);  // type and class
  return !in.failed();
}

}  // namespace weir::dns
