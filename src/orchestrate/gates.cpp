#include "orchestrate/gates.h"

#include <fmt/core.h>

#include <cmath>
#include <map>
#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/stats/fisher.h"
#include "orchestrate/json_numbers.h"

namespace animalctl::orchestrate {
namespace {

Gate gate_of(const char* name, bool passes, std::string reason) {
  return {name, passes ? GateVerdict::Pass : GateVerdict::Fail, std::move(reason)};
}

struct SliceCounts {
  std::uint64_t images = 0;
  std::uint64_t right = 0;
};

std::map<std::string, SliceCounts> slices_of(const nlohmann::json& report) {
  std::map<std::string, SliceCounts> slices;
  const auto rows = report.find("slices");
  if (rows == report.end() || !rows->is_array()) throw Error(ErrorCode::DataLoss, "a report has no slices");
  for (const nlohmann::json& row : *rows) {
    const std::uint64_t images = count_at(row, "/images");
    const double right = std::round(number_at(row, "/accuracy") * static_cast<double>(images));
    slices[row.value("group", "") + " " + row.value("slice", "")] = {images, static_cast<std::uint64_t>(right)};
  }
  return slices;
}

std::string difference_words(const nlohmann::json& evaluation) {
  const nlohmann::json smallest = evaluation.at("mcnemar").value("smallest_detectable_difference", nlohmann::json());
  return smallest.is_number() ? fmt::format("this set shows differences from {:.4f} on", smallest.get<double>())
                              : std::string("this set is too small to show any difference");
}

GateVerdict parse_verdict(const std::string& word, std::string_view origin) {
  for (const GateVerdict verdict :
       {GateVerdict::Pass, GateVerdict::Fail, GateVerdict::Inconclusive, GateVerdict::Skipped}) {
    if (word == to_string(verdict)) return verdict;
  }
  throw Error(ErrorCode::DataLoss, fmt::format("{}: \"{}\" is no verdict of a gate", origin, word));
}

}  // namespace

std::string_view to_string(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::Pass:
      return "pass";
    case GateVerdict::Fail:
      return "fail";
    case GateVerdict::Inconclusive:
      return "inconclusive";
    case GateVerdict::Skipped:
      return "skipped";
  }
  return "";
}

Gate judge_data(const nlohmann::json& check, const GateSettings& settings) {
  const std::uint64_t frames = count_at(check, "/frames");
  const std::uint64_t errors = count_at(check, "/errors");
  const double share = frames == 0 ? 1.0 : static_cast<double>(errors) / static_cast<double>(frames);
  return gate_of("data", share <= settings.max_error_share,
                 fmt::format("{} errors in {} frames, {:.2f} % of {:.2f} % allowed", errors, frames, 100 * share,
                             100 * settings.max_error_share));
}

Gate judge_floors(const nlohmann::json& validation) {
  std::string reason;
  const nlohmann::json bounds = validation.value("bounds", nlohmann::json::array());
  for (const nlohmann::json& bound : bounds) {
    reason += fmt::format("{}{} {:.4f} ({} {:.4f}{})", reason.empty() ? "" : ", ", bound.value("metric", ""),
                          number_at(bound, "/value"), bound.value("bound", ""), number_at(bound, "/limit"),
                          flag_at(bound, "/holds") ? "" : ": not reached");
  }
  return gate_of("floors", flag_at(validation, "/ready"), reason);
}

