#include "output/file_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <doctest/doctest.h>

#include "decoders/app/file_writer.h"
#include "decoders/text.h"
#include "tests/output/fake_settings.h"
#include "tests/output/log_folder.h"

using namespace weir;
using namespace weir::output;
using weir::output_test::LogFolder;

namespace {

namespace fs = std::filesystem;

// Of "abc" and of nothing, as FIPS 180-4 and everybody have them.
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Run {
  LogFolder folder;
  std::unique_ptr<FileStore> store;
  std::unique_ptr<FileStore::Session> session;
  FileList list;
  FlowFiles flow;
  std::vector<std::string> errors;

  explicit Run(FakeSettings output = {}, FakeSettings own = {}) { start(std::move(output), std::move(own)); }
  void start(FakeSettings output, FakeSettings own) {
    auto settings = FileStoreSettings::from(output, own, folder.path);
    REQUIRE(settings.has_value());
    settings->facts.store_all = true;
    auto opened = FileStore::open(*settings);
    REQUIRE(opened.has_value());
    store = std::move(*opened);
    session = store->session();
  }
  // A whole file, in pieces of a packet each. True: the event says that it is stored.
  bool put(const std::string& bytes, std::size_t piece = 1000) {
    FileWriter writer;
    const boost::intrusive_ptr<AppFile> file =
        writer.open(list, flow, {.name = "f"}, {.time = 1, .wanted = store->settings().facts});
    REQUIRE(file != nullptr);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      writer.append(as_bytes(std::string_view(bytes).substr(at, piece)));
      session->take(*file);
    }
    writer.close(FileState::closed);
    session->take(*file);
    if (file->keeping == FileKeeping::wanted) session->admit(*file);
    FileRecord record;
    record.head.time = 5'000'001;
    record.head.flow_id = 42;
    record.file = file.get();
    session->finish(*file, record);
    const bool stored = file->stored;
    list.clear();
    return stored;
  }
  void stop() { store->stop(std::chrono::seconds(10), errors); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder.file("filestore/" + name); }
  [[nodiscard]] std::uint64_t counter(std::string_view name) const {
    std::vector<CounterValue> values;
    store->append_counters(values);
    for (const auto& [key, value] : values)
      if (key == name) return value;
    FAIL("no counter " << name);
    return 0;
  }
  [[nodiscard]] std::size_t files_below(const std::string& name) const {
    std::size_t n = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path(name)))
      n += entry.is_regular_file() ? 1U : 0U;
    return n;
  }
};

}  // namespace

