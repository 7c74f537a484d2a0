// What a ChunkReader keeps.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "output/parquet/file_reader.h"
#include "output/parquet/page_loader.h"

namespace weir::output::parquet {

struct ChunkReader::State {
  // Of the FileReader.
  Bytes file;
  std::string_view path, column;
  std::size_t group = 0;
  const ChunkMeta& meta;
  const Storage& storage;

  ChunkPages pages;
  std::uint64_t bytes_read = 0;
  // The dictionary; one of the two. `kept` is what entries view into: it must not move.
  bool has_dictionary = false;
  std::vector<std::uint64_t> numbers;
  std::vector<std::string_view> entries;
  std::list<Buffer> kept;
  std::unordered_map<std::string_view, std::uint32_t>
      known;  // entries, once there are pages without the dictionary
  // Room for one page, while it is read. One a thread: of most chunks one page or none is read.
  struct Room {
    Buffer unpacked;
    std::vector<std::uint8_t> levels;
    std::vector<std::uint32_t> indexes;
    std::vector<std::string_view> texts;
  };
  static Room& room();

  [[nodiscard]] Problem problem(std::string_view where, std::string_view what) const;
  Read<LoadedPage> load(const PagePlace& place, const std::string& where, Buffer& room);
  Read<LoadedPage> load_data(std::size_t page, std::size_t most_rows, Buffer& room);
  Read<std::size_t> take_levels(const LoadedPage& page, std::size_t rows, const std::string& where);
  Read<void> read_dictionary();
  Read<void> add_texts(const LoadedPage& page, Buffer viewed, std::span<std::uint32_t> out,
                       const std::string& where);
};

}  // namespace weir::output::parquet
