// What can be done to a sticky buffer before it is matched. Each transform writes its whole output into a
// string of the caller's; they are immutable and shared by all workers. Two transforms that do the same have
// the same name, so that rules share the transformed buffer.
#pragma once

#include <memory>
#include <string>

#include "decoders/base64.h"
#include "decoders/digest.h"
#include "rules/match/pcre.h"
#include "rules/match/transform.h"

namespace weir::rules {

inline constexpr std::size_t kMaxInflated = std::size_t{1}
                                            << 20U;    // bytes that gunzip and zlib_deflate may give
inline constexpr std::size_t kDefaultInflated = 1024;  // Suricata's default


std::shared_ptr<const Transform> make_dotprefix();
std::shared_ptr<const Transform> make_domain();         // of a host's name, what was registered: "bbc.co.uk"
std::shared_ptr<const Transform> make_tld();            // and below what: "co.uk"
std::shared_ptr<const Transform> make_hash(Hash kind);  // raw digest bytes
std::shared_ptr<const Transform> make_strip_whitespace();
std::shared_ptr<const Transform> make_compress_whitespace();
std::shared_ptr<const Transform> make_to_lowercase();
std::shared_ptr<const Transform> make_to_uppercase();
std::shared_ptr<const Transform> make_url_decode();
std::shared_ptr<const Transform> make_header_lowercase();      // names of header lines, up to the colon
std::shared_ptr<const Transform> make_strip_pseudo_headers();  // HTTP/2's lines that start with a colon
std::shared_ptr<const Transform> make_xor(std::string key);    // key: 1 to 255 bytes
std::shared_ptr<const Transform> make_from_base64(Base64Mode mode, std::uint32_t bytes, std::uint32_t offset);
// Group 1 of the expression; the input as it is where it does not match.
std::shared_ptr<const Transform> make_pcre_group(std::string_view text, std::shared_ptr<const Pcre> regex);
// What can be decompressed, at most `max_size` bytes; nothing from data that is not compressed.
std::shared_ptr<const Transform> make_inflate(bool gzip, std::size_t max_size);

}  // namespace weir::rules
