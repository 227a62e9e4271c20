#include "label/label_statistics.h"

#include <algorithm>
#include <array>
#include <vector>

#include "animalctl/base/text.h"

namespace animalctl::label {
namespace {

constexpr std::int64_t kRateWindow = 3'600'000;
constexpr std::size_t kDurations = 200;

void name_counts(const Interner& texts, const std::vector<std::size_t>& counts,
                 std::map<std::string, std::size_t>& named) {
  for (std::uint32_t id = 1; id < counts.size(); ++id) {
    if (counts[id] > 0) named[texts.text(id)] = counts[id];
  }
}

}  // namespace

void LabelStatistics::note(const Event& event) {
  if (event.action != Action::Label || event.undoes || event.origin == Origin::File) return;
  const std::int64_t at = to_milliseconds(event.at);
  label_times_.push_back(at);
  while (!label_times_.empty() && label_times_.front() <= at - kRateWindow) label_times_.pop_front();
  if (event.milliseconds) {
    durations_.push_back(*event.milliseconds);
    if (durations_.size() > kDurations) durations_.pop_front();
  }
  if (!event.shown) return;
  Progress::Followed& followed = event.blind ? blind_ : shown_;
  ++followed.labels;
  if (to_upper(event.shown->label) == to_upper(event.label)) ++followed.agree;
}

void LabelStatistics::set_followed(const Progress::Followed& shown, const Progress::Followed& blind) {
  shown_ = shown;
  blind_ = blind;
}

void LabelStatistics::report(Time now, Progress& progress) const {
  const std::int64_t since = to_milliseconds(now) - kRateWindow;
  progress.labels_last_hour = static_cast<std::size_t>(
      std::count_if(label_times_.begin(), label_times_.end(), [&](std::int64_t at) { return at > since; }));
  if (!durations_.empty()) {
    std::vector<std::uint32_t> sorted(durations_.begin(), durations_.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    const double upper = sorted[middle];
    const double lower = sorted[sorted.size() % 2 == 0 ? middle - 1 : middle];
    progress.seconds_per_label = (lower + upper) / 2 / 1000;
  }
  progress.shown = shown_;
  progress.blind = blind_;
}

void count_items(const FrameTable& table, Progress& progress) {
  std::array<std::size_t, 256> states{};
  std::vector<std::size_t> labels(table.label_names().size());
  std::vector<std::size_t> sources(table.source_names().size());
  std::vector<std::size_t> people(table.people().size());
  for (FrameId id = 0; id < table.size(); ++id) {
    const std::uint8_t state = table.states()[id];
    ++states[state];
    if (state != static_cast<std::uint8_t>(ItemState::Labelled)) continue;
    ++labels[table.labels()[id]];
    ++sources[table.sources()[id]];
    ++people[table.annotators()[id]];
  }
  const auto of = [&](ItemState state) { return states[static_cast<std::size_t>(state)]; };
  progress.unlabelled = of(ItemState::Unlabelled);
  progress.labelled = of(ItemState::Labelled);
  progress.skipped = of(ItemState::Skipped);
  progress.rejected = of(ItemState::Rejected);
  progress.total = progress.unlabelled + progress.labelled + progress.skipped;
  name_counts(table.label_names(), labels, progress.by_label);
  name_counts(table.source_names(), sources, progress.by_source);
  name_counts(table.people(), people, progress.by_annotator);
}

}  // namespace animalctl::label
