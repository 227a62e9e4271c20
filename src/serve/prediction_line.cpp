#include "serve/prediction_line.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/time_text.h"
#include "serve/json_number.h"

namespace animalctl::serve {
namespace {

// Milliseconds with three digits behind the point: microseconds are what a clock can tell apart here.
double rounded_ms(std::chrono::nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1e3) / 1e3;
}

// Four digits that count: more would be noise, and lines are many.
double rounded(double value) {
  return std::stod(fmt::format("{:.4g}", value));
}

nlohmann::ordered_json measures_of(const ImageStatistics& statistics) {
  nlohmann::ordered_json measures = {{"brightness", rounded(statistics.brightness)},
                                     {"contrast", rounded(statistics.contrast)}};
  if (statistics.saturation) measures["saturation"] = rounded(*statistics.saturation);
  measures["sharpness"] = rounded(statistics.sharpness);
  return measures;
}

}  // namespace

std::string utc_day(std::chrono::system_clock::time_point time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string prediction_line(const PredictionRecord& record, const StoredPicture& stored) {
  nlohmann::ordered_json line;
  line["request_id"] = record.request_id;
  line["time"] = iso_time(record.time);
  line["image"] = record.image.hex();
  line["image_bytes"] = record.image_bytes;
  line["width"] = record.picture.width;
  line["height"] = record.picture.height;
  if (record.picture.statistics) line["measures"] = measures_of(*record.picture.statistics);
  if (!stored.image_file.empty()) line["image_file"] = stored.image_file;
  if (!stored.frame.empty()) line["frame"] = stored.frame;
  if (!stored.review.empty()) line["review"] = stored.review;
  line["model"] = record.model;
  line["version"] = record.version;
  line["role"] = to_string(record.role);
  line["label"] = record.label;
  if (record.scores.size() == 1) {
    line["score"] = shortest_double(record.scores.front());
  } else {
    line["scores"] = nlohmann::ordered_json::array();
    for (const float score : record.scores) line["scores"].push_back(shortest_double(score));
  }
  line["latency_ms"] = {{"decode", rounded_ms(record.decode)},
                        {"queue", rounded_ms(record.queued)},
                        {"inference", rounded_ms(record.inference)},
                        {"total", rounded_ms(record.total)}};
  // Class names come from archives: a byte that is not UTF-8 must not lose the record.
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace animalctl::serve
