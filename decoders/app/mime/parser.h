// Reads a mail (RFC 5322, MIME: RFC 2045 to 2049) as its bytes come: header fields, parts within parts, their transfer encodings,
// attachments as files, URLs of texts. It belongs to no protocol: whoever carries mails feeds it.
//
// Each byte is looked at once. Lines of headers are kept up to a limit; of a body only what may become a delimiter, and the line
// end before it, which belongs to the delimiter. However the bytes are cut into calls, the mail is the same.
//
// A message in a message (message/rfc822) is read like its parts; when it has a name, it is a file as well. One that is encoded is
// decoded and read by a parser of its own. Bounds: kMaxDepth levels, kMaxFilesPerTransaction files, the caps of Mail.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "decoders/app/file_writer.h"
#include "decoders/app/mime/mail.h"
#include "decoders/app/mime/settings.h"
#include "decoders/app/mime/transfer.h"
#include "decoders/app/mime/urls.h"
#include "decoders/digest.h"

namespace weir::mime {

inline constexpr std::size_t kMaxDepth = 16;           // of parts that consist of parts
inline constexpr std::size_t kMaxEncodedDepth = 4;     // of encoded messages in encoded messages
inline constexpr std::size_t kMaxFileNameBytes = 255;  // RFC 2231 names may be put together of many sections

// Where what is found goes: borrowed for the length of a call.
struct MailSink {
  Mail& mail;
  FileList& files;  // of the transaction that carries the mail
  FlowFiles& flow;
  FileOpening opening;
};

class MimeParser : public Slabbed {
 public:
  struct Wishes {
    bool body_md5 = false;
  };
  MimeParser(const MimeSettings& settings, Wishes wishes, std::size_t encoded_depth = 0);

  void data(Bytes chunk, const MailSink& sink);
  // `length` bytes never came.
  void gap(std::uint64_t length);
  // Nothing follows. `whole`: the protocol says that this was all of it; else files are truncated.
  void finish(bool whole, const MailSink& sink);
  // The fields of the mail's own header are all there.
  [[nodiscard]] bool header_done() const { return header_done_; }

 private:
  enum class State : std::uint8_t {
    header,
    body,
    between
  };  // between: no part's bytes, before or behind delimiters
  // What the header of the part that is being read says of it.
  struct Part {
    SlabString type, disposition, encoding;
  };
  struct Level {
    SlabString delimiter;   // with the two dashes in front
    bool digest = false;    // whose parts are messages if they do not say otherwise
    std::size_t files = 0;  // of enclosing_ that stay open when a part of this level ends
  };

  void header_bytes(Bytes& chunk, const MailSink& sink);
  void header_line(std::string_view line, const MailSink& sink);
  void end_field(const MailSink& sink);
  void keep_field(std::string_view name, std::string_view value, Mail& mail) const;
  void end_header(const MailSink& sink);
  void begin_part_content(const MailSink& sink);
  void begin_message(const SlabString& name, const MailSink& sink);
  void begin_parts(const MailSink& sink);
  [[nodiscard]] SlabString file_name(Mail& mail) const;
  void open_file(FileWriter& writer, const SlabString& name, const MailSink& sink);

  // What is there of a line: `all` with its end, `text` without the LF.
  struct Piece {
    Bytes all;
    std::string_view text;
    bool ends = false;
  };
  Piece take_piece(Bytes& chunk);
  static std::string_view without_return(std::string_view line);
  void count_line(Mail& mail);
  void body_bytes(Bytes& chunk, const MailSink& sink);
  bool waits_for_delimiter(const Piece& piece, const MailSink& sink);
  void line_piece(std::string_view text, bool ends, const MailSink& sink);
  [[nodiscard]] bool may_be_delimiter(std::string_view line) const;
  bool delimiter_line(std::string_view line, const MailSink& sink);
  void content(std::string_view piece, const MailSink& sink);
  void to_enclosing(Bytes bytes);
  void decoded(Bytes bytes, const MailSink& sink);
  void flush_decoded(const MailSink& sink);
  void end_part(FileState state, const MailSink& sink);
  void close_enclosing(std::size_t down_to, FileState state);

  const MimeSettings& settings_;
  std::size_t encoded_depth_;
  State state_ = State::header;
  bool own_header_ = true, header_done_ = false;
  Part part_;
  SlabVector<Level> levels_;
  std::optional<RunningDigest> md5_;

  // Lines: what is there of one whose end is not, as far as it has to be kept.
  SlabString line_;
  SlabString field_;  // of a header, put together of its lines
  bool field_cut_ = false;
  bool in_line_ = false;          // its beginning has been given on, or is missing
  bool held_return_ = false;      // a CR that may begin a line end
  std::string_view held_end_;     // the line end before what comes next; a constant
  std::uint64_t line_bytes_ = 0;  // with its end, so far

  // The content of the part.
  TransferDecoder decoder_;
  SlabString decoded_;
  FileWriter file_;
  bool looks_for_urls_ = false;
  UrlFinder urls_;
  std::unique_ptr<MimeParser> inner_;                  // of an encoded message
  SlabVector<std::unique_ptr<FileWriter>> enclosing_;  // messages that are files, around the part
};

}  // namespace weir::mime
