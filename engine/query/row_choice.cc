#include "engine/query/row_choice.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "decoders/address_text.h"
#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

using output::RecordFile, output::RecordGroup;
using output::parquet::FileReader, output::parquet::Read;

constexpr std::size_t kFew = 16;          // addresses that are looked for by their texts
constexpr std::size_t kBloomProbes = 64;  // addresses that Bloom filters are asked for

struct Columns {
  std::size_t start = output::record_column("start"), duration = output::record_column("duration_us");
  std::size_t source = output::record_column("src_ip"), destination = output::record_column("dest_ip");
  std::size_t source_port = output::record_column("src_port"),
              destination_port = output::record_column("dest_port");
  std::size_t protocol = output::record_column("proto");
};
const Columns& columns() {
  static const Columns kColumns;
  return kColumns;
}

// What an address of a row is: in `hosts`, in `others`.
constexpr std::uint8_t kHost = 1, kOther = 2;

}  // namespace

RowChoice::Keys RowChoice::keys_of(const AddressSet& set) {
  Keys out{
      .set = &set, .few = set.only_addresses() && set.networks().size() <= kFew, .texts = {}, .hashes = {}};
  if (!set.only_addresses() || set.networks().size() > kBloomProbes) return out;
  for (const IpNetwork& network : set.networks()) {
    out.texts.emplace_back(ShortAddress(network.address).view());
    out.hashes.push_back(FileReader::hash(out.texts.back()));
  }
  return out;
}

RowChoice::RowChoice(const RecordQuery& query)
    : query_(query), hosts_(keys_of(query.hosts)), others_(keys_of(query.others)) {}

bool RowChoice::may_fit(const RecordFile& file, std::size_t group) const {
  if (const auto times = file.times(group); times && (times->first >= query_.to || times->last < query_.from))
    return false;
  if (!file.file().note("weir.store")) return true;  // addresses may be written in another way there
  const auto has = [&](const Keys& keys, std::size_t column) {
    const auto place = file.place(column);
    return keys.hashes.empty() || !place ||
           std::any_of(keys.hashes.begin(), keys.hashes.end(),
                       [&](std::uint64_t hash) { return file.file().may_have(group, *place, hash); });
  };
  return (has(hosts_, columns().source) && has(others_, columns().destination)) ||
         (has(hosts_, columns().destination) && has(others_, columns().source));
}

// What each entry of a dictionary is that has not been looked at. The other column's dictionary is in the same order and has many of
// the same addresses: what is known of them is taken over.
void RowChoice::classify(std::span<const std::string_view> entries, bool own, const Classes* like,
                         Classes& out) const {
  constexpr std::size_t kAhead =
      4;  // entries of the other one that this one may not have, one after the other
  const auto is_in = [own](const Keys& keys, std::string_view text, IpAddress& address) {
    if (keys.set->empty()) return true;
    if (own && keys.few) return std::find(keys.texts.begin(), keys.texts.end(), text) != keys.texts.end();
    if (address.family == 0) address = read_address(text);
    return keys.set->contains(address);
  };
  const std::size_t most = like != nullptr ? like->entries.size() : 0;
  std::size_t place = 0;
  for (std::size_t i = out.of.size(); i < entries.size(); ++i) {
    std::size_t same = place;
    while (same < std::min(place + kAhead, most) && like->entries[same] != entries[i]) ++same;
    if (same < std::min(place + kAhead, most)) {
      out.of.push_back(like->of[same]);
      place = same + 1;
      continue;
    }
    IpAddress address;
    out.of.push_back(static_cast<std::uint8_t>((is_in(hosts_, entries[i], address) ? kHost : 0) |
                                               (is_in(others_, entries[i], address) ? kOther : 0)));
  }
  out.entries = entries;
}

