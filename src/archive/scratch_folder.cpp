#include "archive/scratch_folder.h"

#include <fmt/core.h>
#include <stdlib.h>

#include <cerrno>
#include <string>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"

namespace animalctl::archive {
namespace fs = std::filesystem;

ScratchFolder::ScratchFolder(fs::path parent, const char* prefix) {
  if (parent.empty()) {
    std::error_code code;
    parent = fs::temp_directory_path(code);
    if (code) parent = "/tmp";
  }
  create_folders(parent);
  std::string name = (parent / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw error_from_errno(errno, fmt::format("make a temporary folder in {}", parent.string()));
  }
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace animalctl::archive
