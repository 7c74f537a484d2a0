#include "decoders/app/nfs/messages.h"

#include "decoders/app/nfs/rpc.h"

namespace weir::nfs {
namespace {

// A name may be as long as the message; what is too long for a file system is for rules to look at.
constexpr std::size_t kMaxNameBytes = 65536;
constexpr std::size_t kAttributes2 = 68, kAttributes3 = 84, kSizeInAttributes = 20;
constexpr std::size_t kWeakAttributes3 = 24;  // those that are told of before a change

Bytes take_handle(std::uint32_t version, ByteCursor& in) {
  return version == 2 ? in.take(kHandle2) : take_opaque(in, kMaxHandle3);
}

// RFC 1813 2.6: what may follow is announced by a word. Nothing else than 0 or 1 may stand there.
bool take_follows(ByteCursor& in) {
  const std::uint32_t follows = in.be32();
  if (follows > 1) in.fail();
  return !in.failed() && follows == 1;
}

std::uint64_t take_size(std::uint32_t version, ByteCursor& in) {
  ByteCursor attributes = in.sub(version == 2 ? kAttributes2 : kAttributes3);
  attributes.skip(kSizeInAttributes);
  return version == 2 ? attributes.be32() : attributes.be64();
}

std::optional<std::uint64_t> take_optional_size(ByteCursor& in) {
  if (!take_follows(in)) return std::nullopt;
  const std::uint64_t size = take_size(3, in);
  return in.failed() ? std::nullopt : std::optional(size);
}

void skip_weak_cache_data(ByteCursor& in) {
  if (take_follows(in)) in.skip(kWeakAttributes3);
  take_optional_size(in);
}

void parse_write(ByteCursor& in, CallArguments& out) {
  out.offset = in.be64();
  in.skip(4);  // count: as many bytes as follow
  out.is_stable = in.be32() != 0;
  out.count = in.be32();
}

void parse_data(std::uint32_t version, ByteCursor& in, CallResults& out) {
  if (version == 2) {
    out.file_size = take_size(2, in);
  } else {
    out.file_size = take_optional_size(in);
    in.skip(4);  // count: as many bytes as follow
    out.is_end = in.be32() != 0;
  }
  out.count = in.be32();
}

void parse_written(ByteCursor& in, CallResults& out) {
  skip_weak_cache_data(in);
  in.skip(4);  // count
  out.is_stable = in.be32() != 0;
}

}  // namespace

CallArguments parse_arguments(std::uint32_t version, Arguments kind, ByteCursor& in) {
  CallArguments out;
  if (kind == Arguments::nothing) return out;
  out.handle = take_handle(version, in);
  switch (kind) {
    case Arguments::nothing:
    case Arguments::object: break;
    case Arguments::entry: out.name = take_opaque(in, kMaxNameBytes); break;
    case Arguments::rename:
      out.name = take_opaque(in, kMaxNameBytes);
      take_handle(version, in);
      out.new_name = take_opaque(in, kMaxNameBytes);
      break;
    case Arguments::link:
      take_handle(version, in);
      out.name = take_opaque(in, kMaxNameBytes);
      break;
    case Arguments::read:
      out.offset = version == 2 ? in.be32() : in.be64();
      out.count = in.be32();
      break;
    case Arguments::write: parse_write(in, out); break;
  }
  return out;
}

CallResults parse_results(std::uint32_t version, Results kind, ByteCursor& in) {
  CallResults out;
  if (kind == Results::nothing) return out;
  out.status = in.be32();
  if (out.status != 0) return out;
  switch (kind) {
    case Results::nothing:
    case Results::status:
    case Results::committed: break;
    case Results::handle: out.handle = take_handle(version, in); break;
    case Results::made:
      if (take_follows(in)) out.handle = take_handle(version, in);
      break;
    case Results::data: parse_data(version, in, out); break;
    case Results::written: parse_written(in, out); break;
    case Results::listing:
      take_optional_size(in);
      in.skip(8);  // cookieverf
      break;
  }
  return out;
}

std::optional<Listed> next_listed(ByteCursor& in) {
  if (!take_follows(in)) return std::nullopt;
  Listed out;
  in.skip(8);  // fileid
  out.name = take_opaque(in, kMaxNameBytes);
  in.skip(8);  // cookie
  take_optional_size(in);
  if (take_follows(in)) out.handle = take_handle(3, in);
  return in.failed() ? std::nullopt : std::optional(out);
}

}  // namespace weir::nfs
