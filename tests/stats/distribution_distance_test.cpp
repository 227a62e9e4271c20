#include "animalctl/stats/distribution_distance.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "animalctl/base/random.h"
#include "animalctl/stats/binning.h"
#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using Catch::Matchers::WithinAbs;
using test::require_error;
using Counts = std::vector<std::uint64_t>;
using Values = std::vector<double>;

TEST_CASE("population stability index and Jensen-Shannon distance equal Python's") {
  for (const nlohmann::json& item : test::drift_golden("counts")) {
    INFO(item.dump());
    const auto reference = item.at("reference").get<Counts>();
    const auto current = item.at("current").get<Counts>();
    CHECK_THAT(population_stability_index(reference, current), WithinAbs(item.at("psi").get<double>(), 1e-9));
    CHECK_THAT(jensen_shannon_distance(reference, current), WithinAbs(item.at("jensen_shannon").get<double>(), 1e-9));
  }
}

TEST_CASE("the Wasserstein distance equals SciPy's") {
  for (const nlohmann::json& item : test::drift_golden("two_samples")) {
    const auto first = item.at("first").get<Values>();
    const auto second = item.at("second").get<Values>();
    CHECK_THAT(wasserstein_distance(first, second), WithinAbs(item.at("wasserstein").get<double>(), 1e-9));
  }
}

TEST_CASE("distances are symmetric, 0 of a distribution to itself, and within their range") {
  RandomStream random(5, "distances");
  for (int round = 0; round < 50; ++round) {
    Counts first;
    Counts second;
    for (int i = 0; i < 6; ++i) {
      first.push_back(random.below(5) * random.below(50));
      second.push_back(random.below(5) * random.below(50));
    }
    ++first.front();
    ++second.back();
    const double psi = population_stability_index(first, second);
    const double distance = jensen_shannon_distance(first, second);
    CHECK(psi >= 0);
    CHECK_THAT(psi, WithinAbs(population_stability_index(second, first), 1e-12));
    CHECK((distance >= 0 && distance <= 0.8326));
    CHECK_THAT(distance, WithinAbs(jensen_shannon_distance(second, first), 1e-12));
    CHECK(population_stability_index(first, first) == 0);
    CHECK_THAT(jensen_shannon_distance(first, first), WithinAbs(0, 1e-7));
  }
  CHECK_THAT(jensen_shannon_distance(Counts{4, 0}, Counts{0, 9}), WithinAbs(0.832554611157698, 1e-12));
}

TEST_CASE("the Wasserstein distance of a shifted sample is the shift, whatever the order") {
  RandomStream random(6, "wasserstein");
  Values values;
  for (int i = 0; i < 200; ++i) values.push_back(random.normal());
  Values shifted = values;
  for (double& value : shifted) value += 0.75;
  shuffle(std::span(shifted), random);
  CHECK_THAT(wasserstein_distance(values, shifted), WithinAbs(0.75, 1e-12));
  CHECK_THAT(wasserstein_distance(shifted, values), WithinAbs(0.75, 1e-12));
  CHECK(wasserstein_distance(values, values) == 0);
}

TEST_CASE("the normalised Wasserstein distance is in standard deviations of the reference") {
  const Values reference{0, 10};
  CHECK_THAT(normalised_wasserstein_distance(reference, Values{5, 15}), WithinAbs(1, 1e-12));
  // A constant reference: Evidently's smallest deviation.
  CHECK_THAT(normalised_wasserstein_distance(Values{1, 1}, Values{1.5}), WithinAbs(500, 1e-9));
}

TEST_CASE("the index of samples of one distribution stays near its mean under no drift") {
  RandomStream random(7, "psi");
  double sum = 0;
  constexpr int kRounds = 200;
  constexpr int kItems = 400;
  for (int round = 0; round < kRounds; ++round) {
    Values reference;
    Values current;
    for (int i = 0; i < kItems; ++i) {
      reference.push_back(random.normal());
      current.push_back(random.normal());
    }
    const Values edges = quantile_edges(reference);
    sum += population_stability_index(count_into_bins(edges, reference), count_into_bins(edges, current));
  }
  // (bins - 1) * (1/n + 1/m) = 0.045.
  CHECK_THAT(sum / kRounds, WithinAbs(0.045, 0.01));
}

TEST_CASE("distances refuse what cannot be compared") {
  require_error(ErrorCode::InvalidArgument, "2 bins of the reference and 1", [] {
    (void)population_stability_index(Counts{1, 2}, Counts{1});
  });
  require_error(ErrorCode::InvalidArgument, "0 bins", [] { (void)jensen_shannon_distance({}, {}); });
  require_error(ErrorCode::InvalidArgument, "reference counts are all 0", [] {
    (void)population_stability_index(Counts{0, 0}, Counts{1, 0});
  });
  require_error(ErrorCode::InvalidArgument, "current counts are all 0", [] {
    (void)jensen_shannon_distance(Counts{1, 0}, Counts{0, 0});
  });
  require_error(ErrorCode::InvalidArgument, "first sample is empty", [] { (void)wasserstein_distance({}, Values{1}); });
  require_error(ErrorCode::InvalidArgument, "value 0 of the second sample",
                [] { (void)wasserstein_distance(Values{1}, Values{std::numeric_limits<double>::infinity()}); });
}

}  // namespace
}  // namespace animalctl
