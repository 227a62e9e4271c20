#include "drift/answers.h"

#include <algorithm>
#include <map>

#include "drift/quiet_reference.h"

namespace animalctl::drift {
namespace {

std::vector<lake::PredictionRow> newest_of(lake::Predictions& predictions, lake::PredictionFilter filter,
                                           std::size_t limit) {
  filter.limit = limit;
  filter.with_features = true;
  std::vector<lake::PredictionRow> rows = predictions.newest(filter);
  std::reverse(rows.begin(), rows.end());
  return rows;
}

// The version that gave most of the newest answers; of equal ones the greater.
std::int64_t busiest_version(lake::Predictions& predictions, const lake::PredictionFilter& filter,
                             const DriftSettings& settings) {
  std::map<std::int64_t, std::size_t> counts;
  for (const lake::PredictionRow& row :
       newest_of(predictions, filter, settings.window * settings.persistence.windows)) {
    ++counts[row.version];
  }
  const auto most = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second < b.second : a.first < b.first;
  });
  return most == counts.end() ? 0 : most->first;
}

void keep_last(std::vector<lake::PredictionRow>& rows, std::size_t count) {
  if (rows.size() > count) rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(count));
}

void drop_incomplete_window(std::vector<lake::PredictionRow>& rows, const DriftSettings& settings) {
  keep_last(rows, rows.size() / settings.window * settings.window);
}

}  // namespace

LoadedAnswers load_answers(lake::Database& database, const DriftQuery& query) {
  const DriftSettings& settings = query.settings;
  lake::Predictions predictions(database);
  lake::PredictionFilter filter;
  filter.model = query.model;
  filter.until_ms = query.until_ms;
  filter.version = query.version;
  LoadedAnswers loaded;
  const std::vector<lake::PredictionRow> last = newest_of(predictions, filter, 1);
  if (last.empty()) return loaded;
  loaded.model = last.front().model;
  filter.model = loaded.model;
  loaded.version = query.version ? *query.version : busiest_version(predictions, filter, settings);
  filter.version = loaded.version;

  const std::size_t windows = settings.window * settings.persistence.windows;
  lake::PredictionFilter first = filter;
  first.oldest_first = true;
  first.with_features = true;
  if (query.reference_from_ms || query.reference_until_ms) {
    first.from_ms = query.reference_from_ms;
    first.until_ms = query.reference_until_ms;
    first.limit = settings.reference;
    loaded.oldest = predictions.newest(first);
    loaded.newest = newest_of(predictions, filter, windows);
    drop_incomplete_window(loaded.newest, settings);
    return loaded;
  }
  first.limit = settings.reference + windows;
  loaded.oldest = predictions.newest(first);
  if (loaded.oldest.size() == first.limit) {
    loaded.newest = newest_of(predictions, filter, windows);
    loaded.oldest.resize(settings.reference);
    return loaded;
  }
  // These are all there are: as many windows as leave a reference.
  const std::size_t all = loaded.oldest.size();
  const std::size_t fewest = fewest_reference_answers(settings);
  const std::size_t spare = all > fewest ? all - fewest : 0;
  const std::size_t judged = std::min(spare / settings.window, settings.persistence.windows) * settings.window;
  loaded.newest = loaded.oldest;
  keep_last(loaded.newest, judged);
  loaded.oldest.resize(std::min(all - judged, settings.reference));
  return loaded;
}

std::vector<lake::PredictionRow> load_later_answers(lake::Database& database, const LoadedAnswers& answers,
                                                    const DriftQuery& query, std::size_t reference_answers,
                                                    std::size_t limit) {
  if (reference_answers == 0) return {};
  const lake::PredictionRow& last = answers.oldest[reference_answers - 1];
  lake::Predictions predictions(database);
  lake::PredictionFilter filter;
  filter.model = answers.model;
  filter.version = answers.version;
  filter.from_ms = last.at_ms;
  filter.until_ms = query.until_ms;
  std::vector<lake::PredictionRow> rows = newest_of(predictions, filter, limit);
  std::erase_if(rows, [&](const lake::PredictionRow& row) {
    return row.at_ms == last.at_ms && row.request_id <= last.request_id;
  });
  return rows;
}

Stretch stretch_of(Answers answers, std::size_t pictures) {
  if (answers.empty()) return {};
  return {answers.front().at_ms, answers.back().at_ms, answers.size(), pictures};
}

}  // namespace animalctl::drift
