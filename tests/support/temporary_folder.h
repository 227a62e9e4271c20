#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace animalctl::test {

// A new empty folder, removed with its content at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Paths of the committed golden files and of the optional data beside the project.
std::filesystem::path golden_path(std::string_view name);
std::filesystem::path shared_path(std::string_view name);
// True when the optional data is there; otherwise prints why the test is skipped.
bool shared_data_present(std::string_view name);

}  // namespace animalctl::test
