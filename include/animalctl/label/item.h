#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl::label {

using Time = std::chrono::system_clock::time_point;  // kept to the millisecond

enum class ItemState : std::uint8_t { Unlabelled, Labelled, Skipped, Rejected };

// "unlabelled", "labelled", "skipped", "rejected".
std::string_view name_of(ItemState state);
std::optional<ItemState> item_state(std::string_view name);

// What a model said of an image. `score` is the probability of the second class when there are two classes, else that
// of `label` (docs/formats/annotation.md).
struct Prediction {
  std::string label;
  double score = 0;
  int version = 0;

  bool operator==(const Prediction&) const = default;
};

// One image of the frames folder (or, when rejected, of the trash) and what is known of it.
struct Item {
  std::string name;            // of the file, any bytes but '/' and NUL
  std::uint64_t revision = 0;  // how often its state or label has changed
  ItemState state = ItemState::Unlabelled;
  // The annotation's; empty when there is none. `source`: "manual", "auto", or what the file says.
  std::string label;
  std::string source;
  std::optional<double> score;
  std::optional<int> version;
  std::string annotator;  // empty: not known (the file was there before)
  std::optional<Time> labelled_at;
  std::optional<Prediction> prediction;  // the newest one known
  std::uint64_t bytes = 0;
  Time modified_at;             // of the image file
  std::optional<double> drift;  // the value told with LabelStore::set_drift()
};

}  // namespace animalctl::label
