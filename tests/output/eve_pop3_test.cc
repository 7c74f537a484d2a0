#include <doctest/doctest.h>

#include "decoders/app/pop3/transaction.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string pop3_event(const Transaction& tx) {
  const auto writer = eve_pop3.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    CHECK(writer->write(out, tx));
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve pop3: a command, its response, and a mail") {
  pop3::Pop3Transaction tx(0);
  CHECK(pop3_event(tx) == R"({"pop3":{}})");
  tx.succeeded = true;
  tx.header = "ready";
  CHECK(pop3_event(tx) ==
        R"({"pop3":{"response":{"success":true,"status":"OK","header":"ready","data":[]}}})");
  tx.command = "LIST";
  tx.succeeded = false;
  tx.header = "";
  tx.add_line("1 10");
  CHECK(pop3_event(tx) == R"({"pop3":{"request":{"command":"LIST","args":[]},)"
                          R"("response":{"success":false,"status":"ERR","header":"","data":["1 10"]}}})");
  tx.succeeded.reset();
  tx.arguments = {SlabString("2")};
  tx.mail = std::make_unique<mime::Mail>();
  CHECK(pop3_event(tx) ==
        R"({"pop3":{"request":{"command":"LIST","args":["2"]}},"email":{"status":"HEADER_READY"}})");
}
