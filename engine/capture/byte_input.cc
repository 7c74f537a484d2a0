#include "engine/capture/byte_input.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <lz4frame.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace weir::engine {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{512} * 1024;
constexpr std::size_t kMagicBytes = 4;
constexpr int kIdleMs = 200;
constexpr int kGzipWindowBits = 15 + 16;  // zlib's way to say: gzip headers only
// A zstd frame may demand this much memory for its window, no more (the tool's own limit without --long).
constexpr int kMaxZstdWindowLog = 27;

class GzipCodec final : public StreamCodec {
 public:
  GzipCodec() { ok_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK; }
  ~GzipCodec() override { inflateEnd(&stream_); }
  GzipCodec(const GzipCodec&) = delete;
  GzipCodec& operator=(const GzipCodec&) = delete;

  Step run(Bytes in, std::uint8_t* out, std::size_t capacity) override {
    if (!ok_) return {.broken = true};
    if (boundary_ && members_ > 0)
      inflateReset(&stream_);                         // files may be several gzip members one after another
    stream_.next_in = const_cast<Bytef*>(in.data());  // zlib reads only
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out;
    stream_.avail_out = static_cast<uInt>(capacity);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    Step step{in.size() - stream_.avail_in, capacity - stream_.avail_out, false};
    boundary_ = status == Z_STREAM_END;
    if (boundary_) ++members_;
    step.broken = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR;
    return step;
  }
  [[nodiscard]] bool at_boundary() const override { return boundary_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
  bool boundary_ = true;
  std::uint64_t members_ = 0;
};

struct FreeZstd {
  void operator()(ZSTD_DStream* s) const { ZSTD_freeDStream(s); }
};

class ZstdCodec final : public StreamCodec {
 public:
  ZstdCodec() : stream_(ZSTD_createDStream()) {
    if (stream_) ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }
  Step run(Bytes in, std::uint8_t* out, std::size_t capacity) override {
    if (!stream_) return {.broken = true};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, capacity, 0};
    const std::size_t hint = ZSTD_decompressStream(stream_.get(), &to, &from);
    boundary_ = hint == 0;
    return {from.pos, to.pos, ZSTD_isError(hint) != 0};
  }
  [[nodiscard]] bool at_boundary() const override { return boundary_; }

 private:
  std::unique_ptr<ZSTD_DStream, FreeZstd> stream_;
  bool boundary_ = true;
};

struct FreeLz4 {
  void operator()(LZ4F_dctx* s) const { LZ4F_freeDecompressionContext(s); }
};

class Lz4Codec final : public StreamCodec {
 public:
  Lz4Codec() {
    LZ4F_dctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) == 0) stream_.reset(made);
  }
  Step run(Bytes in, std::uint8_t* out, std::size_t capacity) override {
    if (!stream_) return {.broken = true};
    std::size_t taken = in.size(), made = capacity;
    const std::size_t hint = LZ4F_decompress(stream_.get(), out, &made, in.data(), &taken, nullptr);
    boundary_ = hint == 0;  // and the next frame begins, if there is one
    return {taken, made, LZ4F_isError(hint) != 0};
  }
  [[nodiscard]] bool at_boundary() const override { return boundary_; }

 private:
  std::unique_ptr<LZ4F_dctx, FreeLz4> stream_;
  bool boundary_ = true;
};

std::string failure(const char* call) {
  return std::string(call) + ": " + std::strerror(errno);
}

}  // namespace

ByteInput::ByteInput(int descriptor, InputPatience patience, bool is_file)
    : descriptor_(descriptor),
      patience_(std::move(patience)),
      is_file_(is_file),
      window_(std::make_shared<std::vector<std::uint8_t>>(kWindowBytes)) {}

