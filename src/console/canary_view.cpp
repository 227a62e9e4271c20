#include "console/canary_view.h"

#include <algorithm>
#include <map>
#include <system_error>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/lake/predictions.h"
#include "console/answers.h"
#include "console/requests.h"
#include "console/run_view.h"

namespace animalctl::console {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kShortestStretchMs = 300'000;
constexpr std::int64_t kLongestStretchMs = 24 * kHourMs;
constexpr std::int64_t kBuckets = 48;
constexpr std::size_t kDecisionsRead = 500;
constexpr std::size_t kDecisionsShown = 100;
constexpr std::uint64_t kMaxConfigBytes = 1 << 16;

// What stands in the file, and what is wrong with it.
void put_config(const ConsoleSettings& settings, Json& view) {
  view["config"] = nullptr;
  view["problem"] = nullptr;
  std::error_code ignored;
  if (!std::filesystem::exists(settings.canary_config, ignored)) return;
  try {
    const std::string text = read_text_file(settings.canary_config, kMaxConfigBytes);
    const nlohmann::json config = parse_json(text, settings.canary_config.string());
    view["config"] = {{"traffic", config.at("traffic").get<double>()},
                      {"current_version", config.at("current_version").get<std::int64_t>()},
                      {"previous_version", config.at("previous_version").get<std::int64_t>()},
                      {"shadow", config.value("shadow", false)}};
  } catch (const Error& error) {
    view["problem"] = error.message();
  } catch (const nlohmann::json::exception&) {
    view["problem"] = settings.canary_config.string() + " is no canary config";
  }
}

Json counts_json(lake::Database& database, const std::string& model, std::int64_t from_ms) {
  using lake::ColumnType;
  Json versions = Json::array();
  const std::vector<lake::Row> rows = database.query(
      "SELECT version, role, COUNT(*), AVG(confidence), AVG(total_ms), MAX(at_ms) FROM lake_predictions "
      "WHERE model = :model AND at_ms >= :from_ms GROUP BY version, role ORDER BY version, role",
      {model, from_ms},
      {ColumnType::Integer, ColumnType::Text, ColumnType::Integer, ColumnType::Real, ColumnType::Real,
       ColumnType::Integer});
  for (const lake::Row& row : rows) {
    versions.push_back({{"version", lake::integer(row, 0)},
                        {"role", lake::text(row, 1)},
                        {"answers", lake::integer(row, 2)},
                        {"mean_confidence", lake::real(row, 3)},
                        {"mean_ms", lake::real(row, 4)},
                        {"last_at", time_json(lake::integer(row, 5))}});
  }
  return versions;
}

// Answers a version over time, without those of the shadow.
Json timeline_json(lake::Database& database, const std::string& model, std::int64_t from_ms, std::int64_t until_ms) {
  using lake::ColumnType;
  const std::int64_t width = std::max<std::int64_t>((until_ms - from_ms) / kBuckets, 1000);
  std::map<std::int64_t, Json> buckets;
  const std::vector<lake::Row> rows = database.query(
      "SELECT (at_ms - :from_ms) / :width, version, COUNT(*) FROM lake_predictions "
      "WHERE model = :model AND at_ms >= :first AND role <> 'shadow' GROUP BY 1, 2 ORDER BY 1, 2",
      {from_ms, width, model, from_ms}, {ColumnType::Integer, ColumnType::Integer, ColumnType::Integer});
  for (const lake::Row& row : rows) {
    Json& bucket = buckets[lake::integer(row, 0)];
    bucket["at"] = time_json(from_ms + lake::integer(row, 0) * width);
    bucket["answers"][std::to_string(lake::integer(row, 1))] = lake::integer(row, 2);
  }
  Json list = Json::array();
  for (auto& [index, bucket] : buckets) list.push_back(std::move(bucket));
  return {{"bucket_seconds", static_cast<double>(width) / 1000}, {"buckets", std::move(list)}};
}

std::string newest_model(lake::Database& database) {
  using lake::ColumnType;
  const std::vector<lake::Row> rows =
      database.query("SELECT model FROM lake_predictions ORDER BY at_ms DESC LIMIT 1", {}, {ColumnType::Text});
  return rows.empty() ? "" : lake::text(rows[0], 0);
}

std::optional<lake::RunRow> canary_run(lake::RunRecords& records) {
  for (lake::RunRow& run : records.open_runs()) {
    if (run.state == "canary") return std::move(run);
  }
  return std::nullopt;
}

// When the canary began; without one the last day.
std::int64_t stretch_start(const std::optional<lake::RunRow>& run, const std::vector<lake::DecisionRow>& decisions,
                           std::int64_t now_ms) {
  std::int64_t start = now_ms - kLongestStretchMs;
  if (!run) return start;
  for (const lake::DecisionRow& row : decisions) {
    if (row.run == run->id && row.kind == "canary") start = std::max(row.at_ms, now_ms - 30 * kLongestStretchMs);
  }
  return std::min(start, now_ms - kShortestStretchMs);
}

}  // namespace

Json canary_json(const ConsoleSettings& settings, lake::Database& database, lake::RunRecords& records,
                 std::int64_t now_ms) {
  const lake::Predictions tables(database);  // makes them when they are not there
  const std::vector<lake::DecisionRow> decisions = records.newest_decisions("", kDecisionsRead);
  const std::optional<lake::RunRow> run = canary_run(records);
  const std::string model = run ? run->model : newest_model(database);
  const std::int64_t from_ms = stretch_start(run, decisions, now_ms);
  Json view = {{"model", model}, {"run", run ? run_json(*run) : Json(nullptr)}, {"since", time_json(from_ms)}};
  put_config(settings, view);
  view["versions"] = counts_json(database, model, from_ms);
  view["timeline"] = timeline_json(database, model, from_ms, now_ms);
  view["decisions"] = Json::array();
  for (const lake::DecisionRow& row : decisions) {
    const bool belongs = row.kind == "canary" || row.kind == "promote" || row.kind == "rollback" ||
                         ((row.kind == "request" || row.kind == "answer") && row.verdict == "stop-canary");
    if (belongs && view["decisions"].size() < kDecisionsShown) view["decisions"].push_back(decision_json(row));
  }
  const std::optional<std::string> request = open_request_reason(decisions, "stop-canary");
  view["stop_requested"] = request ? Json(*request) : Json(nullptr);
  return view;
}

}  // namespace animalctl::console
