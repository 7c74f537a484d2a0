#include "engine/capture/capture_source.h"

#include <doctest/doctest.h>
#include <lz4frame.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/capture/capture_reader.h"
#include "tests/deflated.h"
#include "tests/temporary_folder.h"

namespace fs = std::filesystem;
using namespace weir;
using namespace weir::engine;

namespace {

// Bytes of a file being made, in the order of either kind of machine.
struct Writer {
  bool big = false;
  std::string out;
  Writer& put(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t place = big ? bytes - 1 - i : i;
      out.push_back(place < 8 ? static_cast<char>(value >> (8 * place)) : '\0');
    }
    return *this;
  }
  Writer& u16(std::uint64_t v) { return put(v, 2); }
  Writer& u32(std::uint64_t v) { return put(v, 4); }
  Writer& text(std::string_view s) {
    out += s;
    return *this;
  }
};

std::string pcap_header(bool big, std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link_type = 1) {
  return Writer{big, {}}.u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(link_type).out;
}

std::string pcap_record(bool big, std::uint32_t seconds, std::uint32_t fraction, std::string_view data,
                        std::uint32_t wire = 0) {
  return Writer{big, {}}
      .u32(seconds)
      .u32(fraction)
      .u32(data.size())
      .u32(wire == 0 ? data.size() : wire)
      .text(data)
      .out;
}

std::string block(bool big, std::uint32_t type, std::string body) {
  body.resize((body.size() + 3) / 4 * 4);
  return Writer{big, {}}.u32(type).u32(body.size() + 12).text(body).u32(body.size() + 12).out;
}

std::string section(bool big) {
  return block(big, 0x0a0d0d0a, Writer{big, {}}.u32(0x1a2b3c4d).u16(1).u16(0).put(~0ULL, 8).out);
}

// `options`: ready-made option bytes.
std::string interface_block(bool big, std::uint16_t link_type, std::string_view options = {},
                            std::uint32_t snap = 0) {
  return block(big, 1, Writer{big, {}}.u16(link_type).u16(0).u32(snap).text(options).out);
}

std::string enhanced(bool big, std::uint32_t interface, std::uint64_t ticks, std::string_view data) {
  return block(big, 6,
               Writer{big, {}}
                   .u32(interface)
                   .u32(ticks >> 32)
                   .u32(ticks)
                   .u32(data.size())
                   .u32(data.size() + 5)
                   .text(data)
                   .out);
}

std::string gzip(const std::string& in) {
  return test::deflated(in, 16 + MAX_WBITS);
}

std::string zstd(const std::string& in) {
  std::string out(ZSTD_compressBound(in.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3));
  return out;
}

std::string lz4(const std::string& in) {
  std::string out(LZ4F_compressFrameBound(in.size(), nullptr), '\0');
  out.resize(LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), nullptr));
  return out;
}

struct Read {
  std::vector<std::string> frames, names, errors;
  std::vector<TimeUs> times;
  std::vector<int> nanoseconds;  // -1: the file does not count them
  std::vector<int> link_types;
  std::vector<std::uint32_t> wire_lengths;
  std::vector<std::uint64_t> numbers;
};

Read read_all(std::vector<std::string> paths, std::string bpf = {}) {
  auto source = open_capture_files({std::move(paths), std::move(bpf)});
  REQUIRE(source.has_value());
  Read out;
  RawPacket raw;
  while ((*source)->next(raw) == CaptureSource::Next::packet) {
    out.frames.emplace_back(reinterpret_cast<const char*>(raw.bytes.data()), raw.bytes.size());
    out.names.push_back(fs::path((*source)->name()).filename());
    out.times.push_back(raw.time);
    const FineTime fine = (*source)->fine_time();
    out.nanoseconds.push_back(fine.is_known ? fine.nanoseconds : -1);
    out.link_types.push_back(raw.link_type);
    out.wire_lengths.push_back(raw.wire_length);
    out.numbers.push_back(raw.number);
  }
  out.errors = (*source)->errors();
  if (out.errors.empty()) CHECK((*source)->bytes_done() == (*source)->bytes_total());
  return out;
}