Gate judge_comparison(const nlohmann::json& evaluation, const GateSettings& settings) {
  const double base = number_at(evaluation, "/base/accuracy");
  const double test = number_at(evaluation, "/test/accuracy");
  const std::string numbers =
      fmt::format("accuracy {:.4f}, the champion's {:.4f}, on {} images; exact McNemar p = {:.4g}", test, base,
                  count_at(evaluation, "/images"), number_at(evaluation, "/mcnemar/p_value"));
  const std::string verdict = evaluation.at("mcnemar").value("verdict", "");
  if (verdict == "better") return {"champion", GateVerdict::Pass, "better: " + numbers};
  if (verdict == "worse") return {"champion", GateVerdict::Fail, "worse: " + numbers};
  if (verdict != "inconclusive") throw Error(ErrorCode::DataLoss, "evaluate gave no verdict");
  const std::string open = fmt::format("inconclusive: {}; {}", numbers, difference_words(evaluation));
  switch (settings.inconclusive) {
    case Inconclusive::Promote:
      return {"champion", GateVerdict::Pass, open + "; --inconclusive promote lets it go on"};
    case Inconclusive::Refuse:
      return {"champion", GateVerdict::Fail, open + "; --inconclusive refuse"};
    case Inconclusive::Ask:
      break;
  }
  return {"champion", GateVerdict::Inconclusive, open + "; say --inconclusive promote or --inconclusive refuse"};
}

Gate judge_slices(const nlohmann::json& champion, const nlohmann::json& challenger, double alpha) {
  const auto before = slices_of(champion);
  const auto now = slices_of(challenger);
  std::size_t compared = 0;
  for (const auto& [name, counts] : now) compared += before.contains(name) ? 1 : 0;
  if (compared == 0) return {"slices", GateVerdict::Skipped, "the test set has no slices large enough to compare"};
  std::string worse;
  for (const auto& [name, counts] : now) {
    const auto old = before.find(name);
    if (old == before.end()) continue;
    const double p = fisher_exact_less(counts.right, counts.images, old->second.right, old->second.images);
    if (p > alpha / static_cast<double>(compared)) continue;
    worse += fmt::format("{}{} ({} of {} right, the champion {} of {}, p = {:.4g})", worse.empty() ? "" : ", ", name,
                         counts.right, counts.images, old->second.right, old->second.images, p);
  }
  return gate_of("slices", worse.empty(),
                 worse.empty() ? fmt::format("no worse than the champion in any of {} slices", compared)
                               : "worse than the champion in " + worse);
}

Gate judge_calibration(const nlohmann::json& report, const GateSettings& settings) {
  const double ece = number_at(report, "/metrics/ece");
  const std::uint64_t images = count_at(report, "/images");
  const double chance = images == 0 ? 1.0 : 1.0 / std::sqrt(static_cast<double>(images));
  const double bound = settings.max_calibration_error + chance;
  return gate_of("calibration", ece <= bound,
                 fmt::format("expected calibration error {:.4f}, at most {:.4f} ({:.4f} and {:.4f} for chance)", ece,
                             bound, settings.max_calibration_error, chance));
}

GateConclusion conclude_gates(const std::vector<Gate>& gates) {
  GateConclusion conclusion;
  for (const GateVerdict wanted : {GateVerdict::Fail, GateVerdict::Inconclusive}) {
    for (const Gate& gate : gates) {
      if (gate.verdict != wanted) continue;
      conclusion.verdict = wanted;
      conclusion.reason += fmt::format("{}{}: {}", conclusion.reason.empty() ? "" : "; ", gate.name, gate.reason);
    }
    if (!conclusion.reason.empty()) return conclusion;
  }
  conclusion.reason = fmt::format("all {} gates hold", gates.size());
  return conclusion;
}

std::string format_gates(const std::vector<Gate>& gates) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Gate& gate : gates) {
    list.push_back({{"gate", gate.name}, {"verdict", to_string(gate.verdict)}, {"reason", gate.reason}});
  }
  return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::vector<Gate> parse_gates(std::string_view text, std::string_view origin) {
  const nlohmann::json list = parse_json(text, origin);
  if (!list.is_array()) throw Error(ErrorCode::DataLoss, fmt::format("{} is no list of gates", origin));
  std::vector<Gate> gates;
  for (const nlohmann::json& row : list) {
    if (!row.is_object()) throw Error(ErrorCode::DataLoss, fmt::format("{} is no list of gates", origin));
    gates.push_back({row.value("gate", ""), parse_verdict(row.value("verdict", ""), origin), row.value("reason", "")});
  }
  return gates;
}

}  // namespace animalctl::orchestrate
