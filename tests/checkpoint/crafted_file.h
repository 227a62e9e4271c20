#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/base/file.h"
#include "animalctl/checkpoint/torch_file.h"

// Files that torch.save would never write, made byte by byte.
namespace animalctl::test {

using Members = std::vector<std::pair<std::string, std::string>>;

// A zip of stored members.
Bytes make_zip(const Members& members);

// A checkpoint whose data.pkl is this pickle, with the storages data/0, data/1, …
Bytes make_checkpoint(std::string_view pickle, const std::vector<std::string>& storages = {});

// Reads it under the name "bad.pth".
checkpoint::Value parse(const Bytes& file, const checkpoint::ReadLimits& limits = {});
checkpoint::Value parse_pickle(std::string_view pickle, const std::vector<std::string>& storages = {},
                               const checkpoint::ReadLimits& limits = {});

// Pickle opcodes of: a whole number; text; a tuple of what is already opcodes; the storage "0" of
// so many elements; a tensor on it.
std::string pickled(std::int64_t number);
std::string pickled(std::string_view text);
std::string pickled_tuple(const std::vector<std::string>& items);
std::string pickled_sizes(const std::vector<std::int64_t>& sizes);
std::string pickled_storage(std::int64_t count, std::string_view type = "FloatStorage");
std::string pickled_tensor(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& shape,
                           const std::vector<std::int64_t>& strides);

}  // namespace animalctl::test