Read<void> RowChoice::choose_addresses(RecordGroup& group, bool own, std::vector<std::uint32_t>& rows) const {
  rows.clear();
  const std::array sides{columns().source, columns().destination};
  std::array<Classes, 2> classes;
  // What a row without an address is: as fits() has it.
  const auto none =
      static_cast<std::uint8_t>((query_.hosts.empty() ? kHost : 0) | (query_.others.empty() ? kOther : 0));
  std::uint8_t found = none;
  bool is_all = true;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    const auto entries = group.entries(sides[side]);
    if (!entries) return tl::unexpected(entries.error());
    classify(*entries, own, side == 0 ? nullptr : &classes[0], classes[side]);
    for (const std::uint8_t c : classes[side].of) found |= c;
    is_all = is_all && group.has_all_entries(sides[side]);
  }
  if (is_all && found != (kHost | kOther)) return {};
  std::array<std::vector<std::uint8_t>, 2> of_rows;
  for (std::size_t side = 0; side < sides.size(); ++side) {
    of_rows[side].assign(group.rows(), none);
    Read<void> visited =
        group.visit_index(sides[side], [&](std::size_t first, std::span<const std::uint32_t> index) {
          Classes& known = classes[side];
          if (const auto now = group.entries(sides[side]); now && now->size() > known.of.size())
            classify(*now, own, nullptr, known);
          for (std::size_t i = 0; i < index.size(); ++i)
            if (index[i] < known.of.size()) of_rows[side][first + i] = known.of[index[i]];
        });
    if (!visited) return visited;
  }
  for (std::size_t i = 0; i < of_rows[0].size(); ++i) {
    const std::uint8_t a = of_rows[0][i], b = of_rows[1][i];
    if (((a & kHost) != 0 && (b & kOther) != 0) || ((b & kHost) != 0 && (a & kOther) != 0))
      rows.push_back(static_cast<std::uint32_t>(i));
  }
  return {};
}

Read<void> RowChoice::choose_ports(RecordGroup& group, std::vector<std::uint32_t>& rows) const {
  std::vector<std::uint64_t> source, destination, protocol;
  if (auto read = group.numbers(columns().source_port, rows, source); !read) return read;
  if (auto read = group.numbers(columns().destination_port, rows, destination); !read) return read;
  if (auto read = group.numbers(columns().protocol, rows, protocol); !read) return read;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (!ip_protocol::is_icmp(static_cast<std::uint8_t>(protocol[i])) &&
        std::any_of(query_.ports.begin(), query_.ports.end(),
                    [&](std::uint16_t port) { return port == source[i] || port == destination[i]; }))
      rows[kept++] = rows[i];
  rows.resize(kept);
  return {};
}

Read<void> RowChoice::choose_times(const RecordFile& file, std::size_t number, RecordGroup& group,
                                   std::vector<std::uint32_t>& rows) const {
  if (const auto times = file.times(number);
      times && times->first >= query_.from && times->last_start < query_.to)
    return {};
  std::vector<std::uint64_t> start, duration;
  if (auto read = group.numbers(columns().start, rows, start); !read) return read;
  if (auto read = group.numbers(columns().duration, rows, duration); !read) return read;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<TimeUs>(start[i]) < query_.to &&
        static_cast<TimeUs>(start[i] + duration[i]) >= query_.from)
      rows[kept++] = rows[i];
  rows.resize(kept);
  return {};
}

Read<void> RowChoice::choose(const RecordFile& file, std::size_t number, RecordGroup& group,
                             std::vector<std::uint32_t>& rows) const {
  Read<void> chosen;
  if (query_.hosts.empty() && query_.others.empty()) {
    rows.resize(group.rows());
    std::iota(rows.begin(), rows.end(), 0U);
  } else {
    chosen = choose_addresses(group, file.file().note("weir.store").has_value(), rows);
  }
  if (chosen && !rows.empty()) chosen = choose_times(file, number, group, rows);
  if (chosen && !rows.empty() && !query_.ports.empty()) chosen = choose_ports(group, rows);
  return chosen;
}

}  // namespace weir::engine
