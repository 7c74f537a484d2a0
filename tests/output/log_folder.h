// A folder for the files of one test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace weir::output_test {

struct LogFolder {
  std::string path;
  LogFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-log-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~LogFolder() { std::filesystem::remove_all(path); }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path + "/" + name; }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(file(name)).rdbuf();
    return text.str();
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }
  // Names of files, sorted, with a space between.
  [[nodiscard]] std::string names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path)) found.insert(entry.path().filename());
    std::string out;
    for (const std::string& name : found) out += (out.empty() ? "" : " ") + name;
    return out;
  }
};

}  // namespace weir::output_test
