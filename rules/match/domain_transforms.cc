// What is registered of a host's name: the public suffix ("co.uk") and the domain below it ("bbc.co.uk"), by the list of
// https://publicsuffix.org that libpsl has built in.
#include <libpsl.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "decoders/text.h"
#include "rules/match/transforms.h"

namespace weir::rules {
namespace {

// RFC 1035, 2.3.4: no name is longer.
constexpr std::size_t kMaxName = 255;

using Part = const char* (*)(const psl_ctx_t*, const char*);

// Nothing of what is no name, or has no such part.
class DomainPart final : public Transform {
 public:
  DomainPart(std::string_view name, Part part) : name_(name), part_(part) {}
  void apply(Bytes in, std::string& out, PcreScratch&) const override {
    out.clear();
    if (in.empty() || in.size() > kMaxName || std::find(in.begin(), in.end(), 0) != in.end()) return;
    std::array<char, kMaxName + 1> name{};
    std::transform(in.begin(), in.end(), name.begin(),
                   [](std::uint8_t b) { return to_lower(static_cast<char>(b)); });
    const char* const part = part_(psl_builtin(), name.data());  // the end of `name`
    if (part == nullptr) return;
    const Bytes end = in.subspan(static_cast<std::size_t>(part - name.data()));
    out.append(reinterpret_cast<const char*>(end.data()), end.size());
  }
  [[nodiscard]] std::string_view name() const override { return name_; }

 private:
  std::string_view name_;
  Part part_;
};

}  // namespace

std::shared_ptr<const Transform> make_domain() {
  return std::make_shared<DomainPart>("domain", psl_registrable_domain);
}
std::shared_ptr<const Transform> make_tld() {
  return std::make_shared<DomainPart>("tld", psl_unregistrable_domain);
}

}  // namespace weir::rules
