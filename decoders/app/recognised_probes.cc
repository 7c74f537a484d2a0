#include <algorithm>
#include <string_view>

#include "decoders/app/recognised.h"
#include "decoders/byte_cursor.h"
#include "decoders/text.h"

namespace weir::recognised {
namespace {

constexpr ProbeResult yes_if(bool b) {
  return b ? ProbeResult::yes : ProbeResult::no;
}

// A BER length of one to three bytes; larger ones do not start a conversation.
std::uint32_t ber_length(ByteCursor& in) {
  const std::uint8_t first = in.u8();
  if (first < 0x80) return first;
  if (first == 0x81) return in.u8();
  if (first == 0x82) return in.be16();
  if (first == 0x83) return in.be24();
  in.fail();
  return 0;
}

}  // namespace

ProbeResult probe_smb(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t type = in.u8();
  in.skip(3);
  if (in.failed()) return ProbeResult::need_more;
  if (type == 0x81 || type == 0x82 || type == 0x83 || type == 0x85) return ProbeResult::yes;
  if (type != 0x00) return ProbeResult::no;
  const std::uint32_t magic = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if((magic & 0xffffff) == 0x534d42 && (magic >> 24U) >= 0xfd);
}

// A header that is not whole yet is taken for one as far as it goes: some servers begin with two bytes.
ProbeResult confirm_dcerpc(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t version = in.u8(), second = in.u8(), third = in.u8();
  in.skip(1);
  const std::uint8_t data_representation = in.u8();
  if (version == 5) {  // minor version, type, flags; representation; length of the fragment
    in.skip(3);
    const std::uint16_t little = in.le16();
    if (in.failed()) return ProbeResult::yes;
    const unsigned length =
        (data_representation & 0x10U) != 0 ? little : unsigned{little} >> 8U | (little & 0xffU) << 8U;
    return yes_if(second <= 1 && third <= 19 && length >= 16);
  }
  return yes_if(!in.failed() && version == 4 && second <= 10 && data.size() >= 80 && (third & 0x80U) == 0 &&
                (data_representation == 0x00 || data_representation == 0x10));
}

ProbeResult confirm_http2(Direction d, Bytes data) {
  if (d == Direction::to_server) return ProbeResult::yes;
  ByteCursor in{data};
  const std::uint32_t length = in.be24();
  const std::uint8_t type = in.u8(), flags = in.u8();
  const std::uint32_t stream = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(type == 4 && flags == 0 && stream == 0 && length % 6 == 0 && length <= 16384);
}

ProbeResult probe_quic(Direction, Bytes data) {
  constexpr std::size_t kMaxConnectionId = 20, kShortHeader = 17;
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  if ((first & 0x80U) == 0) return yes_if(data.size() >= kShortHeader);
  in.skip(4);  // version
  const std::uint8_t destination = in.u8();
  in.skip(destination);
  const std::uint8_t source = in.u8();
  in.skip(source);
  return yes_if(!in.failed() && destination <= kMaxConnectionId && source <= kMaxConnectionId);
}

ProbeResult confirm_sip(Direction d, Bytes data) {
  if (d == Direction::to_client) return ProbeResult::yes;
  constexpr std::size_t kMaxLine = 1024;
  const std::string_view text = as_text(data.first(std::min(data.size(), kMaxLine)));
  const std::size_t end = text.find('\n');
  if (text.substr(0, end).find("SIP/2.0") != std::string_view::npos) return ProbeResult::yes;
  return end == std::string_view::npos && text.size() < kMaxLine ? ProbeResult::need_more : ProbeResult::no;
}

ProbeResult probe_snmp(Direction, Bytes data) {
  ByteCursor in{data};
  if (in.u8() != 0x30) return ProbeResult::no;
  (void)ber_length(in);
  const bool integer = in.u8() == 0x02 && in.u8() == 0x01;
  const std::uint8_t version = in.u8();
  return yes_if(!in.failed() && integer && version <= 3 && version != 2);
}

// APPLICATION tags of the messages; over TCP a length of four bytes comes first.
ProbeResult probe_krb5(Direction, Bytes data) {
  const auto is_message = [](std::uint8_t tag) {
    return tag == 0x7e || (tag >= 0x6a && tag <= 0x6f) || tag == 0x74 || tag == 0x75;
  };
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  if (is_message(first)) return yes_if(data.size() >= 8);
  if (first != 0) return ProbeResult::no;
  const std::uint32_t length = in.be24();
  const std::uint8_t tag = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(is_message(tag) && length > 8);
}

ProbeResult probe_ike(Direction, Bytes data) {
  ByteCursor in{data};
  in.skip(17);  // both SPIs, next payload
  const std::uint8_t version = in.u8(), exchange = in.u8();
  in.skip(5);
  const std::uint32_t length = in.be32();
  if (in.failed() || length < 28) return ProbeResult::no;
  const auto major = static_cast<unsigned>(version >> 4U);
  return yes_if((major == 1 && exchange != 0) || (major == 2 && exchange >= 34 && exchange <= 43));
}

ProbeResult probe_ntp(Direction, Bytes data) {
  constexpr std::size_t kMinimum = 48, kControlMinimum = 12;
  ByteCursor in{data};
  const std::uint8_t first = in.u8();
  const auto version = static_cast<unsigned>(first >> 3U) & 7U, mode = first & 7U;
  if (version < 1 || version > 4 || mode == 0) return ProbeResult::no;
  return yes_if(data.size() >= (mode >= 6 ? kControlMinimum : kMinimum));
}

ProbeResult probe_dhcp(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t op = in.u8();
  in.skip(235);  // to the end of `file`
  const std::uint32_t cookie = in.be32();
  return yes_if(!in.failed() && (op == 1 || op == 2) && cookie == 0x63825363);
}

ProbeResult probe_tftp(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint16_t opcode = in.be16();
  in.skip(2);
  return yes_if(!in.failed() && opcode >= 1 && opcode <= 5);
}

ProbeResult probe_nfs(Direction, Bytes data) {
  constexpr std::uint32_t kNfs = 100003, kRpcVersion = 2, kMaxRecord = 1U << 21U;
  ByteCursor in{data};
  // Over TCP a record mark stands before the xid; its first bit says "last fragment".
  const std::uint32_t mark = in.be32();
  if (in.failed()) return ProbeResult::need_more;
  const bool stream =
      (mark & 0x80000000U) != 0 && (mark & 0x7fffffffU) <= kMaxRecord && (mark & 0x7fffffffU) >= 24;
  const auto looks_right = [](ByteCursor body) {
    const std::uint32_t type = body.be32(), first = body.be32(), second = body.be32();
    if (body.failed()) return ProbeResult::need_more;
    if (type == 0) return yes_if(first == kRpcVersion && second == kNfs);
    return yes_if(type == 1 && first <= 1 && second <= 13);  // reply status, flavour of its verifier
  };
  ByteCursor datagram = in;
  if (stream) {
    in.skip(4);
    const ProbeResult answer = looks_right(in);
    if (answer != ProbeResult::no) return answer;
  }
  return looks_right(datagram);
}

ProbeResult probe_rdp(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t version = in.u8(), reserved = in.u8();
  const std::uint16_t length = in.be16();
  in.skip(1);
  const std::uint8_t type = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(version == 3 && reserved == 0 && length >= 7 &&
                ((type & 0xf0U) == 0xe0 || (type & 0xf0U) == 0xd0 || (type & 0xf0U) == 0xf0));
}

ProbeResult probe_modbus(Direction, Bytes data) {
  ByteCursor in{data};
  in.skip(2);  // transaction
  const std::uint16_t protocol = in.be16(), length = in.be16();
  in.skip(1);
  const std::uint8_t function = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(protocol == 0 && length >= 2 && length <= 254 && function != 0);
}

ProbeResult probe_dnp3(Direction, Bytes data) {
  ByteCursor in{data};
  const std::uint16_t start = in.be16();
  const std::uint8_t length = in.u8();
  in.skip(7);
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(start == 0x0564 && length >= 5);
}

ProbeResult probe_ldap(Direction, Bytes data) {
  ByteCursor in{data};
  if (in.u8() != 0x30) return ProbeResult::no;
  (void)ber_length(in);
  if (in.u8() != 0x02) return in.failed() ? ProbeResult::need_more : ProbeResult::no;
  const std::uint32_t id_length = ber_length(in);
  if (id_length == 0 || id_length > 4) return in.failed() ? ProbeResult::need_more : ProbeResult::no;
  in.skip(id_length);
  const std::uint8_t operation = in.u8();
  if (in.failed()) return ProbeResult::need_more;
  return yes_if((operation & 0xc0U) == 0x40 && (operation & 0x1fU) <= 25);
}

ProbeResult probe_telnet(Direction, Bytes data) {
  constexpr std::uint8_t kIac = 0xff, kWill = 0xfb, kDont = 0xfe;
  ByteCursor in{data};
  const std::uint8_t iac = in.u8(), command = in.u8();
  in.skip(1);
  if (in.failed()) return ProbeResult::need_more;
  return yes_if(iac == kIac && command >= kWill && command <= kDont);
}

}  // namespace weir::recognised
