#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "output/parquet/chunk_state.h"
#include "output/parquet/hybrid.h"
#include "output/parquet/value_decoder.h"

namespace weir::output::parquet {
namespace {

// Moves values to the rows that have one, the others become `none`. `values` begins with all that are there.
template <class T>
void spread_values(std::span<T> values, std::span<const std::uint8_t> present, std::size_t count, T none) {
  for (std::size_t row = values.size(); row-- > 0;) values[row] = present[row] != 0 ? values[--count] : none;
}

}  // namespace

ChunkReader::State::Room& ChunkReader::State::room() {
  thread_local Room room;
  return room;
}

Problem ChunkReader::State::problem(std::string_view where, std::string_view what) const {
  return fmt::format("{}: row group {}, column {}, {}: {}", path, group, column, where, what);
}

Read<LoadedPage> ChunkReader::State::load(const PagePlace& place, const std::string& where, Buffer& room) {
  auto page = load_page(file, place, meta.codec, storage.is_optional, room);
  if (!page) return tl::unexpected(problem(where, page.error()));
  bytes_read += place.bytes;
  return *page;
}

// Which rows of a page have a value, into levels_; and how many.
Read<std::size_t> ChunkReader::State::take_levels(const LoadedPage& page, std::size_t rows,
                                                  const std::string& where) {
  if (!storage.is_optional) return rows;
  std::vector<std::uint8_t>& levels = room().levels;
  levels.assign(rows, 1);
  ByteCursor in{page.levels};
  if (!take_hybrid(in, 1, levels))
    return tl::unexpected(problem(where, "which rows have a value is damaged"));
  return static_cast<std::size_t>(std::count(levels.begin(), levels.end(), std::uint8_t{1}));
}

Read<void> ChunkReader::State::read_dictionary() {
  if (has_dictionary || !pages.dictionary) return {};
  Buffer room;
  auto page = load(*pages.dictionary, "dictionary", room);
  if (!page) return tl::unexpected(page.error());
  const PageHeader& header = page->header;
  if (header.type != PageType::dictionary || header.values > kMaxEntries ||
      (header.encoding != Encoding::plain && header.encoding != Encoding::plain_dictionary))
    return tl::unexpected(problem("dictionary", "it is none that can be read"));
  Decoded decoded;
  if (storage.kind == Kind::text) {
    if (header.values > page->values.size() / 4)
      return tl::unexpected(problem("dictionary", "its values are damaged"));
    entries.resize(header.values);
    decoded = decode_texts(Encoding::plain, page->values, entries, room);
  } else {
    if (header.values > page->values.size())
      return tl::unexpected(problem("dictionary", "its values are damaged"));
    numbers.resize(header.values);
    decoded = decode_numbers(Encoding::plain, storage.physical, page->values, numbers);
    convert_numbers(storage, numbers);
  }
  if (!decoded) {
    entries.clear();
    numbers.clear();
    return tl::unexpected(problem("dictionary", decoded.error()));
  }
  kept.push_back(std::move(room));  // what entries view stays where it is
  has_dictionary = true;
  return {};
}

// Texts that are not in the dictionary, behind it; each once.
Read<void> ChunkReader::State::add_texts(const LoadedPage& page, Buffer viewed, std::span<std::uint32_t> out,
                                         const std::string& where) {
  kept.push_back(std::move(viewed));  // what `page` views moves along
  Buffer& made = kept.emplace_back();
  std::vector<std::string_view>& texts = room().texts;
  texts.resize(out.size());
  if (auto decoded = decode_texts(page.header.encoding, page.values, texts, made); !decoded)
    return tl::unexpected(problem(where, decoded.error()));
  if (known.empty())
    for (std::size_t i = 0; i < entries.size(); ++i) known.emplace(entries[i], static_cast<std::uint32_t>(i));
  const std::size_t before = entries.size();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto [at, is_new] = known.try_emplace(texts[i], static_cast<std::uint32_t>(entries.size()));
    if (is_new && entries.size() == kMaxEntries)
      return tl::unexpected(
          problem(where, fmt::format("there are more than {} different texts", kMaxEntries)));
    if (is_new) entries.push_back(texts[i]);
    out[i] = at->second;
  }
  if (entries.size() == before) {  // nothing views what was unpacked
    kept.pop_back();
    kept.pop_back();
    return {};
  }
  std::size_t bytes = 0;
  for (const Buffer& buffer : kept) bytes += buffer.size();
  if (bytes > kMaxKeptBytes)
    return tl::unexpected(problem(where, fmt::format("its texts take more than {} bytes", kMaxKeptBytes)));
  return {};
}

