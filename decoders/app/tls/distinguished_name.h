// X.501 names as text, in the form that Suricata shows.
#pragma once

#include "decoders/ber.h"
#include "decoders/slab.h"

namespace weir::tls {

// "C=US, O=Example + OU=Sales, CN=www.example.com" from the content of an RDNSequence. False: it is no name;
// what was read before the fault is in `out`.
bool read_distinguished_name(BerReader in, SlabString& out);

}  // namespace weir::tls
