// Files of VPC flow logs (decoders/flow/vpc_log.h), packed by gzip or not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decoders/flow/record.h"

namespace weir::engine {

inline constexpr std::size_t kMaxVpcProblems = 20;  // that are told of one file

struct VpcFileReport {
  std::uint64_t lines = 0, records = 0;
  std::uint64_t no_data = 0;  // lines of times in which nothing came
  std::uint64_t skipped = 0;  // lines of times of which records were not written
  std::uint64_t wrong = 0;
  // "FILE:LINE:COLUMN: error: what (text)" of the first wrong lines, and how many more there are; or why the file cannot be read.
  std::vector<std::string> problems;
};

// Reads the file piece by piece to its end.
VpcFileReport read_vpc_file(const std::string& path, flow::RecordConsumer& consumer);

}  // namespace weir::engine
