#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "animalctl/base/error.h"
#include "animalctl/checkpoint/torch_file.h"
#include "checkpoint/checked_math.h"
#include "checkpoint/read_failure.h"
#include "checkpoint/unpickle.h"
#include "checkpoint/zip_reader.h"

namespace animalctl::checkpoint {
namespace {

constexpr std::string_view kStorageFolder = "data/";
constexpr std::string_view kResave =
    "load it in Python and save it again with PyTorch 1.6 or later: torch.save(torch.load(path), path)";

// What torch.save wrote before 1.6 begins with its magic number, pickled.
constexpr std::string_view kLegacyMagic("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15);

bool is_tar(std::string_view text) {
  return text.size() > 262 && text.substr(257, 5) == "ustar";
}

bool is_bare_pickle(std::string_view text) {
  return text.size() > 1 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5;
}

// Says what a file is that is no complete zip.
void require_zip(std::string_view text, std::string_view name) {
  if (text.empty()) throw_damaged(name, "the file is empty; a checkpoint written by torch.save is needed");
  if (text.starts_with(kLegacyMagic)) {
    throw_unsupported(name, fmt::format("it was written by PyTorch before 1.6 or with "
                                        "_use_new_zipfile_serialization=False; {}",
                                        kResave));
  }
  if (is_tar(text)) throw_unsupported(name, fmt::format("it is a tar file of PyTorch before 0.1.13; {}", kResave));
  if (is_bare_pickle(text)) {
    throw_unsupported(name, "it is a bare pickle, not a file of torch.save; save it with torch.save instead");
  }
  if (!text.starts_with("PK"))
    throw_damaged(name, "it is not a zip file; a checkpoint written by torch.save is needed");
  // The zip's end record has 22 bytes and a comment of up to 65,535.
  const std::string_view tail = text.substr(text.size() - std::min<std::size_t>(text.size(), 22 + 65'535));
  if (tail.find("PK\x05\x06") == std::string_view::npos) {
    throw_damaged(name, "the file is truncated: the end of its zip is missing; copy or save it again");
  }
}

void require_torch_save(const ZipContent& zip, std::string_view name) {
  if (zip.has("constants.pkl") || zip.has_prefix("code/")) {
    throw_unsupported(name,
                      "it is a TorchScript file (torch.jit.save), not a checkpoint; in Python save "
                      "torch.jit.load(path).state_dict() with torch.save");
  }
  if (!zip.has("data.pkl")) {
    throw_damaged(name, "it is a zip without data.pkl; a checkpoint written by torch.save is needed");
  }
  if (!zip.has("byteorder")) return;
  const std::string_view order = as_text(zip.content("byteorder"));
  if (order == "little") return;
  if (order != "big") throw_damaged(name, "its byteorder member is neither 'little' nor 'big'");
  throw_unsupported(name, "it was written on a big-endian machine; save it again on a little-endian one");
}

std::uint64_t total_limit(std::uint64_t file_bytes, const ReadLimits& limits) {
  const auto expanded = checked_multiply(file_bytes, limits.max_expansion);
  const auto allowed = expanded ? checked_add(*expanded, limits.free_bytes) : std::nullopt;
  return allowed ? std::min(*allowed, limits.max_total_bytes) : limits.max_total_bytes;
}

}  // namespace

Value parse_torch_file(std::span<const std::byte> file, std::string_view name, const ReadLimits& limits) {
  if (file.size() > limits.max_file_bytes) {
    throw_over_limit(name, fmt::format("{} bytes, the limit is {}", file.size(), limits.max_file_bytes));
  }
  require_zip(as_text(file), name);
  const std::uint64_t byte_limit = total_limit(file.size(), limits);
  const ZipContent zip(file, name, limits, byte_limit);
  require_torch_save(zip, name);
  StorageTable storages;
  for (const auto& [member, content] : zip.members()) {
    if (member.starts_with(kStorageFolder)) storages.emplace(member.substr(kStorageFolder.size()), content);
  }
  return unpickle(zip.content("data.pkl"), storages, name, limits, byte_limit);
}

Value read_torch_file(const std::filesystem::path& path, const ReadLimits& limits) {
  return parse_torch_file(read_file(path, limits.max_file_bytes), path.string(), limits);
}

}  // namespace animalctl::checkpoint
