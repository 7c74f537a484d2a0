#include "decoders/app/http/range.h"

#include <algorithm>
#include <charconv>

#include "decoders/app/http/head.h"
#include "decoders/text.h"

namespace weir::http {

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trim(value);
  if (!equals_nocase(value.substr(0, 5), "bytes")) return std::nullopt;
  value = trim(value.substr(5));
  const auto number = [&value](std::uint64_t& out, char after) {
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc{}) return false;
    value.remove_prefix(static_cast<std::size_t>(rest - value.data()));
    if (after == '\0') return value.empty();
    if (value.empty() || value.front() != after) return false;
    value.remove_prefix(1);
    return true;
  };
  ContentRange out;
  if (!number(out.start, '-') || !number(out.end, '/') || out.end < out.start) return std::nullopt;
  if (value == "*") return out;
  if (!number(out.file_size, '\0') || out.file_size <= out.end) return std::nullopt;
  return out;
}

RangeReader::RangeReader(const HttpTransaction& tx, std::string_view file_name, const JoinLimits& limits)
    : resource_(tx.request.hostname), file_name_(file_name), limits_(limits) {
  resource_.append(1, '\0').append(tx.request.normalised_uri);
}

void RangeReader::begin(const ContentRange& range) {
  file_size_ = range.file_size;
  next_ = range.start;
  behind_ = file_size_ == 0 ? next_ : range.end + 1;
}

void RangeReader::data(HttpTransaction& tx, FlowFiles& flow_files, Bytes chunk, const FileOpening& files) {
  if (chunk.size() > left()) chunk = chunk.first(static_cast<std::size_t>(left()));
  if (chunk.empty() || files.joiner == nullptr) return;
  const auto whole = files.joiner->join(
      {.resource = resource_, .name = file_name_, .file_size = file_size_, .offset = next_, .bytes = chunk},
      limits_, files);
  next_ += chunk.size();
  FileList& shown = tx.response.files;
  if (whole == nullptr || shown.size() >= kMaxFilesPerTransaction) return;
  whole->id = flow_files.next_id();
  shown.push_back({whole});
  tx.joins_files = true;
}

void RangeParts::begin_part(HttpTransaction&, std::string_view headers, const FileOpening&) {
  reader_.begin({});
  const auto value = part_header(headers, "content-range");
  const auto range = value ? parse_content_range(*value) : std::nullopt;
  if (range) reader_.begin(*range);
}

void RangeParts::part_bytes(HttpTransaction& tx, Bytes chunk, const FileOpening& files) {
  reader_.data(tx, flow_files_, chunk, files);
}

}  // namespace weir::http
