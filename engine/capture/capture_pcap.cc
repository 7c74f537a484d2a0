#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "decoders/decode.h"
#include "engine/capture/bpf_filter.h"
#include "engine/capture/byte_input.h"
#include "engine/capture/capture_paths.h"
#include "engine/capture/capture_reader.h"
#include "engine/capture/capture_socket.h"
#include "engine/capture/capture_source.h"

namespace weir::engine {
namespace {

constexpr int kClientWaitMs = 200;
constexpr std::size_t kMostClientsNamed = 10'000;  // later ones bear the name of the socket that they came to
constexpr std::size_t kMostErrorsNamed = 10'000;   // further ones are counted by their reason

// "truncated record: N of N bytes": many files have the same reason.
std::string without_numbers(std::string_view reason) {
  std::string out;
  bool in_number = false;
  for (const char c : reason) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit || !in_number) out += digit ? 'N' : c;
    in_number = digit;
  }
  return out;
}

class FileCaptureSource final : public CaptureSource {
 public:
  // `sockets`: of the files that are such, by their place among them.
  FileCaptureSource(std::vector<CapturePath> files, std::map<std::size_t, CaptureSocket> sockets,
                    std::optional<BpfFilter> filter, InputPatience patience)
      : files_(std::move(files)),
        sockets_(std::move(sockets)),
        filter_(std::move(filter)),
        patience_(std::move(patience)) {
    for (const CapturePath& file : files_) bytes_total_ += file.bytes;
  }

