// Finds URLs in the decoded text of a part, however it is cut.
//
// A URL begins with one of the schemes of the configuration and "://", in any case, and ends before a blank, a quote, an angle or a
// closing square bracket. Linear in the text; at most kMaxUrl bytes of it are held back.
#pragma once

#include <string_view>

#include "decoders/app/mime/mail.h"
#include "decoders/app/mime/settings.h"
#include "decoders/types.h"

namespace weir::mime {

class UrlFinder {
 public:
  // For a part: its URLs go in front of each other, behind those that the mail has already.
  void begin(const Mail& mail);
  void text(Bytes piece, const MimeSettings& settings, Mail& mail);
  void finish(const MimeSettings& settings, Mail& mail);

 private:
  void word(const MimeSettings& settings, Mail& mail);
  void add(std::string_view url, std::string_view scheme, Mail& mail) const;

  std::size_t first_ = 0;  // of the part's URLs
  SlabString word_;
  bool too_long_ = false;  // what follows belongs to a word that has been looked at
};

}  // namespace weir::mime
