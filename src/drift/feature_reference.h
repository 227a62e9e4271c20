#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "animalctl/drift/drift_report.h"
#include "drift/inputs.h"

namespace animalctl::drift {

// What a version's last layer saw of the reference's pictures, as vectors, and how others lie beside them. Catches what
// no single measure shows: another animal, another background, another angle. Immutable; thread-safe.
class FeatureReference {
 public:
  // Nothing when fewer than settings.min_reference answers of the sample have features of one length.
  static std::optional<FeatureReference> of(const Sample& sample, const DriftSettings& settings);

  // Maximum mean discrepancy of a window and the reference (stats/mmd.h); its p-value by permutations, few at first and
  // many where the few do not suffice. Not counted when the window has fewer than settings.min_window vectors.
  WindowTest test(const Sample& window, const DriftSettings& settings) const;
  // Of more than a window; 0 when there are too few vectors to say. Squared maximum mean discrepancy.
  double discrepancy(const Sample& sample) const;

  // Root mean square distance of each vector from the reference's centre, in its standard deviations.
  std::vector<double> distances(const Sample& sample) const;
  std::vector<double> own_distances() const;

 private:
  using Vectors = std::vector<float>;  // [n × dimensions_], row-major, each number standardised

  FeatureReference() = default;
  Vectors standardised(const Sample& sample) const;
  std::vector<double> lengths(const Vectors& vectors) const;

  std::size_t dimensions_ = 0;
  std::vector<double> mean_;
  std::vector<double> deviation_;
  Vectors reference_;
};

}  // namespace animalctl::drift
