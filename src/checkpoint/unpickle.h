#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "animalctl/checkpoint/torch_file.h"
#include "checkpoint/pickle_machine.h"

namespace animalctl::checkpoint {

// Reads the pickle of a torch.save file. `byte_limit` bounds all tensors and strings of the result together.
Value unpickle(std::span<const std::byte> pickle, const StorageTable& storages, std::string_view file,
               const ReadLimits& limits, std::uint64_t byte_limit);

}  // namespace animalctl::checkpoint