ByteInput::ByteInput(ByteInput&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      patience_(std::move(other.patience_)),
      is_file_(other.is_file_),
      ended_(other.ended_),
      stored_read_(other.stored_read_),
      window_(std::move(other.window_)),
      held_(std::move(other.held_)),
      begin_(other.begin_),
      end_(other.end_),
      window_offset_(other.window_offset_),
      codec_(std::move(other.codec_)),
      stored_(std::move(other.stored_)),
      stored_begin_(other.stored_begin_),
      stored_end_(other.stored_end_),
      error_(std::move(other.error_)) {}

ByteInput::~ByteInput() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

tl::expected<ByteInput, std::string> ByteInput::open(const std::string& path, const InputPatience& patience) {
  struct stat info {};
  // Opened for writing, too, a named pipe has a writer always, and does not end.
  const bool stays = patience.follow && ::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
  const int descriptor =
      path == "-" ? STDIN_FILENO : ::open(path.c_str(), (stays ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(failure("open"));
  if (fstat(descriptor, &info) != 0) return tl::unexpected(failure("fstat"));
  ByteInput input(descriptor, patience, S_ISREG(info.st_mode));
  if (S_ISDIR(info.st_mode)) return tl::unexpected(std::string("is a folder"));
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: failure does not matter
  input.detect_compression();
  return input;
}

ByteInput ByteInput::from_socket(int descriptor, const InputPatience& patience) {
  ByteInput input(descriptor, patience, false);
  input.detect_compression();
  return input;
}

bool ByteInput::wait_for_stream() const {
  if (is_file_ || !patience_.idle) return true;
  pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
  for (int wait = 0; ::poll(&ready, 1, wait) <= 0; wait = kIdleMs)
    if (!patience_.idle()) return false;
  return true;
}

bool ByteInput::wait_for_growth() const {
  if (!is_file_ || !patience_.follow || !patience_.idle || !patience_.idle()) return false;
  (void)::poll(nullptr, 0, kIdleMs);
  return true;
}

void ByteInput::detect_compression() {
  constexpr std::uint8_t gzip[] = {0x1f, 0x8b};
  constexpr std::uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
  constexpr std::uint8_t lz4[] = {0x04, 0x22, 0x4d, 0x18};
  const Bytes head = view(kMagicBytes);
  const auto starts_with = [head](Bytes magic) {
    return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
  };
  if (starts_with(gzip)) codec_ = std::make_unique<GzipCodec>();
  if (starts_with(zstd)) codec_ = std::make_unique<ZstdCodec>();
  if (starts_with(lz4)) codec_ = std::make_unique<Lz4Codec>();
  if (!codec_) return;
  stored_.swap(*window_);  // what was read is compressed
  stored_end_ = std::exchange(end_, 0);
  window_->resize(kWindowBytes);
}

std::size_t ByteInput::read_some(std::uint8_t* out, std::size_t capacity) {
  while (!ended_) {
    const ssize_t got = wait_for_stream() ? ::read(descriptor_, out, capacity) : 0;
    if (got > 0) {
      stored_read_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error_ = failure("read");
    if (got == 0 && wait_for_growth()) continue;
    ended_ = true;
  }
  return 0;
}

bool ByteInput::fill_stored() {
  if (stored_begin_ > 0) {
    std::copy(stored_.begin() + static_cast<std::ptrdiff_t>(stored_begin_),
              stored_.begin() + static_cast<std::ptrdiff_t>(stored_end_), stored_.begin());
    stored_end_ -= std::exchange(stored_begin_, 0);
  }
  if (stored_end_ ==
      stored_.size()) {  // a decoder that neither takes nor gives with this much in hand is stuck
    error_ = "broken compressed data";
    return false;
  }
  const std::size_t got = read_some(stored_.data() + stored_end_, stored_.size() - stored_end_);
  stored_end_ += got;
  return got > 0;
}

bool ByteInput::fill() {
  std::uint8_t* const out = window_->data() + end_;
  const std::size_t room = window_->size() - end_;
  if (!codec_) {
    const std::size_t got = read_some(out, room);
    end_ += got;
    return got > 0;
  }
  while (error_.empty()) {
    const Bytes in{stored_.data() + stored_begin_, stored_end_ - stored_begin_};
    StreamCodec::Step step;
    if (!in.empty() || !codec_->at_boundary()) step = codec_->run(in, out, room);
    stored_begin_ += step.consumed;
    end_ += step.produced;
    if (step.broken) error_ = "broken compressed data";
    if (step.produced > 0) return true;
    if (step.consumed > 0 || step.broken) continue;
    if (fill_stored()) continue;
    if (!codec_->at_boundary() && error_.empty()) error_ = "compressed data end in the middle";
    return false;
  }
  return false;
}

InputWindow ByteInput::spare_window() {
  const auto free =
      std::find_if(held_.begin(), held_.end(), [](const InputWindow& w) { return w.use_count() == 1; });
  if (free == held_.end()) return std::make_shared<std::vector<std::uint8_t>>(kWindowBytes);
  InputWindow out = std::move(*free);
  held_.erase(free);
  return out;
}

void ByteInput::make_room(std::size_t n) {
  const std::uint8_t* const left = window_->data() + begin_;
  if (window_.use_count() > 1) {
    InputWindow next = spare_window();
    if (next->size() < std::max(n, available())) next->resize(std::max(n, available()));
    std::copy_n(left, available(), next->data());
    held_.push_back(std::exchange(window_, std::move(next)));
  } else if (begin_ > 0) {
    std::memmove(window_->data(), left, available());
  }
  window_offset_ += begin_;
  end_ -= std::exchange(begin_, 0);
  if (window_->size() < n) window_->resize(n);
}

Bytes ByteInput::view_slow(std::size_t n) {
  make_room(n);
  while (available() < n && fill()) {
  }
  return {window_->data() + begin_, std::min(n, available())};
}

bool ByteInput::consume_slow(std::size_t n) {
  while (true) {
    const std::size_t now = std::min(n, available());
    begin_ += now;
    n -= now;
    if (n == 0) return true;
    if (view_slow(1).empty()) return false;
  }
}

}  // namespace weir::engine
