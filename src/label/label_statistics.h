#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "animalctl/label/label_store.h"
#include "label/frame_table.h"
#include "label/logged_event.h"

namespace animalctl::label {

// How fast people label and how far they follow the model, from the events as they happen. Not thread-safe.
class LabelStatistics {
 public:
  void note(const Event& event);
  void set_followed(const Progress::Followed& shown, const Progress::Followed& blind);
  // Fills the last four members.
  void report(Time now, Progress& progress) const;

 private:
  std::deque<std::int64_t> label_times_;  // of the last hour, in milliseconds
  std::deque<std::uint32_t> durations_;   // the last 200
  Progress::Followed shown_;
  Progress::Followed blind_;
};

// The counts by state, label, source and person.
void count_items(const FrameTable& table, Progress& progress);

}  // namespace animalctl::label
