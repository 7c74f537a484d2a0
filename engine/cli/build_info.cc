// What the program says of itself in Suricata's form. suricata-update reads the version, the features and where
// configuration and state usually lie.
#include <fmt/format.h>

#include "engine/cli/suricata_form.h"
#include "rules/load/requires.h"
#include "weir_version.h"

namespace weir::engine {
namespace {

std::string language_version() {
  const auto& v = rules::kLanguageVersion;
  return fmt::format("{}.{}.{}", v.major, v.minor, v.patch);
}

}  // namespace

std::string suricata_version_text() {
  return fmt::format("This is Suricata version {} as far as rules and events go: weir {}\n",
                     language_version(), WEIR_VERSION);
}

std::string build_info_text() {
  std::string out = suricata_version_text();
  out +=
      "Features: NFQ AF_PACKET HAVE_PACKET_FANOUT LIBCAP_NG HTTP2_DECOMPRESSION HAVE_JA3 HAVE_JA4 "
      "HAVE_LIBJANSSON TLS MAGIC PCRE_JIT";
  out += fmt::format("\nCompiler: {}\n\nConfiguration:\n", __VERSION__);
  for (const auto& [what, answer] : {std::pair{"AF_PACKET support", "yes"},
                                     {"NFQueue support", "yes"},
                                     {"Unix socket enabled", "yes"},
                                     {"Detection enabled", "yes"},
                                     {"Libmagic support", "yes"},
                                     {"PCRE jit", "yes"},
                                     {"Hyperscan support", "yes"},
                                     {"Landlock support", "yes"},
                                     {"LUA support", "no"},
                                     {"DPDK support", "no"},
                                     {"AF_XDP support", "no"}})
    out += fmt::format("  {:40} {}\n", fmt::format("{}:", what), answer);
  out += "\nWhere Suricata's configuration, rules and state usually lie:\n";
  for (const auto& [what, path] : {std::pair{"--prefix", "/usr"},
                                   {"--sysconfdir", "/etc"},
                                   {"--localstatedir", "/var"},
                                   {"--datarootdir", "/usr/share"}})
    out += fmt::format("  {:40} {}\n", what, path);
  return out;
}

}  // namespace weir::engine
