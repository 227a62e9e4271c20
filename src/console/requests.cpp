#include "console/requests.h"

#include <fmt/core.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"

namespace animalctl::console {
namespace {

constexpr std::size_t kLongestReason = 1000;

}  // namespace

std::string require_reason(const std::string& text) {
  std::string reason(trim(text));
  if (reason.empty()) {
    throw Error(ErrorCode::InvalidArgument, "a reason is needed: it is what those who come later read");
  }
  if (reason.size() > kLongestReason) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("a reason has at most {} bytes", kLongestReason));
  }
  return reason;
}

void ask_orchestrator(lake::RunRecords& records, const std::string& what, const std::string& reason,
                      const std::string& by, std::int64_t now_ms) {
  if (what != "run-now" && what != "stop-canary") {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("\"{}\" is no request; those are run-now and stop-canary", what));
  }
  lake::DecisionRow row;
  row.at_ms = now_ms;
  row.kind = "request";
  row.verdict = what;
  row.reason = require_reason(reason);
  row.detail = nlohmann::ordered_json({{"by", by}}).dump();
  records.decide(row);
}

std::optional<std::string> open_request_reason(const std::vector<lake::DecisionRow>& newest_first,
                                               const std::string& what) {
  std::int64_t answered = 0;
  for (const lake::DecisionRow& row : newest_first) {
    if (row.verdict != what) continue;
    if (row.kind == "answer") {
      const nlohmann::json detail = nlohmann::json::parse(row.detail, nullptr, false);
      if (detail.is_object()) answered = std::max(answered, detail.value("request", std::int64_t{0}));
    }
    if (row.kind == "request") return row.id > answered ? std::optional(row.reason) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace animalctl::console
