// What the configuration says about the mails that a protocol carries: `mime` and `inspected-tracker` below it.
#pragma once

#include <string>
#include <vector>

#include "decoders/app/streamed_body.h"
#include "decoders/settings.h"

namespace weir::mime {

struct MimeSettings {
  bool decode = true;  // off: mails are not read at all
  bool base64 = true, quoted_printable = true;
  std::uint32_t header_value_depth = 2000;  // bytes of a header field that are kept
  bool extract_urls = true;
  std::vector<std::string> url_schemes{"http"};  // in lower case
  bool url_with_scheme = false;                  // as it is kept and shown
  bool body_md5 = false;
  BodyLimits window{100'000, 32'768, 4'096};  // of files, that rules look at

  // `s` is the protocol's part of the configuration.
  static MimeSettings from(const Settings& s);
};

}  // namespace weir::mime
