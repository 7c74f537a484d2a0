// The row of SSH in the table of protocols.
#include "decoders/app/ssh/ssh.h"

namespace weir {
namespace ssh {
namespace {

class SshFactory final : public ParserFactory {
 public:
  SshFactory(EncryptionHandling handling, Hassh hassh) : handling_(handling), hassh_(hassh) {}
  [[nodiscard]] std::unique_ptr<AppParser> make() const override {
    return std::make_unique<SshParser>(handling_, hassh_);
  }

 private:
  EncryptionHandling handling_;
  Hassh hassh_;
};

Hassh read_hassh(const Settings& s) {
  if (s.text("hassh").value_or("auto") == "auto") return Hassh::on_request;
  return s.flag("hassh", false) ? Hassh::always : Hassh::never;
}

std::unique_ptr<const ParserFactory> configure(const Settings& s) {
  return std::make_unique<SshFactory>(read_encryption_handling(s), read_hassh(s));
}

constexpr ProbePattern kPatterns[] = {
    {.bytes = "SSH-", .direction = Direction::to_server},
    {.bytes = "SSH-", .direction = Direction::to_client},
};

// In the order of ssh::State.
constexpr std::string_view kStatesToServer[] = {"request_in_progress", "request_banner_wait_eol",
                                                "request_banner_done", "request_key_exchange",
                                                "request_finished"};
constexpr std::string_view kStatesToClient[] = {"response_in_progress", "response_banner_wait_eol",
                                                "response_banner_done", "response_key_exchange",
                                                "response_finished"};

// In the order of ssh::Event.
constexpr AppEventName kEvents[] = {
    {"invalid_banner", "invalid_banner"},
    {"long_banner", "long_banner"},
    {"invalid_record", "invalid_record"},
    {"long_kex_record", "long_kex_record"},
};

}  // namespace
}  // namespace ssh

const ProtocolInfo proto_ssh{.id = AppProto::ssh,
                             .name = "ssh",
                             .config_name = "ssh",
                             .over_tcp = true,
                             .patterns_tcp = ssh::kPatterns,
                             .configure = ssh::configure,
                             .states_to_server = ssh::kStatesToServer,
                             .states_to_client = ssh::kStatesToClient,
                             .events = ssh::kEvents,
                             .one_transaction = true};

}  // namespace weir
