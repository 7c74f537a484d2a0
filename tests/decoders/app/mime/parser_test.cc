#include "decoders/app/mime/parser.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "decoders/text.h"

using namespace weir;
using namespace weir::mime;

namespace {

constexpr std::string_view kHead = "From: a@b\r\nSubject: s\r\n";

struct Read {
  explicit Read(MimeSettings s = {}) : settings(std::move(s)), parser(settings, {.body_md5 = true}) {}

  Read& feed(std::string_view text, std::size_t step = SIZE_MAX) {
    while (!text.empty()) {
      parser.data(as_bytes(text.substr(0, step)), sink());
      text.remove_prefix(std::min(step, text.size()));
    }
    return *this;
  }
  Read& end(bool whole = true) {
    parser.finish(whole, sink());
    return *this;
  }
  MailSink sink() { return {mail, files, flow, {.wanted = {.md5 = true}}}; }

  // "name(size state)" of each file, and its content where the window shows it.
  std::string shown() {
    std::string out;
    for (const ShownFile& f : files) {
      out.append(f->name).append("=").append(as_text(f->content->view().data));
      out += f->state == FileState::closed ? ";" : f->state == FileState::truncated ? "!" : "?";
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> urls() const { return {mail.urls.begin(), mail.urls.end()}; }
  [[nodiscard]] bool has(Fault f) const {
    return std::find(mail.faults().begin(), mail.faults().end(), f) != mail.faults().end();
  }

  MimeSettings settings;
  Mail mail;
  FileList files;
  FlowFiles flow;
  MimeParser parser;
};

std::string mixed(std::initializer_list<std::string_view> parts, std::string_view end = "--B--\r\n") {
  std::string out(kHead);
  out += "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\npreamble\r\n";
  for (const std::string_view part : parts) out.append("--B\r\n").append(part).append("\r\n");
  return out.append(end);
}

MimeSettings small_window() {
  MimeSettings s;
  s.window.inspect_min_size = 0;
  return s;
}

}  // namespace

TEST_CASE("mime: parts, encodings and names of files, in pieces of any size") {
  const std::string text = mixed(
      {"Content-Type: text/plain\r\n\r\nbody http://one.example/a\r\n--Bx is no delimiter\r\n",
       "Content-Type: application/zip; name=n.zip\r\nContent-Transfer-Encoding: "
       "base64\r\n\r\nQUJD\r\nREVG\r\n",
       "Content-Disposition: attachment; filename=\"q.txt\"\r\nContent-Transfer-Encoding: "
       "quoted-printable\r\n\r\n"
       "a=3D=\r\nb\r\n-\r\n--",
       "Content-Disposition: attachment\r\n\r\nwithout a name", "Content-Type: image/png\r\n\r\nno file"});
  for (std::size_t step = 1; step < text.size(); ++step) {
    CAPTURE(step);
    Read r(small_window());
    r.feed(text, step).end();
    CHECK(r.shown() == "n.zip=ABCDEF;q.txt=a=b\r\n-\r\n--;=without a name;");
    CHECK(r.urls() == std::vector<std::string>{"one.example/a"});
    CHECK(r.mail.attachments.size() == 2);
    CHECK(r.mail.status == Status::parse_done);
    CHECK(r.mail.faults().empty());
    CHECK(r.mail.field("SUBJECT") == "s");
  }
}

TEST_CASE("mime: every truncation of a mail is taken") {
  const std::string text =
      mixed({"Content-Type: multipart/alternative; boundary=C\r\n\r\n--C\r\nContent-Type: "
             "text/html\r\n\r\nx\r\n--C--\r\n",
             "Content-Type: message/rfc822; name=m.eml\r\n\r\nSubject: i\r\nContent-Type: a/b; "
             "name=i.bin\r\n\r\nin",
             "Content-Type: a/b; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD"});
  for (std::size_t n = 0; n < text.size(); ++n) {
    Read r(small_window());
    r.feed(std::string_view(text).substr(0, n)).end(false);
    CHECK(r.mail.status != Status::parse_done);
    for (const ShownFile& f : r.files) CHECK(f->state != FileState::open);
  }
}

TEST_CASE("mime: header fields, folded lines, those that are none, and a body that is a file") {
  Read r(small_window());
  r.feed(
       " stray\r\nno field\r\nTo : <a@b>,\r\n\t<c@d>\r\nReceived: x\r\n    by y\r\nReceived: z\r\n"
       "content-disposition: attachment; filename=all.bin\r\n\r\nline\r\nlast\r\n")
      .end();
  CHECK(r.mail.field("to") == "<a@b>,<c@d>");
  CHECK(*r.mail.field("received", 0) == "xby y");
  CHECK(r.mail.field("received") == "z");
  CHECK(r.mail.field("received", 2) == nullptr);
  CHECK_FALSE(r.mail.contains("stray"));
  CHECK(r.shown() == "all.bin=line\r\nlast;");                   // without the last line end
  CHECK(r.mail.body_md5 == "1bea25f2f4fd73b3035f98f1eaad1d5a");  // with it
}

TEST_CASE("mime: a message in a message is read, and a file when it has a name") {
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{10000}}) {
    Read r(small_window());
    r.feed(mixed({"Content-Type: message/rfc822; name=m.eml\r\n\r\nSubject: inner\r\n"
                  "Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: a/b; "
                  "name=in.exe\r\n\r\nMZ\r\n--C--",
                  "Content-Type: a/b; name=behind\r\n\r\nx"}),
           step)
        .end();
    CHECK(r.shown() ==
          "m.eml=Subject: inner\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n"
          "--C\r\nContent-Type: a/b; name=in.exe\r\n\r\nMZ\r\n--C--;in.exe=MZ;behind=x;");
    CHECK(r.mail.field("subject") == "s");  // the mail's own
  }
}

