// A source of frames: capture files now, interfaces and queues later. One thread reads it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/packet.h"
#include "engine/capture/byte_input.h"

namespace weir::engine {

// What RawPacket::time leaves out.
struct FineTime {
  std::uint16_t nanoseconds = 0;  // below 1000
  bool is_known = false;          // the source counts finer than in microseconds
};

class CaptureSource {
 public:
  virtual ~CaptureSource() = default;
  enum class Next : std::uint8_t { packet, end };
  // Fills `out` with the next frame; its bytes stay valid until the next call. A broken file is noted in errors() and
  // the source goes on with the next file.
  virtual Next next(RawPacket& out) = 0;
  // Holding it keeps the bytes of the last frame valid beyond the next call. Null: nothing does.
  [[nodiscard]] virtual const InputWindow* window() const { return nullptr; }
  // The file (or interface) that the last frame came from.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // How many captures have been opened so far: the last frame is of the last one.
  [[nodiscard]] virtual std::uint64_t captures() const { return 1; }
  // The capture of the last frame is no file: frames may come slowly.
  [[nodiscard]] virtual bool is_stream() const { return false; }
  // Of the last frame.
  [[nodiscard]] virtual FineTime fine_time() const { return {}; }
  // "FILE: offset N: what is wrong", one each; the run's exit status is 1 when there is any.
  [[nodiscard]] virtual const std::vector<std::string>& errors() const = 0;
  // How many of them there are of each kind of "what is wrong", in which N stands for numbers.
  [[nodiscard]] virtual const std::map<std::string, std::size_t>& error_reasons() const = 0;
  // For progress: bytes read so far and in all (0: not known).
  [[nodiscard]] virtual std::uint64_t bytes_done() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
};

struct FileCaptureOptions {
  std::vector<std::string>
      paths;  // files, folders (in name order, recursively), "-" for standard input, sockets
  std::string bpf;                 // empty: all frames
  InputPatience patience{};
  // Some of it is no file, or is followed: frames may come slowly.
  [[nodiscard]] bool is_stream() const;
};

// pcap and pcapng, plain or compressed with gzip, LZ4 or zstd. Fails when a path does not exist or the filter is wrong.
tl::expected<std::unique_ptr<CaptureSource>, std::string> open_capture_files(const FileCaptureOptions& options);

}  // namespace weir::engine
