#include "animalctl/lake/predictions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/core.h>

#include "animalctl/base/file.h"
#include "animalctl/base/random.h"
#include "animalctl/lake/prediction_files.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::lake {
namespace {

using test::require_error;
using test::TemporaryFolder;

constexpr const char* kImage = "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0";

std::unique_ptr<Database> open_in(const TemporaryFolder& folder) {
  return Database::open("sqlite:" + (folder / "lake.db").string());
}

PredictionRow row_of(const std::string& id, std::int64_t at_ms, std::int64_t version = 2) {
  PredictionRow row;
  row.request_id = id;
  row.role = "current";
  row.at_ms = at_ms;
  row.image = kImage;
  row.model = "animal";
  row.version = version;
  row.label = "DOG";
  row.score = 0.75;
  row.confidence = 0.75;
  row.measures.brightness = 0.5;
  row.features = {1, -2, 0.5F};
  return row;
}

std::string line_of(const std::string& id, const std::string& role = "current") {
  return R"({"request_id":")" + id + R"(","time":"2026-11-25T13:15:05.123Z","image":")" + kImage +
         R"(","image_bytes":8121,"width":200,"height":100,"model":"animal","version":2,"role":")" + role +
         R"(","label":"CAT","score":0.2,"measures":{"brightness":0.25,"sharpness":12.5},"frame":"query-98.jpg","features":"3f80c000",)"
         R"("latency_ms":{"decode":0.4,"total":0.9}})"
         "\n";
}

PredictionFilter everything() {
  PredictionFilter filter;
  filter.role = "any";
  filter.with_features = true;
  return filter;
}

TEST_CASE("counts of a window are of the predictions in it that pass the filter", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  Predictions predictions(*database);
  std::vector<PredictionRow> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(row_of("r" + std::to_string(i), 1000 * i, i < 6 ? 2 : 3));
  rows[5].role = "shadow";
  rows[9].model = "other";
  predictions.insert(rows);
  PredictionFilter window = everything();
  window.model = "animal";
  window.from_ms = 3000;
  window.until_ms = 8000;
  const std::vector<PredictionCounts> counts = predictions.counts_by_version(window);
  REQUIRE(counts.size() == 3);
  CHECK(counts[0].version == 2);
  CHECK(counts[0].count == 2);
  CHECK(counts[1].role == "shadow");
  CHECK(counts[2].version == 3);
  CHECK(counts[2].count == 2);
  CHECK(counts[2].first_ms == 6000);
  CHECK(counts[2].last_ms == 7000);
  window.role = "";
  CHECK(predictions.counts_by_version(window).size() == 2);
  CHECK(predictions.counts_by_version().size() == 4);
}

std::string text_of(const std::vector<PredictionCounts>& counts) {
  std::string text;
  for (const PredictionCounts& row : counts) {
    text += fmt::format("{} {} {}: {} from {} to {}, {:.9f}\n", row.model, row.version, row.role, row.count,
                        row.first_ms, row.last_ms, row.mean_confidence);
  }
  return text;
}

// The same from the rows themselves.
std::string counted_by_hand(Predictions& predictions, const PredictionFilter& filter) {
  std::map<std::tuple<std::string, std::int64_t, std::string>, PredictionCounts> sums;
  predictions.for_each(filter, [&](const PredictionRow& row) {
    auto& sum = sums[{row.model, row.version, row.role}];
    if (sum.count == 0) sum = {row.model, row.version, row.role, 0, row.at_ms, row.at_ms, 0};
    sum.first_ms = std::min(sum.first_ms, row.at_ms);
    sum.last_ms = std::max(sum.last_ms, row.at_ms);
    sum.mean_confidence += row.confidence;
    ++sum.count;
  });
  std::vector<PredictionCounts> counts;
  for (auto& [key, sum] : sums) {
    sum.mean_confidence /= static_cast<double>(sum.count);
    counts.push_back(sum);
  }
  return text_of(counts);
}

constexpr std::int64_t kHour = 3'600'000;

// Eight hours of answers by two models, some of shadows.
std::vector<PredictionRow> hours_of_rows(std::int64_t begin_ms) {
  std::vector<PredictionRow> rows;
  RandomStream random(1, "rows");
  for (int i = 0; i < 400; ++i) {
    PredictionRow row =
        row_of("r" + std::to_string(i), begin_ms + static_cast<std::int64_t>(random.uniform() * 8 * kHour));
    row.version = 1 + i % 3;
    row.role = i % 10 == 0 ? "shadow" : "current";
    if (i % 7 == 0) row.model = "other";
    row.confidence = 0.5 + random.uniform() / 2;
    rows.push_back(row);
  }
  return rows;
}

