#include "label/server/suspects_file.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"

namespace animalctl::label {
namespace {

constexpr std::uint64_t kMaxSuspectsFile = std::uint64_t{64} << 20;

// A list of a report and the number by which its members are ordered.
struct SuspectList {
  const char* list;
  const char* number;
};
constexpr SuspectList kLabelErrors = {"likely_label_errors", "margin"};
constexpr SuspectList kMistakes = {"most_confident_mistakes", "confidence"};

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw Error(ErrorCode::DataLoss,
              fmt::format("{}: {}; give the output of `animalctl report --json`", file.string(), why));
}

bool has_list(const nlohmann::json& json, const SuspectList& list) {
  return json.is_object() && json.contains(list.list) && json[list.list].is_array();
}

}  // namespace

std::vector<std::pair<std::string, double>> read_suspects(const std::filesystem::path& file) {
  const nlohmann::json json = parse_json(read_text_file(file, kMaxSuspectsFile), file.string());
  // Reports of versions before 1.0 have mistakes only.
  const SuspectList& used = has_list(json, kLabelErrors) ? kLabelErrors : kMistakes;
  if (!has_list(json, used)) refuse(file, fmt::format("it has no list \"{}\"", kLabelErrors.list));
  std::vector<std::pair<std::string, double>> suspects;
  for (const nlohmann::json& suspect : json[used.list]) {
    const bool is_one = suspect.is_object() && suspect.contains("frame") && suspect["frame"].is_string() &&
                        suspect.contains(used.number) && suspect[used.number].is_number();
    if (!is_one) refuse(file, fmt::format("a member of \"{}\" has no frame or no {}", used.list, used.number));
    // Frames stand there as snapshots have them, with their folders; items are named by the last part.
    suspects.emplace_back(std::filesystem::path(suspect["frame"].get<std::string>()).filename().string(),
                          suspect[used.number].get<double>());
  }
  return suspects;
}

}  // namespace animalctl::label