std::string two_records(bool big) {
  return pcap_header(big) + pcap_record(big, 10, 20, "first") + pcap_record(big, 11, 21, "second", 99);
}

}  // namespace

TEST_CASE("capture: a pcap file reads the same in both byte orders") {
  const test::TemporaryFolder folder;
  for (const bool big : {false, true}) {
    CAPTURE(big);
    const Read got = read_all({folder.write("a.pcap", two_records(big))});
    CHECK(got.frames == std::vector<std::string>{"first", "second"});
    CHECK(got.times == std::vector<TimeUs>{10'000'020, 11'000'021});
    CHECK(got.wire_lengths == std::vector<std::uint32_t>{5, 99});
    CHECK(got.numbers == std::vector<std::uint64_t>{1, 2});
    CHECK(got.errors.empty());
  }
}

TEST_CASE("capture: nanoseconds are kept apart from microseconds, and the upper half of the link type is left out") {
  const test::TemporaryFolder folder;
  const Read got = read_all({folder.write(
      "a.pcap", pcap_header(false, 0xa1b23c4d, 0xf0000065) + pcap_record(false, 1, 999'999'999, "x"))});
  CHECK(got.times == std::vector<TimeUs>{1'999'999});
  CHECK(got.nanoseconds == std::vector<int>{999});
  CHECK(got.link_types == std::vector<int>{101});
}

