#include "decoders/app/file_writer.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

using namespace weir;

namespace {

constexpr BodyLimits kWindow{.limit = 0, .inspect_min_size = 0, .inspect_window = 1024};

// One file with a window of its own.
struct OneFile {
  FileList list;
  FlowFiles flow;
  FileWriter writer;
  boost::intrusive_ptr<AppFile> file;

  explicit OneFile(std::optional<std::uint64_t> size = std::nullopt, const FileFacts& wanted = {})
      : file(writer.open(list, flow, {.name = "f", .window = kWindow, .size = size},
                         {.time = 1, .wanted = wanted})) {
    REQUIRE(file != nullptr);
  }
  [[nodiscard]] std::string seen() const { return std::string(as_text(file->content->view().data)); }
};

}  // namespace

TEST_CASE("file writer: pieces in any order come to the file in theirs") {
  OneFile f;
  f.writer.piece(6, as_bytes("ghi"));
  f.writer.piece(3, as_bytes("def"));
  CHECK(f.file->size == 0);
  CHECK(f.flow.budget()->used() == 6);
  f.writer.piece(0, as_bytes("abc"));
  CHECK(f.seen() == "abcdefghi");
  CHECK(f.flow.budget()->used() == 0);
  f.writer.append(as_bytes("j"));
  f.writer.close(FileState::closed);
  CHECK(f.seen() == "abcdefghij");
  CHECK(f.file->state == FileState::closed);
  CHECK(f.file->size == 10);
  CHECK_FALSE(f.file->has_gaps);
}

TEST_CASE("file writer: bytes that come twice count once, those at the lower offset") {
  OneFile f;
  f.writer.piece(0, as_bytes("abcd"));
  f.writer.piece(2, as_bytes("XXef"));  // two of them are there
  f.writer.piece(0, as_bytes("YYY"));   // all of them are
  f.writer.piece(8, as_bytes("ij"));
  f.writer.piece(7, as_bytes("hZk"));
  f.writer.piece(6, as_bytes("g"));
  f.writer.close(FileState::closed);
  CHECK(f.seen() == "abcdefghZk");
  CHECK(f.flow.budget()->used() == 0);
}

TEST_CASE("file writer: what never comes is a gap, at the end or when no more can wait") {
  OneFile f;
  f.writer.piece(0, as_bytes("ab"));
  f.writer.piece(5, as_bytes("f"));
  f.writer.close(FileState::closed);
  CHECK(f.file->state == FileState::truncated);
  CHECK(f.file->has_gaps);
  CHECK(f.file->size == 6);
  CHECK(f.seen() == "abf");

  OneFile many;
  for (std::size_t i = 0; i <= kMaxWaitingPieces; ++i) {
    CHECK_FALSE(many.file->has_gaps);
    many.writer.piece(10 + 2 * i, as_bytes("x"));
  }
  CHECK(many.file->has_gaps);
  CHECK(many.file->size == 11);  // the hole before the first one is given up, and no other

  OneFile large;
  const std::string half(FileBudget::kMaxKeptBytes / 2, 'x');
  large.writer.piece(1, as_bytes(half));
  large.writer.piece(2 + half.size(), as_bytes(half));
  CHECK(large.flow.budget()->used() == FileBudget::kMaxKeptBytes);
  large.writer.piece(3 + 2 * half.size(), as_bytes("y"));
  CHECK(large.flow.budget()->used() == half.size() + 1);
  CHECK(large.file->size == 1 + half.size());
}

TEST_CASE("file writer: what waits is counted, and what is missing before it can be given up") {
  OneFile f;
  f.writer.piece(4, as_bytes("ef"));
  f.writer.piece(8, as_bytes("ijk"));
  CHECK(f.writer.waiting_pieces() == 2);
  CHECK(f.writer.waiting_bytes() == 5);
  f.writer.give_up_missing(20);  // up to what waits first
  CHECK(f.file->size == 6);
  CHECK(f.writer.waiting_bytes() == 3);
  f.writer.give_up_missing(7);
  CHECK(f.file->size == 7);
  f.writer.piece(7, as_bytes("h"));
  CHECK(f.writer.waiting_pieces() == 0);
  CHECK(f.writer.waiting_bytes() == 0);
  CHECK(f.seen() == "efhijk");
  CHECK(f.file->has_gaps);
}

TEST_CASE("file writer: pieces that wait and follow upon each other are one, however many") {
  OneFile f;
  const std::string all(3 * kMaxWaitingPieces, 'x');
  for (std::size_t i = 0; i < all.size(); ++i) f.writer.piece(2 + i, as_bytes(all).subspan(i, 1));
  f.writer.piece(0, as_bytes("ab"));
  CHECK_FALSE(f.file->has_gaps);
  CHECK(f.seen() == "ab" + all);
  CHECK(f.flow.budget()->used() == 0);
}

