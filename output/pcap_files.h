// Writes frames to capture files, one after another.
//
// Records are gathered and written whole; compressed, what is gathered is an LZ4 frame of its own, so that a file can be read up to
// the last one whatever happens behind it. After a failed write (full disk) its records are lost and counted, the file is cut
// behind its last whole record, and the next records are tried again. A file that cannot be opened is tried again every second.
// One thread; the counters may be read by any.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "decoders/packet.h"
#include "output/packet_log_settings.h"
#include "output/records.h"

namespace weir::output {

struct PacketLogCounters {
  std::uint64_t files = 0, packets = 0, bytes = 0;  // written; bytes as they are in the files
  std::uint64_t write_errors = 0;                   // packets that were lost so
  std::uint64_t removed = 0;                        // files that had to make room for newer ones
};

class PcapFiles {
 public:
  // `earlier`: files that are there and count as the oldest, oldest first.
  PcapFiles(const PacketLogSettings& settings, std::deque<std::string> earlier);
  ~PcapFiles();
  PcapFiles(const PcapFiles&) = delete;
  PcapFiles& operator=(const PcapFiles&) = delete;

  // What comes from now on goes into this file, which is not there yet; its folder is made. The oldest one goes if there are more
  // than `max-files` then.
  void begin(std::string path, int link_type);
  // The frame has the link type of the file.
  void write(const RawPacket& raw);
  void flush();
  void close();

  [[nodiscard]] PacketLogCounters counters() const;
  [[nodiscard]] std::string first_error() const;  // empty: none

 private:
  void open();
  void remove_oldest();
  void put(Bytes bytes);
  bool pack();
  void write_out(Bytes bytes);
  void settle(std::size_t records, std::uint64_t bytes);
  void fail(std::string_view call);

  const PacketLogSettings& settings_;
  std::deque<std::string> paths_;  // of `max-files`, oldest first
  std::string path_;               // empty: no file is asked for
  int fd_ = -1, link_type_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::chrono::steady_clock::time_point tried_;
  std::vector<std::uint8_t> gathered_, packed_;
  std::vector<std::uint32_t> ends_;  // of the records in gathered_
  mutable std::mutex lock_;          // of what follows
  PacketLogCounters counters_;
  std::string first_error_;
};

}  // namespace weir::output
