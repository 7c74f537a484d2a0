// A record of which nobody can tell whose it is.
#pragma once

#include "decoders/flow/record.h"
#include "output/flow/crypto_pan.h"

namespace weir::output {

// A copy with each address changed, those of exporters, gateways, tunnels and translations among them, and without what else names
// somebody: MAC addresses, users, names of hosts, certificates, payload. `detail` is that of the copy when there is one, and lives as
// long; texts are still those of `record`.
flow::Record hidden_record(const flow::Record& record, CryptoPan& change, flow::Detail& detail);

}  // namespace weir::output
