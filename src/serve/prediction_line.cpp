#include "serve/prediction_line.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "animalctl/base/bfloat16_text.h"
#include "animalctl/base/error.h"
#include "animalctl/base/time_text.h"

namespace animalctl::serve {
namespace {

// Most lines fit without memory of their own.
using Line = fmt::basic_memory_buffer<char, 1024>;

// Written by hand: one line is made for each answer, and a tree of JSON values took longer than the rest of the sink.
// Format strings are parsed when the program is compiled, for the same reason.
template <typename Format, typename... Values>
void append(Line& line, const Format& format, const Values&... values) {
  fmt::format_to(std::back_inserter(line), format, values...);
}

void append_plain(Line& line, std::string_view text) {
  line.append(text.data(), text.data() + text.size());
}

// Names come from archives and clients: what is not plain text is left to the JSON library.
void append_json(Line& line, std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
  if (!plain) {
    return append_plain(line, nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  line.push_back('"');
  append_plain(line, text);
  line.push_back('"');
}

// `key` with everything around it: ",\"time\":".
void append_text(Line& line, std::string_view key, std::string_view text) {
  append_plain(line, key);
  append_json(line, text);
}

// Four digits that count: more would be noise, and lines are many.
void append_measures(Line& line, const ImageStatistics& statistics) {
  append(line, FMT_COMPILE(",\"measures\":{{\"brightness\":{:.4g},\"contrast\":{:.4g}"), statistics.brightness,
         statistics.contrast);
  if (statistics.saturation) append(line, FMT_COMPILE(",\"saturation\":{:.4g}"), *statistics.saturation);
  append(line, FMT_COMPILE(",\"sharpness\":{:.4g}}}"), statistics.sharpness);
}

void append_scores(Line& line, const std::vector<float>& scores) {
  if (scores.size() == 1) return append(line, FMT_COMPILE(",\"score\":{}"), scores.front());
  append_plain(line, ",\"scores\":[");
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (i > 0) line.push_back(',');
    append(line, FMT_COMPILE("{}"), scores[i]);
  }
  line.push_back(']');
}

// A projection that no number can hold is left out: the answer was given all the same.
void append_features(Line& line, const std::vector<float>& projection) {
  if (projection.empty()) return;
  try {
    append_text(line, ",\"features\":", bfloat16_text(projection));
  } catch (const Error&) {
  }
}

// Milliseconds with three digits behind the point: microseconds are what a clock can tell apart here.
double rounded_ms(std::chrono::nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1e3) / 1e3;
}

}  // namespace

std::string utc_day(std::chrono::system_clock::time_point time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

std::string prediction_line(const PredictionRecord& record, const StoredPicture& stored) {
  Line line;
  append_text(line, "{\"request_id\":", record.request_id);
  append_text(line, ",\"time\":", iso_time(record.time));
  append_text(line, ",\"image\":", record.image.hex());
  append(line, FMT_COMPILE(",\"image_bytes\":{},\"width\":{},\"height\":{}"), record.image_bytes, record.picture.width,
         record.picture.height);
  if (record.picture.statistics) append_measures(line, *record.picture.statistics);
  if (!stored.image_file.empty()) append_text(line, ",\"image_file\":", stored.image_file);
  if (!stored.frame.empty()) append_text(line, ",\"frame\":", stored.frame);
  if (!stored.review.empty()) append_text(line, ",\"review\":", stored.review);
  append_text(line, ",\"model\":", record.model);
  append(line, FMT_COMPILE(",\"version\":{},\"role\":\"{}\""), record.version, to_string(record.role));
  append_text(line, ",\"label\":", record.label);
  append_scores(line, record.scores);
  append_features(line, record.projection);
  append(line, FMT_COMPILE(",\"latency_ms\":{{\"decode\":{},\"queue\":{},\"inference\":{},\"total\":{}}}}}\n"),
         rounded_ms(record.decode), rounded_ms(record.queued), rounded_ms(record.inference), rounded_ms(record.total));
  return fmt::to_string(line);
}

}  // namespace animalctl::serve
