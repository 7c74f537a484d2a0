#include <doctest/doctest.h>

#include "decoders/app/smb/transaction.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;
using smb::SmbTransaction;

namespace {

std::string smb_event(const SmbTransaction& tx, const Settings& settings = FakeSettings{}) {
  const auto writer = eve_smb.configure(settings);
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

struct Case {
  SmbTransaction tx;
  Case(smb::Version version, std::uint16_t command, SmbTransaction::Content content)
      : tx(2, version, command) {
    tx.dialect = "3.11";
    tx.session_id = 9;
    tx.tree_id = 5;
    tx.content = std::move(content);
  }
  // What stands behind the members that every event has.
  [[nodiscard]] std::string rest() const {
    const std::string all = smb_event(tx);
    const std::size_t at = all.find(R"("tree_id":5)") + 11;
    return all.substr(at, all.size() - at - 2);
  }
};

}  // namespace

TEST_CASE("eve smb: what every request has") {
  Case c(smb::Version::smb2, 4, {});
  CHECK(
      smb_event(c.tx) ==
      R"({"smb":{"id":3,"dialect":"3.11","command":"SMB2_COMMAND_TREE_DISCONNECT","session_id":9,"tree_id":5}})");
  c.tx.status = smb::Status{.code = 0xc0000022};
  CHECK(smb_event(c.tx).find(R"("status":"STATUS_ACCESS_DENIED","status_code":"0xc0000022")") !=
        std::string::npos);
  c.tx.status = smb::Status{.code = 0x5b, .error_class = 2, .is_dos = true};
  CHECK(smb_event(c.tx).find(R"("status":"SRV_BADUID","status_code":"0x005b")") != std::string::npos);
  c.tx.status = smb::Status{.code = 0, .error_class = 0, .is_dos = true};
  CHECK(smb_event(c.tx).find(R"("status":"UNKNOWN_00_0000","status_code":"0x0000")") != std::string::npos);
  c.tx.status = smb::Status{.code = 0xdeadbeef};
  CHECK(smb_event(c.tx).find(R"("status":"3735928559","status_code":"0xdeadbeef")") != std::string::npos);
  c.tx.command = 77;
  CHECK(smb_event(c.tx).find(R"("command":"77")") != std::string::npos);
  c.tx.is_nameless = true;
  CHECK(smb_event(c.tx).empty());
}

TEST_CASE("eve smb: dialects, sizes and the two peers") {
  smb::Negotiation about{.max_read_bytes = 100, .max_write_bytes = 200};
  about.client_dialects.emplace_back("2.10");
  CHECK(Case(smb::Version::smb2, 0, about).rest() ==
        R"(,"client_dialects":["2.10"],"server_guid":"","max_read_size":100,"max_write_size":200)");
  about.client_guid = smb::Guid{1, 2, 3};
  CHECK(Case(smb::Version::smb2, 0, about)
            .rest()
            .find(R"("client_guid":"00030201-0000-0000-0000-000000000000")") != std::string::npos);
}

TEST_CASE("eve smb: who logs in") {
  smb::SessionSetup about;
  about.ntlmssp = ntlmssp::Authenticate{
      .domain = "D", .user = "u", .host = "", .version = ntlmssp::Version{10, 0, 1, 15}};
  CHECK(Case(smb::Version::smb2, 1, about).rest() ==
        R"(,"ntlmssp":{"domain":"D","user":"u","host":"","version":"10.0 build 1 rev 15"})");
  about.ntlmssp->is_unusual_order = true;
  CHECK(Case(smb::Version::smb2, 1, about).rest().find(R"("warning":true)") != std::string::npos);
  about.ntlmssp.reset();
  about.kerberos.emplace();
  about.kerberos->realm = "R";
  about.kerberos->names.emplace_back("cifs");
  about.client = smb::Software{"Unix", "Samba"};
  about.server = smb::Software{"Windows", "W2"};
  CHECK(Case(smb::Version::smb1, 0x73, about).rest() ==
        R"(,"kerberos":{"realm":"R","snames":["cifs"]},"request":{"native_os":"Unix","native_lm":"Samba"},)"
        R"("response":{"native_os":"Windows","native_lm":"W2"})");
}

TEST_CASE("eve smb: trees, files and what becomes of them") {
  CHECK(Case(smb::Version::smb2, 3, smb::TreeConnect{.share = "\\\\h\\s"}).rest() ==
        R"(,"share":"\\\\h\\s","share_type":"UNKNOWN")");
  CHECK(
      Case(smb::Version::smb2, 3, smb::TreeConnect{.share = "p", .is_pipe = true, .share_type = 2}).rest() ==
      R"(,"named_pipe":"p","share_type":"PIPE")");
  CHECK(Case(smb::Version::smb1, 0x75,
             smb::TreeConnect{.share = "s", .requested_service = "?", .granted_service = "A:"})
            .rest() == R"(,"share":"s","service":{"request":"?","response":"A:"})");
  smb::Create create{.name = "d", .is_directory = true, .disposition = 3};
  CHECK(
      Case(smb::Version::smb2, 5, create).rest() ==
      R"(,"directory":"d","disposition":"FILE_OPEN_IF","access":"normal","created":0,"accessed":0,"modified":0,)"
      R"("changed":0,"size":0,"fuid":"")");
  create = {.delete_on_close = true, .disposition = 9, .size_bytes = 7, .id = smb::FileId::of_number(0x4006)};
  CHECK(
      Case(smb::Version::smb1, 0xa2, create).rest() ==
      R"(,"filename":"<share_root>","disposition":"UNKNOWN","access":"delete on close","created":0,"accessed":0,)"
      R"("modified":0,"changed":0,"size":7,"fuid":"4006")");
  CHECK(Case(smb::Version::smb2, 8, smb::Transfer{.name = "f", .share = "s", .id = {}, .files = {}}).rest() ==
        R"(,"filename":"f","share":"s","fuid":"00000000-0000-0000-0000-000000000000")");
  CHECK(Case(smb::Version::smb2, 17, smb::SetInfo{.name = "f", .delete_on_close = true}).rest() ==
        R"(,"filename":"f","access":"delete on close")");
  CHECK(Case(smb::Version::smb1, 0x32, smb::SetInfo{.name = "f", .subcommand = "SET_FILE_INFO", .level = "L"})
            .rest() ==
        R"(,"filename":"f","access":"normal","subcmd":"SET_FILE_INFO","level_of_interest":"L")");
  CHECK(Case(smb::Version::smb2, 17,
             smb::Rename{.from = "a", .to = "b", .info_class = "FILE_INFO", .level = "R"})
            .rest() ==
        R"(,"set_info":{"class":"FILE_INFO","info_level":"R"},"rename":{"from":"a","to":"b"},"fuid":"")");
  CHECK(Case(smb::Version::smb2, 11, smb::Ioctl{0x110018}).rest() == R"(,"function":"FSCTL_PIPE_WAIT")");
  CHECK(Case(smb::Version::smb2, 11, smb::Ioctl{1}).rest() == R"(,"function":"1")");
}

TEST_CASE("eve smb: a call over a pipe") {
  smb::PipeCall about{Direction::to_server};
  about.call.call_id = 4;
  CHECK(Case(smb::Version::smb2, 9, about).rest() ==
        R"(,"dcerpc":{"request":"REQUEST_LOST","response":"UNREPLIED","call_id":4})");
  about.call.request().type = dcerpc::PduType::bind;
  about.call.request().fragments = 1;
  about.call.interfaces.push_back({.version = 3, .result = dcerpc::Result{2, 1}});
  CHECK(
      Case(smb::Version::smb2, 9, about).rest() ==
      R"(,"dcerpc":{"request":"BIND","response":"UNREPLIED","interfaces":[{"uuid":)"
      R"("00000000-0000-0000-0000-000000000000","version":"3.0","ack_result":2,"ack_reason":1}],"call_id":4})");
  about.call.request().type = dcerpc::PduType::request;
  about.call.opnum = 15;
  about.call.answer().type = dcerpc::PduType::response;
  about.call.answer().fragments = 2;
  about.call.answer().stub_bytes = 20;
  CHECK(
      Case(smb::Version::smb2, 9, about).rest() ==
      R"(,"dcerpc":{"request":"REQUEST","response":"RESPONSE","opnum":15,"req":{"frag_cnt":1,"stub_data_size":0},)"
      R"("res":{"frag_cnt":2,"stub_data_size":20},"call_id":4})");
}

TEST_CASE("eve smb: only what types names is told of, and alerts tell of all") {
  const FakeSettings settings{{"types", "create"}};
  const Case tree(smb::Version::smb2, 3, smb::TreeConnect{}), create(smb::Version::smb2, 5, smb::Create{}),
      other(smb::Version::smb2, 7, {});
  CHECK(smb_event(tree.tx, settings).empty());
  CHECK_FALSE(smb_event(create.tx, settings).empty());
  CHECK(smb_event(other.tx, settings).empty());
  JsonWriter out;
  {
    const auto event = out.object();
    eve_smb.configure(settings)->write_in_alert(out, tree.tx);
  }
  CHECK(out.text().find("TREE_CONNECT") != std::string_view::npos);
}
