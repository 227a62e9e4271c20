#include "orchestrate/decisions.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "animalctl/base/log.h"

namespace animalctl::orchestrate {
namespace {

// A run has fewer decisions than this.
constexpr std::size_t kMostDecisions = 500;

}  // namespace

DecisionLog::DecisionLog(lake::RunRecords& records, std::function<TimePoint()> now, Tell tell)
    : records_(records), now_(std::move(now)), tell_(std::move(tell)) {}

bool DecisionLog::known(const std::string& run, const std::string& kind, const std::string& name) const {
  for (const lake::DecisionRow& row : records_.newest_decisions(run, kMostDecisions)) {
    if (row.kind != kind) continue;
    const nlohmann::json detail = nlohmann::json::parse(row.detail, nullptr, false);
    if (detail.is_object() && detail.value("name", "") == name) return true;
  }
  return false;
}

void DecisionLog::decide(const std::string& run, const std::string& kind, const std::string& name,
                         const std::string& verdict, const std::string& reason, const std::string& detail) {
  if (!name.empty() && known(run, kind, name)) return;
  nlohmann::ordered_json json =
      detail.empty() ? nlohmann::ordered_json::object() : nlohmann::ordered_json::parse(detail);
  if (!name.empty()) json["name"] = name;
  lake::DecisionRow row;
  row.at_ms = to_ms(now_());
  row.run = run;
  row.kind = kind;
  row.verdict = verdict;
  row.reason = reason;
  row.detail = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  records_.decide(row);
  log::info(
      "decided",
      {{"kind", name.empty() ? kind : kind + " " + name}, {"verdict", verdict}, {"run", run}, {"reason", reason}});
  if (tell_) tell_(row);
}

std::int64_t to_ms(TimePoint time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

TimePoint from_ms(std::int64_t at_ms) {
  return TimePoint(std::chrono::milliseconds(at_ms));
}

}  // namespace animalctl::orchestrate
