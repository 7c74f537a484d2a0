#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "engine/live/control/control_client.h"
#include "engine/live/control/control_commands.h"
#include "engine/live/control/control_text.h"
#include "engine/live/control/live_sockets.h"

namespace weir::engine {
namespace {

int usage_error(std::string_view what) {
  fmt::print(stderr, "weir ctl: {}\nTry 'weir ctl --help'.\n", what);
  return kExitUsage;
}

// Base64 may end in "=" and "==", and is no NAME=VALUE.
bool is_named(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && word.find_first_not_of('=', equals) != std::string_view::npos;
}

// "limit=20", or values alone for the command's arguments in their order.
tl::expected<ControlArguments, std::string> read_arguments(const ControlCommand& command,
                                                           std::span<const std::string> words) {
  ControlArguments out;
  std::size_t position = 0;
  for (const std::string& word : words) {
    if (is_named(word)) {
      const std::size_t equals = word.find('=');
      out.add(word.substr(0, equals), word.substr(equals + 1));
    } else if (position < command.arguments.size())
      out.add(std::string(command.arguments[position++].name), word);
    else
      return tl::unexpected(fmt::format("'{}' is not NAME=VALUE", word));
  }
  if (const auto wrong = check_arguments(command, out)) return tl::unexpected(*wrong);
  return out;
}

// --socket, what the configuration says, or wherever one of the usual ones is.
tl::expected<std::string, std::string> find_socket(const CliOptions& options) {
  if (!options.socket.empty()) return options.socket;
  const auto config = load_configuration(options);
  if (!config) return tl::unexpected(std::string("the configuration cannot be used"));
  const auto settings = ControlSettings::from(*config);
  if (!settings) return tl::unexpected(settings.error());
  if (!settings->path.empty()) return settings->path;
  if (!is_listening(kControlPath) && is_listening(kControlName)) return std::string(kControlName);
  return std::string(kControlPath);
}

int print_answer(const std::string& line, bool json) {
  const auto answer = read_answer(line);
  if (!answer) {
    print_error(answer.error());
    return kExitFailed;
  }
  if (json)
    fmt::print("{}\n", line);
  else if (answer->ok)
    fmt::print("{}", answer->text);
  else
    fmt::print(stderr, "weir: error: {}", answer->text);
  return answer->ok ? kExitDone : kExitFailed;
}

void describe(const ControlCommand& command, std::string& out) {
  out += fmt::format("  {:<28} {}\n", command.name, command.summary);
  for (const ControlArgument& argument : command.arguments)
    out += fmt::format("    {:<26} {}\n", fmt::format("{}=...", argument.name), argument.summary);
}

}  // namespace

std::string describe_control_commands() {
  std::string out = "\nCommands:\n";
  for (const ControlCommand& command : control_commands())
    if (!command.suricata) describe(command, out);
  out += "\nCommands under the names that Suricata's clients use:\n";
  for (const ControlCommand& command : control_commands())
    if (command.suricata) describe(command, out);
  return out;
}

int run_ctl(const CliOptions& options) {
  if (options.words.empty()) return usage_error("no command");
  const ControlCommand* command = find_control_command(options.words.front());
  if (command == nullptr) return usage_error(fmt::format("'{}' is not a command", options.words.front()));
  ControlRequest request{.version = {}, .command = options.words.front(), .arguments = {}};
  auto arguments = read_arguments(*command, std::span(options.words).subspan(1));
  if (!arguments) return usage_error(arguments.error());
  request.arguments = std::move(*arguments);
  const auto path = find_socket(options);
  if (!path) {
    print_error(path.error());
    return kExitFailed;
  }
  const auto answer =
      ask_engine(*path, request, std::chrono::seconds(options.timeout_s), command->name == "shutdown");
  if (!answer) {
    print_error(answer.error());
    return kExitFailed;
  }
  return print_answer(*answer, options.json);
}

}  // namespace weir::engine
