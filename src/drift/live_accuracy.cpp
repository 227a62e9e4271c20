#include "drift/live_accuracy.h"

#include <algorithm>

#include "animalctl/base/text.h"
#include "animalctl/stats/fisher.h"
#include "animalctl/stats/performance_estimate.h"

namespace animalctl::drift {
namespace {

// The confidence is the probability that the answer is right, whatever the classes are: with it as the score of "right"
// and everything predicted right, the estimate's accuracy is that of the answers.
std::optional<PerformanceEstimate> estimate(const Sample& sample) {
  if (sample.empty()) return std::nullopt;
  std::vector<float> confidences;
  confidences.reserve(sample.size());
  for (const lake::PredictionRow* const row : sample) {
    confidences.push_back(static_cast<float>(std::clamp(row->confidence, 0.0, 1.0)));
  }
  return estimate_binary_performance(confidences, 0);
}

double share(std::size_t part, std::size_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

}  // namespace

LabelLookup::LabelLookup(const std::vector<LabelledContent>& labels) {
  for (const LabelledContent& content : labels) {
    const auto [found, added] = labels_.try_emplace(content.digest, Found{to_upper(content.label), content.audit});
    if (added) continue;
    found->second.audit = found->second.audit || content.audit;
    if (found->second.label != to_upper(content.label)) found->second.label.clear();
  }
  std::erase_if(labels_, [](const auto& entry) { return entry.second.label.empty(); });
}

const LabelLookup::Found* LabelLookup::find(const std::string& digest) const {
  const auto found = labels_.find(digest);
  return found == labels_.end() ? nullptr : &found->second;
}

LabelledCount count_labelled(const Sample& sample, const LabelLookup& labels, bool audit_only) {
  LabelledCount count;
  for (const lake::PredictionRow* const row : sample) {
    const LabelLookup::Found* const label = labels.find(row->image);
    if (label == nullptr || (audit_only && !label->audit)) continue;
    ++count.labelled;
    if (label->label == to_upper(row->label)) ++count.right;
  }
  return count;
}

LiveAccuracy live_accuracy(const Sample& reference, const Sample& current, const LabelLookup& labels,
                           std::optional<double> validation) {
  LiveAccuracy accuracy;
  accuracy.validation = validation;
  if (const auto before = estimate(reference)) accuracy.estimated_reference = before->accuracy;
  if (const auto now = estimate(current)) {
    accuracy.estimated = now->accuracy;
    accuracy.estimated_interval = now->accuracy_interval;
  }
  const LabelledCount all = count_labelled(current, labels, false);
  accuracy.labelled = all.labelled;
  accuracy.right = all.right;
  accuracy.interval = wilson_interval(all.right, all.labelled);
  const LabelledCount audited = count_labelled(current, labels, true);
  accuracy.audited = audited.labelled;
  accuracy.audited_right = audited.right;
  accuracy.audited_interval = wilson_interval(audited.right, audited.labelled);
  return accuracy;
}

std::optional<InputDrift> disagreement(const Sample& reference, const Sample& later, const LabelLookup& labels,
                                       const DriftSettings& settings) {
  if (labels.empty()) return std::nullopt;
  LabelledCount before = count_labelled(reference, labels, true);
  LabelledCount now = count_labelled(later, labels, true);
  if (std::min(before.labelled, now.labelled) < settings.min_labelled) {
    before = count_labelled(reference, labels, false);
    now = count_labelled(later, labels, false);
  }
  InputDrift input;
  input.input = kDisagreementInput;
  input.test = "fisher";
  input.effect_name = "difference";
  input.floor = settings.min_accuracy_change;
  input.reference_count = before.labelled;
  input.current_count = now.labelled;
  input.reference_mean = share(before.labelled - before.right, before.labelled);
  input.current_mean = share(now.labelled - now.right, now.labelled);
  input.effect = input.current_mean - input.reference_mean;
  input.bars = {{"agree", 0, 0, before.right, now.right},
                {"disagree", 0, 0, before.labelled - before.right, now.labelled - now.right}};
  if (std::min(before.labelled, now.labelled) < settings.min_labelled) return input;
  WindowTest test;
  test.counted = true;
  // One-sided: agreeing more often is no reason to train again.
  test.p_value = fisher_exact_less(now.right, now.labelled, before.right, before.labelled);
  test.adjusted_p_value = test.p_value;
  test.effect = input.effect;
  test.drifted = test.p_value <= settings.alpha && test.effect >= input.floor;
  input.looked = 1;
  input.hits = test.drifted ? 1 : 0;
  input.verdict = test.drifted ? Verdict::Drifted : Verdict::Stable;
  input.windows = {test};
  return input;
}

}  // namespace animalctl::drift
