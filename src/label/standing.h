#pragma once

#include <optional>
#include <string>

#include "animalctl/label/item.h"

namespace animalctl::label {

// What a change can alter of an item: its state and its annotation. A rejected item keeps the annotation it had.
struct Standing {
  ItemState state = ItemState::Unlabelled;
  std::string label;
  std::string source;
  std::optional<double> score;
  std::optional<int> version;
  std::string annotator;
  std::optional<Time> labelled_at;

  bool operator==(const Standing&) const = default;
};

}  // namespace animalctl::label
