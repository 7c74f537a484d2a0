// Keywords of the rule language that we know of but cannot enforce yet: a rule with one of them is refused
// with the reason, rather than called a mistake. A keyword that has got its file is no longer one of them,
// whether or not its row still stands here.
#include "rules/load/unsupported.h"

#include <array>
#include <vector>

#include "rules/compile/rule_builder.h"

namespace weir::rules {
namespace {

enum class Reason : unsigned char { protocol, scripts, elephant, variables, lower };

constexpr std::string_view text_of(Reason reason) {
  switch (reason) {
    case Reason::protocol: return "known keyword, but its protocol is not parsed yet";
    case Reason::scripts: return "scripts in rules are not supported";
    case Reason::elephant: return "elephant flows are not told apart yet";
    case Reason::variables: return "text variables of flows and packets are not supported yet";
    case Reason::lower: return "headers below IP are not looked at yet";
  }
  return {};
}

template <Reason reason>
Compiled refuse_because(RuleBuilder&, std::string_view) {
  return refuse(std::string(text_of(reason)));
}

template <Reason reason>
constexpr KeywordSpec row(std::string_view name) {
  return {name, refuse_because<reason>, KeywordSpec::Argument::optional, text_of(reason)};
}

constexpr std::array kRows = {
    row<Reason::protocol>("snmp.community"),
    row<Reason::protocol>("snmp.pdu_type"),
    row<Reason::protocol>("snmp.trap_type"),
    row<Reason::protocol>("snmp.usm"),
    row<Reason::protocol>("snmp.version"),
    row<Reason::protocol>("sdp.attribute"),
    row<Reason::protocol>("sdp.bandwidth"),
    row<Reason::protocol>("sdp.connection_data"),
    row<Reason::protocol>("sdp.email"),
    row<Reason::protocol>("sdp.encryption_key"),
    row<Reason::protocol>("sdp.media.connection_data"),
    row<Reason::protocol>("sdp.media.encryption_key"),
    row<Reason::protocol>("sdp.media.media"),
    row<Reason::protocol>("sdp.media.media_info"),
    row<Reason::protocol>("sdp.origin"),
    row<Reason::protocol>("sdp.phone_number"),
    row<Reason::protocol>("sdp.repeat_time"),
    row<Reason::protocol>("sdp.session_info"),
    row<Reason::protocol>("sdp.session_name"),
    row<Reason::protocol>("sdp.time"),
    row<Reason::protocol>("sdp.timezone"),
    row<Reason::protocol>("sdp.uri"),
    row<Reason::protocol>("sip.content_length"),
    row<Reason::protocol>("sip.content_type"),
    row<Reason::protocol>("sip.from"),
    row<Reason::protocol>("sip.method"),
    row<Reason::protocol>("sip.protocol"),
    row<Reason::protocol>("sip.request_line"),
    row<Reason::protocol>("sip.response_line"),
    row<Reason::protocol>("sip.stat_code"),
    row<Reason::protocol>("sip.stat_msg"),
    row<Reason::protocol>("sip.to"),
    row<Reason::protocol>("sip.uri"),
    row<Reason::protocol>("sip.user_agent"),
    row<Reason::protocol>("sip.via"),
    row<Reason::protocol>("mqtt.connack.return_code"),
    row<Reason::protocol>("mqtt.connack.session_present"),
    row<Reason::protocol>("mqtt.connect.clientid"),
    row<Reason::protocol>("mqtt.connect.flags"),
    row<Reason::protocol>("mqtt.connect.password"),
    row<Reason::protocol>("mqtt.connect.protocol_string"),
    row<Reason::protocol>("mqtt.connect.username"),
    row<Reason::protocol>("mqtt.connect.willmessage"),
    row<Reason::protocol>("mqtt.connect.willtopic"),
    row<Reason::protocol>("mqtt.flags"),
    row<Reason::protocol>("mqtt.protocol_version"),
    row<Reason::protocol>("mqtt.publish.message"),
    row<Reason::protocol>("mqtt.publish.topic"),
    row<Reason::protocol>("mqtt.qos"),
    row<Reason::protocol>("mqtt.reason_code"),
    row<Reason::protocol>("mqtt.subscribe.topic"),
    row<Reason::protocol>("mqtt.type"),
    row<Reason::protocol>("mqtt.unsubscribe.topic"),
    row<Reason::protocol>("rfb.name"),
    row<Reason::protocol>("rfb.secresult"),
    row<Reason::protocol>("rfb.sectype"),
    row<Reason::protocol>("quic.cyu.hash"),
    row<Reason::protocol>("quic.cyu.string"),
    row<Reason::protocol>("quic.sni"),
    row<Reason::protocol>("quic.ua"),
    row<Reason::protocol>("quic.version"),
    row<Reason::protocol>("modbus"),
    row<Reason::protocol>("dnp3.data"),
    row<Reason::protocol>("dnp3.func"),
    row<Reason::protocol>("dnp3.ind"),
    row<Reason::protocol>("dnp3.obj"),
    row<Reason::protocol>("dnp3_data"),
    row<Reason::protocol>("dnp3_func"),
    row<Reason::protocol>("dnp3_ind"),
    row<Reason::protocol>("dnp3_obj"),
    row<Reason::protocol>("ike.chosen_sa_attribute"),
    row<Reason::protocol>("ike.exchtype"),
    row<Reason::protocol>("ike.init_spi"),
    row<Reason::protocol>("ike.key_exchange_payload"),
    row<Reason::protocol>("ike.key_exchange_payload_length"),
    row<Reason::protocol>("ike.nonce_payload"),
    row<Reason::protocol>("ike.nonce_payload_length"),
    row<Reason::protocol>("ike.resp_spi"),
    row<Reason::protocol>("ike.vendor"),
    row<Reason::protocol>("dhcp.leasetime"),
    row<Reason::protocol>("dhcp.rebinding_time"),
    row<Reason::protocol>("dhcp.renewal_time"),
    row<Reason::protocol>("cip_service"),
    row<Reason::protocol>("enip.capabilities"),
    row<Reason::protocol>("enip.cip_attribute"),
    row<Reason::protocol>("enip.cip_class"),
    row<Reason::protocol>("enip.cip_extendedstatus"),
    row<Reason::protocol>("enip.cip_instance"),
    row<Reason::protocol>("enip.cip_status"),
    row<Reason::protocol>("enip.command"),
    row<Reason::protocol>("enip.device_type"),
    row<Reason::protocol>("enip.identity_status"),
    row<Reason::protocol>("enip.product_code"),
    row<Reason::protocol>("enip.product_name"),
    row<Reason::protocol>("enip.protocol_version"),
    row<Reason::protocol>("enip.revision"),
    row<Reason::protocol>("enip.serial"),
    row<Reason::protocol>("enip.service_name"),
    row<Reason::protocol>("enip.state"),
    row<Reason::protocol>("enip.status"),
    row<Reason::protocol>("enip.vendor_id"),
    row<Reason::protocol>("enip_command"),
    row<Reason::protocol>("pgsql.query"),
    row<Reason::protocol>("rdp.cookie"),
    row<Reason::protocol>("tftp.file"),
    row<Reason::protocol>("tftp.mode"),
    row<Reason::protocol>("tftp.opcode"),
    row<Reason::protocol>("ntp.mode"),
    row<Reason::protocol>("ntp.reference_id"),
    row<Reason::protocol>("ntp.stratum"),
    row<Reason::protocol>("ntp.version"),
    row<Reason::protocol>("pop3.command"),
    row<Reason::protocol>("template.buffer"),
    row<Reason::protocol>("template2"),
    row<Reason::protocol>("template_rust.buffer"),
    row<Reason::scripts>("lua"),
    row<Reason::scripts>("luajit"),
    row<Reason::scripts>("luaxform"),
    row<Reason::scripts>("lua.hash"),
    row<Reason::elephant>("flow.elephant"),
    row<Reason::variables>("flowvar"),
    row<Reason::variables>("pktvar"),
    row<Reason::lower>("ether.hdr"),
    row<Reason::lower>("vxlan_vni"),
    row<Reason::lower>("igmp.hdr"),
    row<Reason::lower>("igmp.type"),
    row<Reason::lower>("nfq_set_mark"),
    row<Reason::lower>("l3proto"),
    row<Reason::lower>("decode-layer"),
};

}  // namespace

std::span<const KeywordSpec* const> unsupported_keywords() {
  static const std::vector<const KeywordSpec*> without_file = [] {
    std::vector<const KeywordSpec*> out;
    for (const KeywordSpec& spec : kRows)
      if (find_keyword(spec.name) == nullptr) out.push_back(&spec);
    return out;
  }();
  return without_file;
}

const KeywordSpec* find_unsupported_keyword(std::string_view name) {
  for (const KeywordSpec* spec : unsupported_keywords())
    if (spec->name == name) return spec;
  return nullptr;
}

}  // namespace weir::rules
