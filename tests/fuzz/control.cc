// What arrives at the control socket: lines, one request each.
#include "engine/live/control/control_protocol.h"

#include "engine/live/control/control_commands.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

void answer(const tl::expected<engine::ControlRequest, std::string>& request) {
  if (!request) return must_be_json(engine::control_nok(request.error()));
  must_be_json(engine::control_ok(request->version));
  const engine::ControlCommand* command = engine::find_control_command(request->command);
  if (command == nullptr) return must_be_json(engine::control_nok(request->command));
  if (const auto wrong = engine::check_arguments(*command, request->arguments))
    return must_be_json(engine::control_nok(*wrong));
  for (const engine::ControlArgument& argument : command->arguments) {
    const bool given = request->arguments.find(argument.name) != nullptr;
    must(given || !argument.required, "a command that passes has its arguments");
    if (!given) continue;
    const bool readable = argument.kind == engine::ControlArgument::Kind::text
                              ? request->arguments.text(argument.name).has_value()
                          : argument.kind == engine::ControlArgument::Kind::number
                              ? request->arguments.number(argument.name).has_value()
                              : request->arguments.flag(argument.name).has_value();
    must(readable, "an argument that passes is of its kind");
  }
}

}  // namespace

void fuzz_control(Bytes bytes) {
  engine::ControlParser parser;
  std::string_view rest = Input(bytes).rest_text();
  (void)parser.is_greeting(rest);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    answer(parser.parse(line));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
}

}  // namespace weir::fuzz
