// Writes frames to a pcap file: what a run over captures let through (--pcap-out).
//
// A file has one link type and one resolution; both are those of the first frame that is shown. Frames of
// another link type are not written. Times keep their nanoseconds when the file has them; seconds beyond 32
// bits (the year 2106) are cut to the last one. Records are buffered and written whole with write(2). Nothing
// is allocated from frame to frame.
//
// Errors end no run: what cannot be written is counted and told by close(). After a failed write the file is
// cut behind its last whole record, so that it can be read, and gets no more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/packet.h"
#include "engine/capture/capture_source.h"

namespace weir::engine {

class PcapWriter {
 public:
  explicit PcapWriter(std::string path) : path_(std::move(path)) {}
  ~PcapWriter();
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;

  // Opens the file and empties it; "-" is standard output. False: error() says why, and frames are counted
  // only.
  bool open();
  // To be called with every frame of the run, before it is written or not: a file with no frame in it has the
  // link type of the capture, too.
  void show(const RawPacket& raw, FineTime fine) {
    if (link_type_ < 0) begin(raw.link_type, fine.is_known);
  }
  // A frame that was shown; `frame`, at most kMaxCaptureLength bytes, is what is written, with the times and
  // the length on the wire of `raw`.
  void write(const RawPacket& raw, FineTime fine, Bytes frame);
  // Writes out what is buffered and closes the file; no frame may come behind. What was not written is told
  // in `errors`.
  void close(std::vector<std::string>& errors);

  [[nodiscard]] const std::string& path() const { return path_; }
  // "PATH: open: Permission denied"; empty: no error so far.
  [[nodiscard]] const std::string& error() const { return error_; }
  // Frames in the file; exact after close().
  [[nodiscard]] std::uint64_t frames_written() const { return written_; }

 private:
  void begin(int link_type, bool nanoseconds);
  void put(Bytes bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }
  void flush();
  void give_up(std::size_t done);
  void fail(std::string_view call);

  std::string path_, error_;
  int fd_ = -1;
  int link_type_ = -1;  // none yet
  int other_link_type_ = -1;
  bool nanoseconds_ = false;
  std::vector<std::uint8_t> buffer_;  // the file header, then whole records
  std::vector<std::uint32_t> ends_;   // of the records in it
  std::uint64_t file_bytes_ = 0;
  std::uint64_t written_ = 0, lost_ = 0, of_other_link_type_ = 0;
};

}  // namespace weir::engine
