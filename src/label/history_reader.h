#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/label/label_store.h"
#include "animalctl/lake/database.h"
#include "label/label_statistics.h"

namespace animalctl::label {

// The readers' side of the history, over a connection of its own: never waits for the writer. Thread-safe.
class HistoryReader {
 public:
  explicit HistoryReader(const std::string& address) : database_(lake::Database::open(address)) {}

  std::vector<Event> of_item(std::string_view name) const;
  std::vector<Event> of_annotator(std::string_view annotator, std::optional<std::uint64_t> before,
                                  std::size_t limit) const;
  std::vector<Agreement> agreement() const;
  // Tells `statistics` what happened before this process began.
  void recall(LabelStatistics& statistics, Time now) const;

 private:
  std::vector<Event> events(std::string_view condition, const lake::Row& parameters) const;

  mutable std::mutex mutex_;
  std::unique_ptr<lake::Database> database_;
};

}  // namespace animalctl::label
