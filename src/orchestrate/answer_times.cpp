#include "orchestrate/answer_times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace animalctl::orchestrate {
namespace {

constexpr double kShortestAnswerMs = 1e-3;
// Stalls of a busy machine last this long; shorter blocks would be neighbours again.
constexpr std::int64_t kShortestBlockMs = 250;
// Answers of the new version that a block should hold: with four on average one block in fifty has none.
constexpr std::int64_t kAnswersInBlock = 4;

struct Sum {
  std::uint64_t count = 0;
  std::uint64_t slow = 0;
  double log_ms = 0;

  double mean_log_ms() const { return log_ms / static_cast<double>(count); }
  double slow_share() const { return static_cast<double>(slow) / static_cast<double>(count); }
};

}  // namespace

void AnswerTimes::add(bool of_challenger, std::int64_t at_ms, double ms, bool slow) {
  if (answers_.empty()) from_ms_ = until_ms_ = at_ms;
  from_ms_ = std::min(from_ms_, at_ms);
  until_ms_ = std::max(until_ms_, at_ms);
  of_challenger_ += of_challenger ? 1 : 0;
  answers_.push_back({at_ms, std::log(std::max(ms, kShortestAnswerMs)), slow, of_challenger});
}

std::int64_t AnswerTimes::block_ms() const {
  return std::max(kShortestBlockMs,
                  kAnswersInBlock * (until_ms_ - from_ms_) / std::max<std::int64_t>(1, of_challenger_));
}

void AnswerTimes::conclude(CanaryEvidence& evidence) const {
  std::map<std::int64_t, std::array<Sum, 2>> blocks;
  for (const Answer& answer : answers_) {
    Sum& sum = blocks[(answer.at_ms - from_ms_) / block_ms()][answer.of_challenger ? 1 : 0];
    ++sum.count;
    sum.slow += answer.slow ? 1 : 0;
    sum.log_ms += answer.log_ms;
  }
  for (const auto& [number, sides] : blocks) {
    const auto& [champion, challenger] = sides;
    if (champion.count == 0 || challenger.count == 0) continue;
    evidence.champion_log_ms.add(champion.mean_log_ms());
    evidence.challenger_log_ms.add(challenger.mean_log_ms());
    evidence.latency_rise.add(challenger.mean_log_ms() - champion.mean_log_ms());
    evidence.champion_slow.add(champion.slow_share());
    evidence.challenger_slow.add(challenger.slow_share());
    evidence.slow_rise.add(challenger.slow_share() - champion.slow_share());
  }
}

}  // namespace animalctl::orchestrate
