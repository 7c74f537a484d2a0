// The fuzz targets: what each does with one input. They return when the input is dealt with, and end the program (must())
// when something that has to hold does not; the sanitisers end it for everything else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/types.h"

namespace weir::fuzz {

struct Target {
  std::string name;
  std::size_t most_bytes = 0;  // longer inputs are passed over
  std::function<void(Bytes)> run;
};

// The rows of targets.def, and one target a parsed protocol.
std::vector<Target> all_targets();

#define FUZZ_TARGET(name, most_bytes) void fuzz_##name(Bytes input);
#include "tests/fuzz/targets.def"
#undef FUZZ_TARGET
void fuzz_application(AppProto protocol, Bytes input);
inline constexpr std::size_t kMostApplicationBytes = 4096;

// Ends the program, which libFuzzer takes for a finding and keeps the input of.
void must(bool holds, const char* what);
// `text` is one JSON value.
void must_be_json(std::string_view text);

}  // namespace weir::fuzz
