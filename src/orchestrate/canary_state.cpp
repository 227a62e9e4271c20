#include "orchestrate/canary_state.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"

namespace animalctl::orchestrate {
namespace {

// A real number is no count: converting one that is too large is undefined.
std::int64_t integer_of(const nlohmann::json& json, const char* key) {
  const nlohmann::json& value = json.at(key);
  if (!value.is_number_integer()) throw Error(ErrorCode::DataLoss, std::string(key) + " is no whole number");
  return value.get<std::int64_t>();
}

CanaryMeasure parse_measure(const nlohmann::json& row) {
  CanaryMeasure measure;
  measure.name = row.at("measure").get<std::string>();
  measure.champion = row.at("champion").get<double>();
  measure.challenger = row.at("challenger").get<double>();
  measure.difference = row.at("difference").get<double>();
  measure.bound = row.at("bound").get<double>();
  measure.p_value = row.at("p").get<double>();
  measure.count = static_cast<std::uint64_t>(integer_of(row, "count"));
  measure.verdict = row.at("verdict").get<std::string>();
  return measure;
}

}  // namespace

std::string format_canary(const CanaryState& state) {
  nlohmann::ordered_json json;
  json["step"] = state.step;
  json["share"] = state.share;
  json["step_started_ms"] = state.step_started_ms;
  json["applied"] = state.applied;
  json["requests"] = state.requests;
  json["slow_ms"] = state.slow_ms;
  json["counters"] = state.counters;
  json["measures"] = nlohmann::ordered_json::array();
  for (const CanaryMeasure& measure : state.measures) {
    json["measures"].push_back({{"measure", measure.name},
                                {"champion", measure.champion},
                                {"challenger", measure.challenger},
                                {"difference", measure.difference},
                                {"bound", measure.bound},
                                {"p", measure.p_value},
                                {"count", measure.count},
                                {"verdict", measure.verdict}});
  }
  json["verdict"] = state.verdict;
  json["reason"] = state.reason;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

CanaryState parse_canary(std::string_view text, const std::string& run) {
  CanaryState state;
  if (text.empty()) return state;
  const std::string origin = "the canary of " + run;
  const nlohmann::json json = parse_json(text, origin);
  try {
    state.step = integer_of(json, "step");
    state.share = json.at("share").get<double>();
    state.step_started_ms = integer_of(json, "step_started_ms");
    state.applied = json.at("applied").get<bool>();
    state.requests = integer_of(json, "requests");
    state.slow_ms = json.at("slow_ms").get<double>();
    state.counters = json.at("counters").get<std::map<std::string, double>>();
    for (const nlohmann::json& row : json.at("measures")) state.measures.push_back(parse_measure(row));
    state.verdict = json.at("verdict").get<std::string>();
    state.reason = json.at("reason").get<std::string>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::DataLoss, origin + " in the lake is garbled: " + error.what());
  }
  return state;
}

}  // namespace animalctl::orchestrate
