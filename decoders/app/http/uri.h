// The request URI and the host: taken apart and normalised.
#pragma once

#include "decoders/app/http/settings.h"
#include "decoders/app/http/transaction.h"

namespace weir::http {

// Fills normalised_uri, path_size and the host from the URI: the path decoded once (%XX, %uXXXX, backslash to
// slash, runs of slashes to one, "." and ".." segments taken out) and the query decoded. `settings` may ask
// for more.
void normalise_uri(const HttpSettings& settings, HttpTransaction& tx);

// Compares the Host header with the URI's, completes the host; call once the headers are complete.
void apply_host_header(HttpTransaction& tx);

// The same of a host that is written elsewhere; the first one counts.
void apply_host(HttpTransaction& tx, std::string_view authority);

// "%41" and "%u0041" to bytes; what is no valid escape stays. `plus`: '+' becomes a blank.
SlabString percent_decode(std::string_view text, bool plus);

// Takes out "." and ".." segments (RFC 3986, 5.2.4), in place.
void remove_dot_segments(SlabString& path);

}  // namespace weir::http
