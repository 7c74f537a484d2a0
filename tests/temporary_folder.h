// A folder of a test's own, which is gone with the test and all that is in it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace weir::test {

class TemporaryFolder {
 public:
  TemporaryFolder() : path(make()) {}
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }
  // A file of this content, and the folders that it is in; gives its path.
  std::string write(std::string_view name,
                    std::string_view content) const {  // NOLINT(modernize-use-nodiscard)
    const std::filesystem::path file = *this / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file.string();
  }

  const std::string path;

 private:
  static std::string make() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    return name;
  }
};

}  // namespace weir::test
