#pragma once

#include <string>
#include <vector>

#include "animalctl/checkpoint/value.h"

namespace animalctl::checkpoint {

struct Pickled {
  std::string pickle;
  // The tensors in the order of their storage keys "0", "1", …; they point into the pickled value.
  std::vector<const Tensor*> storages;
};

// Pickles a value as torch.save does: protocol 2, tensors through torch._utils._rebuild_tensor_v2 on
// storages of their own. Throws InvalidArgument as write_torch_file says.
Pickled pickle_value(const Value& value);

}  // namespace animalctl::checkpoint
