#include "model/device.h"

#include "animalctl/base/error.h"

namespace animalctl {

torch::Device resolve_device(Device device) {
  const bool cuda = torch::cuda::is_available();
  switch (device) {
    case Device::Auto:
      return cuda ? torch::Device(torch::kCUDA) : torch::Device(torch::kCPU);
    case Device::Cpu:
      return torch::Device(torch::kCPU);
    case Device::Cuda:
      if (cuda) return torch::Device(torch::kCUDA);
      throw Error(ErrorCode::Unavailable,
                  "--device cuda: LibTorch finds no CUDA device here (no GPU, no driver, or a LibTorch built without "
                  "CUDA, as Debian's is); use --device cpu or auto");
  }
  return torch::Device(torch::kCPU);
}

bool processor_has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace animalctl