TEST_CASE("counts of kept hours are those of the predictions, whatever comes and goes meanwhile", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  Predictions predictions(*database);
  const std::int64_t begin = GENERATE(std::int64_t{0}, 400'000 * kHour + 1234, -3 * kHour - 1);
  predictions.insert(hours_of_rows(begin));
  std::vector<PredictionFilter> filters(6, everything());
  filters[1].from_ms = begin + kHour / 3;
  filters[2].from_ms = begin + 2 * kHour;
  filters[2].until_ms = begin + 5 * kHour;
  filters[3].until_ms = begin + 6 * kHour + 1;
  filters[3].model = "animal";
  filters[4].role = "";
  filters[4].version = 2;
  filters[5].from_ms = begin + 3 * kHour + 10;
  filters[5].until_ms = begin + 3 * kHour + 20 * 60'000;
  const auto check_all = [&] {
    for (const PredictionFilter& filter : filters) {
      CHECK(text_of(predictions.counts_by_version(filter)) == counted_by_hand(predictions, filter));
    }
  };
  check_all();
  check_all();
  // Late answers, and one that is there already, by another program.
  const auto elsewhere = open_in(folder);
  Predictions other(*elsewhere);
  other.insert(
      std::vector{row_of("late", begin + kHour), row_of("late", begin + kHour), row_of("new", begin + 9 * kHour)});
  check_all();
  predictions.erase_before(begin + 2 * kHour + 7 * 60'000);
  check_all();
  predictions.keep_newest(10);
  check_all();
  predictions.keep_newest(0);
  check_all();
  CHECK(predictions.counts_by_version().empty());
}

TEST_CASE("hours that were counted are not counted again", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  Predictions predictions(*database);
  predictions.insert(hours_of_rows(0));
  const std::string before = text_of(predictions.counts_by_version());
  const auto kept = database->query("SELECT COUNT(*) FROM lake_counted_hours", {}, {ColumnType::Integer});
  CHECK(integer(kept.front(), 0) == 7);
  // What nobody told the lake of is not seen: the counts are read.
  database->execute("DELETE FROM lake_predictions WHERE at_ms >= 3600000 AND at_ms < 7200000");
  CHECK(text_of(predictions.counts_by_version()) == before);
}

TEST_CASE("a window of a model is found by its index, whatever the versions in it", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  const Predictions predictions(*database);
  const auto plan = [&](const std::string& sql) {
    std::string text;
    const auto rows =
        database->query("EXPLAIN QUERY PLAN " + sql, {},
                        {ColumnType::Integer, ColumnType::Integer, ColumnType::Integer, ColumnType::Text});
    for (const Row& row : rows) text += std::get<std::string>(row.back()) + "\n";
    return text;
  };
  const std::string window =
      "FROM lake_predictions WHERE model = 'a' AND role <> 'shadow' AND at_ms >= 1 AND at_ms < 9 ";
  CHECK(test::contains(
      plan("SELECT version, role, COUNT(*), MIN(at_ms), AVG(confidence) " + window + "GROUP BY version, role"),
      "COVERING INDEX lake_predictions_by_window (model=? AND at_ms>? AND at_ms<?)"));
  CHECK(test::contains(plan("SELECT image, score " + window + "ORDER BY at_ms DESC, request_id DESC LIMIT 10"),
                       "INDEX lake_predictions_by_window (model=? AND at_ms>? AND at_ms<?)"));
}

TEST_CASE("a prediction comes out of the lake as it went in, and twice is once", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  Predictions predictions(*database);
  const PredictionRow row = row_of("r1", 1000);
  predictions.insert(std::vector{row, row});
  predictions.insert(std::vector{row});
  CHECK(predictions.newest(everything()) == std::vector{row});
}

TEST_CASE("predictions are asked for by model, version, role and time, the newest first", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  Predictions predictions(*database);
  PredictionRow shadow = row_of("b", 2000, 3);
  shadow.role = "shadow";
  predictions.insert(std::vector{row_of("a", 1000), row_of("b", 2000), shadow, row_of("c", 3000, 3)});
  const auto ids = [&](const PredictionFilter& filter) {
    std::string text;
    for (const PredictionRow& row : predictions.newest(filter)) text += row.request_id;
    return text;
  };
  PredictionFilter filter;
  CHECK(ids(filter) == "cba");
  CHECK(ids(everything()) == "cbba");
  filter.version = 3;
  CHECK(ids(filter) == "c");
  filter.role = "shadow";
  CHECK(ids(filter) == "b");
  filter = {};
  filter.from_ms = 2000;
  filter.until_ms = 3000;
  CHECK(ids(filter) == "b");
  filter = {};
  filter.limit = 1;
  CHECK(ids(filter) == "c");
  filter.model = "other";
  CHECK(predictions.count(filter) == 0);
  CHECK(predictions.count(everything()) == 4);
  filter.limit = 0;
  require_error(ErrorCode::InvalidArgument, "1 to 1000000", [&] { predictions.newest(filter); });
  const std::vector<PredictionCounts> counts = predictions.counts_by_version();
  REQUIRE(counts.size() == 3);
  CHECK(counts[0].count == 2);
  CHECK(counts[0].first_ms == 1000);
  CHECK(counts[0].last_ms == 2000);
  CHECK(counts[2].role == "shadow");
}

TEST_CASE("old predictions can be dropped by age and by number", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  Predictions predictions(*database);
  for (int i = 0; i < 10; ++i) predictions.insert(std::vector{row_of(std::to_string(i), 1000 + i)});
  CHECK(predictions.erase_before(1003) == 3);
  CHECK(predictions.keep_newest(20) == 0);
  CHECK(predictions.keep_newest(2) == 5);
  CHECK(predictions.count(everything()) == 2);
  CHECK(predictions.newest(everything()).front().request_id == "9");
}

TEST_CASE("lines of the sink reach the lake once, however often and wherever reading stops", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  const auto sink = folder / "sink";
  const auto file = sink / "predictions-2026-11-25-0001.jsonl";
  const std::string whole = line_of("r1") + line_of("r1", "shadow") + line_of("r2");
  // A file that grows byte by byte: what is not whole yet waits.
  for (std::size_t bytes = 0; bytes <= whole.size(); bytes += 37) {
    write_file_atomic(file, whole.substr(0, bytes));
    ingest_prediction_files(*database, sink);
  }
  write_file_atomic(file, whole);
  ingest_prediction_files(*database, sink);
  CHECK(ingest_prediction_files(*database, sink).rows == 0);
  Predictions predictions(*database);
  const std::vector<PredictionRow> rows = predictions.newest(everything());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].request_id == "r2");
  CHECK(rows[0].at_ms == 1795612505123);
  CHECK(std::abs(rows[0].confidence - 0.8) < 1e-12);
  CHECK(rows[0].measures.brightness == 0.25);
  CHECK_FALSE(rows[0].measures.contrast);
  CHECK(rows[0].features == std::vector<float>{1, -2});
  PredictionFilter without = everything();
  without.with_features = false;
  CHECK(predictions.newest(without)[0].features.empty());
  CHECK(rows[0].frame == "query-98.jpg");
  CHECK(rows[0].total_ms == 0.9);
}

