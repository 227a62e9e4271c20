#include "train/epoch_order.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

TEST_CASE("the order of every epoch is that of Python's loaders after manual_seed(0)") {
  const auto golden = parse_json(read_text_file(golden_path("training/shuffle.json")), "shuffle.json");
  for (const nlohmann::json& loader : golden.at("loaders")) {
    EpochOrder order(0, loader.at("train_count").get<std::size_t>());
    for (std::size_t epoch = 0; epoch < loader.at("epochs").size(); ++epoch) {
      const auto expected = loader.at("epochs")[epoch].at("train").get<std::vector<std::int64_t>>();
      CHECK(order.permutation(static_cast<int>(epoch)) == expected);
    }
    // Asking again for an earlier epoch gives the same order: a resumed run relies on it.
    CHECK(order.permutation(1) == loader.at("epochs")[1].at("train").get<std::vector<std::int64_t>>());
  }
}

}  // namespace animalctl::test
