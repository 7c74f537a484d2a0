#include <doctest/doctest.h>

#include "decoders/app/ftp/transaction.h"
#include "decoders/app/ftp_data/ftp_data.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string written(const EveTxLogger& logger, const Transaction& tx) {
  const auto writer = logger.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve ftp: a command, its replies and the port that they agree on") {
  ftp::FtpTransaction tx(1);
  tx.command = "PORT";
  tx.command_data = "10,0,0,1,4,1";
  tx.dynamic_port = 1025;
  tx.add_reply(ftp::parse_reply_line("200 ok"));
  tx.reply_received = true;
  CHECK(
      written(eve_ftp, tx) ==
      R"({"ftp":{"command":"PORT","command_data":"10,0,0,1,4,1","command_truncated":false,"completion_code":["200"],)"
      R"("reply":["ok"],"dynamic_port":1025,"mode":"active","reply_received":"yes","reply_truncated":false}})");
  tx.is_passive = true;
  CHECK(written(eve_ftp, tx).find(R"("mode":"passive")") != std::string::npos);
}

TEST_CASE("eve ftp: what was not said is left out") {
  ftp::FtpTransaction tx(1);
  tx.command = "QUIT";
  CHECK(written(eve_ftp, tx) ==
        R"({"ftp":{"command":"QUIT","reply_received":"no","reply_truncated":false}})");
}

TEST_CASE("eve ftp: a data connection names the file and the command, and nothing that was not announced") {
  ftp_data::FtpDataTransaction tx(0);
  CHECK(written(eve_ftp_data, tx).empty());
  tx.command = "RETR";
  CHECK(written(eve_ftp_data, tx) == R"({"ftp_data":{"command":"RETR"}})");
  tx.name = "a.txt";
  CHECK(written(eve_ftp_data, tx) == R"({"ftp_data":{"filename":"a.txt","command":"RETR"}})");
}
