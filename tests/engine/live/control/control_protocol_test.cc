#include <doctest/doctest.h>

#include <string>

#include "engine/live/control/control_client.h"
#include "engine/live/control/control_protocol.h"
#include "engine/live/control/control_text.h"

using namespace weir::engine;

namespace {

std::string error_of(std::string_view line) {
  ControlParser parser;
  const auto request = parser.parse(line);
  return request ? "" : request.error();
}

}  // namespace

TEST_CASE("control protocol: a request has a command and plain arguments") {
  ControlParser parser;
  const auto request = parser.parse(
      R"({"command": "flows", "arguments": {"limit": 20, "proto": "tcp", "alerted": true, "x": 1.5}})");
  REQUIRE(request.has_value());
  CHECK(request->command == "flows");
  CHECK(request->arguments.number("limit") == 20);
  CHECK(request->arguments.text("proto") == "tcp");
  CHECK(request->arguments.flag("alerted") == true);
  CHECK(request->arguments.text("absent") == std::nullopt);
  CHECK(request->arguments.number("proto") == std::nullopt);
}

TEST_CASE("control protocol: numbers and flags may come as text, and text as numbers") {
  ControlArguments arguments;
  arguments.add("a", std::string("17"));
  arguments.add("b", std::string("yes"));
  arguments.add("c", std::int64_t{4});
  arguments.add("d", std::int64_t{-4});
  CHECK(arguments.number("a") == 17);
  CHECK(arguments.flag("b") == true);
  CHECK(arguments.text("c") == "4");
  CHECK(arguments.number("d") == std::nullopt);
}

TEST_CASE("control protocol: a greeting is known with and without its newline") {
  ControlParser parser;
  CHECK(parser.is_greeting(R"({"version": "0.2"})"));
  CHECK_FALSE(parser.is_greeting(R"({"version": "0.)"));
  CHECK_FALSE(parser.is_greeting(R"({"command": "status"})"));
  CHECK_FALSE(parser.is_greeting(""));
  const auto request = parser.parse(R"({"version": "0.2"})");
  REQUIRE(request.has_value());
  CHECK(request->command.empty());
  CHECK(request->version == "0.2");
}

TEST_CASE("control protocol: what is no request is refused with its reason") {
  CHECK(error_of("").starts_with("not JSON"));
  CHECK(error_of("status").starts_with("not JSON"));
  CHECK(error_of(R"({"command": "status")").starts_with("not JSON"));
  CHECK(error_of("{\"command\": \"\xff\"}").starts_with("not JSON"));
  CHECK(error_of(R"(["status"])") == "not a JSON object");
  CHECK(error_of(R"({"arguments": {}})") == "there is no 'command'");
  CHECK(error_of(R"({"command": 1})") == "'command' is not a string");
  CHECK(error_of(R"({"command": "x", "arguments": [1]})") == "'arguments' is not an object");
  CHECK(error_of(R"({"command": "x", "arguments": {"a": {}}})") == "argument 'a' is not a plain value");
  CHECK(error_of(R"({"command": "x", "arguments": {"a": 18446744073709551615}})") ==
        "argument 'a' is not a plain value");
  CHECK(error_of(R"({"command": "x", "arguments": null})").empty());
  std::string many = R"({"command": "x", "arguments": {)";
  for (int i = 0; i <= 40; ++i) many += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\": 1";
  CHECK(error_of(many + "}}") == "too many arguments");
  const std::string deep(100'000, '[');
  CHECK_FALSE(error_of(deep).empty());
  CHECK_FALSE(error_of(deep.substr(0, 60'000)).empty());
}

TEST_CASE("control protocol: every truncation of a request is refused") {
  const std::string whole = R"({"command": "flows", "arguments": {"limit": 20, "proto": "tcp"}})";
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(error_of(whole.substr(0, n)).empty());
}

TEST_CASE("control protocol: the client's requests are what the server reads") {
  ControlRequest request{.version = {}, .command = "fl\"ows\n", .arguments = {}};
  request.arguments.add("limit", std::int64_t{-20});
  request.arguments.add("alerted", true);
  request.arguments.add("text", std::string("a\"b"));
  const std::string line = control_request(request);
  CHECK(line.find('\n') == std::string::npos);
  ControlParser parser;
  const auto read = parser.parse(line);
  REQUIRE(read.has_value());
  CHECK(read->command == request.command);
  CHECK(read->arguments.all() == request.arguments.all());
}

TEST_CASE("control protocol: answers are one line each") {
  CHECK(control_ok() == "{\"return\":\"OK\"}\n");
  CHECK(control_ok("done") == "{\"return\":\"OK\",\"message\":\"done\"}\n");
  CHECK(control_nok("no\nway") == "{\"return\":\"NOK\",\"message\":\"no\\nway\"}\n");
  CHECK(control_ok_object([](weir::output::JsonWriter& out) { out.number("a", std::uint64_t{1}); }) ==
        "{\"return\":\"OK\",\"message\":{\"a\":1}}\n");
}

TEST_CASE("control answers are readable as text") {
  const auto text = [](std::string_view message) {
    const auto answer = read_answer(R"({"return":"OK","message":)" + std::string(message) + "}");
    REQUIRE(answer.has_value());
    CHECK(answer->ok);
    return answer->text;
  };
  CHECK(text("\"done\"") == "done\n");
  CHECK(text("\"a\\u001b[2Jb\"") == "a.[2Jb\n");
  CHECK(text(R"({"a": 1, "b": {"c": true}, "d": [], "e": [1, "x"]})") ==
        "a: 1\nb:\n  c: true\nd: none\ne: 1, x\n");
  CHECK(text(R"({"w": [{"name": "one", "n": {"x": 1}}, {"name": "two", "y": 22}]})") ==
        "w:\n  name  x  y\n  one   1\n  two   -  22\n");
  CHECK(text(R"({"errors": [{"file": "a", "text": "a:1:1: error: no"}]})") ==
        "errors:\n  a:1:1: error: no\n");
  const auto nok = read_answer(R"({"return":"NOK","message":"bad"})");
  REQUIRE(nok.has_value());
  CHECK_FALSE(nok->ok);
  CHECK(nok->text == "bad\n");
  CHECK_FALSE(read_answer("hello").has_value());
  CHECK_FALSE(read_answer("{}").has_value());
}
