#include "train/data_parallel.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "support/catch_compat.h"

namespace animalctl::test {
namespace {

constexpr std::int64_t kBatch = 40;
constexpr int kSide = 32;

struct Step {
  double loss = 0;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> buffers;
};

std::shared_ptr<Network> make(const char* architecture) {
  const ArchitectureRow row = find_architecture(architecture);
  Preprocessing preprocessing = row.default_preprocessing();
  if (std::string_view(architecture) != "animalnet") preprocessing.width = preprocessing.height = kSide;
  const std::shared_ptr<Network> network = row.make({preprocessing, 2});
  network->initialise(1);
  return network;
}

Step state_after(const Network& network, double loss) {
  Step step{loss, {}, {}};
  for (const torch::Tensor& parameter : network.parameters()) {
    step.gradients.push_back(parameter.grad().defined() ? parameter.grad().clone() : torch::Tensor());
  }
  for (const torch::Tensor& buffer : network.buffers()) step.buffers.push_back(buffer.clone());
  return step;
}

torch::Tensor images(std::int64_t count) {
  torch::manual_seed(2);
  return torch::randn({count, 3, kSide, kSide});
}

torch::Tensor labels(std::int64_t count) {
  return torch::arange(count).remainder(2).to(torch::kFloat);
}

Step step_in_parts(const std::shared_ptr<Network>& network, std::int64_t count, int threads) {
  DataParallel parallel(network, [] { return make("smallcnn"); });
  const double loss = parallel.loss_and_gradient(images(count), labels(count), {}, 0.1, threads);
  return state_after(*network, loss);
}

bool close(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!torch::allclose(a[i], b[i], 1e-3, 1e-5)) return false;
  }
  return a.size() == b.size();
}

bool same(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!torch::equal(a[i], b[i])) return false;
  }
  return a.size() == b.size();
}

}  // namespace

TEST_CASE("a step in parts is the same for one thread and for two") {
  const auto network = make("smallcnn");
  network->train();
  const Step one = step_in_parts(network, kBatch, 1);
  const auto again = make("smallcnn");
  again->train();
  const Step two = step_in_parts(again, kBatch, 2);
  CHECK(one.loss == two.loss);
  CHECK(same(one.gradients, two.gradients));
  CHECK(same(one.buffers, two.buffers));
}

TEST_CASE("a step in parts has the loss and the gradient of the whole batch") {
  // With fixed statistics an image does not see its neighbours, so the parts add up.
  const auto whole = make("smallcnn");
  whole->eval();
  const double loss = whole->loss_and_gradient(images(kBatch + 1), labels(kBatch + 1), {}, 0.1);
  const Step expected = state_after(*whole, loss);
  const auto network = make("smallcnn");
  network->eval();
  const Step parts = step_in_parts(network, kBatch + 1, 2);  // parts of 20 and 21
  CHECK(std::abs(parts.loss - expected.loss) < 1e-5);
  CHECK(close(parts.gradients, expected.gradients));
  CHECK(same(parts.buffers, expected.buffers));
}

TEST_CASE(
    "what batch normalisation remembers is the mean of the parts, and parameters that do not learn get no gradient") {
  const auto network = make("smallcnn");
  network->train();
  network->parameters().front().set_requires_grad(false);
  const Step parts = step_in_parts(network, kBatch, 2);
  CHECK_FALSE(parts.gradients.front().defined());
  std::vector<torch::Tensor> sums;
  for (const std::int64_t begin : {std::int64_t{0}, kBatch / 2}) {
    const auto half = make("smallcnn");
    half->train();
    half->loss_and_gradient(images(kBatch).slice(0, begin, begin + kBatch / 2), labels(kBatch / 2), {}, 0.1);
    std::size_t i = 0;
    for (const torch::Tensor& buffer : half->buffers()) {
      const torch::Tensor share = buffer.to(torch::kFloat) / 2;
      if (begin == 0) {
        sums.push_back(share);
      } else {
        sums[i++] += share;
      }
    }
  }
  std::vector<torch::Tensor> remembered;
  for (const torch::Tensor& buffer : parts.buffers) remembered.push_back(buffer.to(torch::kFloat));
  CHECK(close(remembered, sums));
}

TEST_CASE("small batches and networks of one layer are trained in one part, on one thread") {
  at::set_num_threads(1);
  const auto whole = make("smallcnn");
  whole->train();
  const Step expected = state_after(*whole, whole->loss_and_gradient(images(20), labels(20), {}, 0.1));
  const auto network = make("smallcnn");
  network->train();
  const Step small = step_in_parts(network, 20, 2);
  CHECK(small.loss == expected.loss);
  CHECK(same(small.gradients, expected.gradients));
  CHECK(same(small.buffers, expected.buffers));

  const auto layer = make("animalnet");
  DataParallel parallel(layer, []() -> std::shared_ptr<Network> {
    FAIL("a network of one layer needs no replica");
    return nullptr;
  });
  const Preprocessing preprocessing = find_architecture("animalnet").default_preprocessing();
  const torch::Tensor input = torch::ones({kBatch, 1, preprocessing.height, preprocessing.width});
  CHECK(std::isfinite(parallel.loss_and_gradient(input, labels(kBatch), {}, 0, 2)));
}

TEST_CASE("a step in mixed precision has nearly the loss and the gradient of one in float32") {
  const auto exact = make("smallcnn");
  exact->train();
  const Step expected = state_after(*exact, exact->loss_and_gradient(images(20), labels(20), {}, 0.1));
  const auto network = make("smallcnn");
  network->train();
  network->use_mixed_precision(true);
  const Step mixed = state_after(*network, network->loss_and_gradient(images(20), labels(20), {}, 0.1));
  CHECK(mixed.loss != expected.loss);
  CHECK(std::abs(mixed.loss - expected.loss) < 0.05 * expected.loss);
  const torch::Tensor one = expected.gradients.back();
  const torch::Tensor other = mixed.gradients.back();
  CHECK(other.scalar_type() == torch::kFloat);
  CHECK(torch::allclose(other, one, 0.2, 0.02));
  // Outside, everything is float32 again.
  CHECK(torch::ones({2, 2}).mm(torch::ones({2, 2})).scalar_type() == torch::kFloat);
}

TEST_CASE("a step in parts is in the precision of its network, the same for one thread and for two") {
  std::vector<Step> steps;
  for (const int threads : {1, 2}) {
    const auto network = make("smallcnn");
    network->train();
    network->use_mixed_precision(true);
    steps.push_back(step_in_parts(network, kBatch, threads));
  }
  CHECK(steps[0].loss == steps[1].loss);
  CHECK(same(steps[0].gradients, steps[1].gradients));
  CHECK(same(steps[0].buffers, steps[1].buffers));
  const auto exact = make("smallcnn");
  exact->train();
  const Step expected = step_in_parts(exact, kBatch, 2);
  CHECK(steps[0].loss != expected.loss);
  CHECK(std::abs(steps[0].loss - expected.loss) < 0.05 * expected.loss);
}

TEST_CASE("a step in parts whose answer is not finite says so") {
  const auto network = make("smallcnn");
  network->train();
  DataParallel parallel(network, [] { return make("smallcnn"); });
  const torch::Tensor input = images(kBatch) * std::numeric_limits<float>::infinity();
  CHECK_FALSE(std::isfinite(parallel.loss_and_gradient(input, labels(kBatch), {}, 0, 2)));
}

}  // namespace animalctl::test
