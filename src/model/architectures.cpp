#include <fmt/core.h>

#include "animalctl/base/error.h"
#include "model/animalnet.h"
#include "model/backbone_network.h"
#include "model/mobilenet_v2.h"
#include "model/network.h"
#include "model/resnet.h"
#include "model/smallcnn.h"
#include "model/squeezenet1_1.h"

namespace animalctl {

std::vector<ArchitectureRow> architecture_table() {
  return {
      {"animalnet", "the seed's: one linear layer on 16 x 16 grey pixels", animalnet_preprocessing, make_animalnet,
       false, false},
      {"smallcnn", "a small convolutional network, trained from nothing in minutes", smallcnn_preprocessing,
       make_smallcnn, false, true},
      {"squeezenet1_1", "0.7 million weights, the smallest", imagenet_preprocessing, make_squeezenet1_1, true, false},
      {"mobilenet_v2", "2.2 million weights, good and quick on a CPU", imagenet_preprocessing, make_mobilenet_v2, true,
       false},
      {"resnet18", "11 million weights", imagenet_preprocessing, make_resnet18, true, true},
      {"resnet34", "21 million weights", imagenet_preprocessing, make_resnet34, true, true},
      {"resnet50", "24 million weights, the best and slowest", imagenet_preprocessing, make_resnet50, true, true},
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
