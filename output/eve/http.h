// Parts of EVE's http object that other events write too.
#pragma once

#include "decoders/app/http/transaction.h"
#include "output/json_writer.h"

namespace weir::output {

// "http_request_body" and "http_response_body" as base64 and, with "_printable", as text: what detection has
// of the bodies at this moment. For alerts that ask for them; writes members of the object that is open.
void write_http_bodies(JsonWriter& out, const http::HttpTransaction& tx, bool base64, bool printable);

}  // namespace weir::output