TEST_CASE("mime: a message that is encoded is decoded and read, up to a depth") {
  // base64 of "Content-Type: a/b; name=in.exe\r\n\r\nMZ"
  constexpr std::string_view kInner = "Q29udGVudC1UeXBlOiBhL2I7IG5hbWU9aW4uZXhlDQoNCk1a";
  Read r(small_window());
  r.feed(mixed({std::string("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n")
                    .append(kInner)}))
      .end();
  CHECK(r.shown() == "in.exe=MZ;");
  CHECK(r.mail.status == Status::parse_done);

  Read deep(small_window());
  std::string message(kHead);
  for (std::size_t i = 0; i < 2 * kMaxDepth; ++i)
    message += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
               std::to_string(i) + "\r\n";
  deep.feed(message).end();
  CHECK(deep.has(Fault::parse_failed));
}

TEST_CASE("mime: a delimiter further out ends what is within, and parts of a digest are messages") {
  Read r(small_window());
  r.feed(mixed({"Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\nContent-Type: a/b; "
                "name=in\r\n\r\nnever ended",
                "Content-Type: a/b; name=out\r\n\r\nx",
                "Content-Type: multipart/digest; boundary=D\r\n\r\n--D\r\n\r\nContent-Type: a/b; "
                "name=of-digest\r\n\r\ny\r\n--D--"}))
      .end();
  CHECK(r.shown() == "in=never ended;out=x;of-digest=y;");
  CHECK_FALSE(r.has(Fault::malformed_msg));
}

TEST_CASE("mime: URLs of texts, last one of a part first, and not those of files") {
  Read r;
  r.feed(
       mixed({"\r\nHTTP://One.Example/A?b \"http://two.example\" <http://three.example>) https://no.example",
              "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
              "PGEgaHJlZj0iaHR0cDovLzE5Mi4wLjIuMS9hLmV4ZSI+",  // <a href="http://192.0.2.1/a.exe">
              "Content-Type: text/plain; name=f.txt\r\n\r\nhttp://file.example",
              "Content-Type: a/b\r\n\r\nhttp://other.example"}))
      .end();
  CHECK(r.urls() ==
        std::vector<std::string>{"three.example", "two.example", "one.example/a?b", "192.0.2.1/a.exe"});
  CHECK(r.mail.has_exe_url);
  CHECK(r.mail.has_ipv4_url);
  CHECK_FALSE(r.mail.has_ipv6_url);
}

TEST_CASE("mime: schemes of URLs as configured, with and without them") {
  MimeSettings s;
  s.url_schemes = {"https", "ftp"};
  s.url_with_scheme = true;
  Read r(s);
  r.feed("\r\nhttp://a/ x:https://b/ ftp://[::1]/c").end();
  CHECK(r.urls() == std::vector<std::string>{"ftp://[::1", "https://b/"});
  CHECK(r.mail.has_ipv6_url);
  Read long_one;
  long_one.feed("\r\nhttp://" + std::string(2 * kMaxUrl, 'x') + " http://next").end();
  CHECK(long_one.urls().size() == 2);
  CHECK(long_one.mail.urls[1].size() < kMaxUrl);
  Read many;
  many.feed("\r\n");
  for (std::size_t i = 0; i < 2 * kMaxUrls; ++i) many.feed("http://x ");
  CHECK(many.end().mail.urls.size() == kMaxUrls);
}

