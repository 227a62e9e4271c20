#pragma once

#include <filesystem>
#include <string>

#include "animalctl/checkpoint/value.h"
#include "model/backbone_network.h"
#include "model/description.h"

namespace animalctl {

// Loads published or own weights into a backbone network: a .pth with a state dict (torchvision's), a checkpoint of
// this program or of the seed's shape, or a .safetensors file. The head is taken over when it has the network's shape,
// else it is started anew from `seed`. Returns a sentence for the log that says what became of the head.
// Throws what the readers throw, and DataLoss when backbone tensors are missing, unknown or of another shape (the
// first ten of each named, with the architecture that would fit when there is one).
std::string load_pretrained(BackboneNetwork& network, const std::string& architecture,
                            const std::filesystem::path& file, std::uint64_t seed);

// Loads every tensor of a network, of any architecture, from a model that was trained before: a checkpoint of this
// program or of the seed's shape, a state dict, or a .safetensors file. `wanted` is what the network is. Returns a
// sentence for the log. Throws what the readers throw, and DataLoss when the file says that it is of another
// architecture or other classes, or its tensors have other names or shapes (the first ten of each named, with the image
// size that would fit when the file says one).
std::string load_trained(Network& network, const ModelDescription& wanted, const std::filesystem::path& file);

}  // namespace animalctl
