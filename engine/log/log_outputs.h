// The logs that the configuration asks for, and their files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "output/file_store.h"
#include "output/log.h"
#include "output/packet_log.h"
#include "output/sink.h"

namespace weir::engine {

class Config;

// The log of packets that a pipeline tells of its frames.
struct PacketLinks {
  output::PacketTap* tap = nullptr;  // null: no packets are kept
  const output::PacketLogSettings* settings = nullptr;
};

struct LogOutputs {
  struct Open {
    std::unique_ptr<const output::Log> log;
    std::unique_ptr<output::Sink> sink;
    std::string path;  // or what else it goes to: "syslog", "standard output"
  };
  std::vector<Open> logs;
  std::unique_ptr<output::FileStore> files;  // null: files are not stored
  std::unique_ptr<output::PacketLog> packets;  // null: packets are not kept

  // Reads `outputs:` and opens the files the store's folder and that of the log of packets; relative names are below `log_dir`. Fails with a text
  // that names the file.
  static tl::expected<LogOutputs, std::string> open(const Config& config, const std::string& log_dir);
  // For a pipeline that tells its frames to `tap`, which is null when no packets are kept.
  [[nodiscard]] PacketLinks packet_links(output::PacketTap* tap) const {
    return {tap, tap != nullptr ? &packets->settings() : nullptr};
  }
  // What is buffered is written; nothing is closed.
  void flush() const;
  // Writes out what is buffered; what could not be written is told in `errors`.
  void close(std::vector<std::string>& errors);
};

// What is wrong with `outputs:`, with file, line and column where one entry is, and what of it this version does not write. Errors
// are for --strict to make fatal; LogOutputs::open() fails of those that end a run.
struct OutputProblem {
  std::string text;
  bool is_error = false;
  bool ends_run = false;
};
std::vector<OutputProblem> check_outputs(const Config& config);

}  // namespace weir::engine
