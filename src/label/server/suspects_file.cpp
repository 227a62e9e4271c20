#include "label/server/suspects_file.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"

namespace animalctl::label {
namespace {

constexpr std::uint64_t kMaxSuspectsFile = std::uint64_t{64} << 20;
constexpr const char* kKey = "most_confident_mistakes";

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw Error(ErrorCode::DataLoss,
              fmt::format("{}: {}; give the output of `animalctl report --json`", file.string(), why));
}

}  // namespace

std::vector<std::pair<std::string, double>> read_suspects(const std::filesystem::path& file) {
  const nlohmann::json json = parse_json(read_text_file(file, kMaxSuspectsFile), file.string());
  if (!json.is_object() || !json.contains(kKey) || !json[kKey].is_array()) {
    refuse(file, "it has no list \"most_confident_mistakes\"");
  }
  std::vector<std::pair<std::string, double>> suspects;
  for (const nlohmann::json& mistake : json[kKey]) {
    const bool is_one = mistake.is_object() && mistake.contains("frame") && mistake["frame"].is_string() &&
                        mistake.contains("confidence") && mistake["confidence"].is_number();
    if (!is_one) refuse(file, "a mistake has no frame or no confidence");
    // Frames stand there as snapshots have them, with their folders; items are named by the last part.
    suspects.emplace_back(std::filesystem::path(mistake["frame"].get<std::string>()).filename().string(),
                          mistake["confidence"].get<double>());
  }
  return suspects;
}

}  // namespace animalctl::label
