#include "cli/archive_files.h"

#include <fmt/core.h>

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kStockHandlers[] = {"base_handler",    "text_classifier", "image_classifier",
                                               "object_detector", "image_segmenter", "dali_image_classifier",
                                               "vllm_handler",    "trt_llm_handler"};

bool is_unwanted(const std::string& folder) {
  return folder.starts_with('.') || folder == "__pycache__" || folder == "__MACOSX";
}

void add_folder(const fs::path& folder, std::vector<archive::MemberSource>& members) {
  std::error_code code;
  std::vector<archive::MemberSource> found;
  fs::recursive_directory_iterator place(folder, code);
  for (; !code && place != fs::recursive_directory_iterator(); place.increment(code)) {
    if (place->is_directory(code)) {
      if (is_unwanted(place->path().filename().string())) place.disable_recursion_pending();
    } else {
      found.push_back({place->path().lexically_relative(folder).generic_string(), place->path(), ""});
    }
  }
  if (code) throw error_from_errno(code.value(), fmt::format("read {}", folder.string()));
  // The order of a folder is the file system's.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  members.insert(members.end(), found.begin(), found.end());
}

}  // namespace

bool is_stock_handler(const std::string& handler) {
  return std::find(std::begin(kStockHandlers), std::end(kStockHandlers), handler) != std::end(kStockHandlers);
}

fs::path handler_file(const std::string& handler) {
  const std::size_t ending = handler.find(".py");
  if (ending == std::string::npos) return handler.substr(0, handler.find(':')) + ".py";
  return handler.substr(0, handler.find(':', ending));
}

archive::MemberSource file_member(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no file {} to pack", file.string()));
  }
  return {file.filename().string(), file, ""};
}

std::vector<archive::MemberSource> extra_members(const std::string& list) {
  std::vector<archive::MemberSource> members;
  if (list.empty()) return members;
  for (const std::string& part : split(list, ',')) {
    const fs::path path{std::string(trim(part))};
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      add_folder(path, members);
    } else {
      members.push_back(file_member(path));
    }
  }
  return members;
}

}  // namespace animalctl::cli
