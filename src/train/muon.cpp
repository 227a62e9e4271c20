#include "train/muon.h"

namespace animalctl {
namespace {

constexpr int kIterations = 3;
constexpr double kTiny = 1e-7;
// An image has up to four channels; a convolution that reads so few is the first.
constexpr std::int64_t kImageChannels = 4;

double norm_of(const torch::Tensor& tensor) {
  return tensor.norm().item<double>();
}

}  // namespace

bool learns_by_muon(const torch::Tensor& parameter) {
  return parameter.dim() == 4 && parameter.size(1) > kImageChannels;
}

torch::Tensor orthogonalised(const torch::Tensor& matrix, torch::ScalarType arithmetic) {
  const bool tall = matrix.size(0) > matrix.size(1);
  torch::Tensor x = ((tall ? matrix.t() : matrix) / (norm_of(matrix) + kTiny)).to(arithmetic);
  for (int i = 0; i < kIterations; ++i) {
    const torch::Tensor gram = x.mm(x.t());
    const torch::Tensor polynomial = gram.addmm(gram, gram, -4.7750, 2.0315);
    x = x.addmm(polynomial, x, 3.4445);
  }
  return (tall ? x.t() : x).to(matrix.scalar_type());
}

void muon_step(torch::Tensor& kernel, const torch::Tensor& gradient, torch::Tensor& momentum_buffer, double momentum,
               double learning_rate, torch::ScalarType arithmetic) {
  momentum_buffer.mul_(momentum).add_(gradient);
  const torch::Tensor direction = gradient.add(momentum_buffer, momentum);
  const torch::Tensor update = orthogonalised(direction.reshape({direction.size(0), -1}), arithmetic);
  const double norm = norm_of(kernel);
  kernel.add_(update.reshape(kernel.sizes()), -learning_rate * norm / (norm_of(update) + kTiny));
  kernel.mul_(norm / (norm_of(kernel) + kTiny));
}

}  // namespace animalctl
