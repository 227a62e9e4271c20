#pragma once

// The only include of LibTorch. ivalue.h comes first, in a block of its own so that no formatter moves it: clang 14 in
// C++20 mode cannot parse the headers of LibTorch 1.13 otherwise (incomplete c10::IValue).
#include <ATen/core/ivalue.h>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>
