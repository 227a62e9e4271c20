#include "train/data_parallel.h"

#include <algorithm>
#include <cmath>

#include "animalctl/base/parallel.h"

namespace animalctl {
namespace {

bool drops_out(const torch::nn::Module& network) {
  const auto modules = network.modules();
  return std::any_of(modules.begin(), modules.end(), [](const std::shared_ptr<torch::nn::Module>& module) {
    return module->as<torch::nn::DropoutImpl>() != nullptr;
  });
}

torch::Tensor part_of(const torch::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  return tensor.defined() ? tensor.slice(0, begin, end) : tensor;
}

}  // namespace

DataParallel::DataParallel(std::shared_ptr<Network> network, const std::function<std::shared_ptr<Network>()>& make)
    : network_(std::move(network)) {
  const std::vector<torch::Tensor> parameters = network_->parameters();
  const bool one_layer = parameters.size() <= 2;  // is done before a second thread has woken up
  if (one_layer || drops_out(*network_) || !parameters.front().is_cpu()) return;
  for (int part = 0; part < kParts; ++part) {
    const std::shared_ptr<Network> replica = make();
    const std::vector<torch::Tensor> own = replica->parameters();
    for (std::size_t i = 0; i < own.size(); ++i) own[i].set_data(parameters[i].data());
    replicas_.push_back(replica);
  }
}

double DataParallel::loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets,
                                       const torch::Tensor& weights, double label_smoothing, int threads) {
  const std::int64_t size = input.size(0);
  if (replicas_.empty()) return network_->loss_and_gradient(input, targets, weights, label_smoothing);
  if (size < kParts * kLeastPart) {
    // One thread, however many there are: threads that share an operation may change the last bits.
    at::set_num_threads(1);
    const double loss = network_->loss_and_gradient(input, targets, weights, label_smoothing);
    at::set_num_threads(threads);
    return loss;
  }
  const int at_once = std::min(threads, kParts);
  std::vector<double> shares(replicas_.size());
  std::vector<double> losses(replicas_.size());
  for (const std::shared_ptr<Network>& replica : replicas_) prepare_replica(*replica);
  parallel_for(replicas_.size(), at_once, [&](std::size_t part) {
    at::set_num_threads(std::max(1, threads / at_once));
    const std::int64_t begin = size * static_cast<std::int64_t>(part) / kParts;
    const std::int64_t end = size * static_cast<std::int64_t>(part + 1) / kParts;
    shares[part] = static_cast<double>(end - begin) / static_cast<double>(size);
    losses[part] = replicas_[part]->loss_and_gradient(part_of(input, begin, end), part_of(targets, begin, end),
                                                      part_of(weights, begin, end), label_smoothing);
  });
  at::set_num_threads(threads);
  double loss = 0;
  for (std::size_t part = 0; part < losses.size(); ++part) loss += shares[part] * losses[part];
  if (std::isfinite(loss)) gather(shares);
  return loss;
}

// As the network is now: precision, what learns, what batch normalisation remembers, training mode.
void DataParallel::prepare_replica(Network& replica) const {
  const torch::NoGradGuard no_grad;
  replica.use_mixed_precision(network_->mixed_precision());
  std::vector<torch::Tensor> parameters = replica.parameters();
  const std::vector<torch::Tensor> whole = network_->parameters();
  for (std::size_t i = 0; i < whole.size(); ++i) parameters[i].set_requires_grad(whole[i].requires_grad());
  std::vector<torch::Tensor> buffers = replica.buffers();
  const std::vector<torch::Tensor> remembered = network_->buffers();
  for (std::size_t i = 0; i < remembered.size(); ++i) buffers[i].copy_(remembered[i]);
  const std::vector<std::shared_ptr<torch::nn::Module>> modules = network_->modules();
  std::size_t i = 0;
  for (const std::shared_ptr<torch::nn::Module>& module : replica.modules()) {
    // Not train(), which goes down to the children: frozen statistics stay in eval mode within a training network.
    if (module->is_training() != modules[i]->is_training()) module->train(modules[i]->is_training());
    ++i;
  }
}

void DataParallel::gather(const std::vector<double>& shares) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parameters = network_->parameters();
  for (torch::Tensor& parameter : parameters) parameter.mutable_grad() = torch::Tensor();
  std::vector<torch::Tensor> remembered = network_->buffers();
  for (torch::Tensor& buffer : remembered) {
    if (buffer.is_floating_point()) buffer.zero_();
  }
  for (std::size_t part = 0; part < replicas_.size(); ++part) {
    const std::vector<torch::Tensor> own = replicas_[part]->parameters();
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (!own[i].grad().defined()) continue;
      torch::Tensor& sum = parameters[i].mutable_grad();
      sum = sum.defined() ? sum.add_(own[i].grad(), shares[part]) : own[i].grad().mul(shares[part]);
    }
    const std::vector<torch::Tensor> buffers = replicas_[part]->buffers();
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      if (remembered[i].is_floating_point()) {
        remembered[i].add_(buffers[i], shares[part]);
      } else {
        remembered[i].copy_(buffers[i]);
      }
    }
  }
}

}  // namespace animalctl
