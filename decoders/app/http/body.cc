#include "decoders/app/http/body.h"

#include <algorithm>
#include <utility>

#include "decoders/app/http/head.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

constexpr std::size_t kMaxTokens = 32;     // encodings named in one header
constexpr std::size_t kSliceBytes = 4096;  // of compressed input, decoded at a time

std::optional<SlabString> boundary_of(std::string_view content_type) {
  auto boundary = header_parameter(content_type, "boundary");
  if (boundary && (boundary->empty() || boundary->size() > kMaxBoundary)) boundary.reset();
  return boundary;
}

std::optional<Encoding> encoding_named(std::string_view token, bool lzma) {
  if (contains_nocase(token, "gzip")) return Encoding::gzip;
  if (contains_nocase(token, "deflate")) return Encoding::deflate;
  if (equals_nocase(token, "br")) return Encoding::brotli;
  if (equals_nocase(token, "zstd")) return Encoding::zstd;
  if (lzma && equals_nocase(token, "lzma")) return Encoding::lzma;
  return std::nullopt;
}

}  // namespace

std::optional<SlabString> header_parameter(std::string_view value, std::string_view name) {
  for (;;) {
    value = trim(value);
    const std::size_t stop = value.find_first_of("=;");
    if (stop == std::string_view::npos) return std::nullopt;
    const std::string_view key = trim(value.substr(0, stop));
    const bool has_value = value[stop] == '=';
    value.remove_prefix(stop + 1);
    if (!has_value) continue;
    value = trim(value);
    const bool quoted = !value.empty() && value.front() == '"';
    if (quoted) value.remove_prefix(1);
    std::size_t end = 0;
    while (end < value.size() && value[end] != (quoted ? '"' : ';'))
      end += quoted && value[end] == '\\' ? 2 : 1;
    end = std::min(end, value.size());
    if (equals_nocase(key, name))
      return SlabString(quoted ? value.substr(0, end) : trim(value.substr(0, end)));
    const std::size_t next = value.find(';', end);
    if (next == std::string_view::npos) return std::nullopt;
    value.remove_prefix(next + 1);
  }
}

void BodyReader::start(HttpTransaction& tx) {
  Message& m = tx.message(direction_);
  m.body = StreamedBody(at_once_ ? limits().at_once() : limits());
  started_ = true;
  file_tried_ = false;
  decompress_ = waits_ = cut_ = false;
  given_ = 0;
  form_.reset();
  swf_.reset();
  choose_layers(tx);
  if (direction_ == Direction::to_client || !equals_nocase(tx.request.method.of(tx.request.line), "post"))
    return;
  const auto type = m.header("content-type");
  if (!type || !contains_nocase(type->substr(0, 32), "multipart/")) return;
  if (const auto boundary = boundary_of(*type))
    form_ = std::make_unique<FormParts>(*boundary, settings_.request_body, flow_files_);
}

// Adds what a header names. Names that merely contain a known one count, as receivers take them.
void BodyReader::add_layers(HttpTransaction& tx, std::string_view codings, bool of_content) {
  for (std::size_t i = 0; i < kMaxTokens && !codings.empty(); ++i) {
    const std::size_t comma = codings.find(',');
    const std::string_view token = trim(codings.substr(0, comma));
    codings.remove_prefix(comma == std::string_view::npos ? codings.size() : comma + 1);
    const std::optional<Encoding> encoding = encoding_named(token, settings_.lzma);
    const bool known =
        encoding || token.empty() || equals_nocase(token, "identity") || equals_nocase(token, "inflate");
    if (!known && of_content) note(tx, Event::abnormal_ce_header);
    if (!encoding) continue;
    layers_.push_back(*encoding);
  }
}

