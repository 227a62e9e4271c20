#include "animalctl/lake/predictions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "animalctl/base/bfloat16_text.h"
#include "animalctl/base/error.h"
#include "lake/hour_counts.h"
#include "lake/lake_schema.h"
#include "lake/prediction_condition.h"

namespace animalctl::lake {
namespace {

constexpr std::string_view kColumns =
    "request_id, role, at_ms, image, model, version, label, score, confidence, image_bytes, width, height, brightness, "
    "contrast, saturation, sharpness, total_ms, frame";
constexpr std::string_view kFeatures = "features";

constexpr std::array<ColumnType, 19> kPredictionTypes = {
    ColumnType::Text,    ColumnType::Text,    ColumnType::Integer, ColumnType::Text, ColumnType::Text,
    ColumnType::Integer, ColumnType::Text,    ColumnType::Real,    ColumnType::Real, ColumnType::Integer,
    ColumnType::Integer, ColumnType::Integer, ColumnType::Real,    ColumnType::Real, ColumnType::Real,
    ColumnType::Real,    ColumnType::Real,    ColumnType::Text,    ColumnType::Text};

Value or_null(const std::optional<double>& value) {
  return value ? Value(*value) : Value();
}

std::optional<double> optional_real(const Row& row, std::size_t column) {
  if (is_null(row, column)) return std::nullopt;
  return real(row, column);
}

Row to_row(const PredictionRow& p) {
  return {p.request_id,
          p.role,
          p.at_ms,
          p.image,
          p.model,
          p.version,
          p.label,
          or_null(p.score),
          p.confidence,
          p.image_bytes,
          p.width,
          p.height,
          or_null(p.measures.brightness),
          or_null(p.measures.contrast),
          or_null(p.measures.saturation),
          or_null(p.measures.sharpness),
          p.total_ms,
          p.frame.empty() ? Value() : Value(p.frame),
          p.features.empty() ? Value() : Value(bfloat16_text(p.features))};
}

PredictionRow from_row(const Row& row) {
  PredictionRow p;
  p.request_id = text(row, 0);
  p.role = text(row, 1);
  p.at_ms = integer(row, 2);
  p.image = text(row, 3);
  p.model = text(row, 4);
  p.version = integer(row, 5);
  p.label = text(row, 6);
  p.score = optional_real(row, 7);
  p.confidence = real(row, 8);
  p.image_bytes = integer(row, 9);
  p.width = integer(row, 10);
  p.height = integer(row, 11);
  p.measures = {optional_real(row, 12), optional_real(row, 13), optional_real(row, 14), optional_real(row, 15)};
  p.total_ms = real(row, 16);
  p.frame = text(row, 17);
  p.features = parse_bfloat16_text(text(row, 18)).value_or(std::vector<float>());
  return p;
}

std::int64_t single_integer(Database& database, std::string_view sql, const Row& parameters) {
  const std::vector<Row> rows = database.query(sql, parameters, {ColumnType::Integer});
  return rows.empty() ? 0 : integer(rows.front(), 0);
}

void add_counts(PredictionCounts& sum, const PredictionCounts& more) {
  const auto count = static_cast<double>(sum.count);
  const auto added = static_cast<double>(more.count);
  sum.mean_confidence = (sum.mean_confidence * count + more.mean_confidence * added) / (count + added);
  sum.count += more.count;
  sum.first_ms = std::min(sum.first_ms, more.first_ms);
  sum.last_ms = std::max(sum.last_ms, more.last_ms);
}

}  // namespace

PredictionCondition condition_of(const PredictionFilter& filter) {
  if (filter.limit < 1 || filter.limit > 1'000'000) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} predictions were asked for; 1 to 1000000 can be given at once", filter.limit));
  }
  PredictionCondition condition{"WHERE 1 = 1", {}};
  const auto add = [&](std::string_view sql, Value value) {
    condition.sql += sql;
    condition.parameters.push_back(std::move(value));
  };
  if (!filter.model.empty()) add(" AND model = :model", filter.model);
  if (filter.version) add(" AND version = :version", *filter.version);
  if (filter.role.empty()) condition.sql += " AND role <> 'shadow'";
  if (!filter.role.empty() && filter.role != "any") add(" AND role = :role", filter.role);
  if (filter.from_ms) add(" AND at_ms >= :begin_ms", *filter.from_ms);
  if (filter.until_ms) add(" AND at_ms < :end_ms", *filter.until_ms);
  return condition;
}

Predictions::Predictions(Database& database) : database_(database) {
  migrate_lake_tables(database_);
}

void Predictions::insert(std::span<const PredictionRow> rows) {
  if (rows.empty()) return;
  Transaction transaction(database_);
  insert_within(rows);
  transaction.commit();
}

