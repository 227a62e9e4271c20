#include "train/step_precision.h"

#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "animalctl/train/names.h"

namespace animalctl {

Precision choose_step_precision(Precision asked, const ArchitectureRow& row, torch::Device device,
                                bool processor_has_bfloat16) {
  const bool possible = !device.is_cpu() || processor_has_bfloat16;
  if (asked == Precision::Bf16 && !possible) {
    throw Error(ErrorCode::Unavailable,
                "--precision bf16: this processor has no bfloat16 instructions (AVX512-BF16), training in it would be "
                "slower; use fp32 or auto");
  }
  if (asked != Precision::Auto) return asked;
  const bool gains = possible && (!device.is_cpu() || row.quick_in_bfloat16);
  return gains ? Precision::Bf16 : Precision::Fp32;
}

Precision resume_step_precision(Precision saved, Precision asked, torch::Device device, bool processor_has_bfloat16,
                                const std::string& origin) {
  if (asked != Precision::Auto && asked != saved) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("cannot resume from {}: it was trained otherwise:\n  --precision was {}, now it is {}\n  "
                            "Give the same settings, or train without --resume",
                            origin, to_string(saved), to_string(asked)));
  }
  if (saved == Precision::Bf16 && device.is_cpu() && !processor_has_bfloat16) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("cannot resume from {}: its steps are in bfloat16, which this processor has no "
                            "instructions for; go on where it began, or train without --resume",
                            origin));
  }
  return saved;
}

}  // namespace animalctl
