// Where one output's lines go, as its part of the configuration says: `filetype`, `filename` and what belongs
// to them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "decoders/settings.h"
#include "output/rotation.h"
#include "output/sink.h"

namespace weir::output {

// What holds for outputs that do not say otherwise.
struct SinkDefaults {
  std::string folder;    // that relative file names are below
  std::string filename;  // "eve.json"
  std::uint64_t rotate_bytes = 0;
  unsigned rotate_keep = 0;
};

struct SinkSettings {
  enum class Kind : std::uint8_t { file, unix_stream, unix_dgram, syslog, console };
  Kind kind = Kind::file;
  std::string path;  // not of syslog and console
  bool append = true;
  mode_t mode = 0644;
  RotationInterval interval;
  std::uint64_t rotate_bytes = 0;  // 0: no limit
  unsigned rotate_keep = 0;        // 0: all
  int priority = 0;                // of syslog: facility and level
  std::string identity;

  // Fails with a text that says what is wrong with which key; reads nothing but the settings.
  static tl::expected<SinkSettings, std::string> from(const Settings& output, const SinkDefaults& defaults);
  // The path, or "syslog", "standard output".
  [[nodiscard]] std::string name() const;
};

// Fails with a text that names the path.
tl::expected<std::unique_ptr<Sink>, std::string> open_sink(const SinkSettings& settings);

}  // namespace weir::output
