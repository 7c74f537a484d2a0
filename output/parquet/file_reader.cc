#include "output/parquet/file_reader.h"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/parquet/bloom.h"
#include "output/parquet/chunk_state.h"
#include "output/parquet/footer.h"
#include "output/parquet/little_endian.h"
#include "output/parquet/mapped_file.h"
#include "output/parquet/seal.h"
#include "output/parquet/value_decoder.h"

namespace weir::output::parquet {
namespace {

constexpr std::size_t kTailBytes = 8;  // length of the footer, and the magic

// Fails with the reason alone.
tl::expected<Footer, std::string> find_footer(Bytes file) {
  const std::size_t least = kMagic.size() + kTailBytes;
  if (file.size() < least || as_text(file.first(kMagic.size())) != kMagic)
    return tl::unexpected(std::string("it is no Parquet file: it does not begin with PAR1"));
  if (as_text(file.last(kMagic.size())) != kMagic)
    return tl::unexpected(std::string("it does not end with PAR1: it is not whole, or encrypted"));
  const std::size_t length = load_le32(file.data() + file.size() - kTailBytes);
  if (length > file.size() - least || length > kMaxFooterBytes)
    return tl::unexpected(fmt::format("its footer is said to have {} bytes, which it cannot", length));
  const Bytes before = file.first(file.size() - kTailBytes - length);
  const Bytes bytes = file.subspan(before.size(), length);
  const std::optional<bool> is_sealed = has_footer_seal(before, bytes);
  if (!is_sealed) return tl::unexpected(std::string("its footer is damaged: its checksum is another one"));
  auto footer = parse_footer(bytes);
  if (footer) footer->is_sealed = *is_sealed;
  return footer;
}

std::uint64_t order_of(std::uint64_t value, Kind kind) {
  return is_signed(kind) ? value ^ (std::uint64_t{1} << 63U) : value;
}

}  // namespace

struct FileReader::State {
  std::string path;
  MappedFile mapped;
  Bytes bytes;
  Footer footer;
  std::unordered_map<std::string_view, std::size_t> places;  // of columns
  // Of each chunk, whether its Bloom filter is whole; looked at when it is asked for the first time.
  enum class Bloom : std::uint8_t { unknown, whole, damaged };
  std::unique_ptr<std::atomic<Bloom>[]> blooms;

  [[nodiscard]] const ChunkMeta& chunk(std::size_t group, std::size_t column) const {
    return footer.chunks[group * footer.leaves + footer.leaf[column]];
  }
  // The bits of the filter of a chunk; none when there is none, or it is damaged.
  [[nodiscard]] std::optional<Bytes> bloom(std::size_t group, std::size_t column) const;
};

std::optional<Bytes> FileReader::State::bloom(std::size_t group, std::size_t column) const {
  const ChunkMeta& meta = chunk(group, column);
  if (meta.bloom_offset == 0 || meta.bloom_offset >= bytes.size()) return std::nullopt;
  const Bytes rest = bytes.subspan(static_cast<std::size_t>(meta.bloom_offset));
  const std::size_t size =
      meta.bloom_bytes == 0 ? rest.size() : meta.bloom_bytes;  // older files do not say it
  if (size > rest.size()) return std::nullopt;
  const Bytes filter = rest.first(size);
  if (footer.is_sealed) {
    std::atomic<Bloom>& known = blooms[group * footer.leaves + footer.leaf[column]];
    Bloom state = known.load(std::memory_order_relaxed);
    if (state == Bloom::unknown) {
      state = is_bloom_seal(filter, rest.subspan(size)) ? Bloom::whole : Bloom::damaged;
      known.store(state, std::memory_order_relaxed);
    }
    if (state == Bloom::damaged) return std::nullopt;
  }
  return bloom_bits(filter);
}

Read<std::unique_ptr<FileReader>> FileReader::open(const std::string& path) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return tl::unexpected(fmt::format("{}: {}", path, mapped.error()));
  auto reader = from_memory(path, mapped->bytes());
  if (reader) (*reader)->state_->mapped = std::move(*mapped);
  return reader;
}

