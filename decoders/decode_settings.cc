#include <algorithm>
#include <string>

#include "decoders/decode.h"
#include "decoders/text.h"

namespace weir {
namespace {

constexpr std::string_view kSeparators = "[], \t";

// A port group may name another one: "$VXLAN_PORTS". One step only, so no loop.
std::string resolve(const Settings& root, const std::string& value) {
  if (!value.starts_with('$')) return value;
  return root.text("vars.port-groups." + value.substr(1)).value_or("");
}

// False: something in it is no port, or there are too many.
bool add_ports(std::string_view list, TunnelPorts& out) {
  bool good = list.find_first_not_of(kSeparators) != std::string_view::npos;
  for (;;) {
    const std::size_t begin = list.find_first_not_of(kSeparators);
    if (begin == std::string_view::npos) return good;
    list.remove_prefix(begin);
    const std::string_view word = list.substr(0, list.find_first_of(kSeparators));
    list.remove_prefix(word.size());
    const auto port = parse_number<std::uint16_t>(word);
    out.any = out.any || word == "any";
    if (word != "any" && (!port || !out.add(*port))) good = false;
  }
}

void load_ports(const Settings& root, std::string_view path, TunnelPorts& out) {
  const std::string base = "decoder." + std::string(path), key = base + ".ports";
  out.enabled = root.flag(base + ".enabled", out.enabled);
  if (!root.has(key)) return;
  TunnelPorts loaded{};
  loaded.enabled = out.enabled;
  const std::vector<std::string> items = root.list(key);
  for (std::size_t i = 0; i < items.size(); ++i)
    if (!add_ports(resolve(root, items[i]), loaded))
      root.unreadable_item(key, i, "a list of ports or a group of them, 16 at most");
  out = loaded;
}

}  // namespace

DecodeSettings DecodeSettings::from(const Settings& root) {
  DecodeSettings out;
  load_ports(root, "vxlan", out.vxlan);
  load_ports(root, "geneve", out.geneve);
  load_ports(root, "gtp-u", out.gtp_u);
  load_ports(root, "teredo", out.teredo);
  out.vntag = root.flag("decoder.vntag.enabled", out.vntag);
  out.vxlan_strict_reserved_bits =
      root.text("decoder.vxlan.reserved-bits-check").value_or("permissive") == "strict";
  const std::uint64_t layers = root.number("decoder.max-layers", kMaxLayers);
  out.max_layers = static_cast<std::size_t>(std::clamp<std::uint64_t>(layers, 1, kMaxLayers));
  return out;
}

}  // namespace weir
