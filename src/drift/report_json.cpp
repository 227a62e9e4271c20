#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/time_text.h"
#include "animalctl/drift/drift_report.h"

namespace animalctl::drift {
namespace {

using Json = nlohmann::ordered_json;

std::string time_text(std::int64_t at_ms) {
  return iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(at_ms)));
}

Json stretch_json(const Stretch& stretch) {
  Json json;
  json["from"] = stretch.answers > 0 ? Json(time_text(stretch.from_ms)) : Json();
  json["until"] = stretch.answers > 0 ? Json(time_text(stretch.until_ms)) : Json();
  json["answers"] = stretch.answers;
  json["pictures"] = stretch.pictures;
  return json;
}

Json window_json(const WindowTest& test) {
  if (!test.counted) return {{"counted", false}};
  return {{"counted", true},
          {"p_value", test.p_value},
          {"adjusted_p_value", test.adjusted_p_value},
          {"effect", test.effect},
          {"drifted", test.drifted}};
}

Json bar_json(const Bar& bar) {
  Json json = {{"name", bar.name}};
  if (bar.low != bar.high) json.update({{"low", bar.low}, {"high", bar.high}});
  json["reference"] = bar.reference;
  json["current"] = bar.current;
  return json;
}

Json input_json(const InputDrift& input, double alpha) {
  Json json = {{"input", input.input},
               {"verdict", to_string(input.verdict)},
               {"test", input.test},
               {"effect_name", input.effect_name},
               {"effect", input.effect},
               {"floor", input.floor},
               {"alpha", alpha},
               {"hits", input.hits},
               {"looked", input.looked},
               {"reference_count", input.reference_count},
               {"current_count", input.current_count},
               {"reference_mean", input.reference_mean},
               {"current_mean", input.current_mean},
               {"psi", input.psi},
               {"windows", Json::array()},
               {"bars", Json::array()}};
  for (const WindowTest& test : input.windows) json["windows"].push_back(window_json(test));
  for (const Bar& bar : input.bars) json["bars"].push_back(bar_json(bar));
  return json;
}

Json interval_json(const Interval& interval) {
  return Json::array({interval.low, interval.high});
}

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json accuracy_json(const LiveAccuracy& accuracy) {
  Json json = {{"validation", or_null(accuracy.validation)},
               {"estimated_reference", or_null(accuracy.estimated_reference)},
               {"estimated", or_null(accuracy.estimated)}};
  if (accuracy.estimated) json["estimated_interval"] = interval_json(accuracy.estimated_interval);
  json["labelled"] = {
      {"count", accuracy.labelled}, {"right", accuracy.right}, {"interval", interval_json(accuracy.interval)}};
  json["audited"] = {{"count", accuracy.audited},
                     {"right", accuracy.audited_right},
                     {"interval", interval_json(accuracy.audited_interval)}};
  return json;
}

Json image_json(const DriftedImage& image) {
  return {{"digest", image.digest}, {"frame", image.frame},           {"time", time_text(image.at_ms)},
          {"label", image.label},   {"confidence", image.confidence}, {"input", image.input},
          {"value", image.value},   {"distance", image.distance}};
}

Json settings_json(const DriftSettings& settings) {
  return {{"window", settings.window},
          {"min_window", settings.min_window},
          {"reference", settings.reference},
          {"min_reference", settings.min_reference},
          {"needed_windows", settings.persistence.needed},
          {"of_windows", settings.persistence.windows},
          {"alpha", settings.alpha},
          {"min_wasserstein", settings.min_wasserstein},
          {"min_jensen_shannon", settings.min_jensen_shannon},
          {"min_mmd", settings.min_mmd},
          {"min_accuracy_change", settings.min_accuracy_change},
          {"min_labelled", settings.min_labelled}};
}

}  // namespace

std::string to_json(const DriftReport& report) {
  Json json = {{"format", 1},
               {"model", report.model},
               {"version", report.version},
               {"verdict", to_string(report.verdict)},
               {"reason", report.reason},
               {"reference", stretch_json(report.reference)},
               {"windows", Json::array()},
               {"inputs", Json::array()},
               {"accuracy", accuracy_json(report.accuracy)},
               {"images", Json::array()},
               {"settings", settings_json(report.settings)}};
  for (const Stretch& window : report.windows) json["windows"].push_back(stretch_json(window));
  for (const InputDrift& input : report.inputs) json["inputs"].push_back(input_json(input, report.settings.alpha));
  for (const DriftedImage& image : report.images) json["images"].push_back(image_json(image));
  // Class names come from archives, whatever bytes they are.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace animalctl::drift
