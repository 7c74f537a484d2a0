// A folder for the files of one test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
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
  [[nodiscard]] std::string names() const;
};

}  // namespace weir::output_test
