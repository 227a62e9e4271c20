#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/label/item.h"

namespace animalctl::label {

// Which items; every condition that is set must hold.
struct ItemFilter {
  std::vector<ItemState> states;       // empty: all but Rejected
  std::vector<std::string> labels;     // of the annotation, in any letter case; empty: any
  std::vector<std::string> sources;    // empty: any
  std::optional<int> version;          // of the annotation or of the prediction
  std::optional<double> lowest_score;  // of the prediction; items without one do not pass
  std::optional<double> highest_score;
  bool disagree = false;     // only where annotation and prediction name different classes
  std::string annotator;     // empty: any
  std::optional<Time> from;  // of labelled_at, inclusive
  std::optional<Time> to;    // exclusive
  std::string name_part;     // ASCII letter case does not count
};

enum class ItemOrder : std::uint8_t {
  Name,       // bytewise
  Newest,     // the image file's time, newest first
  Uncertain,  // |score - 0.5| small first; items without a prediction last
  Confident,  // the probability of the predicted class, smallest first; without a prediction last
  Drifted,    // the value told with LabelStore::set_drift(), greatest first; without one last
  Suspect,    // the value told with LabelStore::set_suspicion(), greatest first; without one last
  Random,     // by a hash of seed and name
};

struct ItemQuery {
  ItemFilter filter;
  ItemOrder order = ItemOrder::Name;
  std::uint64_t seed = 0;   // of Random
  std::string cursor;       // ItemPage::next of the page before; empty: the first page
  std::size_t limit = 100;  // 1..1000
};

struct ItemPage {
  std::vector<Item> items;
  std::string next;       // empty: that was the last page
  std::size_t total = 0;  // items that pass the filter, on all pages
};

}  // namespace animalctl::label
