#include "decoders/app/http/range.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/decoders/app/http/http_test_util.h"

using namespace http_test;

namespace {

// Notes what is handed in; a file is whole when a part comes to its end.
struct NotingJoiner final : PartJoiner {
  boost::intrusive_ptr<AppFile> join(const FilePart& part, const JoinLimits&, const FileOpening&) override {
    if (part.offset != next) said += fmt::format(" {}/{}:", part.offset, part.file_size);
    said += text(part.bytes);
    next = part.offset + part.bytes.size();
    resource = part.resource;
    if (next != part.file_size) return nullptr;
    boost::intrusive_ptr<AppFile> whole = new AppFile;
    whole->name = part.name;
    whole->size = part.file_size;
    return whole;
  }
  std::string said, resource;
  std::uint64_t next = ~std::uint64_t{0};
};

constexpr std::string_view kAsked = "GET /x/y?z HTTP/1.1\r\nHost: HOST\r\n\r\n";

std::string part_of(std::string_view range, std::string_view more, std::string_view part_body) {
  return fmt::format("HTTP/1.1 206 Part\r\nContent-Range: {}\r\n{}Content-Length: {}\r\n\r\n{}", range, more,
                     part_body.size(), part_body);
}

// What a response hands in, given `step` bytes at a time.
std::string handed_in(std::string_view response, std::size_t step = 1000) {
  Flow flow;
  NotingJoiner joiner;
  flow.joiner = &joiner;
  flow.request(kAsked);
  for (; !response.empty(); response.remove_prefix(std::min(step, response.size())))
    flow.response(response.substr(0, step));
  return joiner.said;
}

}  // namespace

TEST_CASE("http ranges: Content-Range as it is sent") {
  const auto range = http::parse_content_range(" Bytes 5-7/100 ");
  REQUIRE(range);
  CHECK(range->start == 5);
  CHECK(range->end == 7);
  CHECK(range->file_size == 100);
  CHECK(http::parse_content_range("bytes 0-9/*")->file_size == 0);
  CHECK(http::parse_content_range("bytes 0-9/10")->is_all());
  CHECK_FALSE(http::parse_content_range("bytes 0-8/10")->is_all());
  for (const std::string_view wrong :
       {"", "bytes", "bytes 9-7/100", "bytes 0-9/9", "bytes 0-9", "bytes -9/10", "bytes 0/10", "lines 0-9/10",
        "bytes 0-99999999999999999999/*", "bytes 0-9/10x"})
    CHECK_FALSE(http::parse_content_range(wrong));
}

TEST_CASE("http ranges: bytes are handed in with their place, and the whole file is shown") {
  Flow flow;
  NotingJoiner joiner;
  flow.joiner = &joiner;
  flow.request(kAsked);
  flow.response(part_of("bytes 5-7/8", "", "abc"));
  CHECK(joiner.said == " 5/8:abc");
  CHECK(joiner.resource == std::string("host\0/x/y?z", 11));
  const auto& files = flow.tx().response.files;
  REQUIRE(files.size() == 2);
  CHECK(files[0]->start == 5);
  CHECK(files[0]->end == 7);
  CHECK(files[1]->id == 2);
  CHECK(files[1]->name == "/x/y");
  CHECK(files[1]->start == 0);
  CHECK(files[1]->end == 0);
}

TEST_CASE("http ranges: no byte behind the range, and none of what is no part of a file") {
  CHECK(handed_in(part_of("bytes 5-7/100", "", "abcdef")) == " 5/100:abc");
  CHECK(handed_in(part_of("bytes 5-7/*", "", "abc")).empty());
  CHECK(handed_in(part_of("bytes 0-2/3", "", "abc")).empty());
  CHECK(handed_in(part_of("bytes 9-7/100", "", "abc")).empty());
  CHECK(handed_in(part_of("bytes 5-7/100", "Content-Encoding: gzip\r\n", "abc")).empty());
  std::string ok = part_of("bytes 5-7/100", "", "abc");
  CHECK(handed_in(ok.replace(9, 3, "200")).empty());
}

TEST_CASE("http ranges: behind a gap bytes go to their place") {
  Flow flow;
  NotingJoiner joiner;
  flow.joiner = &joiner;
  flow.request(kAsked);
  flow.response("HTTP/1.1 206 Part\r\nContent-Range: bytes 10-19/100\r\nContent-Length: 10\r\n\r\nab");
  REQUIRE(flow.parser.on_gap(Direction::to_client, 3));
  flow.response("fghij");
  CHECK(joiner.said == " 10/100:ab 15/100:fghij");
}

TEST_CASE("http ranges: several in one body, however it is cut") {
  const std::string several =
      "\r\n--B\r\nContent-Type: text/plain\r\nContent-Range: bytes "
      "0-2/100\r\n\r\nabc\r\n--B\r\nContent-Range: bytes "
      "50-53/100\r\n\r\nde\r\n\r\n--B\r\nContent-Range: none\r\n\r\nxyz\r\n--B--\r\n";
  const std::string wire = fmt::format(
      "HTTP/1.1 206 Part\r\nContent-Type: multipart/byteranges; boundary=\"B\"\r\nContent-Length: "
      "{}\r\n\r\n{}",
      several.size(), several);
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    CAPTURE(step);
    CHECK(handed_in(wire, step) == " 0/100:abc 50/100:de\r\n");
  }
}

TEST_CASE("http ranges: a body of several that ends within a part") {
  CHECK(
      handed_in(
          "HTTP/1.1 206 Part\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: 46\r\n\r\n"
          "--B\r\nContent-Range: bytes 0-90/100\r\n\r\nabcdefgh") == " 0/100:abcdefgh");
}
