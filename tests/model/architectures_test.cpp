#include <cmath>
#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "loss/cross_entropy.h"
#include "model/device.h"
#include "model/network.h"
#include "model/tensor_conversion.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

torch::Tensor random_input(const Preprocessing& preprocessing, std::int64_t count) {
  torch::manual_seed(5);
  return torch::rand({count, preprocessing.channels, preprocessing.height, preprocessing.width});
}

// Large inputs would only cost time: every architecture works from 32 pixels a side.
Preprocessing small_preprocessing(const ArchitectureRow& row) {
  Preprocessing preprocessing = row.default_preprocessing();
  if (preprocessing.channels == 3) preprocessing.width = preprocessing.height = 32;
  return preprocessing;
}

}  // namespace

TEST_CASE("every architecture gives one probability an image for two classes, one a class for more") {
  for (const ArchitectureRow& row : architecture_table()) {
    for (const std::size_t classes : {std::size_t{2}, std::size_t{5}}) {
      if (classes > 2 && std::string(row.name) == "animalnet") continue;
      INFO(row.name << " with " << classes << " classes");
      const Preprocessing preprocessing = small_preprocessing(row);
      const auto network = row.make({preprocessing, classes});
      network->initialise(3);
      network->eval();
      for (const std::int64_t count : {1, 3}) {
        const torch::Tensor output = network->probabilities(random_input(preprocessing, count));
        CHECK(output.sizes() == at::IntArrayRef{count, classes == 2 ? 1 : 5});
        CHECK((output >= 0).logical_and(output <= 1).all().item<bool>());
        if (classes > 2) CHECK(torch::allclose(output.sum(1), torch::ones({count})));
      }
    }
  }
}

TEST_CASE("every architecture trains all its tensors and overfits eight images") {
  for (const ArchitectureRow& row : architecture_table()) {
    INFO(row.name);
    const Preprocessing preprocessing = small_preprocessing(row);
    const bool tiny = std::string(row.name) == "animalnet";
    const auto network = row.make({preprocessing, 2});
    network->initialise(3);
    const torch::Tensor input = random_input(preprocessing, 8);
    const torch::Tensor targets = torch::tensor({0.F, 1.F, 0.F, 1.F, 1.F, 0.F, 1.F, 0.F});
    torch::optim::Adam optimizer(network->parameters(), tiny ? 0.01 : 0.001);
    double loss_value = 1;
    for (int step = 0; step < 400 && (step <= 2 || loss_value > 0.05); ++step) {
      optimizer.zero_grad();
      const torch::Tensor loss = animalctl::cross_entropy(network->logits(input), targets);
      loss.backward();
      // Not at once: a network may begin with blocks that do nothing.
      if (step == 2) {
        for (const auto& parameter : network->parameters()) {
          CHECK(parameter.grad().isfinite().all().item<bool>());
          CHECK(parameter.grad().abs().sum().item<float>() > 0);
        }
      }
      optimizer.step();
      loss_value = loss.item<float>();
    }
    CHECK(loss_value < 0.1);
  }
}

TEST_CASE("every architecture's own step gives the loss and gradients of autograd") {
  for (const ArchitectureRow& row : architecture_table()) {
    // Backbones have no step of their own.
    if (row.pretrained) continue;
    INFO(row.name);
    const Preprocessing preprocessing = small_preprocessing(row);
    const auto network = row.make({preprocessing, 2});
    network->initialise(4);
    network->eval();  // no dropout: the step is compared with itself
    for (const std::int64_t count : {1, 7}) {
      for (const bool weighted : {false, true}) {
        const torch::Tensor input = random_input(preprocessing, count) * 4 - 2;
        const torch::Tensor targets = torch::randint(0, 2, {count}).to(torch::kFloat);
        const torch::Tensor weights = weighted ? torch::rand({count}) : torch::Tensor();
        const double expected_loss = network->Network::loss_and_gradient(input, targets, weights);
        std::vector<torch::Tensor> expected;
        for (const auto& parameter : network->parameters()) expected.push_back(parameter.grad().clone());
        const double loss = network->loss_and_gradient(input, targets, weights);
        CHECK(std::abs(loss - expected_loss) < 1e-5 * (1 + expected_loss));
        for (std::size_t i = 0; i < expected.size(); ++i) {
          CHECK(torch::allclose(network->parameters()[i].grad(), expected[i], 1e-4, 1e-6));
        }
      }
    }
    const torch::Tensor poisoned = torch::full_like(random_input(preprocessing, 2), std::nanf(""));
    CHECK_FALSE(std::isfinite(network->loss_and_gradient(poisoned, torch::zeros({2}), {})));
    CHECK_FALSE(std::isfinite(network->Network::loss_and_gradient(poisoned, torch::zeros({2}), {})));
  }
}

TEST_CASE("every architecture starts the same from the same seed and answers the same twice") {
  for (const ArchitectureRow& row : architecture_table()) {
    INFO(row.name);
    const Preprocessing preprocessing = small_preprocessing(row);
    const auto first = row.make({preprocessing, 2});
    const auto second = row.make({preprocessing, 2});
    first->initialise(1);
    second->initialise(1);
    CHECK(make_state_dict(*first) == make_state_dict(*second));
    second->initialise(2);
    CHECK_FALSE(make_state_dict(*first) == make_state_dict(*second));
    first->eval();
    const torch::Tensor input = random_input(preprocessing, 4);
    CHECK(torch::equal(first->probabilities(input), first->probabilities(input)));
  }
}

TEST_CASE("animalnet starts from the seed's weights and gives its answer") {
  const auto golden = parse_json(read_text_file(golden_path("training/forward.json")), "forward.json");
  const ArchitectureRow row = find_architecture("animalnet");
  const auto network = row.make({row.default_preprocessing(), 2});
  network->initialise(0);
  const auto state = make_state_dict(*network);
  const auto weights = state.find("fc1.weight")->get_if<checkpoint::Tensor>()->as<float>();
  const auto expected = golden.at("initial").at("weight").get<std::vector<double>>();
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(weights[i] - expected[i]) < 1e-7);
  CHECK(state.find("fc1.weight")->get_if<checkpoint::Tensor>()->shape == std::vector<std::int64_t>{1, 256});

  torch::manual_seed(0);
  const torch::Tensor input = torch::rand({1, 1, 1, 256});
  const double answer = network->probabilities(input.view({1, 1, 16, 16})).item<float>();
  CHECK(std::abs(answer - 0.997576) < 1e-6);
  CHECK(std::abs(answer - golden.at("output").get<double>()) < 1e-6);
}

TEST_CASE("an unknown architecture and a class count that does not fit are refused") {
  require_error(ErrorCode::InvalidArgument, "there are: animalnet", [] { (void)find_architecture("alexnet"); });
  const ArchitectureRow row = find_architecture("animalnet");
  require_error(ErrorCode::InvalidArgument, "3 were given", [&] { (void)row.make({row.default_preprocessing(), 3}); });
}

TEST_CASE("asking for CUDA where there is none says so") {
  if (torch::cuda::is_available()) return;
  require_error(ErrorCode::Unavailable, "no CUDA device", [] { (void)resolve_device(Device::Cuda); });
  CHECK(resolve_device(Device::Auto).is_cpu());
}

}  // namespace animalctl::test
