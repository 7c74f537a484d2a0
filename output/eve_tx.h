// The table of transaction loggers: one row a protocol's EVE event (tx_loggers.def), one file each in
// output/eve/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "decoders/app/app_proto.h"
#include "decoders/app/transaction.h"
#include "decoders/settings.h"
#include "output/json_writer.h"

namespace weir::output {

// Made once per EVE output from its `types:` entry; immutable, used by all workers.
class EveTxWriter {
 public:
  virtual ~EveTxWriter() = default;
  // Writes the protocol's members of an event ("dns": {...}) behind the head. False: nothing to say, drop the
  // event.
  virtual bool write(JsonWriter& out, const Transaction& tx) const = 0;
  // How many events tell of a transaction; most are told of by one.
  virtual std::size_t events(const Transaction&) const { return 1; }
  // What write() does, of one of them; `number` counts from 0.
  virtual bool write_event(JsonWriter& out, const Transaction& tx, std::size_t) const {
    return write(out, tx);
  }
  // The same inside an alert on that transaction; most protocols write the same.
  virtual void write_in_alert(JsonWriter& out, const Transaction& tx) const { (void)write(out, tx); }
  // The same inside the event of a file that it carried.
  virtual void write_in_fileinfo(JsonWriter& out, const Transaction& tx) const { write_in_alert(out, tx); }
  // The value of a header of the request; empty when there is none, and for protocols without headers.
  virtual std::string_view request_header(const Transaction&, std::string_view) const { return {}; }
  // Which way the addresses of the event point: client -> server, unless its message went the other way and the
  // event says so (DNS responses in version 3).
  virtual Direction direction(const Transaction&) const { return Direction::to_server; }
};

struct EveTxLogger {
  AppProto protocol{};
  std::string_view config_name;  // entry under eve-log.types: "dns"
  std::string_view event_type;   // what the event says
  // The transaction is logged once both sides have come so far (or the flow has ended). 0: at once.
  std::uint8_t progress_to_server = 1, progress_to_client = 1;
  std::unique_ptr<const EveTxWriter> (*configure)(const Settings&) = nullptr;
  // Addresses are written as client -> server, or as in the packet that completed the transaction.
  bool packet_direction = false;
  std::string_view usual_flag =
      {};  // an option that is on where `types:` names no protocol but says "protocols"
};

#define TX_LOGGER(id) extern const EveTxLogger eve_##id;
#include "output/tx_loggers.def"
#undef TX_LOGGER

std::span<const EveTxLogger* const> all_tx_loggers();

}  // namespace weir::output
