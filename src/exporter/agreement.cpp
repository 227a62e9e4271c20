#include "exporter/agreement.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr std::uint64_t kTrialSeed = 20;

}  // namespace

torch::Tensor per_channel(const std::vector<float>& numbers) {
  return torch::tensor(numbers).view({1, static_cast<std::int64_t>(numbers.size()), 1, 1});
}

torch::Tensor trial_images(std::int64_t count, const std::vector<float>& mean, const std::vector<float>& std,
                           std::int64_t height, std::int64_t width) {
  at::Generator generator = at::detail::createCPUGenerator(kTrialSeed);
  const auto channels = static_cast<std::int64_t>(mean.size());
  // Coarse squares and fine noise: a network sees something like shapes as well as texture.
  const torch::Tensor coarse = torch::rand({count, channels, (height + 7) / 8, (width + 7) / 8}, generator)
                                   .repeat_interleave(8, 2)
                                   .repeat_interleave(8, 3)
                                   .narrow(2, 0, height)
                                   .narrow(3, 0, width);
  const torch::Tensor fine = torch::rand({count, channels, height, width}, generator);
  return ((coarse * 0.8 + fine * 0.2 - per_channel(mean)) / per_channel(std)).contiguous();
}

double require_agreement(const torch::Tensor& expected, const torch::Tensor& found, double bound,
                         const std::filesystem::path& out, std::string_view reader) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::Internal, fmt::format("{} is not written: {} reads it and {}", out.string(), reader, what));
  };
  if (expected.sizes() != found.sizes()) {
    fail(
        fmt::format("gives {} numbers for {} images, the model {}", found.numel(), expected.size(0), expected.numel()));
  }
  const double difference = (expected - found).abs().max().item<double>();
  // Written so that NaN fails as well.
  if (!(difference <= bound)) {
    fail(fmt::format("its probabilities differ by {:.3g} from the model's, {:g} is the bound", difference, bound));
  }
  return difference;
}

}  // namespace animalctl
