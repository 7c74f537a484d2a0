// The two parts of matching: the pass that finds which rules are possible, and the full check of one of them.
#include <benchmark/benchmark.h>
#include <hs.h>

#include <string>

#include "rules/match/chain.h"
#include "rules/prefilter/pattern_set.h"

using namespace weir;
using namespace weir::rules;

namespace {

Bytes bytes(const std::string& s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }

// Always the same numbers.
class Numbers {
 public:
  std::uint32_t next() { return static_cast<std::uint32_t>((state_ = state_ * 6364136223846793005U + 1442695040888963407U) >> 33U); }
  std::string word(std::size_t length) {
    std::string out(length, ' ');
    for (char& c : out) c = static_cast<char>('a' + next() % 26);
    return out;
  }

 private:
  std::uint64_t state_ = 42;
};

// HTTP-like text of about `size` bytes in which no pattern of the benchmark stands.
std::string haystack(std::size_t size) {
  std::string out = "GET /index.html?id=1234 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n";
  while (out.size() < size) out += "some: ordinary 0123456789 text, NOT A SIGN OF ANYTHING; ";
  out.resize(size);
  return out;
}

// Words of 4 to 19 letters as patterns; the text holds none.
void prefilter_scan(benchmark::State& state) {
  Numbers numbers;
  PatternSetBuilder builder;
  const auto patterns = static_cast<RuleId>(state.range(0));
  for (RuleId id = 0; id < patterns; ++id)
    builder.add(bytes(numbers.word(4 + numbers.next() % 16)), id % 2 == 0, id, {});
  PatternDatabases databases;
  const PatternSet set = builder.build(databases);
  databases.compile(1, {});
  hs_scratch_t* scratch = nullptr;
  if (hs_alloc_scratch(set.database(), &scratch) != HS_SUCCESS) return state.SkipWithError("no scratch");
  const std::string text = haystack(static_cast<std::size_t>(state.range(1)));
  CandidateSet candidates(patterns);
  for (auto _ : state) {
    candidates.clear();
    set.scan(bytes(text), 0, scratch, candidates);
    benchmark::DoNotOptimize(candidates.empty());
  }
  hs_free_scratch(scratch);
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(1));
}

Content content(const std::string& text) {
  Content c;
  c.pattern.assign(text.begin(), text.end());
  return c;
}
Content within(Content c, std::int64_t n) {
  c.has_distance = c.has_within = true;
  c.within.value = n;
  return c;
}

void check(benchmark::State& state, const BufferChain& ops, const std::string& text, bool expected) {
  const Chain chain(ops);
  ChainScratch scratch;
  bool matched = false;
  for (auto _ : state) {
    matched = chain.matches({bytes(text)}, scratch);
    benchmark::DoNotOptimize(matched);
  }
  if (matched != expected) state.SkipWithError("wrong outcome");
  state.SetItemsProcessed(state.iterations());
}

void chain_three_contents(benchmark::State& state) {
  Content host = content("host: ");
  host.nocase = true;
  check(state, {content("GET "), host, within(content("example.com"), 40)}, haystack(300), true);
}
void chain_absent_content(benchmark::State& state) {
  check(state, {content("NeverThere")}, haystack(1400), false);
}
// The first content stands in many places, and none of them is followed by the second.
void chain_tried_again(benchmark::State& state) {
  check(state, {content("ordinary"), within(content("extra"), 20)}, haystack(1400), false);
}

}  // namespace

BENCHMARK(prefilter_scan)->Args({100, 300})->Args({5'000, 300})->Args({5'000, 1400});
BENCHMARK(chain_three_contents);
BENCHMARK(chain_absent_content);
BENCHMARK(chain_tried_again);
