#include "engine/cli/suricata_form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxFilterFile = 65536;

enum class Takes : std::uint8_t { nothing, value, maybe };  // maybe: only behind '='
enum class Does : std::uint8_t {
  pass,     // is an option of the sub-command: `word`, with its value
  ignore,   // has no effect here
  nothing,  // is how it is done anyway
  refuse,   // `word` says what to do
  sub,      // wants the sub-command `word`
  include,
  filter_file,
  run_mode,
  background,
  pid_file,
  list_keywords,
  list_protocols,
  version,
  build_info,
};

struct Option {
  char letter;            // 0: none
  std::string_view name;  // empty: none
  Takes takes;
  Does does;
  std::string_view word = {};
};

constexpr std::string_view kNoSuchCapture =
    "packets are taken from interfaces (-i) and from NFQUEUE (weir prevent -q)";
constexpr std::string_view kOwnTests = "Weir's tests are run from its sources: tests/run.sh";

constexpr std::array kOptions{
    Option{'c', "", Takes::value, Does::pass, "config"},
    Option{'T', "", Takes::nothing, Does::sub, "check"},
    Option{'i', "", Takes::value, Does::pass, "interface"},
    Option{'r', "", Takes::value, Does::pass, "read"},
    Option{'q', "", Takes::value, Does::pass, "queue"},
    Option{'F', "", Takes::value, Does::filter_file},
    Option{'s', "", Takes::value, Does::pass, "add-rules"},
    Option{'S', "", Takes::value, Does::pass, "rules"},
    Option{'l', "", Takes::value, Does::pass, "log-dir"},
    Option{'k', "", Takes::value, Does::pass, "checksums"},
    Option{'v', "", Takes::nothing, Does::pass, "verbose"},
    Option{'D', "", Takes::nothing, Does::background},
    Option{'V', "", Takes::nothing, Does::version},
    Option{'d', "", Takes::value, Does::refuse, kNoSuchCapture},
    Option{'u', "unittests", Takes::nothing, Does::refuse, kOwnTests},
    Option{'U', "unittest-filter", Takes::value, Does::refuse, kOwnTests},
    Option{0, "list-unittests", Takes::nothing, Does::refuse, kOwnTests},
    Option{0, "set", Takes::value, Does::pass, "set"},
    Option{0, "data-dir", Takes::value, Does::pass, "data-dir"},
    Option{0, "user", Takes::value, Does::pass, "user"},
    Option{0, "group", Takes::value, Does::pass, "group"},
    Option{0, "af-packet", Takes::maybe, Does::pass, "af-packet"},
    Option{0, "pcap", Takes::maybe, Does::pass, "pcap"},
    Option{0, "unix-socket", Takes::maybe, Does::pass, "unix-socket"},
    Option{0, "simulate-ips", Takes::nothing, Does::pass, "simulate-ips"},
    Option{0, "init-errors-fatal", Takes::nothing, Does::pass, "strict"},
    Option{0, "strict-rule-keywords", Takes::maybe, Does::ignore},
    Option{0, "disable-detection", Takes::nothing, Does::pass, "no-rules"},
    Option{0, "runmode", Takes::value, Does::run_mode},
    Option{0, "pidfile", Takes::value, Does::pid_file},
    Option{0, "pcap-file-recursive", Takes::nothing, Does::nothing},
    Option{0, "pcap-file-continuous", Takes::nothing, Does::refuse,
           "a folder is read once; run 'weir detect -r' again when captures have come"},
    Option{0, "pcap-file-delete", Takes::nothing, Does::refuse,
           "captures are never removed; remove them afterwards"},
    Option{0, "pcap-file-buffer-size", Takes::value, Does::ignore},
    Option{0, "pcap-buffer-size", Takes::value, Does::ignore},
    Option{0, "disable-hashing", Takes::nothing, Does::ignore},
    Option{0, "reject-dev", Takes::value, Does::ignore},
    Option{0, "include", Takes::value, Does::include},
    Option{0, "erf-in", Takes::value, Does::refuse, "captures are pcap or pcapng: weir detect -r"},
    Option{0, "dpdk", Takes::nothing, Does::refuse, kNoSuchCapture},
    Option{0, "af-xdp", Takes::maybe, Does::refuse, kNoSuchCapture},
    Option{0, "netmap", Takes::maybe, Does::refuse, kNoSuchCapture},
    Option{0, "pfring", Takes::maybe, Does::refuse, kNoSuchCapture},
    Option{0, "dag", Takes::value, Does::refuse, kNoSuchCapture},
    Option{0, "napatech", Takes::nothing, Does::refuse, kNoSuchCapture},
    Option{0, "windivert", Takes::value, Does::refuse, kNoSuchCapture},
    Option{0, "firewall", Takes::nothing, Does::refuse, "rules that drop act in weir prevent"},
    Option{0, "firewall-rules-exclusive", Takes::value, Does::refuse, "rules that drop act in weir prevent"},
    Option{0, "engine-analysis", Takes::nothing, Does::sub, "check"},
    Option{0, "dump-config", Takes::nothing, Does::sub, "config"},
    Option{0, "list-app-layer-protos", Takes::nothing, Does::list_protocols},
    Option{0, "list-app-layer-hooks", Takes::nothing, Does::refuse,
           "weir protocols lists the hooks of each protocol"},
    Option{0, "list-rule-protos", Takes::nothing, Does::refuse,
           "weir protocols lists what stands behind a rule's action"},
    Option{0, "list-app-layer-frames", Takes::nothing, Does::refuse,
           "weir protocols lists the frames of each protocol"},
    Option{0, "list-runmodes", Takes::nothing, Does::refuse,
           "there is one: workers, --threads says how many"},
    Option{0, "list-keywords", Takes::maybe, Does::list_keywords},
    Option{0, "build-info", Takes::nothing, Does::build_info},
    Option{0, "dump-features", Takes::nothing, Does::build_info},
};

