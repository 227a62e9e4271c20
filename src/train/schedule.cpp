#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace animalctl {
namespace {

constexpr int kPlateauPatience = 3;
constexpr double kPlateauFactor = 0.1;
constexpr double kOneCycleRise = 0.3;
constexpr double kOneCycleStart = 25;
constexpr double kOneCycleEnd = 25 * 1e4;

// From `start` at t = 0 to `end` at t = 1 along half a cosine.
double cosine_between(double start, double end, double t) {
  return end + (start - end) * (1 + std::cos(std::numbers::pi * t)) / 2;
}

}  // namespace

Schedule::Schedule(const TrainConfig& config, std::int64_t steps_per_epoch, const ScheduleSpan& span)
    : kind_(config.schedule),
      base_(span.learning_rate),
      first_step_(steps_per_epoch * span.first_epoch),
      warmup_steps_(std::llround(config.warmup_epochs * static_cast<double>(steps_per_epoch))),
      total_steps_(steps_per_epoch * span.epochs) {}

double Schedule::learning_rate(std::int64_t global_step) const {
  const std::int64_t step = std::max<std::int64_t>(0, global_step - first_step_);
  if (step < warmup_steps_) return base_ * static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  const std::int64_t length = std::max<std::int64_t>(1, total_steps_ - warmup_steps_);
  const double t = std::min(1.0, static_cast<double>(step - warmup_steps_) / static_cast<double>(length));
  switch (kind_) {
    case ScheduleKind::Constant:
      return base_;
    case ScheduleKind::Cosine:
      return cosine_between(base_, 0, t);
    case ScheduleKind::OneCycle:
      if (t < kOneCycleRise) return cosine_between(base_ / kOneCycleStart, base_, t / kOneCycleRise);
      return cosine_between(base_, base_ / kOneCycleEnd, (t - kOneCycleRise) / (1 - kOneCycleRise));
    case ScheduleKind::Plateau:
      return base_ * std::pow(kPlateauFactor, plateau_.reductions);
  }
  return base_;
}

void Schedule::epoch_ended(double val_loss) {
  if (kind_ != ScheduleKind::Plateau) return;
  if (val_loss < plateau_.best_loss) {
    plateau_.best_loss = val_loss;
    plateau_.epochs_without_improvement = 0;
    return;
  }
  if (++plateau_.epochs_without_improvement >= kPlateauPatience) {
    ++plateau_.reductions;
    plateau_.epochs_without_improvement = 0;
  }
}

}  // namespace animalctl
