#include "label/history_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "label/agreement.h"
#include "label/database_text.h"
#include "label/event_rows.h"

namespace animalctl::label {
namespace {

using lake::ColumnType;
using lake::Row;

constexpr std::int64_t kHour = 3'600'000;

}  // namespace

std::vector<Event> HistoryReader::events(std::string_view condition, const Row& parameters) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> found;
  database_->query(fmt::format("SELECT {} FROM label_events e WHERE {}", event_columns(), condition), parameters,
                   event_column_types(), [&](const Row& row) { found.push_back(event_from_row(row).event); });
  return found;
}

std::vector<Event> HistoryReader::of_item(std::string_view name) const {
  return events("name = :a ORDER BY id DESC", {to_database_text(name)});
}

std::vector<Event> HistoryReader::of_annotator(std::string_view annotator, std::optional<std::uint64_t> before,
                                               std::size_t limit) const {
  constexpr auto kNewest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto below = static_cast<std::int64_t>(std::min(before.value_or(kNewest), kNewest));
  const auto most = static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
  if (annotator.empty()) return events("id < :a ORDER BY id DESC LIMIT :b", {below, most});
  return events("annotator = :a AND id < :b ORDER BY id DESC LIMIT :c", {to_database_text(annotator), below, most});
}

std::vector<Agreement> HistoryReader::agreement() const {
  // Only images that several people labelled; a label that was taken back does not count.
  constexpr std::string_view kSql =
      "SELECT e.name, e.annotator, e.after_label FROM label_events e WHERE e.action = 'label' AND e.undoes IS NULL AND "
      "e.annotator <> '' AND e.name IN (SELECT name FROM label_events WHERE action = 'label' AND annotator <> '' GROUP "
      "BY name HAVING COUNT(DISTINCT annotator) > 1) AND NOT EXISTS (SELECT 1 FROM label_events u WHERE u.undoes = "
      "e.id) ORDER BY e.id";
  std::map<std::string, std::map<std::string, std::string>> labels;  // by image, by person: the newest
  {
    const std::lock_guard lock(mutex_);
    const ColumnType columns[] = {ColumnType::Text, ColumnType::Text, ColumnType::Text};
    database_->query(kSql, {}, columns, [&](const Row& row) {
      labels[lake::text(row, 0)][from_database_text(lake::text(row, 1))] = from_database_text(lake::text(row, 2));
    });
  }
  return agreement_of(labels);
}

void HistoryReader::recall(LabelStatistics& statistics, Time now) const {
  std::vector<Event> timed = events(
      "action = 'label' AND undoes IS NULL AND milliseconds IS NOT NULL ORDER BY id DESC "
      "LIMIT 200",
      {});
  std::vector<Event> recent =
      events("action = 'label' AND undoes IS NULL AND at_ms > :a ORDER BY id", {to_milliseconds(now) - kHour});
  std::map<std::uint64_t, Event> both;
  for (std::vector<Event>* list : {&timed, &recent}) {
    for (Event& event : *list) both.emplace(event.id, std::move(event));
  }
  for (const auto& [id, event] : both) statistics.note(event);
  Progress::Followed shown;
  Progress::Followed blind;
  const std::lock_guard lock(mutex_);
  const ColumnType columns[] = {ColumnType::Integer, ColumnType::Integer, ColumnType::Integer};
  database_->query(
      "SELECT blind, COUNT(*), SUM(CASE WHEN UPPER(shown_label) = UPPER(after_label) THEN 1 ELSE 0 END) FROM "
      "label_events WHERE action = 'label' AND undoes IS NULL AND origin <> 'file' AND shown_label IS NOT NULL GROUP "
      "BY blind",
      {}, columns, [&](const Row& row) {
        Progress::Followed& followed = lake::integer(row, 0) != 0 ? blind : shown;
        followed = {static_cast<std::size_t>(lake::integer(row, 1)), static_cast<std::size_t>(lake::integer(row, 2))};
      });
  statistics.set_followed(shown, blind);
}

}  // namespace animalctl::label
