#include "train/transfer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

std::size_t stage_of(const std::string& name, const std::vector<std::string>& stages) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    if (name.starts_with(stages[i])) return i;
  }
  return stages.size();
}

}  // namespace

TransferPlan::TransferPlan(const TrainConfig& config, const Network& network, BackboneNetwork* backbone)
    : config_(config), network_(network), backbone_(backbone), num_epochs_(config.num_epochs) {
  if (backbone == nullptr) {
    if (!config.freeze_backbone && config.freeze_stages == 0) return;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("--freeze needs an architecture with a backbone, such as mobilenet_v2; {} has none: all of "
                            "it learns, with --weights too",
                            config.architecture));
  }
  const std::vector<std::string> stages = backbone->stages();
  if (config.freeze_stages > static_cast<int>(stages.size())) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("--freeze {}: the backbone of {} has {} stages",
                                                        config.freeze_stages, config.architecture, stages.size()));
  }
  if (config.freeze_backbone) first_whole_epoch_ = config.unfreeze_at.value_or(std::numeric_limits<int>::max());
  head_epochs_ = std::min(num_epochs_, first_whole_epoch_);
  for (const auto& item : network.named_parameters()) stage_of_parameter_.push_back(stage_of(item.key(), stages));
}

void TransferPlan::apply(int epoch) const {
  if (backbone_ == nullptr) return;
  const std::size_t stages = backbone_->stages().size();
  const std::size_t frozen = head_only(epoch) ? stages : static_cast<std::size_t>(config_.freeze_stages);
  std::size_t i = 0;
  for (torch::Tensor& parameter : network_.parameters()) {
    const bool learns = stage_of_parameter_[i++] >= frozen;
    parameter.set_requires_grad(learns);
    if (!learns) parameter.mutable_grad() = torch::Tensor();
  }
  backbone_->freeze_statistics(!config_.weights.empty());
}

std::vector<double> TransferPlan::learning_rate_scales() const {
  std::vector<double> scales;
  if (backbone_ == nullptr || config_.weights.empty()) return scales;
  const std::size_t stages = backbone_->stages().size();
  for (const std::size_t stage : stage_of_parameter_) {
    scales.push_back(std::pow(config_.layer_decay, static_cast<double>(stages - stage)));
  }
  return scales;
}

ScheduleSpan TransferPlan::whole_span() const {
  const bool after_head = head_epochs_ > 0;
  return {head_epochs_, std::max(1, num_epochs_ - head_epochs_),
          after_head ? config_.fine_tune_lr : config_.learning_rate};
}

}  // namespace animalctl
