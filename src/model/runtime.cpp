#include "model/runtime.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <new>
#include <thread>

#include "compat/torch.h"

namespace animalctl {
namespace {

constexpr int kGreatestMmapThreshold = 32 << 20;  // glibc refuses more (HEAP_MAX_SIZE / 2)
constexpr int kKeptBytes = 256 << 20;
constexpr int kKeptByServer = 6 << 20;
constexpr int kSpareArenas = 6;

// OpenBLAS has threads of its own, as many as there are cores, and a lock around them: two workers that multiply
// matrices at the same time then take turns. Its functions are found at run time, because another BLAS may be
// installed.
void use_one_openblas_thread() {
  using SetThreads = void (*)(int);
  if (void* const found = ::dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) reinterpret_cast<SetThreads>(found)(1);
}

}  // namespace

void configure_torch() {
  at::set_num_threads(1);
  use_one_openblas_thread();
  // By default glibc gives every large tensor back to the kernel when it is freed and gets new pages, which have to be
  // cleared, for the next one: a third of the time of a forward pass.
  ::mallopt(M_MMAP_THRESHOLD, kGreatestMmapThreshold);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

void keep_little_memory() {
  ::mallopt(M_MMAP_THRESHOLD, kKeptByServer);
  ::mallopt(M_TRIM_THRESHOLD, kKeptByServer);
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(1U, std::thread::hardware_concurrency())) + kSpareArenas);
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