void Predictions::insert_within(std::span<const PredictionRow> rows) {
  if (rows.empty()) return;
  std::vector<Row> values;
  values.reserve(rows.size());
  for (const PredictionRow& row : rows) values.push_back(to_row(row));
  database_.execute(
      fmt::format(
          "INSERT INTO lake_predictions ({}, {}) VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n, "
          ":o, :p, :q, :r, :s) ON CONFLICT (request_id, role) DO NOTHING",
          kColumns, kFeatures),
      std::span<const Row>(values));
  HourCounts(database_).forget(rows);
}

std::vector<PredictionRow> Predictions::newest(const PredictionFilter& filter) {
  std::vector<PredictionRow> rows;
  for_each(filter, [&](const PredictionRow& row) { rows.push_back(row); });
  return rows;
}

void Predictions::for_each(const PredictionFilter& filter, const std::function<void(const PredictionRow&)>& visit) {
  const PredictionCondition condition = condition_of(filter);
  const char* const order = filter.oldest_first ? "at_ms, request_id" : "at_ms DESC, request_id DESC";
  database_.query(fmt::format("SELECT {}, {} FROM lake_predictions {} ORDER BY {} LIMIT {}", kColumns,
                              filter.with_features ? kFeatures : "NULL", condition.sql, order, filter.limit),
                  condition.parameters, kPredictionTypes, [&](const Row& row) { visit(from_row(row)); });
}

std::int64_t Predictions::count(const PredictionFilter& filter) {
  const PredictionCondition condition = condition_of(filter);
  return single_integer(database_, "SELECT COUNT(*) FROM lake_predictions " + condition.sql, condition.parameters);
}

std::vector<PredictionCounts> Predictions::counts_by_version() {
  PredictionFilter filter;
  filter.role = "any";
  return counts_by_version(filter);
}

std::vector<PredictionCounts> Predictions::counts_by_version(const PredictionFilter& filter) {
  HourCounts kept(database_);
  const HourRange hours = kept.within(filter);
  if (hours.empty()) return count_each(filter);
  kept.keep(hours);
  // What is before and behind the whole hours is counted by its predictions.
  PredictionFilter before = filter;
  before.until_ms = hours.begin * kHourMs;
  PredictionFilter behind = filter;
  behind.from_ms = hours.end * kHourMs;
  std::map<std::tuple<std::string, std::int64_t, std::string>, PredictionCounts> sums;
  for (const auto& part : {count_each(before), kept.counts(hours, filter), count_each(behind)}) {
    for (const PredictionCounts& row : part) {
      const auto [sum, fresh] = sums.emplace(std::tuple(row.model, row.version, row.role), row);
      if (!fresh) add_counts(sum->second, row);
    }
  }
  std::vector<PredictionCounts> counts;
  counts.reserve(sums.size());
  for (auto& [key, sum] : sums) counts.push_back(std::move(sum));
  return counts;
}

std::vector<PredictionCounts> Predictions::count_each(const PredictionFilter& filter) {
  const PredictionCondition condition = condition_of(filter);
  std::vector<PredictionCounts> counts;
  for (const Row& row : database_.query(
           fmt::format("SELECT model, version, role, COUNT(*), MIN(at_ms), MAX(at_ms), AVG(confidence) FROM "
                       "lake_predictions {} GROUP BY model, version, role ORDER BY model, version, role",
                       condition.sql),
           condition.parameters,
           {ColumnType::Text, ColumnType::Integer, ColumnType::Text, ColumnType::Integer, ColumnType::Integer,
            ColumnType::Integer, ColumnType::Real})) {
    counts.push_back(
        {text(row, 0), integer(row, 1), text(row, 2), integer(row, 3), integer(row, 4), integer(row, 5), real(row, 6)});
  }
  return counts;
}

std::int64_t Predictions::erase_before(std::int64_t at_ms) {
  Transaction transaction(database_);
  const Row bound = {at_ms};
  const std::int64_t count =
      single_integer(database_, "SELECT COUNT(*) FROM lake_predictions WHERE at_ms < :bound", bound);
  if (count > 0) {
    database_.execute("DELETE FROM lake_predictions WHERE at_ms < :bound", bound);
    HourCounts(database_).forget_before(at_ms);
  }
  transaction.commit();
  return count;
}

std::int64_t Predictions::keep_newest(std::int64_t rows) {
  const std::vector<Row> oldest_kept =
      database_.query(fmt::format("SELECT at_ms FROM lake_predictions ORDER BY at_ms DESC LIMIT 1 OFFSET {}", rows), {},
                      {ColumnType::Integer});
  // Rows of the same millisecond go or stay together.
  return oldest_kept.empty() ? 0 : erase_before(integer(oldest_kept.front(), 0) + 1);
}

}  // namespace animalctl::lake
