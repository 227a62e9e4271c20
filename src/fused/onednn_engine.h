#pragma once

#include "compat/onednn.h"

namespace animalctl {

// The processor as oneDNN sees it; one for the whole program. Thread-safe.
const dnnl::engine& onednn_engine();

}  // namespace animalctl