Read<std::unique_ptr<FileReader>> FileReader::from_memory(std::string name, Bytes bytes) {
  auto footer = find_footer(bytes);
  if (!footer) return tl::unexpected(fmt::format("{}: {}", name, footer.error()));
  auto state = std::make_unique<State>();
  state->path = std::move(name);
  state->bytes = bytes;
  state->footer = std::move(*footer);
  if (state->footer.is_sealed)
    state->blooms = std::make_unique<std::atomic<State::Bloom>[]>(state->footer.chunks.size());
  for (std::size_t i = 0; i < state->footer.columns.size(); ++i)
    state->places.emplace(state->footer.columns[i].name, i);
  return std::unique_ptr<FileReader>(new FileReader(std::move(state)));
}

FileReader::FileReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileReader::~FileReader() = default;

const std::string& FileReader::path() const {
  return state_->path;
}
std::span<const Column> FileReader::columns() const {
  return state_->footer.columns;
}
std::span<const Problem> FileReader::problems() const {
  return state_->footer.problems;
}
std::size_t FileReader::groups() const {
  return state_->footer.group_rows.size();
}
std::size_t FileReader::rows(std::size_t group) const {
  return static_cast<std::size_t>(state_->footer.group_rows[group]);
}
std::uint64_t FileReader::rows() const {
  return state_->footer.rows;
}
std::uint64_t FileReader::stored_bytes(std::size_t group, std::size_t column) const {
  return state_->chunk(group, column).stored_bytes;
}
bool FileReader::is_all_null(std::size_t group, std::size_t column) const {
  return state_->chunk(group, column).is_all_null();
}

std::optional<std::size_t> FileReader::find(std::string_view name) const {
  const auto at = state_->places.find(name);
  if (at == state_->places.end()) return std::nullopt;
  return at->second;
}

std::optional<std::string_view> FileReader::note(std::string_view key) const {
  for (const auto& [name, value] : state_->footer.notes)
    if (name == key) return value;
  return std::nullopt;
}

void FileReader::let_go(std::size_t group) const {
  std::uint64_t begin = UINT64_MAX, end = 0;
  for (std::size_t leaf = 0; leaf < state_->footer.leaves; ++leaf) {
    const ChunkMeta& meta = state_->footer.chunks[group * state_->footer.leaves + leaf];
    begin = std::min(begin, meta.begin());
    end = std::max(end, meta.begin() + meta.stored_bytes);
  }
  if (begin < end) state_->mapped.let_go(begin, end - begin);
}

std::optional<Range> FileReader::range(std::size_t group, std::size_t column) const {
  const ChunkMeta& meta = state_->chunk(group, column);
  const Storage& storage = state_->footer.storage[column];
  if (!meta.has_range || meta.physical != storage.physical) return std::nullopt;
  std::uint64_t bounds[]{meta.least, meta.greatest};
  convert_numbers(storage, bounds);
  if (order_of(bounds[0], storage.kind) > order_of(bounds[1], storage.kind))
    return std::nullopt;  // cannot be believed
  return Range{bounds[0], bounds[1]};
}

bool FileReader::may_have(std::size_t group, std::size_t column, std::string_view text) const {
  return may_have(group, column, hash(text));
}

bool FileReader::may_have(std::size_t group, std::size_t column, std::uint64_t hash) const {
  const ChunkMeta& meta = state_->chunk(group, column);
  if (meta.is_all_null()) return false;
  const auto bits = state_->bloom(group, column);
  return !bits || bloom_may_have(*bits, hash);
}

std::uint64_t FileReader::hash(std::string_view text) {
  return bloom_hash(text);
}

Read<std::unique_ptr<ChunkReader>> FileReader::chunk(std::size_t group, std::size_t column) const {
  const State& s = *state_;
  const auto problem = [&](std::string_view what) {
    return tl::unexpected(
        fmt::format("{}: row group {}, column {}: {}", s.path, group, s.footer.columns[column].name, what));
  };
  if (group >= groups() || column >= columns().size())
    return tl::unexpected(fmt::format("{}: there is no column {} of row group {}", s.path, column, group));
  const ChunkMeta& meta = s.chunk(group, column);
  if (meta.physical != s.footer.storage[column].physical)
    return problem("it has another type than the schema says");
  auto pages = find_pages(s.bytes, meta, s.footer.group_rows[group]);
  if (!pages) return problem(pages.error());
  auto state = std::unique_ptr<ChunkReader::State>(
      new ChunkReader::State{s.bytes, s.path, s.footer.columns[column].name, group, meta,
                             s.footer.storage[column], std::move(*pages)});
  return std::unique_ptr<ChunkReader>(new ChunkReader(std::move(state)));
}

}  // namespace weir::output::parquet
