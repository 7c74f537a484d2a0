// Addresses that stand somewhere in a text: "edge (192.0.2.1/1) saw [2001:db8::1]:443". They are found by what they look like, so that
// none is forgotten, whoever wrote the text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "decoders/ip_address.h"

namespace weir::engine {

// What stands for an address; empty: it stays.
using AddressReplacement = std::function<std::string(const IpAddress& address)>;

// The text with each address replaced. Where two or more blanks follow, as between columns, as many of them are taken away or put in as
// the replacement is longer or shorter (one is left). A time ("10:00:00") and a MAC address are no addresses; "1.2.3.4" is one, whatever it was
// meant to be. Linear in the text.
std::string replace_addresses(std::string_view text, const AddressReplacement& replacement);

}  // namespace weir::engine
