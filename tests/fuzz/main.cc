// One program for all targets, so that the libraries are linked once:
//   weir_fuzz --target=NAME [libFuzzer's options] [FOLDER...]
//   weir_fuzz --list                    names and longest inputs
//   weir_fuzz --keywords                of rules, for the dictionary
// libFuzzer itself ignores options that begin with two dashes.
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "decoders/app/protocol.h"
#include "rules/compile/keyword_table.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

Target& chosen() {
  static Target target;
  return target;
}

void choose(std::string_view name) {
  for (const Target& target : all_targets())
    if (target.name == name) chosen() = target;
}

void list() {
  for (const Target& target : all_targets()) std::printf("%s %zu\n", target.name.c_str(), target.most_bytes);
  std::exit(0);
}

void list_keywords() {
  for (const rules::KeywordSpec& keyword : rules::all_keywords())
    std::printf("%.*s\n", static_cast<int>(keyword.name.size()), keyword.name.data());
  std::exit(0);
}

// A second time where memory can run out, and did not the first time.
void run(const Target& target, Bytes input) {
  begin_run({});
  target.run(input);
  const std::uint64_t allocations = counted_allocations();
  if (allocations == 0) return;
  begin_run(FailurePlan::from(input, allocations));
  target.run(input);
}

}  // namespace

std::vector<Target> all_targets() {
  std::vector<Target> out{
#define FUZZ_TARGET(name, most_bytes) {#name, most_bytes, fuzz_##name},
#include "tests/fuzz/targets.def"
#undef FUZZ_TARGET
  };
  for (const ProtocolInfo* info : all_protocols()) {
    if (info->configure == nullptr) continue;
    out.push_back({"app_" + std::string(info->name), kMostApplicationBytes,
                   [id = info->id](Bytes input) { fuzz_application(id, input); }});
  }
  return out;
}

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void must_be_json(std::string_view text) {
  static simdjson::dom::parser parser;
  const Supply plenty(false);
  const simdjson::error_code error = parser.parse(simdjson::padded_string(text)).error();
  if (error == simdjson::SUCCESS) return;
  std::fprintf(stderr, "%s: %.*s\n", simdjson::error_message(error), static_cast<int>(text.size()),
               text.data());
  must(false, "what is written is JSON");
}

}  // namespace weir::fuzz

// libFuzzer's interface: https://llvm.org/docs/LibFuzzer.html
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kTarget = "--target=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    if (argument == "--list") weir::fuzz::list();
    if (argument == "--keywords") weir::fuzz::list_keywords();
    if (argument.starts_with(kTarget)) weir::fuzz::choose(argument.substr(kTarget.size()));
  }
  if (weir::fuzz::chosen().run) return 0;
  std::fputs("weir_fuzz: --target=NAME is needed; --list names the targets\n", stderr);
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weir::fuzz::Target& target = weir::fuzz::chosen();
  if (size <= target.most_bytes) weir::fuzz::run(target, {data, size});
  return 0;
}
