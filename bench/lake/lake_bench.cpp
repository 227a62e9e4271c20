// lake_bench ADDRESS ROWS [TIMES]: fills a lake with so many predictions of 30 days (unless they are there already) and
// times what the orchestrator, drift and the pages ask of it. One line of JSON a question: the median of TIMES (5), and
// the first.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "animalctl/base/digest.h"
#include "animalctl/base/error.h"
#include "animalctl/lake/database.h"
#include "animalctl/lake/predictions.h"

namespace {

using namespace animalctl;
using lake::PredictionFilter;
using lake::PredictionRow;
using lake::Predictions;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kEndMs = 1'795'700'000'000;  // fixed: the same rows in every run
constexpr std::int64_t kDays = 30;
constexpr std::int64_t kBatch = 50'000;

PredictionRow row_at(std::int64_t number, std::int64_t rows) {
  PredictionRow row;
  const Digest digest = sha256(std::string_view(std::to_string(number)));
  const std::uint64_t random = digest.prefix();
  row.request_id = digest.hex().substr(0, 26);
  row.image = digest.hex();
  row.at_ms = kEndMs - kDays * kDayMs + number * (kDays * kDayMs) / rows;
  row.model = "animal";
  row.version = 1 + number * 10 / rows;  // ten versions, one after the other; one of ten answers is of a shadow
  row.role = random % 10 == 0 ? "shadow" : "current";
  const double score = static_cast<double>(random >> 11U) / static_cast<double>(std::uint64_t{1} << 53U);
  row.score = score;
  row.confidence = std::max(score, 1 - score);
  row.label = score >= 0.5 ? "DOG" : "CAT";
  row.image_bytes = 8000;
  row.width = 200;
  row.height = 100;
  row.measures = {0.5, 0.2, 0.3, 0.1};
  row.total_ms = 1.5;
  return row;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void fill(lake::Database& database, std::int64_t rows) {
  Predictions predictions(database);
  PredictionFilter any;
  any.role = "any";
  const std::int64_t there = rows == 0 ? 0 : predictions.count(any);
  const auto begin = Clock::now();
  std::vector<PredictionRow> batch;
  for (std::int64_t number = there; number < rows;) {
    batch.clear();
    for (; number < rows && static_cast<std::int64_t>(batch.size()) < kBatch; ++number) {
      batch.push_back(row_at(number, rows));
    }
    predictions.insert(batch);
  }
  const double seconds = seconds_since(begin);
  fmt::print("{{\"rows\": {}, \"written\": {}, \"seconds\": {:.1f}}}\n", rows, rows - there, seconds);
}

void measure(int times, const char* name, const std::function<std::size_t()>& question) {
  std::vector<double> seconds;
  std::size_t answer = 0;
  for (int i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    answer = question();
    seconds.push_back(seconds_since(begin));
  }
  const double first = seconds.front();
  std::sort(seconds.begin(), seconds.end());
  fmt::print("{{\"question\": \"{}\", \"answer\": {}, \"median_s\": {:.4f}, \"first_s\": {:.4f}}}\n", name, answer,
             seconds[seconds.size() / 2], first);
  std::fflush(stdout);
}

PredictionFilter last_days(double days) {
  PredictionFilter filter;
  filter.model = "animal";
  filter.from_ms = kEndMs - static_cast<std::int64_t>(days * static_cast<double>(kDayMs));
  filter.until_ms = kEndMs;
  return filter;
}

void ask(lake::Database& database, int times) {
  Predictions predictions(database);
  const auto counts = [&](PredictionFilter filter) {
    filter.role = "any";
    std::int64_t sum = 0;
    for (const auto& row : predictions.counts_by_version(filter)) sum += row.count;
    return static_cast<std::size_t>(sum);
  };
  measure(times, "counts by version, last hour", [&] { return counts(last_days(1.0 / 24)); });
  measure(times, "counts by version, last day", [&] { return counts(last_days(1)); });
  measure(times, "counts by version, last 3 days", [&] { return counts(last_days(3)); });
  measure(times, "counts by version, 7 days", [&] { return counts(last_days(7)); });
  const auto scores = [&](PredictionFilter filter) { return predictions.newest(filter).size(); };
  for (const std::size_t limit : {2'000U, 20'000U}) {
    PredictionFilter filter = last_days(1);
    filter.limit = limit;
    const std::string newest = fmt::format("newest {} scores of the model in the last day", limit);
    measure(times, newest.c_str(), [&] { return scores(filter); });
    filter.version = 10;
    const std::string of_version = fmt::format("newest {} scores of a version in the last day", limit);
    measure(times, of_version.c_str(), [&] { return scores(filter); });
    filter.from_ms.reset();
    filter.version.reset();
    const std::string open = fmt::format("newest {} scores of the model", limit);
    measure(times, open.c_str(), [&] { return scores(filter); });
  }
  PredictionFilter version = last_days(3);
  version.version = 10;
  measure(times, "count of a version in 3 days", [&] { return static_cast<std::size_t>(predictions.count(version)); });
  PredictionFilter old = last_days(30);
  old.until_ms = kEndMs - 29 * kDayMs;
  old.limit = 2'000;
  measure(times, "2000 scores of a window 29 days ago", [&] { return scores(old); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3 && argc != 4) throw Error(ErrorCode::InvalidArgument, "lake_bench ADDRESS ROWS [TIMES]");
    const auto database = lake::Database::open(argv[1]);
    fill(*database, std::atoll(argv[2]));
    if (std::atoll(argv[2]) > 0) ask(*database, argc == 4 ? std::max(1, std::atoi(argv[3])) : 5);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