TEST_CASE("capture: pcapng interfaces have their own link types, time units and offsets") {
  const test::TemporaryFolder folder;
  for (const bool big : {false, true}) {
    CAPTURE(big);
    const std::string nanoseconds = Writer{big, {}}.u16(9).u16(1).put(9, 1).put(0, 3).u32(0).out;
    const std::string halves =
        Writer{big, {}}.u16(9).u16(1).put(0x81, 1).put(0, 3).u16(14).u16(8).put(100, 8).u32(0).out;
    const std::string file = section(big) + interface_block(big, 1) + interface_block(big, 101, nanoseconds) +
                             block(big, 5, "statistics") + interface_block(big, 113, halves, 3) +
                             enhanced(big, 0, 5'000'001, "ethernet") +
                             enhanced(big, 1, 7'000'000'999, "raw") + enhanced(big, 2, 5, "cooked");
    const Read got = read_all({folder.write("a.pcapng", file)});
    CHECK(got.frames == std::vector<std::string>{"ethernet", "raw", "cooked"});
    CHECK(got.link_types == std::vector<int>{1, 101, 113});
    CHECK(got.nanoseconds == std::vector<int>{-1, 999, -1});
    CHECK(got.times == std::vector<TimeUs>{5'000'001, 7'000'000, 102'500'000});
    CHECK(got.wire_lengths == std::vector<std::uint32_t>{13, 8, 11});
    CHECK(got.errors.empty());
  }
}

TEST_CASE("capture: simple and obsolete packet blocks, and a second section in the other byte order") {
  const test::TemporaryFolder folder;
  const std::string simple = block(false, 3, Writer{}.u32(9).text("abcd").out);
  const std::string obsolete =
      block(true, 2, Writer{true, {}}.u16(0).u16(7).u32(0).u32(3).u32(2).u32(2).text("zz").out);
  const Read got =
      read_all({folder.write("a.pcapng", section(false) + interface_block(false, 1, {}, 4) + simple +
                                             section(true) + interface_block(true, 101) + obsolete)});
  CHECK(got.frames == std::vector<std::string>{"abcd", "zz"});
  CHECK(got.link_types == std::vector<int>{1, 101});
  CHECK(got.times == std::vector<TimeUs>{0, 3});
  CHECK(got.errors.empty());
}

TEST_CASE("capture: packets of interfaces that no block describes are passed over and told of once") {
  const test::TemporaryFolder folder;
  const Read got = read_all(
      {folder.write("a.pcapng", section(false) + interface_block(false, 1) + enhanced(false, 0, 1, "first") +
                                    enhanced(false, 7, 2, "lost") + enhanced(false, 8, 3, "lost") +
                                    enhanced(false, 0, 4, "second"))});
  CHECK(got.frames == std::vector<std::string>{"first", "second"});
  REQUIRE(got.errors.size() == 1);
  CHECK_MESSAGE(got.errors[0].find("packet of interface 7, which is not described (packets left out for that "
                                   "reason: 2)") != std::string::npos,
                got.errors[0]);
}

TEST_CASE("capture: hostile times are cut so that differences always fit") {
  const test::TemporaryFolder folder;
  const std::string seconds = Writer{}.u16(9).u16(1).put(0, 4).u32(0).out;
  const std::string before = Writer{}.u16(14).u16(8).put(~0ULL - 99, 8).u32(0).out;
  const Read got = read_all({folder.write(
      "a.pcapng", section(false) + interface_block(false, 1) + interface_block(false, 1, seconds) +
                      interface_block(false, 1, before) + enhanced(false, 0, ~0ULL, "a") +
                      enhanced(false, 1, ~0ULL >> 1, "b") + enhanced(false, 2, 1, "c"))});
  CHECK(got.times == std::vector<TimeUs>{TimeUs{1} << 61, TimeUs{1} << 61, 0});
}

TEST_CASE("capture: gzip (also of several members), LZ4 and zstd are seen by their first bytes") {
  const test::TemporaryFolder folder;
  const std::string plain = two_records(false);
  const std::vector<std::string> packed{gzip(plain), gzip(plain.substr(0, 30)) + gzip(plain.substr(30)),
                                        zstd(plain), zstd(plain.substr(0, 30)) + zstd(plain.substr(30)),
                                        lz4(plain),  lz4(plain.substr(0, 30)) + lz4(plain.substr(30))};
  for (const std::string& file : packed) {
    const Read got = read_all({folder.write("a", file)});
    CHECK(got.frames == std::vector<std::string>{"first", "second"});
    CHECK(got.errors.empty());
  }
}

TEST_CASE(
    "capture: compressed data that end early or are broken name file and offset; what came before counts") {
  const test::TemporaryFolder folder;
  std::string plain = pcap_header(false);
  for (std::uint32_t n = 0; n < 20000; ++n)
    plain += pcap_record(false, n, n * 7919 % 1000000, std::to_string(n * 104729));
  for (const std::string& packed : {gzip(plain), lz4(plain), zstd(plain)}) {
    const Read cut = read_all({folder.write("cut.pcap.gz", packed.substr(0, packed.size() / 2))});
    CHECK(cut.frames.size() > 1000);
    REQUIRE(cut.errors.size() == 1);
    CHECK(cut.errors[0].find("cut.pcap.gz: offset ") != std::string::npos);
    CHECK(cut.errors[0].find("compressed data end in the middle") != std::string::npos);
    std::string damaged = packed;
    damaged.replace(damaged.size() / 2, 200, 200, '\x55');
    const Read broken = read_all({folder.write("broken", damaged)});
    REQUIRE(broken.errors.size() == 1);
    CHECK(broken.frames.size() < 20000);
  }
}

TEST_CASE(
    "capture: every truncation of a pcap and of a pcapng file is an error, but at the end of a record") {
  const test::TemporaryFolder folder;
  struct Row {
    std::string file;
    std::vector<std::size_t> ends;  // lengths at which the file is whole
  };
  const std::string ng = section(false) + interface_block(false, 1);
  const std::string ng_packet = enhanced(false, 0, 1, "abc");
  const std::string ng_other = block(false, 0x0bad, "unknown block");
  const Row rows[] = {{two_records(false), {24, 24 + 21, two_records(false).size()}},
                      {ng + ng_packet + ng_other, {28, ng.size(), ng.size() + ng_packet.size()}}};
  for (const Row& row : rows) {
    for (std::size_t n = 1; n < row.file.size(); ++n) {
      CAPTURE(n);
      const Read got = read_all({folder.write("a.pcap", row.file.substr(0, n))});
      const bool whole = std::find(row.ends.begin(), row.ends.end(), n) != row.ends.end();
      CHECK(got.errors.empty() == whole);
      if (!whole) CHECK(got.errors[0].find("a.pcap: offset ") != std::string::npos);
    }
  }
}

TEST_CASE("capture: a broken file is reported where it breaks and the next one is read") {
  const test::TemporaryFolder folder;
  const std::string good = folder.write("z.pcap", two_records(true));
  struct Row {
    std::string file, message;
  };
  const Row rows[] = {{two_records(false) + Writer{}.u32(1).u32(1).u32(kMaxCaptureLength + 1).u32(9).out,
                       "offset 67: record of 262145 bytes, more than the limit of 262144"},
                      {two_records(false) + Writer{}.u32(1).u32(1).u32(5).u32(5).text("abc").out,
                       "offset 67: truncated record: 3 of 5 bytes"},
                      {Writer{}.u32(0xa1b2c3d4).u16(9).u16(9).u32(0).u32(0).u32(0).u32(1).out,
                       "offset 4: unknown pcap version 9.9"},
                      {section(false) + enhanced(false, 0, 0, "x"),
                       "offset 28: packet of interface 0, which is not described"},
                      {section(false) + Writer{}.u32(6).u32(13).out, "offset 28: block of 13 bytes"},
                      {section(false) + Writer{}.u32(6).u32(8).out, "offset 28: block of 8 bytes"},
                      {section(false) + Writer{}.u32(6).u32(0xfffffffc).out,
                       "offset 28: block of 4294967292 bytes, more than the"},
                      {section(false) + interface_block(false, 1) +
                           block(false, 6, Writer{}.u32(0).u32(0).u32(0).u32(500).u32(500).text("short").out),
                       "offset 48: frame longer than its block"},
                      {Writer{}.u32(0x0a0d0d0a).u32(28).u32(0x11111111).put(0, 16).out,
                       "section header without byte-order magic"},
                      {"this is a text", "offset 0: neither pcap nor pcapng"},
                      {"", "offset 0: the file is empty"}};
  for (const Row& row : rows) {
    const Read got = read_all({folder.write("a.pcap", row.file), good});
    REQUIRE(got.errors.size() == 1);
    CHECK_MESSAGE(got.errors[0].find("a.pcap: ") != std::string::npos, got.errors[0]);
    CHECK_MESSAGE(got.errors[0].find(row.message) != std::string::npos, got.errors[0]);
    CHECK(got.names.back() == "z.pcap");
  }
}

TEST_CASE("capture: folders are read in name order, and files that are no captures are passed over") {
  const test::TemporaryFolder folder;
  const auto one = [](std::string_view data) { return pcap_header(false) + pcap_record(false, 1, 1, data); };
  folder.write("b.pcap", one("b"));
  folder.write("a/2.pcap", one("a2"));
  folder.write("a/1.cap", one("a1"));
  folder.write("a-b.bin", one("a-b"));
  folder.write("README.txt", "nothing");
  folder.write("empty", "");
  folder.write("c.pcap.gz", "not even compressed");
  const Read got = read_all({folder.path});
  CHECK(got.frames == std::vector<std::string>{"a1", "a2", "a-b", "b"});
  CHECK(got.numbers == std::vector<std::uint64_t>{1, 2, 3, 4});
  REQUIRE(got.errors.size() == 1);
  CHECK(got.errors[0].find("c.pcap.gz: offset 0: neither pcap nor pcapng") != std::string::npos);
}

TEST_CASE("capture: a path that does not exist and a wrong filter are refused at once") {
  const test::TemporaryFolder folder;
  const auto missing = open_capture_files({{folder.path + "/none.pcap"}, {}});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().find("none.pcap: No such file") != std::string::npos);
  const auto wrong = open_capture_files({{folder.path}, "this is no filter"});
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().find("filter 'this is no filter': ") != std::string::npos);
}

