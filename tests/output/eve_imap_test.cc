#include <doctest/doctest.h>

#include "decoders/app/imap/transaction.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

TEST_CASE("eve imap: a command, its response and the mail; in alerts only the mail") {
  imap::ImapTransaction tx(0);
  tx.tag = "a1";
  tx.command = "FETCH";
  tx.add_argument("BODY[]");
  tx.status = "OK";
  tx.add_line("1 EXISTS");
  tx.mail = std::make_unique<mime::Mail>();
  const auto writer = eve_imap.configure(FakeSettings{});
  JsonWriter event, alert;
  {
    const auto object = event.object();
    CHECK(writer->write(event, tx));
  }
  {
    const auto object = alert.object();
    writer->write_in_alert(alert, tx);
  }
  CHECK(event.text() ==
        R"({"weir":{"imap":{"request":{"tag":"a1","command":"FETCH","args":["BODY[]"]},)"
        R"("response":{"status":"OK","data":["1 EXISTS"]}}},"email":{"status":"HEADER_READY"}})");
  CHECK(alert.text() == R"({"email":{"status":"HEADER_READY"}})");
}
