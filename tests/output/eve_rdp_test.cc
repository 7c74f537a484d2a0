#include <doctest/doctest.h>

#include "decoders/app/rdp/rdp.h"
#include "decoders/text.h"
#include "output/eve_tx.h"
#include "tests/decoders/app/rdp/rdp_builder.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string written_rdp(rdp::Message message) {
  rdp::RdpTransaction tx(4, Direction::to_server);
  tx.message = std::move(message);
  const auto writer = eve_rdp.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    CHECK(writer->write(out, tx));
  }
  return std::string(out.text());
}

std::string written_rdp(const std::string& packet) {
  return written_rdp(rdp::parse_message(as_bytes(packet)).value());
}

}  // namespace

TEST_CASE("eve rdp: a request and the responses to it") {
  using namespace weir::test;
  CHECK(written_rdp(rdp_initial(0xe0, "Cookie: mstshash=Administr\r\n")) ==
        R"({"rdp":{"tx_id":5,"event_type":"initial_request","cookie":"Administr"}})");
  CHECK(written_rdp(rdp_initial(0xd0, "")) == R"({"rdp":{"tx_id":5,"event_type":"initial_response"}})");
  CHECK(
      written_rdp(rdp_initial(0xd0, rdp_negotiation(2, 0x1f, 8))) ==
      R"({"rdp":{"tx_id":5,"event_type":"initial_response","server_supports":["extended_client_data","dynvc_gfx",)"
      R"("restricted_admin","redirected_authentication"],"protocol":"hybrid_ex"}})");
  CHECK(
      written_rdp(rdp_initial(0xd0, rdp_negotiation(3, 0, 2))) ==
      R"({"rdp":{"tx_id":5,"event_type":"initial_response","error_code":2,"reason":"ssl not allowed by server"}})");
}

TEST_CASE("eve rdp: what a client tells of itself") {
  using namespace weir::test;
  CHECK(
      written_rdp(rdp_connect(rdp_block(0xc001, rdp_core(0x80004, "SEPTU") + rdp_later_core(0x21, 7)) +
                              rdp_channels({"rdpdr", "rdpsnd"}))) ==
      R"({"rdp":{"tx_id":5,"event_type":"connect_request","client":{"version":"v5","desktop_width":1280,"desktop_height":1024,)"
      R"("color_depth":16,"keyboard_layout":"en-US","build":"Windows XP","client_name":"SEPTU","keyboard_type":"enhanced",)"
      R"("function_keys":12,"product_id":1,"capabilities":["support_errinfo_pdf","valid_connection_type"],"id":"76487-OEM",)"
      R"("connection_hint":"autodetect"},"channels":["rdpdr","rdpsnd"]}})");
  CHECK(written_rdp(rdp_connected()) == R"({"rdp":{"tx_id":5,"event_type":"connect_response"}})");
}

TEST_CASE("eve rdp: the certificates of a TLS handshake") {
  rdp::Message handshake{.kind = rdp::MessageKind::tls_handshake};
  handshake.list.emplace_back("12ab");
  CHECK(written_rdp(handshake) ==
        R"({"rdp":{"tx_id":5,"event_type":"tls_handshake","x509_serials":["12ab"]}})");
}
