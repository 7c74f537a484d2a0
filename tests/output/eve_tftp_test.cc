#include <doctest/doctest.h>

#include "decoders/app/tftp/tftp.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

TEST_CASE(
    "eve tftp: a request and an error are told of, a transfer only where something else is told of it") {
  const auto writer = eve_tftp.configure(FakeSettings{});
  for (const bool is_transfer : {false, true}) {
    tftp::TftpTransaction tx(0, tftp::Opcode::write);
    tx.file = "a.cfg";
    tx.mode = "octet";
    tx.is_transfer = is_transfer;
    JsonWriter event, alert;
    {
      const auto object = event.object();
      CHECK(writer->write(event, tx) == !is_transfer);
    }
    {
      const auto object = alert.object();
      writer->write_in_alert(alert, tx);
    }
    const std::string_view shown = R"({"tftp":{"packet":"write","file":"a.cfg","mode":"octet"}})";
    CHECK(event.text() == (is_transfer ? "{}" : shown));
    CHECK(alert.text() == shown);
  }
  tftp::TftpTransaction error(1, tftp::Opcode::error);
  JsonWriter out;
  {
    const auto object = out.object();
    CHECK(writer->write(out, error));
  }
  CHECK(out.text() == R"({"tftp":{"packet":"error"}})");
}
