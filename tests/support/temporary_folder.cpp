#include "support/temporary_folder.h"

#include <stdlib.h>

#include <iostream>
#include <stdexcept>

namespace animalctl::test {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "animalctl-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create a temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path golden_path(std::string_view name) {
  return fs::path(ANIMALCTL_TESTS_DIR) / "golden" / name;
}

fs::path shared_path(std::string_view name) {
  return fs::path(ANIMALCTL_SHARED_DIR) / name;
}

bool shared_data_present(std::string_view name) {
  std::error_code ignored;
  if (fs::exists(shared_path(name), ignored)) return true;
  std::cerr << "skipped: ../shared/" << name << " is not beside the project\n";
  return false;
}

}  // namespace animalctl::test
