#include "orchestrate/canary_judge.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace animalctl::orchestrate {
namespace {

// Sizes of differences that matter, in their own unit (the mixture's tau).
constexpr double kErrorTau = 0.02;
constexpr double kSlowTau = 0.05;
constexpr double kLatencyTau = 0.3;
constexpr double kShiftTau = 0.1;
constexpr double kDisagreementTau = 0.1;
constexpr double kAccuracyTau = 0.1;
// One answer in a hundred is slower than the 99th percentile; three more are too many.
constexpr double kMaxSlowRise = 0.03;
constexpr std::uint64_t kFewestPairs = 30;
// Of time. Their means are of several answers each and lie close together.
constexpr std::uint64_t kFewestBlocks = 20;

class CanaryJudge {
 public:
  CanaryJudge(double alpha, const std::vector<CanaryMeasure>& before) : alpha_(alpha), before_(before) {}

  void add(std::string_view name, double champion, double challenger, double difference, double bound, double log_ratio,
           std::uint64_t count, bool enough) {
    CanaryMeasure measure;
    measure.name = std::string(name);
    measure.champion = champion;
    measure.challenger = challenger;
    measure.difference = difference;
    measure.bound = bound;
    measure.count = count;
    measure.p_value = p_before(name);
    // A difference to the better side is none to be warned of.
    if (enough && difference > 0) measure.p_value = always_valid_p(measure.p_value, log_ratio);
    const bool worse = enough && difference >= bound && difference > 0 && measure.p_value <= alpha_;
    measure.verdict = worse ? "worse" : (enough ? "fine" : "few");
    measures.push_back(std::move(measure));
  }

  std::vector<CanaryMeasure> measures;

 private:
  double p_before(std::string_view name) const {
    const auto found = std::find_if(before_.begin(), before_.end(),
                                    [&](const CanaryMeasure& measure) { return measure.name == name; });
    return found == before_.end() ? 1.0 : found->p_value;
  }

  double alpha_;
  const std::vector<CanaryMeasure>& before_;
};

// With a little spread added: differences that are all the same have none, and would never be noticed.
double variance_of_mean(const RunningMoments& moments) {
  constexpr double kAddedSquares = 0.25;
  const auto count = static_cast<double>(moments.count);
  return moments.count == 0 ? 0.0 : (moments.squares + kAddedSquares) / (count * count);
}

}  // namespace

std::vector<CanaryMeasure> judge_canary(const CanaryEvidence& evidence, const CanarySettings& settings,
                                        const std::vector<CanaryMeasure>& before) {
  CanaryJudge judge(settings.alpha, before);
  const auto proportions = [&](std::string_view name, const ProportionCounts& champion,
                               const ProportionCounts& challenger, double bound, double tau) {
    const bool enough = champion.trials >= kFewestPairs && challenger.trials >= kFewestPairs;
    judge.add(name, champion.share(), challenger.share(), challenger.share() - champion.share(), bound,
              msprt_log_ratio(champion, challenger, tau), challenger.trials, enough);
  };
  proportions("errors", evidence.champion_errors, evidence.challenger_errors, settings.max_error_rise, kErrorTau);

  const auto rise = [&](std::string_view name, double champion, double challenger, const RunningMoments& blocks,
                        double bound, double tau) {
    judge.add(name, champion, challenger, blocks.mean, bound,
              msprt_log_ratio(blocks.mean, variance_of_mean(blocks), tau), blocks.count, blocks.count >= kFewestBlocks);
  };
  rise("slow", evidence.champion_slow.mean, evidence.challenger_slow.mean, evidence.slow_rise, kMaxSlowRise, kSlowTau);
  rise("latency", std::exp(evidence.champion_log_ms.mean), std::exp(evidence.challenger_log_ms.mean),
       evidence.latency_rise, std::log(settings.max_latency_ratio), kLatencyTau);

  const RunningMoments& shift = evidence.score_shift;
  judge.add("score-shift", 0, shift.mean, std::abs(shift.mean), settings.max_score_shift,
            msprt_log_ratio(shift.mean, variance_of_mean(shift), kShiftTau), shift.count, shift.count >= kMinMeanCount);

  const ProportionCounts& apart = evidence.disagreement;
  const double allowed = settings.max_disagreement;
  const double spread = allowed * (1 - allowed) / std::max(1.0, static_cast<double>(apart.trials));
  judge.add("disagreement", 0, apart.share(), apart.share() - allowed, 0,
            msprt_log_ratio(apart.share() - allowed, spread, kDisagreementTau), apart.trials,
            apart.trials >= kFewestPairs);

  const RunningMoments& loss = evidence.accuracy_loss;
  const double labelled = std::max(1.0, static_cast<double>(loss.count));
  judge.add("accuracy", static_cast<double>(evidence.champion_right) / labelled,
            static_cast<double>(evidence.challenger_right) / labelled, loss.mean, settings.max_accuracy_drop,
            msprt_log_ratio(loss.mean, variance_of_mean(loss), kAccuracyTau), loss.count, loss.count >= kFewestPairs);
  return std::move(judge.measures);
}

std::string breach_of(const std::vector<CanaryMeasure>& measures) {
  std::string text;
  for (const CanaryMeasure& measure : measures) {
    if (measure.verdict != "worse") continue;
    text += fmt::format("{}{}: {:.4g}, the champion's {:.4g} (p = {:.2g}, n = {})", text.empty() ? "" : "; ",
                        measure.name, measure.challenger, measure.champion, measure.p_value, measure.count);
  }
  return text;
}

}  // namespace animalctl::orchestrate
