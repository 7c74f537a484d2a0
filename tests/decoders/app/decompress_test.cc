#include "decoders/app/decompress.h"

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/text.h"
#include "tests/deflated.h"

namespace weir {
namespace {

struct Taker final : DecompressSink {
  std::string text;
  void on_decoded(Bytes chunk) override { text += as_text(chunk); }
};

struct Decoded {
  std::string text;
  bool failed;
  bool operator==(const Decoded&) const = default;
};

// `piece` bytes at a time.
Decoded decoded(std::string_view data, std::size_t piece, std::vector<Encoding> layers = {Encoding::gzip}) {
  Decompressor decompressor;
  Taker taker;
  decompressor.start(layers, {});
  for (; !data.empty(); data.remove_prefix(std::min(piece, data.size())))
    decompressor.feed(as_bytes(data.substr(0, piece)), taker);
  decompressor.finish(taker);
  return {taker.text, decompressor.failed()};
}

std::string words() {
  std::string out;
  for (int i = 0; i < 200; ++i) out += "word " + std::to_string(i * 7919) + (i % 3 == 0 ? "\r\n" : ", ");
  return out;
}

// A gzip header that says that a name follows, `length` bytes long.
std::string named(std::string_view raw, std::size_t length) {
  std::string out("\x1f\x8b\x08\x08\0\0\0\0\0\x03", 10);
  return out.append(length, 'n').append(1, '\0').append(raw);
}

std::string zstd_frame(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

}  // namespace

TEST_CASE("gzip: members follow upon each other, whatever the pieces, and nothing else does") {
  const std::string text = words();
  const auto member = [](std::string_view part) { return test::deflated(part, 16 + MAX_WBITS); };
  const std::string named_member =
      named(test::deflated(text.substr(300), -MAX_WBITS), 40) + std::string(8, '\0');
  const std::string wire =
      member(text.substr(0, 100)) + member("") + member(text.substr(100, 200)) + named_member;
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{50}, std::size_t{1000}, SIZE_MAX}) {
    CAPTURE(piece);
    CHECK(decoded(wire, piece) == Decoded{text, false});
    CHECK(decoded(wire + "junk behind that is long enough", piece) == Decoded{text, false});
    CHECK(decoded(wire + "\x1f", piece) == Decoded{text, false});
    CHECK(decoded(wire, piece, {Encoding::deflate}) == Decoded{text, false});
    CHECK(decoded(member(wire), piece, {Encoding::gzip, Encoding::gzip}) == Decoded{text, false});
  }
}

TEST_CASE("Zstandard: frames follow upon each other, and some are skipped, whatever the pieces") {
  const std::string text = words();
  const std::string skipped("\x51\x2a\x4d\x18\x03\0\0\0abc", 11);
  const std::string wire = skipped + zstd_frame(text.substr(0, 100)) + zstd_frame(text.substr(100)) + skipped;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, SIZE_MAX}) {
    CAPTURE(piece);
    CHECK(decoded(wire, piece, {Encoding::zstd}) == Decoded{text, false});
    CHECK(decoded(wire + "junk behind", piece, {Encoding::zstd}) == Decoded{text, true});
    CHECK(decoded(text, piece, {Encoding::zstd}) == Decoded{text, false});
    CHECK(decoded(zstd_frame("few"), piece, {Encoding::zstd}) == Decoded{"few", false});
  }
}

TEST_CASE("Zstandard: a window beyond what receivers take is broken") {
  // Not of one segment; a window of 2^24 bytes; a block of one byte that is not compressed.
  const std::string wide("\x28\xb5\x2f\xfd\0\x70\x09\0\0x", 10);
  CHECK(decoded(wide, SIZE_MAX, {Encoding::zstd}).failed);
  std::string usual = wide;
  usual[5] = '\x68';  // 2^23
  CHECK(decoded(usual, SIZE_MAX, {Encoding::zstd}) == Decoded{"x", false});
}

TEST_CASE("gzip, zlib and bare deflate are decoded under either name") {
  const std::string text = words();
  for (const int bits : {16 + MAX_WBITS, MAX_WBITS, -MAX_WBITS})
    for (const Encoding claimed : {Encoding::gzip, Encoding::deflate})
      CHECK(decoded(test::deflated(text, bits), SIZE_MAX, {claimed}) == Decoded{text, false});
}

TEST_CASE("layers come off in their order") {
  const std::string text = words();
  CHECK(decoded(test::deflated(test::deflated(text, -MAX_WBITS), 16 + MAX_WBITS), 100,
                {Encoding::gzip, Encoding::deflate}) == Decoded{text, false});
}

TEST_CASE("what is not packed passes through") {
  for (const Encoding claimed : {Encoding::gzip, Encoding::deflate, Encoding::brotli})
    CHECK(decoded("plain text, whatever the head says", SIZE_MAX, {claimed}) ==
          Decoded{"plain text, whatever the head says", true});
}

TEST_CASE("what was decoded before the data breaks is kept") {
  const std::string text = words();
  std::string data = test::deflated(text, 16 + MAX_WBITS);
  data.resize(data.size() / 2);
  const Decoded cut = decoded(data, SIZE_MAX);
  CHECK(cut.text.size() > text.size() / 3);
  CHECK(text.starts_with(cut.text));
}

TEST_CASE("what comes out does not depend on the pieces that go in") {
  const std::string text = words().substr(0, 500), raw = test::deflated(text, -MAX_WBITS);
  std::vector<std::string> inputs{test::deflated(text, 16 + MAX_WBITS), test::deflated(text, MAX_WBITS), raw,
                                  text, ""};
  for (const std::size_t name : {0U, 40U, 53U, 54U, 55U, 200U}) inputs.push_back(named(raw, name));
  // Broken at every place of the first bytes, in every wrapping: a header that is believed or not, output or none before.
  const std::vector<std::string> whole = inputs;
  for (const std::string& input : whole)
    for (std::size_t at = 0; at < input.size(); at += at < 80 ? 1 : 13) {
      inputs.push_back(input);
      inputs.back()[at] = static_cast<char>(input[at] ^ 0x81);
    }
  for (const std::string& input : inputs) {
    const Decoded together = decoded(input, SIZE_MAX);
    for (const std::size_t piece : {1U, 63U}) {
      const Decoded apart = decoded(input, piece);
      if (apart == together) continue;
      FAIL_CHECK("pieces of " << piece << ": " << apart.text.size() << " bytes instead of "
                              << together.text.size() << " from an input of " << input.size());
    }
  }
}

}  // namespace weir
