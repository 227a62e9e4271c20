#include "animalctl/stats/agreement.h"

#include <vector>

#include "stats/drift_golden.h"

namespace animalctl {
namespace {

using test::require_error;
using Counts = std::vector<std::uint64_t>;

TEST_CASE("kappa equals that of exact fractions") {
  for (const nlohmann::json& item : test::drift_golden("agreement")) {
    Counts counts;
    for (const nlohmann::json& row : item.at("table")) {
      for (const nlohmann::json& count : row) counts.push_back(count.get<std::uint64_t>());
    }
    test::check_relative(cohens_kappa(counts, item.at("table").size()), item.at("kappa").get<double>(), 1e-12);
  }
}

TEST_CASE("kappa is 1 for full agreement and 0 for what chance gives") {
  CHECK(cohens_kappa(Counts{7, 0, 0, 5}, 2) == 1);
  CHECK(cohens_kappa(Counts{9, 0, 0, 0}, 2) == 1);
  CHECK(cohens_kappa(Counts{1, 1, 1, 1}, 2) == 0);
}

TEST_CASE("kappa refuses what is no table of ratings") {
  require_error(ErrorCode::InvalidArgument, "3 counts", [] { (void)cohens_kappa(Counts{1, 2, 3}, 2); });
  require_error(ErrorCode::InvalidArgument, "0 by 0", [] { (void)cohens_kappa({}, 0); });
  require_error(ErrorCode::InvalidArgument, "no items", [] { (void)cohens_kappa(Counts(4, 0), 2); });
}

}  // namespace
}  // namespace animalctl
