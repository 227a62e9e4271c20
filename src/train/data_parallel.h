#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "model/network.h"

namespace animalctl {

// Training steps in which replicas of a network work on equal parts of the batch at the same time, as in
// torch.nn.DataParallel: two threads that each do half of the images are quicker than two that share every operation,
// and do not wait for each other where a second program runs beside. The number of parts depends on the network
// and the batch alone, so one thread and two give the same weights; more than two share operations within a part and
// may change the last bits. Batch normalisation sees the statistics of a part; what it remembers is the mean of the
// parts'.
//
// Networks of one layer, with dropout or on a GPU are trained in one part; so are batches of fewer than 2 · kLeastPart
// images, such as the last of an epoch, those on one thread.
// Not thread-safe.
class DataParallel {
 public:
  static constexpr int kParts = 2;
  static constexpr std::int64_t kLeastPart = 16;

  // `make` builds a network of the same architecture and options. The replicas share the tensors of `network`'s
  // parameters, which may change, but not be replaced, as long as this lives.
  DataParallel(std::shared_ptr<Network> network, const std::function<std::shared_ptr<Network>()>& make);

  // Network::loss_and_gradient() of the whole batch (not finite: the gradients are meaningless), on `threads` threads,
  // the number LibTorch is set to.
  double loss_and_gradient(const torch::Tensor& input, const torch::Tensor& targets, const torch::Tensor& weights,
                           double label_smoothing, int threads);

 private:
  void prepare_replica(Network& replica) const;
  void gather(const std::vector<double>& shares);

  const std::shared_ptr<Network> network_;
  std::vector<std::shared_ptr<Network>> replicas_;  // none: always one part
};

}  // namespace animalctl
