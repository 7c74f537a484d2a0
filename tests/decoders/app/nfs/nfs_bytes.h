// Writes messages of ONC RPC and NFS, field by field, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::test {

class Xdr {
 public:
  Xdr& u32(std::uint64_t v) { return be(v, 4); }
  Xdr& u64(std::uint64_t v) { return be(v, 8); }
  Xdr& zeros(std::size_t n) { return raw(std::string(n, '\0')); }
  Xdr& raw(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  // With its length, filled up to a multiple of four.
  Xdr& opaque(std::string_view bytes) {
    return u32(bytes.size()).raw(bytes).zeros((4 - bytes.size() % 4) % 4);
  }
  operator std::string() const { return out_; }  // NOLINT(*-explicit-*)

 private:
  Xdr& be(std::uint64_t v, unsigned bytes) {
    while (bytes-- > 0) out_.push_back(static_cast<char>(v >> 8U * bytes & 0xffU));
    return *this;
  }
  std::string out_;
};

// Both handles have 32 bytes, as those of NFS 2 must have.
inline const std::string kFolder(32, 'D'), kFile(32, 'F');

// Of the user 1000 and the group 100 on the machine "desk".
inline std::string call_head(std::uint32_t xid, std::uint32_t version, std::uint32_t procedure,
                             std::uint32_t program = 100003) {
  const std::string sys = Xdr{}.u32(7).opaque("desktop").u32(1000).u32(100).u32(0);
  return Xdr{}.u32(xid).u32(0).u32(2).u32(program).u32(version).u32(procedure).u32(1).opaque(sys).u32(0).u32(
      0);
}
inline std::string rpc_call(std::uint32_t xid, std::uint32_t version, std::uint32_t procedure,
                            const std::string& arguments = {}) {
  return call_head(xid, version, procedure).append(arguments);
}
inline std::string rpc_reply(std::uint32_t xid, const std::string& results = {}) {
  return std::string{Xdr{}.u32(xid).u32(1).u32(0).u32(0).u32(0).u32(0)}.append(results);
}

// A message in a stream, in fragments of `step` bytes; with `empty_last` the last one of them is empty.
inline std::string marked(std::string_view message, std::size_t step = SIZE_MAX, bool empty_last = false) {
  std::string out;
  do {
    const std::string_view fragment = message.substr(0, step);
    message.remove_prefix(fragment.size());
    out += std::string{Xdr{}.u32(fragment.size() | (message.empty() && !empty_last ? 0x80000000U : 0U))};
    out += fragment;
  } while (!message.empty());
  if (empty_last) out += std::string{Xdr{}.u32(0x80000000U)};
  return out;
}

// --- NFS 3

inline std::string entry3(std::string_view folder, std::string_view name) {
  return Xdr{}.opaque(folder).opaque(name);
}
// Attributes that follow, of a file of that size.
inline std::string attributes3(std::uint64_t size) {
  return Xdr{}.u32(1).zeros(20).u64(size).zeros(56);
}
inline std::string found3(std::string_view handle) {
  return Xdr{}.u32(0).opaque(handle).u32(0).u32(0);
}
inline std::string made3(std::string_view handle) {
  return Xdr{}.u32(0).u32(1).opaque(handle).u32(0).zeros(8);
}
inline std::string read3(std::string_view handle, std::uint64_t offset, std::uint32_t count) {
  return Xdr{}.opaque(handle).u64(offset).u32(count);
}
inline std::string data3(std::string_view data, bool is_end) {
  return Xdr{}.u32(0).u32(0).u32(data.size()).u32(is_end ? 1 : 0).opaque(data);
}
inline std::string write3(std::string_view handle, std::uint64_t offset, std::string_view data,
                          std::uint32_t stable) {
  return Xdr{}.opaque(handle).u64(offset).u32(data.size()).u32(stable).opaque(data);
}
inline std::string written3(std::uint32_t count, std::uint32_t committed) {
  return Xdr{}.u32(0).u32(0).u32(0).u32(count).u32(committed).zeros(8);
}

}  // namespace weir::test
