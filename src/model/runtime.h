#pragma once

#include <string>

#include "animalctl/base/error.h"

namespace animalctl {

// Sets LibTorch up for this program: one intra-op thread, because the networks here are small and two spinning
// OpenMP threads on busy cores are slower than one. To be called once, before any tensor is made.
void configure_torch();

// For a process that answers requests on many threads, after configure_torch(): glibc would keep up to 64 MiB for each
// of them once they have decoded large pictures. Threads share a few stores of memory, and what more than 6 MiB was
// needed for goes back to the kernel.
void keep_little_memory();

// The LibTorch that is loaded, e.g. "1.13.0".
std::string torch_version();
bool torch_has_cuda();

// Throws the exception being handled as an Error without LibTorch's backtrace: ResourceExhausted when memory ran
// out, otherwise Internal. To be called in a catch block.
[[noreturn]] void rethrow_torch_error();

// Runs an action and converts what LibTorch throws.
template <typename Action>
auto guard_torch(Action&& action) {
  try {
    return action();
  } catch (const Error&) {
    throw;
  } catch (...) {
    rethrow_torch_error();
  }
}

}  // namespace animalctl