// One option with its value, as it was written.
struct Given {
  const Option* option = nullptr;
  std::string name;  // with its dashes
  std::optional<std::string> value;
};

class CallReader {
 public:
  explicit CallReader(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  tl::expected<SuricataCall, std::string> read() {
    while (at_ < arguments_.size()) {
      const std::string& one = arguments_[at_++];
      auto done = one == "--"                       ? take_words()
                  : one.starts_with("--")           ? take_long(one)
                  : one.size() > 1 && one[0] == '-' ? take_letters(one)
                                                    : take_word(one);
      if (!done) return tl::unexpected(std::move(done.error()));
    }
    return finish();
  }

 private:
  using Done = tl::expected<void, std::string>;

  Done take_words() {
    while (at_ < arguments_.size()) words_.push_back(arguments_[at_++]);
    return {};
  }
  Done take_word(const std::string& word) {
    words_.push_back(word);
    return {};
  }
  Done take_long(const std::string& written) {
    const std::size_t equals = written.find('=');
    const std::string name = written.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto* const found = std::find_if(
        kOptions.begin(), kOptions.end(), [&](const Option& o) { return !o.name.empty() && o.name == name; });
    if (found == kOptions.end())
      return tl::unexpected(
          fmt::format("unknown option --{}, for Suricata's form of the call as well as for weir's", name));
    Given given{found, "--" + name, std::nullopt};
    if (equals != std::string::npos) given.value = written.substr(equals + 1);
    if (found->takes == Takes::nothing && given.value)
      return tl::unexpected(fmt::format("--{} takes no value", name));
    if (found->takes == Takes::value && !given.value)
      if (auto value = next_value(given); !value) return value;
    return apply(given);
  }
  // "-qv0": letters without a value, and at most one with it, which ends them.
  Done take_letters(const std::string& written) {
    for (std::size_t i = 1; i < written.size(); ++i) {
      const char letter = written[i];
      const auto* const found =
          std::find_if(kOptions.begin(), kOptions.end(), [&](const Option& o) { return o.letter == letter; });
      if (found == kOptions.end())
        return tl::unexpected(fmt::format("unknown option -{}; 'weir --help' lists the commands", letter));
      Given given{found, fmt::format("-{}", letter), std::nullopt};
      if (found->takes == Takes::value) {
        if (i + 1 < written.size())
          given.value = written.substr(i + 1);
        else if (auto value = next_value(given); !value)
          return value;
        return apply(given);
      }
      if (auto done = apply(given); !done) return done;
    }
    return {};
  }
  Done next_value(Given& given) {
    if (at_ == arguments_.size()) return tl::unexpected(fmt::format("{} needs a value", given.name));
    given.value = arguments_[at_++];
    return {};
  }

  Done apply(const Given& given) {
    switch (given.option->does) {
      case Does::pass: return pass(given);
      case Does::ignore: call_.ignored.push_back(given.name); return {};
      case Does::nothing: return {};
      case Does::refuse: return tl::unexpected(fmt::format("{}: {}", given.name, given.option->word));
      case Does::sub: return want(std::string(given.option->word), given.name);
      case Does::include: options_.push_back("--set=include=" + *given.value); return {};
      case Does::filter_file: return read_filter(*given.value);
      case Does::run_mode: return set_run_mode(*given.value);
      case Does::background: call_.in_background = true; return {};
      case Does::pid_file: call_.pid_file = *given.value; return {};
      case Does::list_keywords: return list_keywords(given);
      case Does::list_protocols: return list_protocols(given);
      case Does::version: return answer(suricata_version_text());
      case Does::build_info: return answer(build_info_text());
    }
    return {};
  }
  Done pass(const Given& given) {
    const std::string option = fmt::format("--{}", given.option->word);
    if (given.option->does == Does::pass && given.option->word == "queue") prevents_ = true;
    options_.push_back(given.value ? fmt::format("{}={}", option, *given.value) : option);
    return {};
  }
  Done want(std::string command, const std::string& name) {
    if (!command_.empty() && command_ != command)
      return tl::unexpected(fmt::format("{} and {} exclude each other", asked_by_, name));
    command_ = std::move(command);
    asked_by_ = name;
    return {};
  }
  Done answer(std::string_view text) {
    call_.answer += text;
    return {};
  }
  Done list_keywords(const Given& given) {
    if (auto wanted = want("keywords", given.name); !wanted) return wanted;
    const std::string what = given.value.value_or("");
    if (what == "csv")
      list_.emplace_back("--csv");
    else if (!what.empty() && what != "all")
      list_.push_back(what);
    return {};
  }
  Done list_protocols(const Given& given) {
    list_.emplace_back("--names");
    if (auto wanted = want("protocols", given.name); !wanted) return wanted;
    return answer("=========Supported App Layer Protocols=========\n");
  }
  // Lines; what stands behind a '#' does not count.
  Done read_filter(const std::string& file) {
    const auto text = read_text_file(file, kMaxFilterFile);
    if (!text) return tl::unexpected(fmt::format("-F {}: {}", file, text.error()));
    for (std::string_view rest = *text; !rest.empty();) {
      std::string_view line = cut(rest, '\n');
      if (const std::string_view part = trim(cut(line, '#')); !part.empty()) words_.emplace_back(part);
    }
    return {};
  }
  Done set_run_mode(const std::string& mode) {
    if (mode == "single")
      options_.emplace_back("--threads=1");
    else if (mode != "workers" && mode != "autofp")
      return tl::unexpected(fmt::format("--runmode {}: there are workers, autofp and single", mode));
    return {};
  }

  tl::expected<SuricataCall, std::string> finish() {
    if (!call_.answer.empty() && command_.empty()) return std::move(call_);
    const bool inspects = command_.empty();
    if (inspects) command_ = prevents_ ? "prevent" : "detect";
    if (inspects && !words_.empty()) options_.push_back(fmt::format("--filter={}", fmt::join(words_, " ")));
    if (!inspects && !words_.empty())
      return tl::unexpected(fmt::format("{} takes no filter ({})", asked_by_, fmt::join(words_, " ")));
    if (!inspects) keep_what_it_takes();
    call_.arguments.push_back(command_);
    call_.arguments.insert(call_.arguments.end(), list_.begin(), list_.end());
    call_.arguments.insert(call_.arguments.end(), options_.begin(), options_.end());
    return std::move(call_);
  }
  // -T stands beside all that the run itself is given: where it listens, where it logs.
  void keep_what_it_takes() {
    static constexpr std::array<std::string_view, 8> kOfCheck{
        "--config", "--set", "--rules", "--add-rules", "--no-rules", "--strict", "--data-dir", "--verbose"};
    const bool lists = command_ == "keywords" || command_ == "protocols";
    std::erase_if(options_, [&](const std::string& option) {
      const std::string_view name = std::string_view(option).substr(0, option.find('='));
      if (lists || (command_ == "config" && name != "--config" && name != "--set")) return true;
      return std::find(kOfCheck.begin(), kOfCheck.end(), name) == kOfCheck.end();
    });
    call_.in_background = false;
    call_.pid_file.clear();
  }

  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  SuricataCall call_;
  bool prevents_ = false;
  std::string command_, asked_by_;  // a sub-command that an option asks for
  std::vector<std::string> options_, list_, words_;
};

}  // namespace

tl::expected<SuricataCall, std::string> read_suricata_call(const std::vector<std::string>& arguments) {
  return CallReader(arguments).read();
}

}  // namespace weir::engine
