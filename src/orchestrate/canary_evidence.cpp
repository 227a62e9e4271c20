#include "orchestrate/canary_evidence.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "animalctl/base/text.h"
#include "orchestrate/answer_times.h"

namespace animalctl::orchestrate {
namespace {

constexpr std::size_t kMostRows = 20'000;
constexpr std::size_t kFewestTimes = 100;
constexpr double kShortestMs = 1e-3;
constexpr double kMostRequests = 1e15;

lake::PredictionFilter filter_of(const CanaryWindow& window) {
  lake::PredictionFilter filter;
  filter.model = window.model;
  filter.role = "any";
  filter.from_ms = window.from_ms;
  filter.limit = kMostRows;
  return filter;
}

// One version's answer to a request that waits for the other's.
struct WaitingAnswer {
  bool of_challenger = false;
  double score = 0;
  std::string label;
};

class EvidenceCounter {
 public:
  EvidenceCounter(const CanaryWindow& window, const LabelledPictures& labels) : window_(window), labels_(labels) {}

  void add(const lake::PredictionRow& row) {
    const bool of_challenger = row.version == window_.challenger;
    if (!of_challenger && row.version != window_.champion) return;
    add_time(row, of_challenger);
    WaitingAnswer answer{of_challenger, row.score.value_or(row.confidence), row.label};
    const auto [other, fresh] = waiting_.try_emplace(row.request_id, answer);
    if (fresh || other->second.of_challenger == of_challenger) return;
    add_pair(row, of_challenger ? other->second : answer, of_challenger ? answer : other->second);
    waiting_.erase(other);
  }

  CanaryEvidence conclude() {
    times_.conclude(evidence_);
    return evidence_;
  }

 private:
  void add_time(const lake::PredictionRow& row, bool of_challenger) {
    const bool shadow = row.role == "shadow";
    // A shadow's time is that of its computation alone; it says something while there is nothing better.
    if (shadow != (of_challenger && window_.shadow)) return;
    times_.add(of_challenger, row.at_ms, row.total_ms, window_.slow_ms > 0 && row.total_ms > window_.slow_ms);
  }

  void add_pair(const lake::PredictionRow& row, const WaitingAnswer& champion, const WaitingAnswer& challenger) {
    evidence_.score_shift.add(challenger.score - champion.score);
    ++evidence_.disagreement.trials;
    if (champion.label != challenger.label) ++evidence_.disagreement.events;
    const auto label = labels_.find(row.image);
    if (label == labels_.end()) return;
    const bool champion_right = champion.label == label->second;
    const bool challenger_right = challenger.label == label->second;
    evidence_.champion_right += champion_right ? 1 : 0;
    evidence_.challenger_right += challenger_right ? 1 : 0;
    evidence_.accuracy_loss.add((champion_right ? 1.0 : 0.0) - (challenger_right ? 1.0 : 0.0));
  }

  const CanaryWindow& window_;
  const LabelledPictures& labels_;
  CanaryEvidence evidence_;
  AnswerTimes times_;
  std::unordered_map<std::string, WaitingAnswer> waiting_;
};

// The value of a label in `name{a="x",b="y"} 12`; values of these metrics hold no quotes.
std::string_view label_value(std::string_view line, std::string_view name) {
  const std::string key = fmt::format("{}=\"", name);
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + key.size();
  const std::size_t end = line.find('"', begin);
  return end == std::string_view::npos ? std::string_view() : line.substr(begin, end - begin);
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// "2", "2.0" and "2.0.0" are the version 2 of the canary's config.
std::string whole_version(std::string_view version) {
  while (version.ends_with(".0")) version.remove_suffix(2);
  return std::string(version);
}

double value_of(const std::map<std::string, double>& counters, const std::string& key) {
  const auto found = counters.find(key);
  return found == counters.end() ? 0 : found->second;
}

}  // namespace

CanaryEvidence read_evidence(lake::Predictions& predictions, const CanaryWindow& window,
                             const LabelledPictures& labels) {
  EvidenceCounter counter(window, labels);
  predictions.for_each(filter_of(window), [&](const lake::PredictionRow& row) { counter.add(row); });
  return counter.conclude();
}

std::int64_t challenger_answers(lake::Predictions& predictions, const CanaryWindow& window) {
  lake::PredictionFilter filter = filter_of(window);
  filter.version = window.challenger;
  // Where it answers a share, only what clients got counts.
  filter.role = window.shadow ? "any" : "current";
  return predictions.count(filter);
}

double settle_slow_ms(lake::Predictions& predictions, const CanaryWindow& window, double ratio) {
  lake::PredictionFilter filter = filter_of(window);
  filter.version = window.champion;
  filter.role = "";
  std::vector<double> times;
  predictions.for_each(filter, [&](const lake::PredictionRow& row) { times.push_back(row.total_ms); });
  if (times.size() < kFewestTimes) return 0;
  const auto place = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
  std::nth_element(times.begin(), place, times.end());
  return std::max(*place, kShortestMs) * ratio;
}

std::map<std::string, double> parse_version_counters(std::string_view text, std::string_view model) {
  constexpr std::string_view kName = "animalctl_requests_total{";
  std::map<std::string, double> counters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(text.substr(at, end - at));
    at = end + 1;
    const std::size_t space = line.rfind(' ');
    if (!line.starts_with(kName) || space == std::string_view::npos || label_value(line, "model") != model) continue;
    const std::optional<double> value = number_of(line.substr(space + 1));
    const std::optional<double> status = number_of(label_value(line, "status"));
    const std::string version = whole_version(label_value(line, "version"));
    if (!value || !status || version.empty()) continue;
    counters[version + " requests"] += *value;
    if (*status >= 500) counters[version + " errors"] += *value;
  }
  return counters;
}

ProportionCounts error_counts(const std::map<std::string, double>& before, const std::map<std::string, double>& now,
                              std::int64_t version) {
  const std::string requests = fmt::format("{} requests", version);
  const std::string errors = fmt::format("{} errors", version);
  const bool restarted = value_of(now, requests) < value_of(before, requests);
  const auto since = [&](const std::string& key) {
    return std::clamp(value_of(now, key) - (restarted ? 0 : value_of(before, key)), 0.0, kMostRequests);
  };
  const auto trials = static_cast<std::uint64_t>(since(requests));
  return {std::min(static_cast<std::uint64_t>(since(errors)), trials), trials};
}

}  // namespace animalctl::orchestrate