ChunkReader::ChunkReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChunkReader::~ChunkReader() = default;

std::span<const PageRows> ChunkReader::pages() const {
  return state_->pages.rows;
}

std::uint64_t ChunkReader::bytes_read() const {
  return state_->bytes_read;
}

// A page of data of one of both versions, with as many rows as the page index says.
Read<LoadedPage> ChunkReader::State::load_data(std::size_t page, std::size_t most_rows, Buffer& room) {
  const std::string where = fmt::format("page {}", page);
  if (page >= pages.rows.size() || pages.rows[page].count > most_rows)
    return tl::unexpected(problem(where, "there is no such page, or no room for it"));
  auto loaded = load(pages.places[page], where, room);
  if (!loaded) return loaded;
  const PageHeader& header = loaded->header;
  if ((header.type != PageType::data && header.type != PageType::data_v2) ||
      header.values != pages.rows[page].count)
    return tl::unexpected(
        problem(where, "its header is damaged: it has other rows than the page index says"));
  if (is_dictionary_encoding(header.encoding)) {
    if (!pages.dictionary) return tl::unexpected(problem(where, "there is no dictionary for it"));
    if (auto read = read_dictionary(); !read) return tl::unexpected(read.error());
  }
  return loaded;
}

Read<void> ChunkReader::numbers(std::size_t page, std::span<std::uint64_t> values,
                                std::span<std::uint8_t> present) {
  State& s = *state_;
  if (s.storage.kind == Kind::text)
    return tl::unexpected(s.problem("all of it", "it has texts, not numbers"));
  const auto loaded = s.load_data(page, values.size(), State::room().unpacked);
  if (!loaded) return tl::unexpected(loaded.error());
  const std::string where = fmt::format("page {}", page);
  const std::size_t rows = s.pages.rows[page].count;
  const auto count = s.take_levels(*loaded, rows, where);
  if (!count) return tl::unexpected(count.error());
  const auto dense = values.first(*count);
  Decoded decoded;
  if (is_dictionary_encoding(loaded->header.encoding)) {
    State::room().indexes.resize(*count);
    decoded = decode_indexes(loaded->values, s.numbers.size(), State::room().indexes);
    if (decoded)
      for (std::size_t i = 0; i < *count; ++i) dense[i] = s.numbers[State::room().indexes[i]];
  } else {
    decoded = decode_numbers(loaded->header.encoding, s.storage.physical, loaded->values, dense);
    convert_numbers(s.storage, dense);
  }
  if (!decoded) return tl::unexpected(s.problem(where, decoded.error()));
  if (*count < rows) spread_values<std::uint64_t>(values.first(rows), State::room().levels, *count, 0);
  const std::size_t told = std::min(rows, present.size());
  if (s.storage.is_optional)
    std::copy_n(State::room().levels.begin(), told, present.begin());
  else
    std::fill_n(present.begin(), told, std::uint8_t{1});
  return {};
}

Read<void> ChunkReader::texts(std::size_t page, std::span<std::uint32_t> index) {
  State& s = *state_;
  if (s.storage.kind != Kind::text)
    return tl::unexpected(s.problem("all of it", "it has numbers, not texts"));
  const auto loaded = s.load_data(page, index.size(), State::room().unpacked);
  if (!loaded) return tl::unexpected(loaded.error());
  const std::string where = fmt::format("page {}", page);
  const std::size_t rows = s.pages.rows[page].count;
  const auto count = s.take_levels(*loaded, rows, where);
  if (!count) return tl::unexpected(count.error());
  const auto dense = index.first(*count);
  if (is_dictionary_encoding(loaded->header.encoding)) {
    if (auto decoded = decode_indexes(loaded->values, s.entries.size(), dense); !decoded)
      return tl::unexpected(s.problem(where, decoded.error()));
  } else {
    if (auto read = s.read_dictionary(); !read) return read;
    if (auto added = s.add_texts(*loaded, std::exchange(State::room().unpacked, {}), dense, where); !added)
      return added;
  }
  if (*count < rows)
    spread_values(index.first(rows), std::span<const std::uint8_t>{State::room().levels}, *count, kNone);
  return {};
}

Read<std::span<const std::string_view>> ChunkReader::entries() {
  if (auto read = state_->read_dictionary(); !read) return tl::unexpected(read.error());
  return std::span<const std::string_view>{state_->entries};
}

bool ChunkReader::is_all_dictionary() const {
  return state_->meta.is_all_dictionary();
}

}  // namespace weir::output::parquet
