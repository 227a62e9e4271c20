#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "animalctl/base/file.h"
#include "animalctl/checkpoint/torch_file.h"

namespace animalctl::checkpoint {

// The members of a torch.save archive by name without its top folder: "data.pkl", "data/0", "version".
// Members that no reader of ours needs are listed with no content.
class ZipContent {
 public:
  // Reads the archive that `file` holds. Content of stored members is a view of `file`, which must
  // outlive this. Throws DataLoss, Unimplemented or ResourceExhausted.
  ZipContent(std::span<const std::byte> file, std::string_view name, const ReadLimits& limits,
             std::uint64_t byte_limit);

  bool has(std::string_view member) const { return members_.contains(member); }
  // True when there is a member whose name begins so.
  bool has_prefix(std::string_view prefix) const;
  // The content of a member, which must exist.
  std::span<const std::byte> content(std::string_view member) const;
  const std::map<std::string, std::span<const std::byte>, std::less<>>& members() const { return members_; }

 private:
  std::map<std::string, std::span<const std::byte>, std::less<>> members_;
  // Where inflated content lives; the views above stay good because the inner vectors never change.
  std::map<std::string, Bytes, std::less<>> inflated_;
};

}  // namespace animalctl::checkpoint
