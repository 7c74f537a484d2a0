// Suricata's command line (`weir -c FILE -i eth0`) in terms of the sub-commands that do what it asks for.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace weir::engine {

// What `weir -V` and `--build-info` say, as scripts that look for Suricata's version want it.
std::string suricata_version_text();
std::string build_info_text();

struct SuricataCall {
  std::vector<std::string>
      arguments;                     // the sub-command and its own arguments; empty: only `answer` is wanted
  std::string answer;                // for standard output
  bool in_background = false;        // -D
  std::string pid_file;              // --pidfile; empty: none
  std::vector<std::string> ignored;  // options that have no effect here
};

// `arguments`: without the program's name; the first one begins with '-'. Options may be written as getopt takes them
// (-ieth0, -qv, --set K=V, --set=K=V); words that follow them are a BPF expression. Reads the file of -F. Fails with a
// text that says what to use instead of what cannot be taken.
tl::expected<SuricataCall, std::string> read_suricata_call(const std::vector<std::string>& arguments);

}  // namespace weir::engine
