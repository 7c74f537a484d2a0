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

struct SinkSettings;

// A value of `filetype`: one row of sinks.def.
struct SinkKind {
  std::string_view name;   // "regular"
  std::string_view alias;  // another name of it; empty: none
  // Reads into `settings`, which has what all kinds read, the keys of this kind alone, and what the sink is called in
  // messages. Opens nothing. Fails with a text that says what is wrong with which key.
  tl::expected<void, std::string> (*settings)(const Settings& output, SinkSettings& settings);
  // Fails with a text that names the path. Null: `settings` always fails, and says what to use instead.
  tl::expected<std::unique_ptr<Sink>, std::string> (*make)(const SinkSettings& settings);
};

#define SINK(id) extern const SinkKind sink_##id;
#include "output/sinks.def"
#undef SINK

struct SinkSettings {
  const SinkKind* kind = &sink_regular;
  std::string name;  // the path, or "syslog", "standard output"
  std::string path;  // not of syslog and console
  bool append = true;
  mode_t mode = 0640;
  RotationInterval interval;
  std::uint64_t rotate_bytes = 0;  // 0: no limit
  unsigned rotate_keep = 0;        // 0: all
  int priority = 0;                // of syslog: facility and level
  std::string identity;            // likewise

  // Fails with a text that says what is wrong with which key; reads nothing but the settings.
  static tl::expected<SinkSettings, std::string> from(const Settings& output, const SinkDefaults& defaults);
};

// For kinds without keys of their own.
tl::expected<void, std::string> no_more_settings(const Settings& output, SinkSettings& settings);

// Fails with a text that names the path.
tl::expected<std::unique_ptr<Sink>, std::string> open_sink(const SinkSettings& settings);

}  // namespace weir::output