TEST_CASE("capture: the filter is compiled for each link type, and numbers count what passes") {
  const test::TemporaryFolder folder;
  // An IPv4 header to 10.0.0.N, protocol UDP; raw and behind Ethernet.
  const auto ip = [](char last) {
    return std::string("\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0", 19) + last +
           std::string("\0\x35\0\x35\0\x08\0\0", 8);
  };
  const std::string ethernet = std::string(12, '\x02') + std::string("\x08\0", 2);
  const std::string file = section(false) + interface_block(false, 1) + interface_block(false, 101) +
                           enhanced(false, 0, 1, ethernet + ip(2)) + enhanced(false, 0, 2, ethernet + ip(3)) +
                           enhanced(false, 1, 3, ip(2)) + enhanced(false, 1, 4, ip(3));
  const Read got = read_all({folder.write("a.pcapng", file)}, "dst host 10.0.0.3 and udp port 53");
  CHECK(got.times == std::vector<TimeUs>{2, 4});
  CHECK(got.numbers == std::vector<std::uint64_t>{1, 2});
  CHECK(got.errors.empty());
  const Read no_fit = read_all({folder.path}, "ether src 02:02:02:02:02:02");
  CHECK(no_fit.times == std::vector<TimeUs>{1, 2});
  REQUIRE(no_fit.errors.size() == 1);
  CHECK(no_fit.errors[0].find("the filter does not fit link type 101") != std::string::npos);
}

