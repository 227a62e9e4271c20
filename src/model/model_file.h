#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "animalctl/checkpoint/value.h"
#include "animalctl/model/preprocessing.h"
#include "model/network.h"

namespace animalctl {

// A checkpoint of ours in memory (docs/formats/checkpoint.md, "What animalctl writes").
struct ModelFile {
  std::string architecture = "animalnet";
  std::vector<std::string> classes = {"CAT", "DOG"};
  Preprocessing preprocessing;
  checkpoint::Dict state;                            // the network's tensors
  std::optional<checkpoint::Dict> raw_state;         // with a moving average: the tensors that training goes on from
  std::int64_t epoch = 0;                            // 0-based
  double loss = 0;                                   // mean training loss of that epoch
  std::optional<checkpoint::Value> optimizer_state;  // as Python's optimizer.state_dict()
  std::optional<checkpoint::Value> training_state;   // what --resume needs; only in files of ours
};

// Reads a checkpoint: ours, the seed's dict (epoch, model_state_dict, …) or a bare state dict, the last two
// recognised by their tensors' names and shapes. Throws what read_torch_file() throws, and DataLoss when the file
// holds no model we know or its description contradicts itself.
ModelFile read_model_file(const std::filesystem::path& path);

// Writes it in the seed's shape with one more key, "animalctl"; atomic and durable.
void write_model_file(const std::filesystem::path& path, const ModelFile& file);

// Builds the network that a file describes, with the file's tensors, in eval mode on the CPU.
std::shared_ptr<Network> make_network(const ModelFile& file, const std::filesystem::path& origin);

}  // namespace animalctl
