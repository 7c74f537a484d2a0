// Where body bytes go: content encodings off, into the window that rules see, and into files.
#pragma once

#include <memory>

#include <boost/container/small_vector.hpp>

#include "decoders/app/decompress.h"
#include "decoders/app/file_writer.h"
#include "decoders/app/http/multipart.h"
#include "decoders/app/http/range.h"
#include "decoders/app/http/settings.h"
#include "decoders/app/http/swf.h"
#include "decoders/app/http/transaction.h"

namespace weir::http {

// Bytes of a body that compression brings and that no rule has looked at yet, about; then the parser pauses.
inline constexpr std::uint64_t kMostUninspected = 128 * 1024;

using Encodings = boost::container::small_vector<Encoding, 4>;

// One a direction of a flow; used for one body after the other.
class BodyReader final : private DecompressSink {
 public:
  BodyReader(const HttpSettings& settings, Direction direction, FlowFiles& flow_files)
      : settings_(settings), direction_(direction), flow_files_(flow_files) {}

  // Whether bodies that start from now on are looked at as their bytes come.
  void look_at_once(bool at_once) { at_once_ = at_once; }
  // The headers of `tx` are complete (or there are none).
  void start(HttpTransaction& tx);
  // Bytes as they were on the wire, without chunk framing. `tx` is the one of start(), wherever it lies now. Returns how
  // many of them are done with: fewer than all when the window first has to be looked at (waits()). What is left is to
  // be given again, with more behind it or not.
  std::size_t data(HttpTransaction& tx, Bytes chunk, const FileOpening& files);
  // The last data() took less than it was given.
  [[nodiscard]] bool waits() const { return waits_; }
  void gap(HttpTransaction& tx, std::uint64_t length, const FileOpening& files);
  // `whole`: the message says that this was all of it; else it was cut off.
  void finish(HttpTransaction& tx, bool whole, const FileOpening& files);

 private:
  void on_decoded(Bytes chunk) override;
  void show(Message& m, Bytes chunk);
  [[nodiscard]] bool is_full() const override;
  [[nodiscard]] const BodyLimits& limits() const;
  std::size_t decompress(Bytes chunk);
  void choose_layers(HttpTransaction& tx);
  void add_layers(HttpTransaction& tx, std::string_view codings, bool of_content);
  void to_files(Bytes chunk);
  void cut_files();
  [[nodiscard]] bool is_stored() const;
  void open_file(const FileOpening& files);
  [[nodiscard]] SlabString file_name() const;
  void read_range(AppFile& file);
  void begin_ranges(const AppFile& file);

  const HttpSettings& settings_;
  Direction direction_;
  FlowFiles& flow_files_;
  std::unique_ptr<Decompressor> decompressor_;  // while an encoded body is being read
  bool decompress_ = false;
  bool waits_ = false;
  bool cut_ = false;       // bytes have come that the limit left no room for in files
  std::size_t given_ = 0;  // of what data() gets next, so many bytes the decompressor has already
  Encodings layers_;       // in the order in which they were applied
  bool started_ = false;
  bool at_once_ = false;
  std::unique_ptr<SwfReader> swf_;      // while a Flash file is being read
  std::unique_ptr<FormParts> form_;     // while a form is being read
  std::unique_ptr<RangeReader> range_;  // while a part of a file is being read
  std::unique_ptr<RangeParts> ranges_;  // while several are, in one body
  FileWriter file_;
  bool file_tried_ = false;
  // During a call only.
  HttpTransaction* tx_ = nullptr;
  FileOpening files_;
};

// The value of a parameter of a header such as `attachment; filename="a.txt"`, without quotes; none when
// absent.
std::optional<SlabString> header_parameter(std::string_view value, std::string_view name);

}  // namespace weir::http
