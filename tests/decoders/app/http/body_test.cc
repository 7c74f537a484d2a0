#include <doctest/doctest.h>

#include <string>

#include "tests/decoders/app/http/http_test_util.h"
#include "tests/deflated.h"

using namespace http_test;

namespace {

std::string gzip(std::string_view in) {
  return weir::test::deflated(in, 16 + MAX_WBITS);
}
std::string zlib(std::string_view in) {
  return weir::test::deflated(in, MAX_WBITS);
}
std::string raw(std::string_view in) {
  return weir::test::deflated(in, -MAX_WBITS);
}

// A gzip member with these flags and this between the fixed header and the data.
std::string gzip_with(char flags, std::string_view fields, std::string_view in) {
  std::string out = gzip(in);
  out[3] = flags;
  out.insert(10, fields);
  return out;
}

std::string head(std::string_view encoding) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\n\r\n", encoding);
}

constexpr std::string_view kText = "Some text that is long enough to compress: text text text text text.";

}  // namespace

TEST_CASE("http body: encodings come off, and claims that are not true pass the bytes through") {
  const struct {
    std::string_view encoding;
    std::string wire;
  } rows[] = {
      {"gzip", gzip(kText)},
      {"x-gzip", gzip(kText)},
      {"deflate", zlib(kText)},
      {"deflate", raw(kText)},
      {"gzip", raw(kText)},
      {"deflate", gzip(kText)},
      {"gzip, gzip", gzip(gzip(kText))},
      {"deflate, gzip", gzip(raw(kText))},
      {"gzip, deflate", gzip(kText)},
      {"identity, gzip", gzip(kText)},
      {"gzip", std::string(kText)},
      {"deflate", std::string(kText)},
      {"br", std::string(kText)},
      {"unheard-of", std::string(kText)},
      {std::string_view("gz\0ip", 5), gzip(kText)},
      {"gzip", gzip(kText).substr(0, gzip(kText).size() - 8)},               // no trailer
      {"gzip", gzip(kText).replace(gzip(kText).size() - 8, 4, "\1\2\3\4")},  // wrong checksum
      {"gzip", gzip_with('\x01', "", kText)},                                // claims to be text
      {"gzip", gzip_with('\x02', {"\0\0", 2}, kText)},                       // header checksum
      {"gzip", gzip_with('\x04', {"\2\0ab", 4}, kText)},                     // extra field
      {"gzip", gzip_with('\x08', {"name\0", 5}, kText)},                     // file name
      {"gzip", gzip_with('\xe0', "", kText)},                                // reserved flags
  };
  for (const auto& row : rows) {
    CAPTURE(row.encoding);
    const std::string message = head(row.encoding) + row.wire;
    CHECK(response_body(message) == kText);
    Flow flow;
    flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    for (const char& byte : message) flow.response({&byte, 1});
    flow.close();
    CHECK(body(flow.tx().response) == kText);
  }
}

TEST_CASE("http body: what broken compression is taken for does not depend on how it was cut") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>('!' + i * i * 7 % 90);
  for (const std::string& packed : {raw(text), zlib(text), gzip_with('\x08', {"name\0", 5}, text)})
    for (std::size_t good = 1; good < packed.size(); ++good) {
      const std::string message = head("gzip") + packed.substr(0, good) + "\xff\xff\xff\xffplain";
      Flow flow;
      flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
      for (const char& byte : message) flow.response({&byte, 1});
      flow.close();
      CAPTURE(good);
      CHECK(body(flow.tx().response) == response_body(message));
    }
}

TEST_CASE("http body: brotli") {
  // "hello hello" as one stored block (RFC 7932: window 16, last and stored meta-blocks)
  const std::string wire("\x0b\x05\x80hello hello\x03", 15);
  CHECK(response_body(head("br") + wire) == "hello hello");
}

TEST_CASE("http body: more layers than the limit are left on") {
  http::HttpSettings one;
  one.decompress_layers = 1;
  Flow flow{one};
  flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  flow.response(head("gzip, gzip") + gzip(gzip(kText)));
  flow.close();
  CHECK(body(flow.tx().response) == gzip(kText));
  CHECK(events(flow.tx()) == " too_many_encoding_layers");
}

