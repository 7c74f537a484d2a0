// A libpcap filter expression, compiled once for each link type that turns up. The only file with pcap_t.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/packet.h"

struct bpf_program;

namespace weir::engine {

class BpfFilter {
 public:
  // Fails with libpcap's message when the expression is wrong for Ethernet and for raw IP alike.
  static tl::expected<BpfFilter, std::string> compile(const std::string& expression);
  ~BpfFilter();
  BpfFilter(BpfFilter&&) noexcept;
  BpfFilter& operator=(BpfFilter&&) noexcept;

  // Compiles for this link type when need be. Returns libpcap's message when the expression cannot be used
  // with it.
  std::string prepare(int link_type);
  // Only after prepare() of the packet's link type; a packet of another does not match.
  [[nodiscard]] bool matches(const RawPacket& packet) const;

 private:
  struct Program;
  explicit BpfFilter(std::string expression);
  std::string expression_;
  std::vector<Program> programs_;  // few: one a link type
};

}  // namespace weir::engine
