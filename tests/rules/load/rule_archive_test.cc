#include "rules/load/rule_archive.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "rules/load/rule_loader.h"
#include "tests/temporary_folder.h"

namespace weir::rules {
namespace {

// One member: its header, and its text up to a whole block.
std::string member(const std::string& name, const std::string& text, char type = '0') {
  std::string header(512, '\0');
  std::array<char, 13> size{};
  std::snprintf(size.data(), size.size(), "%011o", static_cast<unsigned>(text.size()));
  header.replace(0, name.size(), name);
  header.replace(124, 11, size.data());
  header[156] = type;
  header.replace(257, 5, "ustar");
  return header + text + std::string((512 - text.size() % 512) % 512, '\0');
}
const std::string kEnd(1024, '\0');

// "name=text " of each rule file, or the error.
std::string files_of(const std::string& tar) {
  const auto files = rule_files_of(tar);
  if (!files) return files.error();
  std::string out;
  for (const ArchiveMember& file : *files) out += file.name + "=" + std::string(file.text) + " ";
  return out;
}

TEST_CASE("rule archive: its rule files, and nothing else") {
  const std::string tar = member("rules/", "", '5') + member("rules/a.rules", "one") +
                          member("LICENSE", "text") + member("rules/link.rules", "", '2') +
                          member("b.rules", std::string(600, 'x')) + kEnd;
  CHECK(is_tar(tar));
  CHECK(files_of(tar) == "rules/a.rules=one b.rules=" + std::string(600, 'x') + " ");
  CHECK(files_of(kEnd).empty());
}

TEST_CASE("rule archive: long names of GNU and pax") {
  CHECK(files_of(member("././@LongLink", "a/long/name.rules\0", 'L') + member("cut", "1") +
                 member("PaxHeaders/x", "26 path=another/name.rules\n", 'x') + member("cut too", "2") +
                 member("c.rules", "3") + kEnd) == "a/long/name.rules=1 another/name.rules=2 c.rules=3 ");
}

TEST_CASE("rule archive: every cut is found, and never read past") {
  const std::string tar = member("a.rules", "one") + member("b.rules", "two");
  for (std::size_t size = 0; size < tar.size(); ++size) {
    CAPTURE(size);
    const std::string said = files_of(tar.substr(0, size));
    if (size % 512 == 0 || size % 1024 >= 515) continue;  // whole, or only the padding is cut
    CHECK(said.starts_with("is an archive that ends in "));
  }
}

TEST_CASE("rule archive: broken headers and too many members are errors") {
  std::string no_size = member("a.rules", "one");
  no_size.replace(124, 3, "9zz");
  CHECK(files_of(no_size) == "is an archive with a header that is none, at 0");
  CHECK(files_of(member("a.rules", "one") + std::string(512, 'x')) ==
        "is an archive with a header that is none, at 1024");
  std::string many;
  for (std::size_t i = 0; i <= kMaxArchiveMembers; ++i) many += member("d/", "", '5');
  CHECK(files_of(many) == "is an archive of more than 10000 members");
}

TEST_CASE("rule archive: its rules are loaded, and messages name the member") {
  const test::TemporaryFolder folder;
  const std::string path = folder.write(
      "set.tar",
      member("rules/a.rules", "alert tcp any any -> any any (sid:1;)\n") +
          member(
              "rules/b.rules",
              "alert tcp any any -> any any (sid:2;)\nalert tcp any any -> any any (nonsense:1; sid:3;)\n") +
          kEnd);
  const std::string empty = folder.write("empty.tar", member("README", "x") + kEnd);
  RuleEnvironment environment;
  const LoadedRules loaded = load_rule_files(std::vector{path, empty}, environment);
  CHECK(loaded.signatures.size() == 2);
  CHECK(loaded.failed == 1);
  REQUIRE(loaded.diagnostics.size() == 2);
  CHECK(loaded.diagnostics[0].file == path + "(rules/b.rules)");
  CHECK(loaded.diagnostics[0].line == 2);
  CHECK(loaded.diagnostics[1].reason == "the rule file is an archive without .rules files");
}

}  // namespace
}  // namespace weir::rules