TEST_CASE("a replaced file is read anew, a garbled line is passed over, other files are left alone", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  const auto sink = folder / "sink";
  CHECK(ingest_prediction_files(*database, sink).rows == 0);
  const auto file = sink / "predictions-2026-11-25-0001.jsonl";
  write_file_atomic(file, line_of("r1") + "{\"cut\":\n\n" + line_of("r2"));
  write_file_atomic(sink / "other.jsonl", line_of("r9"));
  const IngestCounts first = ingest_prediction_files(*database, sink);
  CHECK(first.rows == 2);
  CHECK(first.garbled == 1);
  write_file_atomic(file, line_of("r3"));
  CHECK(ingest_prediction_files(*database, sink).rows == 1);
  CHECK(Predictions(*database).count(everything()) == 3);
}

TEST_CASE("a sink that is no folder is an error", "[lake]") {
  const TemporaryFolder folder;
  const auto database = open_in(folder);
  write_file_atomic(folder / "file", "x");
  CHECK_THROWS_AS(ingest_prediction_files(*database, folder / "file"), Error);
}

TEST_CASE("a line that is no prediction says why", "[lake]") {
  const auto refused = [](std::string line, const std::string& what, const std::string& instead, const char* why) {
    const std::size_t at = line.find(what);
    REQUIRE(at != std::string::npos);
    line.replace(at, what.size(), instead);
    require_error(ErrorCode::DataLoss, why, [&] { parse_prediction_line(line, "file"); });
  };
  refused(line_of("r"), "\"request_id\":\"r\",", "", "has no \"request_id\"");
  refused(line_of("r"), "\"r\"", "\"\"", "1 to 200 bytes");
  refused(line_of("r"), "\"r\"", "7", "is no string");
  refused(line_of("r"), "\"current\"", "\"\"", "1 to 16 bytes");
  refused(line_of("r"), "2026-11", "2026-13", "not like");
  refused(line_of("r"), "9834", "983", "no SHA-256");
  refused(line_of("r"), "\"version\":2", "\"version\":2.5", "no whole number");
  refused(line_of("r"), "\"version\":2", "\"version\":18446744073709551615", "is too large");
  refused(line_of("r"), "0.2", "\"a\"", "no number");
  refused(line_of("r"), "0.2", "1.2", "no probability");
  refused(line_of("r"), "\"score\":0.2", "\"scores\":[]", "no list");
  refused(line_of("r"), "3f80c000", "3f80c00", "four hexadecimal digits each");
  refused(line_of("r"), "3f80c000", std::string(4100, '0'), "up to 1024 numbers");
  require_error(ErrorCode::DataLoss, "a JSON object", [] { parse_prediction_line("[]", "file"); });
}

TEST_CASE("with more classes the confidence is the largest score", "[lake]") {
  std::string line = line_of("r");
  const std::string score = "\"score\":0.2";
  line.replace(line.find(score), score.size(), "\"scores\":[0.1,0.6,0.3]");
  const PredictionRow row = parse_prediction_line(line, "file");
  CHECK_FALSE(row.score);
  CHECK(row.confidence == 0.6);
}

}  // namespace
}  // namespace animalctl::lake
