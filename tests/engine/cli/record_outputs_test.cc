#include "engine/cli/record_outputs.h"

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/engine/cli/kept_lines.h"
#include "tests/temporary_folder.h"

using namespace weir;
using namespace weir::engine;

TEST_CASE("record outputs: an IPFIX file is left alone until there is an answer") {
  const test::TemporaryFolder folder;
  QuestionOptions options;
  options.ipfix = folder.write("flows.ipfix", "of yesterday");
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(folder.path),
                         std::filesystem::directory_iterator());
  };
  test::KeptLines lines;
  make_record_output(options, nullptr, lines).reset();
  CHECK(files() == 1);
  CHECK(std::filesystem::file_size(options.ipfix) == 12);
  const auto out = make_record_output(options, nullptr, lines);
  flow::Record record;
  record.source = record.destination = IpAddress::v4(0x0a000001);
  record.sides[0].packets = 1;
  out->take({&record, 1});
  CHECK(out->finish());
  CHECK(files() == 2);  // the other one was moved away
}

TEST_CASE("record outputs: a file that cannot be made is told at the end") {
  const test::TemporaryFolder folder;
  QuestionOptions options;
  options.ipfix = folder.write("file", "") + "/flows.ipfix";
  test::KeptLines lines;
  const auto out = make_record_output(options, nullptr, lines);
  const flow::Record record;
  out->take({&record, 1});
  CHECK(out->has_failed());
  const auto done = out->finish();
  REQUIRE_FALSE(done);
  CHECK(done.error().starts_with("--ipfix " + folder.path));
}
