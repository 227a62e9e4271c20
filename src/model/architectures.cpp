#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "model/animalnet.h"
#include "model/network.h"

namespace animalctl {

std::vector<ArchitectureRow> architecture_table() {
  return {
      {"animalnet", "the seed's: one linear layer on 16 x 16 grey pixels", animalnet_preprocessing, make_animalnet},
  };
}

ArchitectureRow find_architecture(std::string_view name) {
  std::string known;
  for (const ArchitectureRow& row : architecture_table()) {
    if (name == row.name) return row;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorCode::InvalidArgument, fmt::format("there is no architecture \"{}\"; there are: {}", name, known));
}

}  // namespace animalctl
