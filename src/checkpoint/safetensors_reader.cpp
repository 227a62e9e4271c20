#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "animalctl/base/json.h"
#include "animalctl/checkpoint/safetensors.h"
#include "checkpoint/checked_math.h"
#include "checkpoint/read_failure.h"
#include "checkpoint/safetensors_types.h"

namespace animalctl::checkpoint {
namespace {

using nlohmann::json;

constexpr std::size_t kPrefix = sizeof(std::uint64_t);
// The dimensions numpy and PyTorch can show; a bound so that a header cannot spend its bytes on one shape.
constexpr std::size_t kMaxDimensions = 64;

// One row of the header: [begin, end) in the data.
struct Entry {
  std::string name;
  ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;
  std::uint64_t end;
};

class HeaderReader {
 public:
  HeaderReader(std::string_view file, std::uint64_t data_bytes) : file_(file), data_bytes_(data_bytes) {}

  Entry entry(const std::string& name, const json& value) const {
    if (!value.is_object()) refuse(name, "its header entry is not an object");
    Entry entry{name, type(name, value), shape(name, value), 0, 0};
    read_offsets(value, entry);
    const std::uint64_t bytes = entry.end - entry.begin;
    const auto needed = byte_count(entry);
    if (!needed || *needed != bytes) {
      refuse(name, fmt::format("{} bytes of data do not fit {} of shape [{}]", bytes, to_string(entry.type),
                               fmt::join(entry.shape, ", ")));
    }
    return entry;
  }

  std::map<std::string, std::string> metadata(const json& value) const {
    std::map<std::string, std::string> result;
    if (!value.is_object()) throw_damaged(file_, "its __metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) throw_damaged(file_, fmt::format("\"{}\" in its __metadata__ is not a string", key));
      result.emplace(key, text.get_ref<const std::string&>());
    }
    return result;
  }