TEST_CASE("file store: files lie under their SHA-256, once, and no temporary file is left") {
  Run run;
  CHECK(run.put("abc"));
  CHECK(run.put("abc", 1));
  CHECK(run.put(""));
  CHECK(run.put(std::string(300'000, 'x')));
  run.stop();
  CHECK(run.errors.empty());
  CHECK(run.folder.read("filestore/ba/" + kAbc) == "abc");
  CHECK(fs::file_size(run.path("e3/" + kEmpty)) == 0);
  CHECK(run.files_below("") == 3);
  CHECK(run.counter("weir.file_store_files") == 3);
  CHECK(run.counter("weir.file_store_bytes") == 300'003);
  CHECK(run.counter("weir.file_store_duplicates") == 1);
  CHECK(run.counter("file_store.fs_errors") == 0);
  struct stat info {};
  REQUIRE(::stat(run.path("ba/" + kAbc).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0640);
}

TEST_CASE("file store: with write-fileinfo each occurrence has its event beside the file") {
  Run run{{{"write-fileinfo", "yes"}}};
  CHECK(run.put("abc"));
  CHECK(run.put("abc"));
  run.stop();
  CHECK(run.files_below("ba") == 3);
  const std::string text = run.folder.read("filestore/ba/" + kAbc + ".5.42-2.json");
  CHECK(text.find(R"("event_type":"fileinfo")") != std::string::npos);
  CHECK(text.find(R"("stored":true,"file_id":2,"size":3)") != std::string::npos);
}

TEST_CASE("file store: temporary files stay open up to max-open-files") {
  for (const char* most : {"0", "1", "100"}) {
    CAPTURE(most);
    Run run{{{"max-open-files", most}}};
    std::vector<std::unique_ptr<FileWriter>> writers;
    for (int i = 0; i < 3; ++i) {
      writers.push_back(std::make_unique<FileWriter>());
      REQUIRE(writers.back()->open(run.list, run.flow, {.name = "f"},
                                   {.time = 1, .wanted = run.store->settings().facts}) != nullptr);
    }
    for (int round = 0; round < 2; ++round)
      for (const auto& writer : writers) {
        writer->append(as_bytes(std::string(70'000, 'x')));
        run.session->take(*writer->file());
      }
    writers.clear();
    run.list.clear();  // never closed: the store lets go of them
    run.stop();
    CHECK(run.errors.empty());
    CHECK(run.files_below("") == 0);
    CHECK(run.counter("file_store.open_files_max_hit") == (std::string_view(most) == "1" ? 5 : 0));
  }
}

TEST_CASE("file store: limits refuse files, and that is told") {
  Run run{{}, {{"max-file-size", "10"}, {"max-files", "2"}, {"max-total-size", "15"}}};
  CHECK_FALSE(run.put("01234567890"));  // too large
  CHECK(run.put("0123456789"));
  CHECK_FALSE(run.put("abcdef"));  // 16 bytes in all
  CHECK(run.put("0123456789"));    // is there
  CHECK(run.put("abc"));
  CHECK_FALSE(run.put("d"));  // a third one
  run.stop();
  CHECK(run.files_below("") == 2);
  CHECK(run.counter("weir.file_store_refused.limit") == 3);
  REQUIRE(run.errors.size() == 1);
  CHECK(run.errors[0].ends_with("3 files not stored: a limit was reached"));
}

TEST_CASE("file store: no link is followed, and what fails is counted and costs one file") {
  Run run;
  const std::string elsewhere = run.folder.file("elsewhere");
  fs::create_directory(elsewhere);
  fs::remove(run.path("ba"));
  fs::create_symlink(elsewhere, run.path("ba"));
  fs::create_symlink(run.folder.file("target"), run.path("e3/" + kEmpty));
  CHECK(run.put("abc"));  // what the event says: the disk comes later
  CHECK(run.put(""));
  CHECK(run.put("d"));
  run.stop();
  CHECK(fs::is_empty(elsewhere));
  CHECK_FALSE(fs::exists(run.folder.file("target")));
  CHECK(fs::is_regular_file(fs::symlink_status(run.path("e3/" + kEmpty))));
  CHECK(run.counter("file_store.fs_errors") == 1);
  CHECK(run.counter("weir.file_store_files") == 2);
  REQUIRE(run.errors.size() == 1);
  CHECK(run.errors[0].find("1 errors, the last one: ") != std::string::npos);
}

TEST_CASE("file store: a live run does not wait for room in the queue") {
  Run run{{}, {{"queue-size", "1"}}};
  run.store->never_wait();
  std::size_t stored = 0;
  for (int i = 0; i < 200; ++i) stored += run.put(std::string(70'000, static_cast<char>(i))) ? 1U : 0U;
  run.stop();
  CHECK(stored + run.counter("weir.file_store_refused.queue_full") == 200);
  CHECK(run.files_below("") == stored);
}

TEST_CASE("file store: other versions and folders that cannot be made are refused") {
  CHECK(FileStoreSettings::from(FakeSettings{{"version", "1"}}, FakeSettings{}, "").error() ==
        "outputs: file-store: version 1 is not supported: version 2 is");
  const auto opened = FileStore::open({.dir = "/proc/no/such", .stream_depth = std::nullopt});
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().starts_with("file-store: /proc/no/such: "));
  const auto depth =
      FileStoreSettings::from(FakeSettings{{"stream-depth", "2mb"}, {"dir", "/x"}}, FakeSettings{}, "/l");
  CHECK(depth->stream_depth == 2U << 20U);
  CHECK(depth->dir == "/x");
  CHECK_FALSE(
      FileStoreSettings::from(FakeSettings{{"stream-depth", "no"}}, FakeSettings{}, "/l")->stream_depth);
}
