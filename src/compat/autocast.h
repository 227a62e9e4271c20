#pragma once

#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include "compat/torch.h"

namespace animalctl {

// While it lives, this thread's operations on `device` (CPU or CUDA) that are safe and quicker in bfloat16 run in it,
// as in Python's torch.autocast. bfloat16 has the range of float32, so gradients need no scaling. The functions have
// other names since LibTorch 2.4.
class Autocast {
 public:
  Autocast(torch::DeviceType device, bool on) : device_(device), was_on_(enabled(device)) {
    at::autocast::increment_nesting();
    if (on) set_type(device);
    enable(device, on);
  }
  ~Autocast() {
    // The last to leave forgets the weights that were converted: they will have changed.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    enable(device_, was_on_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  static bool enabled(torch::DeviceType device) {
    return at::autocast::is_autocast_enabled(device);
  }
  static void enable(torch::DeviceType device, bool on) {
    at::autocast::set_autocast_enabled(device, on);
  }
  static void set_type(torch::DeviceType device) {
    at::autocast::set_autocast_dtype(device, at::kBFloat16);
  }
#else
  static bool enabled(torch::DeviceType device) {
    return device == torch::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
  }
  static void enable(torch::DeviceType device, bool on) {
    device == torch::kCPU ? at::autocast::set_cpu_enabled(on) : at::autocast::set_enabled(on);
  }
  static void set_type(torch::DeviceType device) {
    device == torch::kCPU ? at::autocast::set_autocast_cpu_dtype(at::kBFloat16)
                          : at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
  }
#endif

  const torch::DeviceType device_;
  const bool was_on_;
};

}  // namespace animalctl
