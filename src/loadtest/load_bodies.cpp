#include "animalctl/loadtest/load_bodies.h"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"

namespace animalctl::loadtest {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{256} << 20;
constexpr std::size_t kMaxTotal = std::size_t{1} << 30;

bool hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  fs::recursive_directory_iterator each(folder, failure);
  for (; !failure && each != fs::recursive_directory_iterator(); each.increment(failure)) {
    std::error_code ignored;
    if (hidden(each->path())) {
      if (each->is_directory(ignored)) each.disable_recursion_pending();
    } else if (each->is_regular_file(ignored)) {
      files.push_back(each->path());
    }
  }
  if (failure) throw error_from_errno(failure.value(), fmt::format("read the folder {}", folder.string()));
  if (files.empty()) throw Error(ErrorCode::NotFound, fmt::format("there is no file below {}", folder.string()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<std::string> load_requests(const RequestTemplate& common, const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    const std::vector<fs::path> below = files_below(path);
    files.insert(files.end(), below.begin(), below.end());
  }
  std::vector<std::string> requests;
  std::size_t total = 0;
  for (const fs::path& file : files) {
    requests.push_back(serialise_request(common, file.filename().string(), read_text_file(file, kMaxFile)));
    total += requests.back().size();
    if (total > kMaxTotal) {
      throw Error(ErrorCode::ResourceExhausted, fmt::format("the requests of {} files are over {}; give fewer files",
                                                            files.size(), human_bytes(static_cast<double>(kMaxTotal))));
    }
  }
  return requests;
}

}  // namespace animalctl::loadtest
