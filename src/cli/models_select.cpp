#include "cli/models_select.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include "animalctl/base/error.h"

namespace animalctl::cli {
namespace {

std::optional<int> alias_version(const registry::ModelRegistry& registry, const std::string& name, bool& is_alias) {
  is_alias = name == "champion" || name == "challenger" || name == "previous";
  if (!is_alias) return std::nullopt;
  const registry::Aliases aliases = registry.aliases();
  if (name == "champion") return aliases.champion;
  return name == "challenger" ? aliases.challenger : aliases.previous;
}

}  // namespace

registry::ModelRegistry choose_registry(const std::filesystem::path& root, const std::string& model) {
  const std::vector<std::string> models = registry::registered_models(root);
  const bool known = std::find(models.begin(), models.end(), model) != models.end();
  if (known || (model.empty() && models.size() == 1)) return {root, model.empty() ? models.front() : model};
  std::string names;
  for (const std::string& name : models) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  if (models.empty()) {
    throw Error(ErrorCode::NotFound, fmt::format("there is no model in {}; `animalctl models register` makes the first "
                                                 "version of one",
                                                 root.string()));
  }
  if (model.empty())
    throw Error(ErrorCode::InvalidArgument, fmt::format("there are several models; give --model: {}", names));
  throw Error(ErrorCode::NotFound,
              fmt::format("there is no model {} in {}; these are there: {}", model, root.string(), names));
}

int choose_version(const registry::ModelRegistry& registry, const std::string& text) {
  bool is_alias = false;
  std::optional<int> version = alias_version(registry, text, is_alias);
  if (is_alias && !version) {
    throw Error(ErrorCode::NotFound, fmt::format("no version of {} is the {}", registry.model(), text));
  }
  if (!is_alias) {
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size() || number < 1) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("\"{}\" is no version: a number, champion, challenger or previous is", text));
    }
    version = number;
  }
  if (!registry.find(*version)) {
    throw Error(ErrorCode::NotFound, fmt::format("{} has no version {}; `animalctl models list` shows those there are",
                                                 registry.model(), *version));
  }
  return *version;
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const uid_t user = ::geteuid();
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return entry.pw_name;
  return fmt::format("user {}", user);
}

}  // namespace animalctl::cli
