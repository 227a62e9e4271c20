#include "serve/image_store.h"

#include <system_error>

#include "animalctl/image/header.h"

namespace animalctl::serve {

std::string ImageStore::store(const Digest& digest, std::span<const std::byte> bytes, FileGroup& files) const {
  const Result<ImageHeader> header = parse_image_header(bytes);
  if (!header) return "";
  const std::string hex = digest.hex();
  std::string name = hex.substr(0, 2) + '/' + hex.substr(2);
  name += file_extension(header.value().format);
  const std::filesystem::path path = folder_ / name;
  std::error_code missing;
  // The size is looked at too: a file cut by a crash of another program is written again.
  if (std::filesystem::file_size(path, missing) != bytes.size() || missing) files.add(path, bytes);
  return name;
}

}  // namespace animalctl::serve
