#include "model/runtime.h"

#include <dlfcn.h>

#include "support/catch_compat.h"

namespace animalctl {

TEST_CASE("a matrix product runs on the thread that asks for it alone", "[runtime]") {
  configure_torch();
  void* const found = ::dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
  if (found == nullptr) {
    WARN("skipped: this BLAS is not OpenBLAS");
    return;
  }
  CHECK(reinterpret_cast<int (*)()>(found)() == 1);
}

}  // namespace animalctl
