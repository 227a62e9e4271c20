#include "cli/weights_table.h"

#include <fmt/core.h>

#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/http/download.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

// The bare name is the first recipe's: its features serve a new task at least as well, and its published accuracy is
// that of the papers. "@v2" is torchvision's later recipe (longer, with label smoothing, mixup and averaging).
constexpr WeightsRow kWeights[] = {
    {"squeezenet1_1", "squeezenet1_1", "IMAGENET1K_V1", "squeezenet1_1-b8a52dc0.pth", 4.7, 58.178},
    {"mobilenet_v2", "mobilenet_v2", "IMAGENET1K_V1", "mobilenet_v2-b0353104.pth", 13.6, 71.878},
    {"mobilenet_v2@v2", "mobilenet_v2", "IMAGENET1K_V2", "mobilenet_v2-7ebf99e0.pth", 13.6, 72.154},
    {"resnet18", "resnet18", "IMAGENET1K_V1", "resnet18-f37072fd.pth", 44.7, 69.758},
    {"resnet34", "resnet34", "IMAGENET1K_V1", "resnet34-b627a593.pth", 83.3, 73.314},
    {"resnet50", "resnet50", "IMAGENET1K_V1", "resnet50-0676ba61.pth", 97.8, 76.130},
    {"resnet50@v2", "resnet50", "IMAGENET1K_V2", "resnet50-11ad3fa6.pth", 97.8, 80.858},
};

const WeightsRow* find_row(std::string_view name) {
  for (const WeightsRow& row : kWeights) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

}  // namespace

std::string WeightsRow::digest_prefix() const {
  const std::string_view text = file;
  const std::size_t dash = text.rfind('-');
  return std::string(text.substr(dash + 1, text.rfind('.') - dash - 1));
}

std::uint64_t WeightsRow::max_bytes() const {
  constexpr double kRounding = 0.1;
  return static_cast<std::uint64_t>((mebibytes + kRounding) * 1024 * 1024);
}

std::span<const WeightsRow> weights_table() {
  return kWeights;
}

const WeightsRow& find_weights(std::string_view name) {
  if (const WeightsRow* row = find_row(name)) return *row;
  std::vector<std::string> names;
  std::string listed;
  for (const WeightsRow& row : kWeights) {
    names.emplace_back(row.name);
    listed += (listed.empty() ? "" : ", ") + names.back();
  }
  const auto nearest = nearest_spelling(name, names);
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("there are no weights \"{}\"{}; there are {}", name,
                          nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "", listed));
}

WeightsState weights_state(const WeightsRow& row, const fs::path& dir) {
  const fs::path file = dir / row.file;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return WeightsState::Missing;
  // Too large to be right: not worth reading.
  if (fs::file_size(file, ignored) > row.max_bytes()) return WeightsState::Damaged;
  return http::has_digest_prefix(file, row.digest_prefix()) ? WeightsState::Present : WeightsState::Damaged;
}

std::optional<fs::path> fetched_weights(std::string_view name, const fs::path& dir) {
  const WeightsRow* row = find_row(name);
  if (row == nullptr) return std::nullopt;
  switch (weights_state(*row, dir)) {
    case WeightsState::Missing:
      return std::nullopt;
    case WeightsState::Present:
      return dir / row->file;
    case WeightsState::Damaged:
      break;
  }
  throw Error(ErrorCode::DataLoss,
              fmt::format("{} is damaged: its SHA-256 does not begin with {}; run `animalctl weights fetch {}`",
                          (dir / row->file).string(), row->digest_prefix(), row->name));
}

}  // namespace animalctl::cli
