#include "orchestrate/requests.h"

#include <nlohmann/json.hpp>

namespace animalctl::orchestrate {

std::optional<OpenRequest> open_request(lake::RunRecords& records, const std::string& verdict) {
  // Newest first: an answer comes before the requests that it closes.
  std::int64_t answered = 0;
  for (const lake::DecisionRow& row : records.newest_decisions("", 500)) {
    if (row.verdict != verdict) continue;
    if (row.kind == "answer") {
      const nlohmann::json detail = nlohmann::json::parse(row.detail, nullptr, false);
      if (detail.is_object()) answered = std::max(answered, detail.value("request", std::int64_t{0}));
    }
    if (row.kind == "request") return row.id > answered ? std::optional(OpenRequest{row.id, row.reason}) : std::nullopt;
  }
  return std::nullopt;
}

void answer_request(lake::RunRecords& records, const OpenRequest& request, const std::string& verdict,
                    const std::string& run, const std::string& reason, std::int64_t now_ms) {
  lake::DecisionRow row;
  row.at_ms = now_ms;
  row.run = run;
  row.kind = "answer";
  row.verdict = verdict;
  row.reason = reason;
  row.detail = nlohmann::ordered_json({{"request", request.id}}).dump();
  records.decide(row);
}

}  // namespace animalctl::orchestrate
