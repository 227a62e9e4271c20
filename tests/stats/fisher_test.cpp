#include "animalctl/stats/fisher.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl {
namespace {

using nlohmann::json;
using test::require_error;

TEST_CASE("Fisher's exact test equals the whole-number computation") {
  const json content = json::parse(read_text_file(test::golden_path("stats/curves.json")));
  for (const json& item : content.at("fisher")) {
    INFO(item.dump());
    const double p_value = fisher_exact_less(
        item.at("successes").get<std::uint64_t>(), item.at("trials").get<std::uint64_t>(),
        item.at("other_successes").get<std::uint64_t>(), item.at("other_trials").get<std::uint64_t>());
    CHECK_THAT(p_value, Catch::Matchers::WithinRel(item.at("p").get<double>(), 1e-9));
  }
}

TEST_CASE("Fisher's exact test is 1 where a share is far above the other, however large the counts") {
  CHECK(fisher_exact_less(500'000, 500'000, 0, 500'000) == 1);
  CHECK(fisher_exact_less(0, 500'000, 500'000, 500'000) < 1e-300);
}

TEST_CASE("Fisher's exact test refuses more successes than trials") {
  require_error(ErrorCode::InvalidArgument, "3 of 2", [] { (void)fisher_exact_less(3, 2, 1, 2); });
  require_error(ErrorCode::InvalidArgument, "5 of 2", [] { (void)fisher_exact_less(1, 2, 5, 2); });
}

}  // namespace
}  // namespace animalctl
