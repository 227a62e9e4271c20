#pragma once

// TorchScript: modules made by tracing, saved and loaded. Few files need it, so it is not in the precompiled header.
#include "compat/torch.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/script.h>