TEST_CASE("file writer: a piece that lies behind everything that waits gives up what is before it") {
  OneFile f;
  const std::string all(FileBudget::kMaxKeptBytes, 'x');
  f.writer.piece(5, as_bytes(all + "y"));  // there is never room for it to wait
  CHECK(f.file->has_gaps);
  CHECK(f.file->size == 5 + all.size() + 1);
  f.writer.piece(UINT64_MAX - 1, as_bytes("zzz"));  // no file ends there
  CHECK(f.file->size == 5 + all.size() + 1);
}

TEST_CASE("file writer: a known size says when a file is whole, and that one that closes early is not") {
  OneFile f{4};
  f.writer.append(as_bytes("abc"));
  CHECK_FALSE(f.writer.is_whole());
  f.writer.append(as_bytes("d"));
  CHECK(f.writer.is_whole());
  f.writer.close(FileState::closed);
  CHECK(f.file->state == FileState::closed);

  OneFile early{4};
  early.writer.append(as_bytes("abc"));
  early.writer.close(FileState::closed);
  CHECK(early.file->state == FileState::truncated);
  CHECK_FALSE(early.file->has_gaps);
}

TEST_CASE("file writer: a transaction has so many files and no more") {
  FileList list;
  FlowFiles flow;
  FileWriter writer;
  for (std::size_t i = 0; i < kMaxFilesPerTransaction; ++i)
    CHECK(writer.open(list, flow, {.name = "f"}, {}) != nullptr);
  CHECK(writer.open(list, flow, {.name = "one too many"}, {}) == nullptr);
  writer.append(as_bytes("nowhere"));
  CHECK(list.back()->state == FileState::truncated);  // closed to open the next one
  CHECK(list.back()->size == 0);
  CHECK(list.back()->id == kMaxFilesPerTransaction);
}

TEST_CASE("file writer: bytes are kept for a store until it takes them, within the flow's budget") {
  CHECK(OneFile(std::nullopt, {.store = true}).file->keeping == FileKeeping::no);
  CHECK(OneFile(std::nullopt, {.store_chosen = true}).file->keeping == FileKeeping::no);
  CHECK(OneFile(std::nullopt, {.store = true, .store_all = true}).file->keeping == FileKeeping::wanted);
  OneFile f(std::nullopt, {.store = true, .store_chosen = true});
  CHECK(f.file->keeping == FileKeeping::undecided);
  f.writer.append(as_bytes("abc"));
  f.file->want();
  CHECK(f.file->keeping == FileKeeping::wanted);
  CHECK(as_text(f.file->kept()) == "abc");
  f.file->let_go_of_kept();
  CHECK(f.flow.budget()->used() == 0);
  f.writer.append(as_bytes(std::string(FileBudget::kMaxKeptBytes, 'x')));
  CHECK(f.file->keeping == FileKeeping::wanted);
  f.writer.append(as_bytes("y"));
  CHECK(f.file->keeping == FileKeeping::lost);
  CHECK(f.flow.budget()->used() == 0);
  f.file->want();  // too late
  CHECK(f.file->keeping == FileKeeping::lost);
}

TEST_CASE("requested: what several ask for adds up") {
  Requested log{.files = {.md5 = true}, .buffers = {}};
  Requested rules{.files = {.md5 = true, .magic = true}, .buffers = {}};
  rules.buffers.set(static_cast<std::size_t>(AppProto::ssh));
  log |= rules;
  CHECK(log.files == FileFacts{.md5 = true, .magic = true});
  CHECK(log.buffers_of(AppProto::ssh));
  CHECK_FALSE(log.buffers_of(AppProto::tls));
}

TEST_CASE("file writer: a file that is open when a wish comes stays as it was begun") {
  FileList files;
  FlowFiles flow;
  FileWriter before, after;
  const boost::intrusive_ptr<AppFile> first = before.open(files, flow, {.name = "first"}, {.time = 1});
  const boost::intrusive_ptr<AppFile> second =
      after.open(files, flow, {.name = "second"}, {.time = 1, .wanted = {.md5 = true}});
  before.close(FileState::closed);
  after.close(FileState::closed);
  CHECK(first->md5.empty());
  CHECK(second->md5.size() == 16);
}

TEST_CASE("file writer: a file that ended with its transaction takes nothing more") {
  OneFile f;
  f.writer.append(as_bytes("abc"));
  f.writer.piece(8, as_bytes("later"));
  f.file->state = FileState::truncated;
  CHECK_FALSE(f.writer.is_open());
  f.writer.append(as_bytes("def"));
  f.writer.piece(3, as_bytes("def"));
  f.writer.gap(5);
  CHECK(f.file->size == 3);
  CHECK(f.seen() == "abc");
  f.writer.close(FileState::closed);
  CHECK(f.file->state == FileState::truncated);
  CHECK(f.flow.budget()->used() == 0);
  FileList next;
  CHECK(f.writer.open(next, f.flow, {.name = "g", .window = kWindow}, {.time = 2}) != nullptr);
  CHECK(f.writer.is_open());
}
