#include "model/runtime.h"

#include <fmt/core.h>

#include <new>

#include "compat/torch.h"

namespace animalctl {

void configure_torch() {
  at::set_num_threads(1);
}

std::string torch_version() {
  return fmt::format("{}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH);
}

bool torch_has_cuda() {
  return torch::cuda::is_available();
}

void rethrow_torch_error() {
  try {
    throw;
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const bool memory =
        text.find("not enough memory") != std::string::npos || text.find("out of memory") != std::string::npos;
    throw Error(memory ? ErrorCode::ResourceExhausted : ErrorCode::Internal,
                memory ? "LibTorch is out of memory; try a smaller --batch-size" : "LibTorch failed: " + text);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::ResourceExhausted, "out of memory; try a smaller --batch-size or fewer --threads");
  } catch (const std::exception& error) {
    throw Error(ErrorCode::Internal, fmt::format("internal error: {}", error.what()));
  }
}

}  // namespace animalctl