  // The data must be covered exactly, so that nothing hides in a file and no byte is seen twice.
  void require_seamless(const std::vector<Entry>& entries) const {
    std::uint64_t place = 0;
    for (const Entry& entry : entries) {
      if (entry.begin < place) refuse(entry.name, "its data overlap those of another tensor");
      if (entry.begin > place) refuse(entry.name, fmt::format("{} unused bytes before its data", entry.begin - place));
      place = entry.end;
    }
    if (place != data_bytes_) {
      throw_damaged(file_, fmt::format("{} bytes after the last tensor belong to none", data_bytes_ - place));
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& name, std::string_view what) const {
    throw_damaged(file_, fmt::format("tensor \"{}\": {}", name, what));
  }

  const json& member(const std::string& name, const json& value, const char* key) const {
    const auto found = value.find(key);
    if (found == value.end()) refuse(name, fmt::format("its header entry has no \"{}\"", key));
    return *found;
  }

  ScalarType type(const std::string& name, const json& value) const {
    const json& text = member(name, value, "dtype");
    if (!text.is_string()) refuse(name, "its dtype is not a string");
    const auto found = safetensors_type(text.get_ref<const std::string&>());
    if (!found) {
      throw_unsupported(file_,
                        fmt::format("tensor \"{}\" is of type {}; F64, F32, F16, BF16, I64, I32, I16, I8, U8 and "
                                    "BOOL are read",
                                    name, text.get_ref<const std::string&>()));
    }
    return *found;
  }

  std::uint64_t whole_number(const std::string& name, const json& value, const char* key) const {
    if (!value.is_number_unsigned()) refuse(name, fmt::format("its {} must be whole numbers, 0 or more", key));
    return value.get<std::uint64_t>();
  }

  std::vector<std::int64_t> shape(const std::string& name, const json& value) const {
    const json& sizes = member(name, value, "shape");
    if (!sizes.is_array() || sizes.size() > kMaxDimensions) {
      refuse(name, fmt::format("its shape must be a list of at most {} sizes", kMaxDimensions));
    }
    std::vector<std::int64_t> shape;
    for (const json& size : sizes) {
      const std::uint64_t number = whole_number(name, size, "sizes");
      if (number > static_cast<std::uint64_t>(INT64_MAX)) refuse(name, "a size is 2^63 or more");
      shape.push_back(static_cast<std::int64_t>(number));
    }
    return shape;
  }

  void read_offsets(const json& value, Entry& entry) const {
    const json& offsets = member(entry.name, value, "data_offsets");
    if (!offsets.is_array() || offsets.size() != 2) refuse(entry.name, "its data_offsets must be [begin, end]");
    entry.begin = whole_number(entry.name, offsets[0], "data_offsets");
    entry.end = whole_number(entry.name, offsets[1], "data_offsets");
    if (entry.begin > entry.end || entry.end > data_bytes_) {
      refuse(entry.name, fmt::format("its data_offsets [{}, {}] are not within the {} bytes of data", entry.begin,
                                     entry.end, data_bytes_));
    }
  }

  // Nothing when it does not fit: a tensor that size cannot be in the file.
  static std::optional<std::uint64_t> byte_count(const Entry& entry) {
    std::uint64_t count = size_of(entry.type);
    bool empty = false;
    for (const std::int64_t size : entry.shape) {
      if (size == 0) {
        empty = true;
        continue;
      }
      const auto product = checked_multiply(count, static_cast<std::uint64_t>(size));
      if (!product || *product > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
      count = *product;
    }
    return empty ? 0 : count;
  }

  std::string_view file_;
  std::uint64_t data_bytes_;
};

std::string_view header_text(std::span<const std::byte> file, std::string_view name, const SafetensorsLimits& limits) {
  if (file.size() < kPrefix) throw_damaged(name, "it is too short for a safetensors file");
  std::uint64_t size = 0;
  // Little-endian by the format; every machine this program is built for is.
  std::memcpy(&size, file.data(), kPrefix);
  if (size > limits.max_header_bytes) {
    throw_over_limit(name, fmt::format("its first 8 bytes ask for a header of {} bytes, at most {} are read; is it a "
                                       "safetensors file?",
                                       size, limits.max_header_bytes));
  }
  if (size > file.size() - kPrefix) throw_damaged(name, "the file is truncated: its header is cut off");
  return as_text(file.subspan(kPrefix, static_cast<std::size_t>(size)));
}

}  // namespace

bool is_safetensors(const std::filesystem::path& path) {
  return path.extension() == ".safetensors";
}

Safetensors parse_safetensors(std::span<const std::byte> file, std::string_view name, const SafetensorsLimits& limits) {
  if (file.size() > limits.max_file_bytes) {
    throw_over_limit(name, fmt::format("{} bytes, the limit is {}", file.size(), limits.max_file_bytes));
  }
  const std::string_view text = header_text(file, name, limits);
  if (!text.starts_with('{')) throw_damaged(name, "its header does not begin with '{'; a safetensors file is needed");
  const json header = parse_json(text, fmt::format("the header of {}", name));
  const auto data = file.subspan(kPrefix + text.size());
  const HeaderReader reader(name, data.size());
  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [key, value] : header.items()) {
    if (key == kSafetensorsMetadata) {
      result.metadata = reader.metadata(value);
    } else {
      entries.push_back(reader.entry(key, value));
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  reader.require_seamless(entries);
  result.tensors.ordered = true;
  for (Entry& entry : entries) {
    const auto bytes = data.subspan(entry.begin, entry.end - entry.begin);
    result.tensors.entries.push_back(
        {Value(std::move(entry.name)), Value(make_tensor(entry.type, std::move(entry.shape), bytes))});
  }
  return result;
}

Safetensors read_safetensors(const std::filesystem::path& path, const SafetensorsLimits& limits) {
  return parse_safetensors(read_file(path, limits.max_file_bytes), path.string(), limits);
}

}  // namespace animalctl::checkpoint
