// Writes records of SMB, field by field, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::test {

class SmbBytes {
 public:
  SmbBytes& u8(std::uint64_t v) { return le(v, 1); }
  SmbBytes& u16(std::uint64_t v) { return le(v, 2); }
  SmbBytes& u32(std::uint64_t v) { return le(v, 4); }
  SmbBytes& u64(std::uint64_t v) { return le(v, 8); }
  SmbBytes& zeros(std::size_t n) {
    out_.append(n, '\0');
    return *this;
  }
  SmbBytes& raw(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  // ASCII as UTF-16.
  SmbBytes& wide(std::string_view text) {
    for (const char c : text) out_.append(1, c).append(1, '\0');
    return *this;
  }
  operator std::string() const { return out_; }  // NOLINT(*-explicit-*)
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  SmbBytes& le(std::uint64_t v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(v >> 8U * i & 0xffU));
    return *this;
  }
  std::string out_;
};

// A record of the NetBIOS session service with these messages.
inline std::string nbss(std::string_view messages) {
  std::string out(1, '\0');
  for (const unsigned shift : {16U, 8U, 0U})
    out.push_back(static_cast<char>(messages.size() >> shift & 0xffU));
  return out.append(messages);
}

struct Smb2Head {
  std::uint16_t command = 0;
  std::uint64_t message_id = 0;
  bool is_response = false;
  std::uint32_t status = 0;
  std::uint32_t tree_id = 5;
  std::uint64_t session_id = 9;
  std::uint32_t flags = 0;  // further ones
  bool has_next = false;    // of a compound
};
// One message; in a compound it is filled up to a multiple of eight.
inline std::string smb2_message(const Smb2Head& h, std::string_view body) {
  std::string padded{body};
  if (h.has_next) padded.resize((padded.size() + 7) / 8 * 8, '\0');
  SmbBytes out;
  out.raw("\xfeSMB").u16(64).u16(1).u32(h.status).u16(h.command).u16(1).u32(h.flags |
                                                                            (h.is_response ? 1U : 0U));
  out.u32(h.has_next ? 64 + padded.size() : 0).u64(h.message_id);
  if ((h.flags & 2U) != 0)
    out.u64(77);  // AsyncId
  else
    out.u32(0xfeff).u32(h.tree_id);
  return out.u64(h.session_id).zeros(16).raw(padded);
}

inline std::string file_id(std::uint64_t number) {
  return SmbBytes().u64(number).u64(number);
}

inline std::string smb2_tree_connect(std::string_view path) {
  return SmbBytes().u16(9).u16(0).u16(72).u16(path.size() * 2).wide(path);
}
inline std::string smb2_create(std::string_view name, std::uint32_t disposition = 1,
                               std::uint32_t options = 0) {
  return SmbBytes()
      .u16(57)
      .zeros(34)
      .u32(disposition)
      .u32(options)
      .u16(120)
      .u16(name.size() * 2)
      .zeros(8)
      .wide(name);
}
inline std::string smb2_created(std::uint64_t id, std::uint64_t size = 0) {
  return SmbBytes()
      .u16(89)
      .zeros(6)
      .u64(116444736000000000 + 10'000'000)
      .zeros(24)
      .u64(4096)
      .u64(size)
      .zeros(8)
      .raw(file_id(id));
}
inline std::string smb2_close(std::string_view id) {
  return SmbBytes().u16(24).zeros(6).raw(id);
}
inline std::string smb2_read(std::string_view id, std::uint64_t offset, std::uint32_t length) {
  return SmbBytes().u16(49).u16(0).u32(length).u64(offset).raw(id).zeros(16).u8(0);
}
inline std::string smb2_read_data(std::string_view data) {
  return SmbBytes().u16(17).u8(80).u8(0).u32(data.size()).zeros(8).raw(data);
}
inline std::string smb2_write(std::string_view id, std::uint64_t offset, std::string_view data) {
  return SmbBytes().u16(49).u16(112).u32(data.size()).u64(offset).raw(id).zeros(16).raw(data);
}

struct Smb1Head {
  std::uint8_t command = 0;
  bool is_response = false;
  std::uint32_t status = 0;
  std::uint16_t multiplex_id = 1;
  std::uint16_t flags2 = 0xc000;  // UTF-16, NTSTATUS
  std::uint16_t tree_id = 5, user_id = 9;
};
// A message with one block.
inline std::string smb1_message(const Smb1Head& h, std::string_view words, std::string_view bytes) {
  SmbBytes out;
  out.raw("\xffSMB").u8(h.command).u32(h.status).u8(h.is_response ? 0x88 : 0x08).u16(h.flags2).zeros(12);
  out.u16(h.tree_id).u16(0x1234).u16(h.user_id).u16(h.multiplex_id);
  return out.u8(words.size() / 2).raw(words).u16(bytes.size()).raw(bytes);
}

}  // namespace weir::test
