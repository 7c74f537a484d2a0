// The client's address as its proxy names it in a header of the request, and what an event makes of that (`xff`).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decoders/settings.h"
#include "output/eve_tx.h"
#include "output/json_writer.h"
#include "output/records.h"

namespace weir::output {

// Defaults are Suricata's.
struct XffOptions {
  bool enabled = false;
  bool overwrites = false;   // mode: overwrite; otherwise extra-data
  bool takes_first = false;  // deployment: forward; otherwise reverse, the last
  std::string header = "X-Forwarded-For";

  // What `entry` says below "xff"; none when it says nothing there.
  static std::optional<XffOptions> of(const Settings& entry);
};

// The first or the last address of a header's value: addresses with commas or blanks between them, each perhaps with a port
// ("192.0.2.1:80", "[2001:db8::1]:80"). A view into `value`; empty when what stands at that end is no address.
std::string_view forwarded_address(std::string_view value, bool first);

// The client of one event. Views are of the transaction.
class ForwardedClient {
 public:
  // `writer` and `tx` may be null: nothing is known of the client then.
  ForwardedClient(const XffOptions& options, const EveTxWriter* writer, const Transaction* tx);

  // `head` as it is to be written, whose packet or message went in direction `d`: the client's address is replaced.
  [[nodiscard]] EventHead head(EventHead head, Direction d) const;
  // "xff", where it stands beside the addresses.
  void write(JsonWriter& out) const;

 private:
  std::string_view address_;  // empty: none
  bool overwrites_;
};

}  // namespace weir::output
