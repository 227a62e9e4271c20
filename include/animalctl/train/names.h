#pragma once

#include <string_view>

#include "animalctl/train/train.h"

namespace animalctl {

// The words of the command line, the report and the checkpoint for each choice.
constexpr std::string_view to_string(OptimizerKind kind) {
  switch (kind) {
    case OptimizerKind::Sgd:
      return "sgd";
    case OptimizerKind::Adam:
      return "adam";
    case OptimizerKind::AdamW:
      return "adamw";
    case OptimizerKind::Muon:
      return "muon";
  }
  return "";
}

constexpr std::string_view to_string(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::Constant:
      return "constant";
    case ScheduleKind::Cosine:
      return "cosine";
    case ScheduleKind::OneCycle:
      return "one-cycle";
    case ScheduleKind::Plateau:
      return "plateau";
  }
  return "";
}

constexpr std::string_view to_string(AugmentKind kind) {
  switch (kind) {
    case AugmentKind::None:
      return "none";
    case AugmentKind::Light:
      return "light";
    case AugmentKind::Strong:
      return "strong";
    case AugmentKind::Crop:
      return "crop";
  }
  return "";
}

constexpr std::string_view to_string(ClassWeights weights) {
  switch (weights) {
    case ClassWeights::None:
      return "none";
    case ClassWeights::Balanced:
      return "balanced";
  }
  return "";
}

constexpr std::string_view to_string(Precision precision) {
  switch (precision) {
    case Precision::Auto:
      return "auto";
    case Precision::Fp32:
      return "fp32";
    case Precision::Bf16:
      return "bf16";
  }
  return "";
}

constexpr std::string_view to_string(Device device) {
  switch (device) {
    case Device::Auto:
      return "auto";
    case Device::Cpu:
      return "cpu";
    case Device::Cuda:
      return "cuda";
  }
  return "";
}

}  // namespace animalctl