TEST_CASE("mime: what is wrong with a mail is told") {
  struct Row {
    Fault fault;
    std::string text, right;
  };
  const std::string head(kHead);
  const auto encoded = [](std::string_view encoding, const std::string& text) {
    return mixed({"Content-Type: a/b; name=f\r\nContent-Transfer-Encoding: " + std::string(encoding) +
                  "\r\n\r\n" + text});
  };
  for (const Row& row : {
           Row{Fault::malformed_msg, head + "Content-Type: multipart/mixed\r\n\r\nx", mixed({"\r\nx"})},
           Row{Fault::malformed_msg, mixed({"\r\nx"}, ""), mixed({"\r\nx"})},
           Row{Fault::invalid_base64, encoded("base64", "!!!!!!!!"), encoded("base64", "QUJD!")},
           Row{Fault::invalid_qp, encoded("quoted-printable", "=XX"), encoded("quoted-printable", "=41")},
           Row{Fault::long_header_name, std::string(76, 'n') + ": v\r\n\r\n",
               std::string(75, 'n') + ": v\r\n\r\n"},
           Row{Fault::long_header_value, "n: " + std::string(2001, 'v') + "\r\n\r\n",
               "n: " + std::string(2000, 'v') + "\r\n\r\n"},
           Row{Fault::long_line, "\r\n" + std::string(999, 'x') + "\r\n",
               "\r\n" + std::string(998, 'x') + "\r\n"},
           Row{Fault::long_enc_line, encoded("base64", std::string(77, 'A')),
               encoded("base64", std::string(76, 'A'))},
           Row{Fault::long_boundary,
               head + "Content-Type: multipart/x; boundary=" + std::string(255, 'b') + "\r\n\r\n",
               head + "Content-Type: multipart/x; boundary=" + std::string(254, 'b') + "\r\n\r\n"},
           Row{Fault::long_filename, head + "Content-Type: a/b; name=" + std::string(256, 'f') + "\r\n\r\n",
               head + "Content-Type: a/b; name=" + std::string(255, 'f') + "\r\n\r\n"},
       }) {
    CAPTURE(row.text);
    for (const std::size_t step : {std::size_t{3}, std::size_t{SIZE_MAX}}) {
      CHECK(Read().feed(row.text, step).end().has(row.fault));
      CHECK_FALSE(Read().feed(row.right, step).end().has(row.fault));
    }
  }
}

TEST_CASE("mime: fields, their bytes and names of files have caps") {
  Read r;
  for (std::size_t i = 0; i < 2 * kMaxFields; ++i)
    r.feed("n" + std::to_string(i) + ": " + std::string(1000, 'v') + "\r\n");
  r.feed("\r\n").end();
  CHECK(r.mail.fields.size() < kMaxFields);
  CHECK(r.mail.field_bytes <= kMaxFieldBytes);
  Read many;
  for (std::size_t i = 0; i < 2 * kMaxFields; ++i) many.feed("n: v\r\n");
  CHECK(many.feed("\r\n").end().mail.fields.size() == kMaxFields);
  Read long_value;
  long_value.feed("n: " + std::string(100000, 'v') + "\r\nm: w\r\n\r\n").end();
  CHECK(long_value.mail.field("n").size() == 2000);
  CHECK(long_value.mail.field("m") == "w");
  Read files(small_window());
  std::string text = mixed({}, "");
  for (std::size_t i = 0; i < 2 * kMaxAttachments; ++i)
    text += "--B\r\nContent-Type: a/b; name=x\r\n\r\n1\r\n";
  files.feed(text).end();
  CHECK(files.mail.attachments.size() == kMaxAttachments);
  CHECK(files.files.size() == kMaxFilesPerTransaction);
}

TEST_CASE("mime: missing bytes leave a gap in the file, and the next part is found") {
  Read r(small_window());
  r.feed(mixed({"Content-Type: a/b; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\nQU"}, ""));
  r.parser.gap(10);
  r.feed("QUJD\r\n--B\r\nContent-Type: a/b; name=g\r\n\r\nx\r\n--B--\r\n").end();
  REQUIRE(r.files.size() == 2);
  CHECK(r.files[0]->has_gaps);
  CHECK(r.files[0]->state == FileState::truncated);
  CHECK(r.files[1]->state == FileState::closed);
  Read delimiter(small_window());
  delimiter.feed(mixed({"Content-Type: a/b; name=f\r\n\r\nabc"}, "")).feed("--B");
  delimiter.parser.gap(10);
  delimiter.feed("end\r\n--B\r\nContent-Type: a/b; name=g\r\n\r\nx\r\n--B--\r\n").end();
  REQUIRE(delimiter.files.size() == 2);
  CHECK(delimiter.files[1]->name == "g");
  Read header;
  header.feed("Subject: ab");
  header.parser.gap(5);
  header.feed("cd: ef\r\nTo: x\r\n\r\n").end();
  CHECK(header.mail.fields.size() == 1);
  CHECK(header.mail.field("to") == "x");
}

TEST_CASE("mime: decoding can be switched off") {
  MimeSettings s = small_window();
  s.base64 = s.extract_urls = false;
  Read r(s);
  r.feed(
       mixed({"Content-Type: a/b; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD", "\r\nhttp://x/"}))
      .end();
  CHECK(r.shown() == "f=QUJD;");
  CHECK(r.urls().empty());
}

TEST_CASE("mime: very long lines of headers and delimiters are cut the same in pieces of any size") {
  const std::string blanks(9000, ' ');
  for (const std::size_t step : {SIZE_MAX, std::size_t{1000}, std::size_t{7}}) {
    CAPTURE(step);
    Read r(small_window());
    r.feed("X-Long:" + blanks + "text\r\n" + mixed({"Content-Type: a/b; name=f\r\n\r\nabc\r\n--B" + blanks}),
           step)
        .end();
    CHECK(r.mail.field("x-long") == "text");
    REQUIRE(r.files.size() == 1);
    CHECK(r.files[0]->size == 3 + 2 + 3 + blanks.size());
  }
}
