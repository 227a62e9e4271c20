#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "animalctl/drift/drift_report.h"
#include "drift/inputs.h"

namespace animalctl::drift {

// What people said, by content. Of a content that is labelled twice, differently, nothing is known.
class LabelLookup {
 public:
  explicit LabelLookup(const std::vector<LabelledContent>& labels);
  struct Found {
    std::string label;  // upper case
    bool audit = false;
  };
  const Found* find(const std::string& digest) const;
  bool empty() const { return labels_.empty(); }

 private:
  std::unordered_map<std::string, Found> labels_;
};

// How many of a sample's pictures are labelled, and how many of these the model answered right.
struct LabelledCount {
  std::size_t labelled = 0;
  std::size_t right = 0;
};
LabelledCount count_labelled(const Sample& sample, const LabelLookup& labels, bool audit_only);

// Estimated and labelled accuracy of `current`.
LiveAccuracy live_accuracy(const Sample& reference, const Sample& current, const LabelLookup& labels,
                           std::optional<double> validation);

// Whether people disagree with the model more often on `later` answers than on the reference: Fisher's exact test and
// the difference of the shares. Pictures of the audit alone when both sides have enough of them, else all that are
// labelled. Nothing when no label is known.
std::optional<InputDrift> disagreement(const Sample& reference, const Sample& later, const LabelLookup& labels,
                                       const DriftSettings& settings);

}  // namespace animalctl::drift
