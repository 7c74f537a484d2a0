#include "rules/match/captures.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rules/match/chain.h"
#include "rules/match/inspection.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::bytes_of;

namespace {

std::vector<std::string> texts(const CaptureList& list) {
  std::vector<std::string> out;
  list.for_each([&](const Capture&, std::string_view text) { out.emplace_back(text); });
  return out;
}

// What the rule's payload expressions capture of `data`.
std::vector<std::string> captured(const char* options, std::string_view data) {
  const auto one = test::with_options(options);
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  ChainScratch scratch;
  (void)Chain(one.signature->payload).matches({bytes_of(data)}, scratch);
  return texts(scratch.captured);
}

}  // namespace

TEST_CASE("expressions capture the groups that the rule names, once all of it matches") {
  using Texts = std::vector<std::string>;
  CHECK(captured("pcre:\"/a(.)b(.)/, flow:x, pkt:y\";", "aXbY") == Texts{"X", "Y"});
  CHECK(captured("pcre:\"/a(?P<alert_x>.)b/\";", "aXb") == Texts{"X"});
  CHECK(captured("pcre:\"/a(?P<mine>.)b/\";", "aXb") == Texts{});
  CHECK(captured("pcre:\"/a(.)?b/, flow:x\";", "ab") == Texts{});
  CHECK(captured("pcre:\"/a(.)/, flow:x\"; content:\"never\";", "aX") == Texts{});
  // The first match does not lead anywhere, the second one does.
  CHECK(captured("pcre:\"/a(.)/, flow:x\"; content:\"!\"; distance:0; within:1;", "aX aY!") == Texts{"Y"});
}

TEST_CASE("a rule names groups that there are, and key and value together") {
  for (const char* text :
       {"pcre:\"/(a)/,flow:x,flow:y\";", "pcre:\"/(a)/,host:x\";", "pcre:\"/(a)/,flow:\";", "pcre:\"/(a)/,pkt:key\";",
        "pcre:\"/(a)(b)/,pkt:value,pkt:key\";", "pcre:!\"/(a)/,flow:x\";"}) {
    CAPTURE(text);
    CHECK(test::with_options(text).signature == nullptr);
  }
  CHECK(test::with_options("pcre:\"/(a)(b)/,pkt:key,pkt:value\";").signature != nullptr);
  CHECK(test::with_options("pcre:\"/(a)(b)/,flow:key,flow:value\";").signature != nullptr);
}

TEST_CASE("captured texts are bounded in length and number") {
  CaptureList list;
  const std::string longer(kMaxCapturedBytes + 1, 'x');
  for (std::size_t i = 0; i < kMaxCapturesAtOnce + 1; ++i) list.add({}, bytes_of(longer));
  CHECK(list.size() == kMaxCapturesAtOnce);
  CHECK(texts(list).front().size() == kMaxCapturedBytes);
  list.cut_to(1);
  CHECK(texts(list).size() == 1);
  list.clear();
  CHECK(list.size() == 0);
}

TEST_CASE("a flow keeps so many texts, and the last one of a name") {
  FlowVars vars;
  for (std::uint32_t id = 0; id < 40; ++id) vars.set_text(id, "first");
  vars.set_text(0, "second");
  std::vector<std::string> kept;
  vars.for_each_text([&](std::uint32_t, std::string_view text) { kept.emplace_back(text); });
  CHECK(kept.size() == 32);
  CHECK(kept[0] == "second");
}

TEST_CASE("names and values of a list are told apart") {
  VariableList list;
  list.add("a", "1");
  list.add("", "");
  list.add("bc", "23");
  REQUIRE(list.size() == 3);
  CHECK(list[0] == std::pair<std::string_view, std::string_view>{"a", "1"});
  CHECK(list[1] == std::pair<std::string_view, std::string_view>{"", ""});
  CHECK(list[2] == std::pair<std::string_view, std::string_view>{"bc", "23"});
  list.clear();
  CHECK(list.size() == 0);
}
