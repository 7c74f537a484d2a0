// Archives of rule files as rule sets are published: tar (POSIX ustar, and the long names of pax and GNU), packed by gzip or not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace weir::rules {

struct ArchiveMember {
  std::string name;       // as the archive has it: "rules/emerging-dns.rules"
  std::string_view text;  // of the archive
};

inline constexpr std::size_t kMaxArchiveMembers = 10'000;

// By the first bytes of a file, unpacked.
bool is_tar(std::string_view begin);
// Its files whose names end in ".rules", in its order; links, folders and other files are passed over. Fails with a text when the
// archive is broken or ends early, or has more than kMaxArchiveMembers members.
tl::expected<std::vector<ArchiveMember>, std::string> rule_files_of(std::string_view tar);

}  // namespace weir::rules