TEST_CASE("capture: a link type that nothing decodes is an error, once a file") {
  const test::TemporaryFolder folder;
  const Read got = read_all({folder.write(
      "a.pcapng", section(false) + interface_block(false, 105) + interface_block(false, 1) +
                      enhanced(false, 0, 1, "x") + enhanced(false, 1, 2, "y") + enhanced(false, 0, 3, "z"))});
  CHECK(got.frames == std::vector<std::string>{"y"});
  REQUIRE(got.errors.size() == 1);
  CHECK(got.errors[0].find("link type 105 is not supported") != std::string::npos);
}

TEST_CASE("capture: a frame as large as the limit is read, also across the edge of the read buffer") {
  const test::TemporaryFolder folder;
  std::string file = pcap_header(false);
  std::vector<std::string> frames;
  for (char c = 'a'; c < 'f'; ++c) {
    frames.emplace_back(kMaxCaptureLength, c);
    file += pcap_record(false, 1, 1, frames.back());
  }
  for (const std::string& stored : {file, gzip(file), zstd(file)})
    CHECK(read_all({folder.write("a", stored)}).frames == frames);
}

TEST_CASE("capture: frames stay as they are while their windows are held, however much is read") {
  const test::TemporaryFolder folder;
  constexpr int kFrames = 40;
  constexpr std::size_t kLength = 100'000;
  std::string file = pcap_header(false);
  for (int i = 0; i < kFrames; ++i)
    file += pcap_record(false, 1, 0, std::string(kLength, static_cast<char>('A' + i)));
  auto source = open_capture_files({.paths = {folder.write("big.pcap", file)}});
  REQUIRE(source);
  std::vector<InputWindow> windows;
  std::vector<Bytes> frames;
  RawPacket raw;
  while ((*source)->next(raw) == CaptureSource::Next::packet) {
    const InputWindow* const window = (*source)->window();
    REQUIRE(window != nullptr);
    if (windows.empty() || windows.back() != *window) windows.push_back(*window);
    frames.push_back(raw.bytes);
  }
  REQUIRE(frames.size() == kFrames);
  CHECK(windows.size() > 4);
  for (int i = 0; i < kFrames; ++i) {
    const Bytes frame = frames[static_cast<std::size_t>(i)];
    CHECK(frame.size() == kLength);
    CHECK(std::all_of(frame.begin(), frame.end(), [i](std::uint8_t byte) { return byte == 'A' + i; }));
  }
}
