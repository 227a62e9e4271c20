#pragma once

#include <string_view>

#include "animalctl/checkpoint/tensor.h"

namespace animalctl::checkpoint {

// A Python name that a checkpoint may refer to. What it does is our code; nothing is looked up in Python.
struct PickleGlobal {
  enum class Kind {
    OrderedDict,
    Size,
    Device,
    ScalarTypeName,
    Storage,
    RebuildTensor,
    RebuildTensorV2,
    RebuildParameter
  };

  std::string_view name;  // module and name joined by a dot
  Kind kind;
  ScalarType type = ScalarType::UInt8;  // of Storage
};

// The entry of the allow-list; throws DataLoss for any other name, Unimplemented for PyTorch's
// kinds of tensors that are not read.
const PickleGlobal& find_global(std::string_view module, std::string_view name, std::string_view file);

}  // namespace animalctl::checkpoint
