#include "lake/hour_counts.h"

#include <algorithm>
#include <set>
#include <string>

#include "lake/prediction_condition.h"

namespace animalctl::lake {
namespace {

// Counted in one transaction: other writers wait for less than a second at 10 million predictions a month.
constexpr std::int64_t kHoursAtOnce = 48;

std::int64_t hour_of(std::int64_t at_ms) {
  const std::int64_t hour = at_ms / kHourMs;
  return at_ms < hour * kHourMs ? hour - 1 : hour;
}

std::int64_t first_whole_hour(std::int64_t from_ms) {
  return hour_of(from_ms - 1) + 1;
}

}  // namespace

HourRange HourCounts::within(const PredictionFilter& filter) {
  // One by one: both databases find each at an end of an index.
  const auto ends = [&](const char* sql) { return database_.query(sql, {}, {ColumnType::Integer}); };
  const std::vector<Row> oldest = ends("SELECT MIN(at_ms) FROM lake_predictions");
  const std::vector<Row> newest = ends("SELECT MAX(at_ms) FROM lake_predictions");
  if (oldest.empty() || newest.empty() || is_null(oldest.front(), 0) || is_null(newest.front(), 0)) return {};
  // The databases divide towards zero, so hours before 1970 are not kept.
  const std::int64_t first = std::max<std::int64_t>(0, hour_of(integer(oldest.front(), 0)));
  const std::int64_t last = hour_of(integer(newest.front(), 0));
  return {std::max(first, filter.from_ms ? first_whole_hour(*filter.from_ms) : first),
          std::min(last, filter.until_ms ? hour_of(*filter.until_ms) : last)};
}

void HourCounts::keep(HourRange hours) {
  const std::vector<HourRange> ranges = missing(hours);
  if (ranges.empty()) return;
  const std::vector<std::string> names = models();
  for (const HourRange& range : ranges) keep_at_once(range, names);
}

std::vector<HourRange> HourCounts::missing(HourRange hours) {
  std::vector<HourRange> ranges;
  const auto add = [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; begin += kHoursAtOnce) ranges.push_back({begin, std::min(end, begin + kHoursAtOnce)});
  };
  std::int64_t next = hours.begin;
  for (const Row& row :
       database_.query("SELECT hour FROM lake_counted_hours WHERE hour >= :a AND hour < :b ORDER BY hour",
                       Row{hours.begin, hours.end}, {ColumnType::Integer})) {
    add(next, integer(row, 0));
    next = integer(row, 0) + 1;
  }
  add(next, hours.end);
  return ranges;
}

// Each found from the one before it, in an index: DISTINCT would look at every prediction.
std::vector<std::string> HourCounts::models() {
  std::vector<std::string> names;
  std::vector<Row> next = database_.query("SELECT MIN(model) FROM lake_predictions", {}, {ColumnType::Text});
  while (!next.empty() && !is_null(next.front(), 0)) {
    names.push_back(text(next.front(), 0));
    next = database_.query("SELECT MIN(model) FROM lake_predictions WHERE model > :m", Row{names.back()},
                           {ColumnType::Text});
  }
  return names;
}

void HourCounts::keep_at_once(HourRange hours, std::span<const std::string> models) {
  Transaction transaction(database_);
  database_.execute("DELETE FROM lake_hour_counts WHERE hour >= :a AND hour < :b", Row{hours.begin, hours.end});
  for (const std::string& model : models) {
    database_.execute(
        "INSERT INTO lake_hour_counts (hour, model, version, role, predictions, first_ms, last_ms, confidence_sum) "
        "SELECT at_ms / 3600000, model, version, role, COUNT(*), MIN(at_ms), MAX(at_ms), SUM(confidence) FROM "
        "lake_predictions WHERE model = :m AND at_ms >= :a AND at_ms < :b GROUP BY at_ms / 3600000, model, version, "
        "role",
        Row{model, hours.begin * kHourMs, hours.end * kHourMs});
  }
  std::vector<Row> counted;
  counted.reserve(static_cast<std::size_t>(hours.end - hours.begin));
  for (std::int64_t hour = hours.begin; hour < hours.end; ++hour) counted.push_back({hour});
  database_.execute("INSERT INTO lake_counted_hours (hour) VALUES (:h) ON CONFLICT (hour) DO NOTHING", counted);
  transaction.commit();
}

std::vector<PredictionCounts> HourCounts::counts(HourRange hours, const PredictionFilter& filter) {
  PredictionFilter whole = filter;
  whole.from_ms.reset();
  whole.until_ms.reset();
  PredictionCondition condition = condition_of(whole);
  condition.parameters.insert(condition.parameters.end(), {Value(hours.begin), Value(hours.end)});
  std::vector<PredictionCounts> counts;
  for (const Row& row :
       database_.query("SELECT model, version, role, CAST(SUM(predictions) AS BIGINT), MIN(first_ms), MAX(last_ms), "
                       "SUM(confidence_sum) / SUM(predictions) FROM lake_hour_counts " +
                           condition.sql + " AND hour >= :first AND hour < :last GROUP BY model, version, role",
                       condition.parameters,
                       {ColumnType::Text, ColumnType::Integer, ColumnType::Text, ColumnType::Integer,
                        ColumnType::Integer, ColumnType::Integer, ColumnType::Real})) {
    counts.push_back(
        {text(row, 0), integer(row, 1), text(row, 2), integer(row, 3), integer(row, 4), integer(row, 5), real(row, 6)});
  }
  return counts;
}

void HourCounts::forget(std::span<const PredictionRow> rows) {
  std::set<std::int64_t> hours;
  for (const PredictionRow& row : rows) hours.insert(hour_of(row.at_ms));
  std::vector<Row> parameters;
  parameters.reserve(hours.size());
  for (const std::int64_t hour : hours) parameters.push_back({hour});
  database_.execute("DELETE FROM lake_counted_hours WHERE hour = :h", parameters);
}

void HourCounts::forget_before(std::int64_t at_ms) {
  const Row last = {hour_of(at_ms)};
  database_.execute("DELETE FROM lake_counted_hours WHERE hour <= :h", last);
  database_.execute("DELETE FROM lake_hour_counts WHERE hour <= :h", last);
}

}  // namespace animalctl::lake
