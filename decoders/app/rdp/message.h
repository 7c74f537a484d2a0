// What RDP says before it encrypts (MS-RDPBCGR 2.2.1.1 to 2.2.1.4): TPKT packets (RFC 1006) with X.224 and MCS messages in them.
//
// Plain functions over one whole packet. What is read of it is copied.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "decoders/number_name.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::rdp {

// What a client tells of itself (2.2.1.3.2). What an older client leaves out has no value.
struct ClientData {
  std::uint32_t version = 0, keyboard_layout = 0, build = 0, keyboard_type = 0, keyboard_subtype = 0,
                function_keys = 0;
  std::uint16_t desktop_width = 0, desktop_height = 0;
  std::uint16_t color_depth = 0;  // bits; 0: none that is known
  SlabString name, product_name;
  std::optional<std::uint16_t> product_id, capabilities;
  std::optional<std::uint32_t> serial_number;
  std::optional<std::uint8_t> connection;
};

enum class MessageKind : std::uint8_t {
  initial_request,
  initial_response,
  connect_request,
  connect_response,
  tls_handshake
};

// Channels and certificates beyond those are left out. A client has at most 31 channels.
inline constexpr std::size_t kMaxListed = 64;

struct Message {
  MessageKind kind = MessageKind::initial_request;
  SlabString cookie;                       // of an initial request: the user's name, or a part of it
  std::optional<std::uint32_t> requested;  // protocols, bits
  std::optional<std::uint8_t> supports;    // of an initial response that agrees: bits
  std::optional<std::uint32_t> protocol;   // that it selects
  std::optional<std::uint32_t> failure;    // of one that does not
  std::optional<ClientData> client;        // of a connect request
  SlabVector<SlabString>
      list;  // channels of a connect request; serial numbers of a TLS server's certificates

  [[nodiscard]] std::size_t held() const;  // bytes besides its own size; about
};

inline constexpr std::size_t kPacketHeader = 4;
// Length of the TPKT packet that begins there, its header included; none: none does. `bytes` has kPacketHeader bytes.
std::optional<std::size_t> packet_length(Bytes bytes);
// None: it is none of these, or broken.
std::optional<Message> parse_message(Bytes packet);

// Names of numbers and bits; empty where there is none.
std::string_view protocol_name(std::uint32_t protocol);
std::string_view failure_text(std::uint32_t code);
std::string_view version_name(std::uint32_t version);
std::string_view keyboard_type_name(std::uint32_t type);
std::string_view keyboard_layout_name(std::uint32_t layout);
std::string_view build_name(std::uint32_t build);
std::string_view connection_name(std::uint8_t connection);
std::span<const NumberName> support_bits();
std::span<const NumberName> capability_bits();

}  // namespace weir::rdp
