#include "decoders/app/requested.h"

namespace weir {

FileFacts FileFacts::from(const Settings& output) {
  FileFacts out;
  out.magic = output.flag("force-magic", false);
  for (const std::string& name : output.list("force-hash")) {
    if (name == "md5") out.md5 = true;
    if (name == "sha1") out.sha1 = true;
    if (name == "sha256") out.sha256 = true;
  }
  return out;
}

}  // namespace weir
