// Records into one IPFIX file (RFC 5655), that collectors and tools of flows read.
//
// Each direction that has packets is a record of its own, as most readers want them. A file that is there already is moved away as
// full ones are (rotation.h). Used by one thread.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"

namespace weir::output {

class IpfixFile final : public flow::RecordConsumer {
 public:
  // Fails with "PATH: why".
  static tl::expected<std::unique_ptr<IpfixFile>, std::string> open(const std::string& path);
  ~IpfixFile() override;
  IpfixFile(const IpfixFile&) = delete;
  IpfixFile& operator=(const IpfixFile&) = delete;

  void take(std::span<const flow::Record> records) override;
  // Writes what waits. Fails with a text that says how many records are not in the file, and why.
  tl::expected<void, std::string> finish();

 private:
  class Writer;
  IpfixFile();
  std::unique_ptr<Writer> writer_;
};

}  // namespace weir::output