  Next next(RawPacket& out) override {
    while (in_ || open_next()) {
      const ReadStatus status = read(out);
      if (status == ReadStatus::frame) {
        if (!accepts(out)) continue;
        out.number = ++frames_;
        return Next::packet;
      }
      if (status == ReadStatus::broken) note(reader_error());
      close();
    }
    return Next::end;
  }
  [[nodiscard]] const InputWindow* window() const override { return in_ ? &in_->window() : nullptr; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t captures() const override { return captures_; }
  [[nodiscard]] bool is_stream() const override { return is_stream_; }
  [[nodiscard]] FineTime fine_time() const override {
    return pcap_ ? pcap_->fine_time() : pcapng_ ? pcapng_->fine_time() : FineTime{};
  }
  [[nodiscard]] const std::vector<std::string>& errors() const override { return errors_; }
  [[nodiscard]] const std::map<std::string, std::size_t>& error_reasons() const override { return reasons_; }
  [[nodiscard]] std::uint64_t bytes_done() const override {
    return bytes_done_ + (in_ ? in_->stored_bytes_read() : 0);
  }
  [[nodiscard]] std::uint64_t bytes_total() const override { return bytes_total_; }

 private:
  ReadStatus read(RawPacket& out) { return pcap_ ? pcap_->next(*in_, out) : pcapng_->next(*in_, out); }
  [[nodiscard]] const ReadError& reader_error() const { return pcap_ ? pcap_->error() : pcapng_->error(); }
  void note(const ReadError& e) {
    count_error(fmt::format("{}: offset {}: {}", name_, e.offset, e.reason), without_numbers(e.reason));
  }

  void count_error(std::string text, const std::string& reason) {
    if (errors_.size() < kMostErrorsNamed) errors_.push_back(std::move(text));
    ++reasons_[reason];
  }

  // Goes to the next file that is a capture; false when there is none left.
  bool open_next() {
    while (next_file_ < files_.size()) {
      if (open_socket()) return true;
      if (next_file_ == files_.size()) return false;
      const CapturePath& file = files_[next_file_++];
      name_ = file.path;
      auto opened = ByteInput::open(file.path, patience_);
      if (!opened) {
        count_error(name_ + ": " + opened.error(), opened.error());
        continue;
      }
      in_.emplace(std::move(*opened));
      ++captures_;
      is_stream_ = file.bytes == 0 || patience_.follow;
      if (start_reader(file)) return true;
      close();
    }
    return false;
  }

  // When the next files are sockets: of one that listens each client brings a capture, until the run is to end.
  bool open_socket() {
    for (auto socket = sockets_.find(next_file_); socket != sockets_.end();
         socket = sockets_.find(next_file_)) {
      const int fd =
          socket->second.listens() && !wait_for_client(socket->second) ? -1 : socket->second.take();
      name_ = captures_ < kMostClientsNamed ? socket->second.peer() : files_[next_file_].path;
      if (fd < 0 || !socket->second.listens()) ++next_file_;
      if (fd < 0) continue;
      in_.emplace(ByteInput::from_socket(fd, patience_));
      ++captures_;
      is_stream_ = true;
      if (start_reader({.path = name_, .named = true})) return true;
      close();
    }
    return false;
  }
  [[nodiscard]] bool wait_for_client(const CaptureSocket& socket) const {
    pollfd ready{.fd = socket.fd(), .events = POLLIN, .revents = 0};
    while (::poll(&ready, 1, kClientWaitMs) <= 0)
      if (patience_.idle && !patience_.idle()) return false;
    return true;
  }

  bool start_reader(const CapturePath& file) {
    const Bytes head = in_->view(4);
    if (PcapReader::is_magic(head)) return keep(pcap_, PcapReader::start(*in_));
    if (PcapngReader::is_magic(head)) return keep(pcapng_, PcapngReader::start(*in_));
    const bool expected = file.named || has_capture_name(file.path);
    if (!in_->error().empty())
      note({0, in_->error()});
    else if (expected)
      note({0, head.empty() ? "the file is empty" : "neither pcap nor pcapng"});
    return false;
  }
  template <class Reader>
  bool keep(std::optional<Reader>& slot, tl::expected<Reader, ReadError>&& reader) {
    if (!reader) {
      note(reader.error());
      return false;
    }
    slot.emplace(std::move(*reader));
    return true;
  }
  void close() {
    if (pcapng_ && pcapng_->undescribed() != 0) note_undescribed();
    bytes_done_ += in_->stored_bytes_read();
    in_.reset();
    pcap_.reset();
    pcapng_.reset();
    accepted_link_type_ = -1;
    refused_.clear();
  }

  void note_undescribed() {
    const ReadError& first = pcapng_->first_undescribed();
    note({first.offset,
          fmt::format("{} (packets left out for that reason: {})", first.reason, pcapng_->undescribed())});
  }

  // False for frames that we cannot decode or that the filter leaves out; each reason is noted once a file.
  bool accepts(const RawPacket& packet) {
    if (packet.link_type != accepted_link_type_) {
      if (std::find(refused_.begin(), refused_.end(), packet.link_type) != refused_.end()) return false;
      if (const std::string reason = refusal(packet.link_type); !reason.empty()) {
        note({in_->offset(), reason});
        refused_.push_back(packet.link_type);
        return false;
      }
      accepted_link_type_ = packet.link_type;
    }
    return !filter_ || filter_->matches(packet);
  }
  std::string refusal(int link_type) {
    if (!decodes_link_type(link_type)) return fmt::format("link type {} is not supported", link_type);
    if (!filter_) return {};
    const std::string error = filter_->prepare(link_type);
    return error.empty() ? error : fmt::format("the filter does not fit link type {}: {}", link_type, error);
  }

  std::vector<CapturePath> files_;
  std::map<std::size_t, CaptureSocket> sockets_;
  std::optional<BpfFilter> filter_;
  const InputPatience patience_;
  std::size_t next_file_ = 0;
  std::string name_;
  std::optional<ByteInput> in_;  // open file; then one of the readers is set too
  std::optional<PcapReader> pcap_;
  std::optional<PcapngReader> pcapng_;
  int accepted_link_type_ = -1;  // the last one that was looked at and is fine
  std::vector<int> refused_;     // link types of this file that were noted
  std::uint64_t frames_ = 0, captures_ = 0, bytes_done_ = 0, bytes_total_ = 0;
  bool is_stream_ = false;
  std::vector<std::string> errors_;
  std::map<std::string, std::size_t> reasons_;
};

bool is_regular(const std::string& path) {
  struct stat info {};
  return (path == "-" ? ::fstat(STDIN_FILENO, &info) : ::stat(path.c_str(), &info)) != 0 ||
         S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
}

}  // namespace

bool FileCaptureOptions::is_stream() const {
  return patience.follow || std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
           return is_capture_socket(path) || !is_regular(path);
         });
}

tl::expected<std::unique_ptr<CaptureSource>, std::string> open_capture_files(
    const FileCaptureOptions& options) {
  auto files = expand_capture_paths(options.paths);
  if (!files) return tl::unexpected(files.error());
  std::optional<BpfFilter> filter;
  if (!options.bpf.empty()) {
    auto compiled = BpfFilter::compile(options.bpf);
    if (!compiled) return tl::unexpected(fmt::format("filter '{}': {}", options.bpf, compiled.error()));
    filter.emplace(std::move(*compiled));
  }
  std::map<std::size_t, CaptureSocket> sockets;
  for (std::size_t i = 0; i < files->size(); ++i) {
    if (!is_capture_socket((*files)[i].path)) continue;
    auto socket = CaptureSocket::open((*files)[i].path);
    if (!socket) return tl::unexpected(std::move(socket.error()));
    sockets.emplace(i, std::move(*socket));
  }
  return std::make_unique<FileCaptureSource>(std::move(*files), std::move(sockets), std::move(filter),
                                             options.patience);
}

}  // namespace weir::engine
