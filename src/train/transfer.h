#pragma once

#include <memory>
#include <string>
#include <vector>

#include "animalctl/train/train.h"
#include "model/backbone_network.h"
#include "train/schedule.h"

namespace animalctl {

// What of a network is trained in which epoch. Without a backbone or without freezing: all of it, always.
class TransferPlan {
 public:
  // `backbone` is the network as a backbone network, or null. Throws InvalidArgument when the settings ask for a
  // backbone that is not there, or for more stages than there are.
  TransferPlan(const TrainConfig& config, const Network& network, BackboneNetwork* backbone);

  // True when only the head learns in that epoch, so that features are all it needs. Also for epochs after the last:
  // a run may be resumed with more.
  bool head_only(int epoch) const { return epoch < first_whole_epoch_; }
  bool any_head_only() const { return head_epochs_ > 0; }
  bool any_whole() const { return head_epochs_ < num_epochs_; }

  // Marks the parameters that learn in that epoch and fixes the statistics of a pretrained backbone.
  void apply(int epoch) const;
  // One a parameter, in the order of parameters(): learning rates fall by layer_decay from the head to the input.
  std::vector<double> learning_rate_scales() const;
  ScheduleSpan head_span() const { return {0, head_epochs_, config_.learning_rate}; }
  ScheduleSpan whole_span() const;

 private:
  const TrainConfig& config_;
  const Network& network_;
  BackboneNetwork* const backbone_;
  const int num_epochs_;
  int first_whole_epoch_ = 0;
  int head_epochs_ = 0;                          // of this run
  std::vector<std::size_t> stage_of_parameter_;  // stages().size() for the head
};

}  // namespace animalctl