// In the order in which they were applied: those of the content, then those of its transfer. At most so many of the last
// ones, which come off first.
void BodyReader::choose_layers(HttpTransaction& tx) {
  const Message& m = tx.message(direction_);
  layers_.clear();
  if (settings_.decompress_layers == 0) return;
  if (const auto codings = m.header("content-encoding")) add_layers(tx, *codings, true);
  if (const auto codings = m.header("transfer-encoding")) add_layers(tx, *codings, false);
  if (layers_.empty()) return;
  std::reverse(layers_.begin(), layers_.end());
  if (layers_.size() > settings_.decompress_layers) {
    note(tx, Event::too_many_encoding_layers);
    layers_.resize(settings_.decompress_layers);
  }
  if (!decompressor_) decompressor_ = std::make_unique<Decompressor>();
  decompressor_->start({layers_.data(), layers_.size()}, {settings_.bomb_limit, settings_.lzma_memory});
  decompress_ = true;
}

std::size_t BodyReader::data(HttpTransaction& tx, Bytes chunk, const FileOpening& files) {
  if (!started_ || chunk.empty()) return chunk.size();
  tx_ = &tx;
  files_ = files;
  if (decompress_) return decompress(chunk);
  on_decoded(chunk);
  return chunk.size();
}

// A slice of input counts as taken when all that it says is put out.
std::size_t BodyReader::decompress(Bytes chunk) {
  const bool waited = std::exchange(waits_, is_full());
  if (waits_ && waited) {  // nobody has looked since then, so nobody will
    tx_->message(direction_).body.mark_inspected();
    waits_ = false;
  }
  std::size_t taken = 0;
  while (taken < chunk.size() && !waits_) {
    if (given_ == 0) {
      given_ = std::min(kSliceBytes, chunk.size() - taken);
      decompressor_->feed(chunk.subspan(taken, given_), *this);
    } else {
      decompressor_->resume(*this);
    }
    waits_ = !decompressor_->idle();
    if (!waits_) taken += std::exchange(given_, 0);
  }
  if (decompressor_->bomb()) note(*tx_, Event::compression_bomb);
  return taken;
}

const BodyLimits& BodyReader::limits() const {
  return direction_ == Direction::to_server ? settings_.request_body : settings_.response_body;
}

bool BodyReader::is_full() const {
  return tx_->message(direction_).body.uninspected() >=
         std::max<std::uint64_t>(kMostUninspected, limits().inspect_min_size);
}

// The file may end before inspection does, and goes on behind it when it is to be stored. It ends with the first bytes that
// are all behind the limit, so that its event shows the message as it goes on.
void BodyReader::on_decoded(Bytes chunk) {
  Message& m = tx_->message(direction_);
  const std::uint64_t limit = limits().limit;
  const std::uint64_t room = limit == 0 ? chunk.size() : limit - std::min(limit, m.body_bytes);
  show(m, chunk);
  m.body_bytes += chunk.size();
  if (m.body.cut() && !m.body.complete()) m.body.finish();
  const bool over = chunk.size() > room;
  const Bytes seen = over ? chunk.first(static_cast<std::size_t>(room)) : chunk;
  if (!seen.empty() && !form_) open_file(files_);
  const bool goes_on = over && !cut_ && is_stored();
  to_files(goes_on ? chunk : seen);
  if (!over || goes_on) return;
  cut_ = true;
  if (seen.empty()) cut_files();
}

// What rules see of a Flash file is what is in it.
void BodyReader::show(Message& m, Bytes chunk) {
  if (m.body_bytes == 0 && !chunk.empty() && direction_ == Direction::to_client &&
      SwfReader::may_begin(settings_.swf, chunk[0]))
    swf_ = std::make_unique<SwfReader>(settings_.swf);
  if (swf_ == nullptr)
    m.body.append(chunk);
  else
    swf_->data(chunk, m.body);
}

void BodyReader::cut_files() {
  if (form_) form_->end(*tx_, false, files_);
  form_.reset();
  file_.close(FileState::truncated);
}

void BodyReader::to_files(Bytes chunk) {
  if (chunk.empty()) return;
  if (form_ != nullptr)
    form_->data(*tx_, chunk, files_);
  else
    file_.append(chunk);
  if (range_ != nullptr) range_->data(*tx_, flow_files_, chunk, files_);
  if (ranges_ != nullptr) ranges_->data(*tx_, chunk, files_);
}