TEST_CASE("http body: five layers come off, of the content and of its transfer") {
  std::string wire(kText);
  for (int i = 0; i < 5; ++i) wire = gzip(wire);
  CHECK(response_body(head("gzip, gzip, gzip, gzip, gzip") + wire) == kText);
  CHECK(response_body(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nTransfer-Encoding: gzip, gzip, gzip\r\n\r\n" +
            wire) == kText);
  const std::string inner = gzip(zlib(kText));
  CHECK(response_body(fmt::format(
            "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
            "{:x}\r\n{}\r\n0\r\n\r\n",
            inner.size(), inner)) == kText);

  Flow flow;
  flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  flow.response(head("gzip, gzip, gzip, gzip, gzip, gzip") + gzip(wire));
  CHECK(events(flow.tx()) == " too_many_encoding_layers");
}

TEST_CASE("http body: the window slides over megabytes of compressed zeros to what is behind them") {
  const std::string zeros(std::size_t{30} << 20U, '\0');
  const std::string wire = gzip(zeros + "mark");
  Flow flow;
  flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  ParseOutcome out = flow.response(fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n{}", wire.size(), wire));
  std::size_t most = 0, pauses = 0;
  for (; out.paused; out = flow.response("")) {
    ++pauses;
    most = std::max(most, flow.tx().response.body.held());
    flow.tx().after_detection(Direction::to_client);
  }
  CHECK(events(flow.tx()).empty());
  CHECK(most < 1024 * 1024);
  CHECK(pauses > 100);
  CHECK(flow.tx().response.body_bytes == zeros.size() + 4);
  CHECK(body(flow.tx().response).ends_with("mark"));
  CHECK(flow.tx().response.files[0]->state == FileState::truncated);
}

TEST_CASE("http body: where nobody looks at a body its window slides all the same") {
  const std::string wire = gzip(std::string(std::size_t{8} << 20U, '\0'));
  Flow flow;
  flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  ParseOutcome out = flow.response(head("gzip") + wire);
  std::size_t most = 0;
  for (; out.paused; out = flow.response("")) most = std::max(most, flow.tx().response.body.held());
  CHECK(most < 1024 * 1024);
  CHECK(flow.tx().response.body_bytes == std::size_t{8} << 20U);
}

TEST_CASE("http body: a decompression bomb is stopped and said so") {
  Flow flow;
  flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string zeros(std::size_t{64} << 20U, '\0');
  ParseOutcome out = flow.response(head("gzip, gzip") + gzip(gzip(zeros)));
  while (out.paused) out = flow.response("");
  CHECK(events(flow.tx()) == " compression_bomb");
  CHECK(flow.tx().response.body_bytes < (std::size_t{4} << 20U));
}

TEST_CASE("http body: chunk lengths as receivers take them") {
  const struct {
    std::string_view chunks, expected;
  } rows[] = {
      {"3\r\nabc\r\n0\r\n\r\n", "abc"},
      {"03\r\nabc\r\n000\r\n\r\n", "abc"},
      {" 3\r\nabc\r\n0\r\n\r\n", "abc"},
      {"3 \r\nabc\r\n0\r\n\r\n", "abc"},
      {"3\t\r\nabc\r\n0\r\n\r\n", "abc"},
      {"3; ext=\"x\"\r\nabc\r\n0\r\n\r\n", "abc"},
      {"3 junk\r\nabc\r\n0\r\n\r\n", "abc"},
      {"\r\n\r\n3\r\nabc\r\n\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef"},
      {"3\nabc\n2\nde\n0\n\n", "abcde"},
      {"a\r\nabc", "abc"},
      {"3\r\nabc\r\n0", "abc"},
      {"xyz is no length", "xyz is no length"},
      {"fffffffffffffffff\r\nabc", "fffffffffffffffff\r\nabc"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.chunks);
    CHECK(response_body(
              std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").append(row.chunks)) ==
          row.expected);
  }
}

TEST_CASE("http body: spellings of chunked") {
  for (const std::string_view name :
       {"Transfer-Encoding: xchunked", "Transfer-Encoding:\r\n chunked", "transfer-encoding : CHUNKED",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding:: chunked"}) {
    CAPTURE(name);
    CHECK(response_body(fmt::format("HTTP/1.1 200 OK\r\n{}\r\nContent-Length: 99\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                                    name)) == "x");
  }
}

TEST_CASE("http body: a body over the limit is kept up to it, its file is truncated") {
  http::HttpSettings small;
  small.response_body.limit = 10;
  Flow flow{small};
  flow.request("GET /d/f.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  flow.response("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n0123456");
  flow.response("789abcde");
  CHECK(body(flow.tx().response) == "0123456789");
  REQUIRE(flow.tx().response.files.size() == 1);
  CHECK(flow.tx().response.files[0]->name == "/d/f.bin");
  CHECK(flow.tx().response.files[0]->size == 10);
  CHECK(flow.tx().response.files[0]->state == FileState::truncated);
  CHECK(flow.tx().response.wire_body_bytes == 15);
}

TEST_CASE("http body: a file over the limit ends with what comes behind it, whole at none of its ends") {
  http::HttpSettings small;
  small.response_body.limit = small.request_body.limit = 10;
  const auto begun = [&](Flow& flow, std::string_view body) -> AppFile& {
    flow.request("GET /f.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.response("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    flow.response(body);
    return *flow.tx().response.files[0];
  };
  for (const std::string_view body : {"0123456789", "0123456789ab"}) {
    CAPTURE(body);
    Flow more{small}, lost{small}, closed{small};
    AppFile &goes_on = begun(more, body), &has_hole = begun(lost, body), &ends = begun(closed, body);
    CHECK(goes_on.state == FileState::open);
    more.response("c");
    lost.parser.on_gap(Direction::to_client, 2);
    closed.close();
    if (body.size() == 10) lost.response("c");
    for (const AppFile* file : {&goes_on, &has_hole, &ends}) {
      CHECK(file->state == FileState::truncated);
      CHECK(file->size == (file == &has_hole && body.size() == 10 ? 12 : 10));
    }
  }
  Flow exact{small};
  CHECK(begun(exact, "0123456789").state == FileState::open);
}

TEST_CASE("http body: padding does not count for the limit, other bytes do") {
  const auto last_bytes_with = [](std::string_view unit, std::string_view change) {
    std::string content;
    for (int i = 0; content.size() < 200'000; ++i) {
      content += unit;
      if (!change.empty()) content += fmt::format("{}{}", change, i);
    }
    Flow flow;
    flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    content += "mark";
    flow.response(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", content.size()));
    for (std::size_t at = 0; at < content.size(); at += 1000) {
      flow.response(content.substr(at, 1000));
      flow.tx().after_detection(Direction::to_client);
    }
    const std::string shown = body(flow.tx().response);
    CHECK(flow.tx().response.body.held() < 100'000);
    CHECK(flow.tx().response.files[0]->size == 100 * 1024);
    return shown.substr(shown.size() - 4);
  };
  CHECK(last_bytes_with("z", "") == "mark");
  CHECK(last_bytes_with("\r\n", "") == "mark");
  CHECK(last_bytes_with("abcdefg", "") == "mark");
  CHECK(last_bytes_with("some text", " and more ") != "mark");
}

TEST_CASE(
    "http body: one that goes on to the end of the connection is whole at that, not where the stream's depth "
    "cuts it") {
  for (const bool is_cut : {false, true}) {
    CAPTURE(is_cut);
    Flow flow;
    flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    flow.response("HTTP/1.1 200 OK\r\n\r\nall that was seen");
    flow.parser.parse(
        {.direction = Direction::to_client, .eof = true, .is_cut = is_cut, .requested = &flow.requested});
    REQUIRE(flow.tx().response.files.size() == 1);
    CHECK(flow.tx().response.files[0]->state == (is_cut ? FileState::truncated : FileState::closed));
  }
}

TEST_CASE("http body: file names and ranges of responses") {
  Flow flow;
  flow.request("GET /x/y HTTP/1.1\r\nHost: a\r\n\r\n");
  flow.response(
      "HTTP/1.1 206 Part\r\nContent-Disposition: attachment; filename=\"a b.txt\"\r\nContent-Range: bytes "
      "5-7/100\r\n"
      "Content-Length: 3\r\n\r\nabc");
  REQUIRE(flow.tx().response.files.size() == 1);
  const AppFile& file = *flow.tx().response.files[0];
  CHECK(file.name == "a b.txt");
  CHECK(file.start == 5);
  CHECK(file.end == 7);
  CHECK(file.state == FileState::closed);

  flow.request("GET /x/y HTTP/1.1\r\nHost: a\r\n\r\n");
  flow.response("HTTP/1.1 206 Part\r\nContent-Range: bytes 9-7/100\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(events(flow.tx(1)) == " range_invalid");
}

TEST_CASE("http body: parameters of headers") {
  CHECK(http::header_parameter("attachment; filename=a.txt; x=y", "filename") == "a.txt");
  CHECK(http::header_parameter("attachment; filename=\"a;b.txt\"", "filename") == "a;b.txt");
  CHECK(http::header_parameter("filename=z", "FileName") == "z");
  CHECK(http::header_parameter("a; b; boundary=\"q", "boundary") == "q");
  CHECK_FALSE(http::header_parameter("attachment", "filename"));
  CHECK_FALSE(http::header_parameter("attachment; xfilename=a", "filename"));
}

TEST_CASE("http body: uploads become files, however the body is cut") {
  const std::string form =
      "--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nvalue\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"one.txt\"\r\nContent-Type: "
      "text/plain\r\n\r\n"
      "first\r\n--other\r\nfile\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"g\"; filename=\"two.txt\"\r\n\r\n\r\n"
      "--B--\r\n";
  const std::string head = fmt::format(
      "POST /up HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: "
      "{}\r\n\r\n",
      form.size());
  for (std::size_t cut = 0; cut <= form.size(); ++cut) {
    CAPTURE(cut);
    Flow flow;
    flow.request(head + form.substr(0, cut));
    flow.request(form.substr(cut));
    const FileList& files = flow.tx().request.files;
    REQUIRE(files.size() == 2);
    CHECK(files[0]->name == "one.txt");
    CHECK(text(files[0]->content->view().data) == "first\r\n--other\r\nfile");
    CHECK(files[0]->state == FileState::closed);
    CHECK(files[1]->name == "two.txt");
    CHECK(files[1]->size == 0);
    CHECK(events(flow.tx()) == " multipart_no_filedata");
  }
}

TEST_CASE("http body: other posted bodies are a file with the path's name") {
  Flow flow;
  flow.request("PUT /dir/up.bin?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  REQUIRE(flow.tx().request.files.size() == 1);
  CHECK(flow.tx().request.files[0]->name == "/dir/up.bin");
  CHECK(flow.tx().request.files[0]->id == 1);
}

TEST_CASE("http body: inline it is shown as it comes, else when there is enough of it or it has ended") {
  const auto shown = [](std::string_view setting, bool requested, Direction d) {
    http::HttpSettings settings;
    settings.bodies_at_once = setting == "yes"  ? http::HttpSettings::AtOnce::always
                              : setting == "no" ? http::HttpSettings::AtOnce::never
                                                : http::HttpSettings::AtOnce::inline_only;
    Flow flow(settings);
    flow.requested.at_once = requested;
    flow.request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst");
    flow.response("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    StreamedBody& body = flow.tx().message(d).body;
    std::string out = body.ready() ? text(body.view().data) : "";
    flow.tx().after_detection(d);
    flow.feed(d, " and");
    if (body.ready()) out += "|" + text(body.view().data);
    return out;
  };
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    CHECK(shown("auto", true, d) == "first|first and");
    CHECK(shown("yes", false, d) == "first|first and");
    CHECK(shown("auto", false, d).empty());
    CHECK(shown("no", true, d).empty());
  }
}

TEST_CASE("http body: Flash files are shown without their compression, when that is asked for") {
  const std::string size("\x14\0\0\0", 4), content = "doABC action", flash = "FWS\x0d" + size + content;
  const std::string zlib_file = "CWS\x0d" + size + zlib(content);
  // As LZMA gives it: properties, data without a head.
  const std::string lzma_file = "ZWS\x0d" + size + std::string("\x20\0\0\0", 4) +
                                std::string(
                                    "\135\000\000\001\000\000\062\033\304\043\071\025\266\147"
                                    "\050\274\154\151\327\362\105\374\313\377\336\231\000\000",
                                    28);
  const std::string broken = "CWS\x0d" + size + "\x78\x9c\xff\xff\xff\xff";
  http::HttpSettings both, shallow;
  both.swf.deflate = both.swf.lzma = true;
  shallow.swf = {.deflate = true, .lzma = false, .compress_depth = 0, .decompress_depth = 5};
  struct Row {
    http::HttpSettings settings;
    std::string file, shown;
  };
  for (const Row& row : {Row{both, zlib_file, flash}, Row{both, lzma_file, flash},
                         Row{{}, zlib_file, zlib_file}, Row{both, zlib_file + "behind", flash + "behind"},
                         Row{both, broken, broken}, Row{both, "CW", "CW"}, Row{both, "Cats", "Cats"},
                         Row{shallow, zlib_file, flash.substr(0, 13)}, Row{shallow, lzma_file, lzma_file}})
    for (const bool at_once : {true, false}) {
      CAPTURE(row.file.size());
      Flow flow{row.settings};
      flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
      const std::string message = "HTTP/1.1 200 OK\r\n\r\n" + row.file;
      if (at_once)
        flow.response(message);
      else
        for (const char& byte : message) flow.response({&byte, 1});
      flow.close();
      CHECK(body(flow.tx().response) == row.shown);
      REQUIRE(flow.tx().response.files.size() == 1);
      CHECK(flow.tx().response.files[0]->size == row.file.size());
    }
}
