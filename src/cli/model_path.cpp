#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/model/script_options.h"
#include "cli/model_path.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

std::string list_models(const fs::path& model_dir) {
  std::error_code code;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(model_dir, code)) {
    if (entry.path().extension() == ".pth") names.push_back(entry.path().filename().string());
  }
  if (code) return fmt::format("; the folder {} cannot be read: {}", model_dir.string(), code.message());
  if (names.empty()) return fmt::format("; there is no .pth file in {}: train a model first", model_dir.string());
  std::sort(names.begin(), names.end());
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (text.empty() ? "" : ", ") + names[i];
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return fmt::format("; {} holds {}", model_dir.string(), text);
}

// The first of the candidates that is a file, or nothing.
fs::path find_file(const std::vector<fs::path>& candidates) {
  for (const fs::path& candidate : candidates) {
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored)) return candidate;
  }
  return {};
}

fs::path resolve_script_model(const std::string& name, const fs::path& model_dir) {
  constexpr const char* kEnding = ".torchscript.pt";
  const std::vector<fs::path> candidates = {model_dir / name, model_dir / (name + kEnding), name, name + kEnding};
  const fs::path found = find_file(candidates);
  if (!found.empty()) return std::string(kScriptPrefix) + found.string();
  throw Error(ErrorCode::NotFound, fmt::format("there is no TorchScript file \"{}\" (looked for {}, {} and {})", name,
                                               candidates[0].string(), candidates[1].string(), candidates[2].string()));
}

}  // namespace

fs::path resolve_model_path(const std::string& name, const fs::path& model_dir) {
  if (is_script_model(name)) return resolve_script_model(script_path(name).string(), model_dir);
  const std::vector<fs::path> candidates = {model_dir / name, model_dir / (name + ".pth"), name, name + ".pth"};
  fs::path found = find_file(candidates);
  if (!found.empty()) return found;
  throw Error(ErrorCode::NotFound, fmt::format("there is no model \"{}\" (looked for {} and {}){}", name,
                                               candidates[0].string(), candidates[1].string(), list_models(model_dir)));
}

}  // namespace animalctl::cli