// A file that is to be stored does not end where inspection does.
bool BodyReader::is_stored() const {
  const AppFile* const file = form_ ? form_->file() : file_.file();
  return file != nullptr && file->keeping == FileKeeping::wanted;
}

SlabString BodyReader::file_name() const {
  if (direction_ == Direction::to_client) {
    if (const auto disposition = tx_->response.header("content-disposition"))
      if (auto name = header_parameter(*disposition, "filename"); name && !name->empty()) return *name;
  }
  return SlabString(tx_->request_missing ? kUnseenUri : tx_->request.path());
}

void BodyReader::open_file(const FileOpening& files) {
  if (file_tried_) return;
  file_tried_ = true;
  if (direction_ == Direction::to_server) {
    const std::string_view method = tx_->request.method.of(tx_->request.line);
    if (!equals_nocase(method, "post") && !equals_nocase(method, "put")) return;
  }
  const SlabString name = file_name();
  if (name.empty()) return;
  if (name.size() > kMaxFileName) note(*tx_, Event::file_name_too_long);
  Message& m = tx_->message(direction_);
  if (AppFile* file = file_.open(m.files, flow_files_, {.name = name, .content = &m.body}, files))
    read_range(*file);
}

// Parts of what is compressed are none of the file.
void BodyReader::read_range(AppFile& file) {
  if (direction_ == Direction::to_server || tx_->response.status_number != 206) return;
  const bool joins = !decompress_ && !tx_->request_missing;
  const auto value = tx_->response.header("content-range");
  if (!value) {
    if (joins) begin_ranges(file);
    return;
  }
  const auto range = parse_content_range(*value);
  if (!range) return note(*tx_, Event::range_invalid);
  if (range->is_all()) return;
  file.start = range->start;
  file.end = range->end;
  if (!joins) return;
  range_ = std::make_unique<RangeReader>(*tx_, file.name, settings_.byterange);
  range_->begin(*range);
}

void BodyReader::begin_ranges(const AppFile& file) {
  const auto type = tx_->response.header("content-type");
  if (!type || !contains_nocase(*type, "multipart/byteranges")) return;
  const auto boundary = boundary_of(*type);
  if (boundary)
    ranges_ = std::make_unique<RangeParts>(*boundary, *tx_, file.name, settings_.byterange, flow_files_);
}

void BodyReader::gap(HttpTransaction& tx, std::uint64_t length, const FileOpening& files) {
  if (!started_) return;
  tx_ = &tx;
  files_ = files;
  if (cut_) cut_files();
  if (form_) return form_->gap(tx, length, files);
  if (decompress_) {
    given_ = 0;  // the rest of that is lost, too
    return;
  }
  tx.message(direction_).body_bytes += length;
  open_file(files);
  file_.gap(length);
  if (range_ != nullptr) range_->gap(length);
  if (ranges_ != nullptr) ranges_->gap(tx, length, files);
}

void BodyReader::finish(HttpTransaction& tx, bool whole, const FileOpening& files) {
  if (!started_) return;
  started_ = waits_ = false;
  tx_ = &tx;
  files_ = files;
  if (decompress_) {
    decompressor_->finish(*this);
    if (decompressor_->bomb())
      note(tx, Event::compression_bomb);
    else if (decompressor_->out_of_memory())
      note(tx, Event::lzma_memlimit_reached);
    else if (decompressor_->failed())
      note(tx, Event::gzip_decompression_failed);
    decompressor_.reset();
    decompress_ = false;
  }
  if (form_) form_->end(tx, whole && !cut_, files);
  if (ranges_) ranges_->finish(tx, files);
  if (swf_) swf_->finish(tx.message(direction_).body);
  swf_.reset();
  form_.reset();
  range_.reset();
  ranges_.reset();
  file_.close(whole && !cut_ ? FileState::closed : FileState::truncated);
  tx.message(direction_).body.finish();
}

}  // namespace weir::http
