// What exporters may make a decoder keep and do. Everything that comes over UDP can be somebody else's: each loop over its
// bytes and each thing that stays has its limit here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoders/types.h"

namespace weir::flow {

// Of one template: what is beyond is refused as malformed.
inline constexpr std::size_t kMaxFields = 512;
inline constexpr std::size_t kMaxRecordBytes = 65535;
inline constexpr std::uint16_t kVariableLength = 65535;  // RFC 7011 7: the length stands before the value

// Of one datagram.
inline constexpr std::size_t kMaxMessages = 64;     // of IPFIX in it
inline constexpr std::size_t kMaxSets = 4096;       // of one message
inline constexpr std::size_t kMaxTemplates = 4096;  // of one set
inline constexpr std::size_t kMaxSamples = 1024;    // of sFlow
inline constexpr std::size_t kMaxSampleParts = 64;  // of one sample of sFlow, which goes without the others
inline constexpr std::size_t kMaxLinkHeaders =
    8;  // VLAN tags and labels before the IP header of a sampled frame

// Of one exporter.
inline constexpr std::size_t kMaxDomains = 256;  // the one that was silent longest makes room
inline constexpr std::size_t kMaxTemplatesHeld =
    8192;  // likewise the one that was used longest ago, of the domain that has most
inline constexpr std::size_t kMaxPortsOfTemplate =
    8;                                               // exporting processes with an own template of one number
inline constexpr std::size_t kMaxPortsCounted = 8;   // exporting processes whose messages are counted apart
inline constexpr std::size_t kMaxMissingNamed = 16;  // templates of one domain that somebody waits for
inline constexpr std::size_t kMaxHeldBytes =
    4U << 20U;  // of data that waits for its template; the oldest makes room
inline constexpr std::size_t kMaxHeldSets = 4096;
inline constexpr TimeUs kHeldLifetime = TimeUs{600} * 1'000'000;  // then its template will not come
inline constexpr std::size_t kMaxSamplers = 1024;  // of one domain, likewise the next two
inline constexpr std::size_t kMaxInterfaces = 8192;
inline constexpr std::size_t kMaxApplications = 8192;
inline constexpr std::size_t kMaxNameBytes = 128;  // of an interface or application; longer ones are cut

// Of a decoder.
inline constexpr std::size_t kMaxExporters = 4096;  // the one that was silent longest makes room
inline constexpr std::size_t kMaxStateBytes =
    64U << 20U;  // templates, names and held data of all; the exporter that takes most makes room

// Counts what is kept against kMaxStateBytes.
class Budget {
 public:
  // What is taken here is taken from `whole` as well, which lives longer.
  explicit Budget(std::size_t limit = kMaxStateBytes, Budget* whole = nullptr)
      : limit_(limit), whole_(whole) {}
  // False: there is not so much left, and nothing was taken.
  bool take(std::size_t bytes) {
    if (bytes > limit_ - used_ || (whole_ != nullptr && !whole_->take(bytes))) return false;
    used_ += bytes;
    return true;
  }
  void give(std::size_t bytes) {
    used_ -= bytes;
    if (whole_ != nullptr) whole_->give(bytes);
  }
  [[nodiscard]] std::size_t used() const { return used_; }
  // So little is left that a datagram might not find room: a sixteenth.
  [[nodiscard]] bool is_tight() const { return limit_ - used_ < limit_ / 16; }

 private:
  std::size_t limit_, used_ = 0;
  Budget* whole_;
};

}  // namespace weir::flow
