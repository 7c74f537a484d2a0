// The writer of events: whatever bytes it gets, what comes out is JSON.
//
// Input: steps of one byte that says what is written, the lengths of name and value, name and value.
#include "output/json_writer.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

constexpr int kMostNested = 16;

void write_member(output::JsonWriter& out, Input& input, std::uint8_t kind) {
  const std::size_t name_length = input.u8(), value_length = input.u8();
  const std::string_view name = input.text(name_length);
  const Bytes value = input.bytes(value_length);
  const std::string_view text{reinterpret_cast<const char*>(value.data()), value.size()};
  switch (kind % 9) {
    case 0: return out.string(name, text);
    case 1: return out.bytes(name, value);
    case 2: return out.number(name, value.size());
    case 3: return out.signed_number(name, -static_cast<std::int64_t>(value.size()));
    case 4: return out.real(name, value.empty() ? 1.0 / 3 : 1.0 / (value[0] - 7.0));
    case 5: return out.base64(name, value);
    case 6: return out.hex(name, value, name.size() % 2 == 0 ? ':' : '\0');
    case 7: return out.printable(name, value);
    default: return out.boolean(name, value.empty());
  }
}

void write_item(output::JsonWriter& out, Input& input, std::uint8_t kind) {
  const std::size_t length = input.u8();
  const Bytes value = input.bytes(length);
  const std::string_view text{reinterpret_cast<const char*>(value.data()), value.size()};
  switch (kind % 4) {
    case 0: return out.string(text);
    case 1: return out.bytes(value);
    case 2: return out.bytes_item(text);
    default: return out.number(value.size());
  }
}

// Members of an object, or items of an array, until the input says that it closes.
void write_inside(output::JsonWriter& out, Input& input, bool is_object, int depth) {
  const std::size_t begin = out.mark();
  while (!input.empty()) {
    const std::uint8_t step = input.u8();
    const std::uint8_t what = step >> 5U;
    if (what == 0) return;
    if (what == 1) out.rollback(begin);
    if (what == 2 && depth < kMostNested) {
      const std::size_t from = out.mark();
      {
        const auto scope = is_object ? out.object(input.text(step % 32)) : out.object();
        write_inside(out, input, true, depth + 1);
      }
      if ((step & 1U) != 0) out.drop_if_empty(from);
    } else if (what == 3 && depth < kMostNested) {
      const auto scope = is_object ? out.array(input.text(step % 32)) : out.array();
      write_inside(out, input, false, depth + 1);
    } else if (what > 3) {
      is_object ? write_member(out, input, step) : write_item(out, input, step);
    }
  }
}

}  // namespace

void fuzz_json(Bytes bytes) {
  static output::JsonWriter out;  // reused, as a worker's is
  Input input(bytes);
  out.clear();
  {
    const auto document = out.object();
    write_inside(out, input, true, 0);
  }
  must_be_json(out.text());
}

}  // namespace weir::fuzz
