#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace animalctl::cli {

// Where `weights fetch` puts files and `train --weights NAME` looks for them.
inline constexpr const char* kDefaultWeightsDir = "cache/weights";
// torchvision's own place; a mirror may stand in for it.
inline constexpr const char* kDefaultWeightsUrl = "https://download.pytorch.org/models";

// One published file of ImageNet weights. The eight digits in its name are the beginning of its SHA-256.
struct WeightsRow {
  const char* name;          // what the user writes
  const char* architecture;  // --arch of the network that takes it
  const char* recipe;        // torchvision's name of the training run
  const char* file;
  double mebibytes;  // as torchvision's documentation gives it, rounded to 0.1
  double top1;       // ImageNet-1K top-1 accuracy in percent, one 224-pixel centre crop

  // The digits between the last '-' and ".pth".
  std::string digest_prefix() const;
  // No honest copy is larger: the documented size and a margin for its rounding.
  std::uint64_t max_bytes() const;
};

// All rows, small to large. Source: torchvision/models/{squeezenet,mobilenetv2,resnet}.py.
std::span<const WeightsRow> weights_table();

// The row of that name. Throws InvalidArgument with a suggestion and the names.
const WeightsRow& find_weights(std::string_view name);

enum class WeightsState { Missing, Present, Damaged };

// Whether the row's file is in `dir`, with the right checksum: reads the whole file.
WeightsState weights_state(const WeightsRow& row, const std::filesystem::path& dir);

// The fetched file of a row's name; nothing when there is no row of that name (it may be a file's) or it was not
// fetched into `dir`. Throws DataLoss when the file is there but damaged.
std::optional<std::filesystem::path> fetched_weights(std::string_view name, const std::filesystem::path& dir);

}  // namespace animalctl::cli
