#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "animalctl/checkpoint/torch_file.h"
#include "checkpoint/pickle_writer.h"
#include "checkpoint/zip_writer.h"

namespace animalctl::checkpoint {
namespace {

// Loaders take any folder; plain ASCII keeps the zip free of character sets.
std::string folder_name(std::string_view wanted) {
  const bool plain = !wanted.empty() && wanted.size() <= 200 && wanted != "." && wanted != ".." &&
                     std::all_of(wanted.begin(), wanted.end(), [](char character) {
                       return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                              (character >= '0' && character <= '9') ||
                              std::string_view("._- +").find(character) != std::string_view::npos;
                     });
  return plain ? std::string(wanted) : "archive";
}

void write_members(ZipWriter& zip, const std::string& folder, const Pickled& pickled) {
  zip.add(folder + "/data.pkl", as_byte_span(pickled.pickle));
  for (std::size_t key = 0; key < pickled.storages.size(); ++key) {
    zip.add(fmt::format("{}/data/{}", folder, key), pickled.storages[key]->data);
  }
  zip.add(folder + "/version", as_byte_span("3\n"));
  zip.finish();
}

}  // namespace

Bytes serialize_torch_file(const Value& value, std::string_view archive_name) {
  const Pickled pickled = pickle_value(value);
  Bytes file;
  // About what the zip adds for each member; a wrong guess costs a copy.
  std::size_t size = pickled.pickle.size() + 1024;
  for (const Tensor* tensor : pickled.storages) size += tensor->data.size() + 512;
  file.reserve(size);
  ZipWriter zip([&file](std::span<const std::byte> bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); });
  write_members(zip, folder_name(archive_name), pickled);
  return file;
}

void write_torch_file(const std::filesystem::path& path, const Value& value) {
  const Pickled pickled = pickle_value(value);
  AtomicFile file(path);
  ZipWriter zip([&file](std::span<const std::byte> bytes) { file.write(bytes); });
  write_members(zip, folder_name(path.stem().string()), pickled);
  file.commit();
}

}  // namespace animalctl::checkpoint
