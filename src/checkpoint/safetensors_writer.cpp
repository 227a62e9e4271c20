#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/checkpoint/safetensors.h"
#include "checkpoint/safetensors_types.h"

namespace animalctl::checkpoint {
namespace {

struct NamedPart {
  const std::string* name;
  const Tensor* tensor;
};

[[noreturn]] void cannot_write(std::string_view what) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("cannot be written as safetensors: {}", what));
}

// The tensors in the order of their data.
std::vector<NamedPart> arrange(const Safetensors& file) {
  std::vector<NamedPart> parts;
  std::set<std::string_view> names;
  for (const DictEntry& entry : file.tensors.entries) {
    const auto* const name = entry.key.get_if<std::string>();
    const auto* const tensor = entry.value.get_if<Tensor>();
    if (name == nullptr) cannot_write(fmt::format("a key is {}; names are strings", entry.key.describe()));
    if (tensor == nullptr) cannot_write(fmt::format("\"{}\" is {}, not a tensor", *name, entry.value.describe()));
    if (!is_utf8(*name)) cannot_write("a name is not UTF-8 text");
    if (*name == kSafetensorsMetadata) cannot_write(fmt::format("no tensor may be named \"{}\"", *name));
    if (!names.insert(*name).second) cannot_write(fmt::format("the name \"{}\" appears twice", *name));
    require_consistent(*tensor);
    parts.push_back({name, tensor});
  }
  std::stable_sort(parts.begin(), parts.end(), [](const NamedPart& a, const NamedPart& b) {
    return size_of(a.tensor->type) > size_of(b.tensor->type);
  });
  return parts;
}

std::string make_header(const std::vector<NamedPart>& parts, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) {
    for (const auto& [key, text] : metadata) {
      if (!is_utf8(key) || !is_utf8(text)) cannot_write("its metadata are not UTF-8 text");
    }
    header[kSafetensorsMetadata] = metadata;
  }
  std::uint64_t place = 0;
  for (const NamedPart& part : parts) {
    const std::uint64_t end = place + part.tensor->data.size();
    header[*part.name] = {
        {"dtype", safetensors_name(part.tensor->type)}, {"shape", part.tensor->shape}, {"data_offsets", {place, end}}};
    place = end;
  }
  std::string text = header.dump();
  constexpr std::size_t kAlignment = 8;
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  return text;
}

// Calls `write` with the parts of the file in order.
template <typename Write>
void write_parts(const std::string& header, const std::vector<NamedPart>& parts, Write&& write) {
  const std::uint64_t size = header.size();
  write(std::as_bytes(std::span(&size, 1)));
  write(as_byte_span(header));
  for (const NamedPart& part : parts) write(std::span<const std::byte>(part.tensor->data));
}

}  // namespace

Bytes serialize_safetensors(const Safetensors& file) {
  const std::vector<NamedPart> parts = arrange(file);
  Bytes bytes;
  write_parts(make_header(parts, file.metadata), parts,
              [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& file) {
  const std::vector<NamedPart> parts = arrange(file);
  const std::string header = make_header(parts, file.metadata);
  AtomicFile target(path);
  write_parts(header, parts, [&](std::span<const std::byte> part) { target.write(part); });
  target.commit();
}

}  // namespace animalctl::checkpoint
