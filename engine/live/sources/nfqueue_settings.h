// The `nfq:` section, under Suricata's names, and what we add to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/config/config.h"

namespace weir::engine {

// What a verdict means to the kernel's rules.
enum class NfqueueMode : std::uint8_t {
  accept,  // an accepted packet passes no further rule
  repeat,  // it starts over, with a mark by which the rules must know it
  route    // it goes on to another queue
};

struct NfqueueSettings {
  NfqueueMode mode = NfqueueMode::accept;
  std::uint32_t repeat_mark = 1, repeat_mask = 1;
  std::uint32_t bypass_mark = 1, bypass_mask = 0;  // mask 0: flows are not bypassed in the kernel
  std::uint16_t route_queue = 0;
  bool fail_open = true;              // a full queue lets packets pass instead of dropping them
  std::uint32_t queue_length = 4096;  // packets that wait in the kernel
  std::uint32_t batch = 64;           // packets at most that are judged before their verdicts are sent
  int receive_buffer_bytes = 32 << 20;

  // Fails with a text that names the key.
  static tl::expected<NfqueueSettings, std::string> from(const Config& config);
};

// "3" or "0:3". Fails with a text.
tl::expected<std::vector<std::uint16_t>, std::string> parse_queue_range(const std::string& text);

}  // namespace weir::engine
