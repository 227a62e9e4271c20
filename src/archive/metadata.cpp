#include "archive/metadata.h"

#include <fmt/core.h>

#include <charconv>
#include <map>
#include <optional>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "archive/archive_names.h"

namespace animalctl::archive {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& origin, std::string_view what) {
  throw Error(ErrorCode::DataLoss, fmt::format("{}: {}", origin, what));
}

void require_format(const Ordered& json, const std::string& origin) {
  const auto format = json.find("format");
  if (format == json.end() || !format->is_number_integer()) refuse(origin, "\"format\" is missing");
  if (*format < 1 || *format > kMetadataFormat) {
    refuse(origin, fmt::format("format {} is not known; this program reads up to {}", format->dump(), kMetadataFormat));
  }
}

void require_classes(const Ordered& json, const std::string& origin) {
  const auto classes = json.find("classes");
  bool good = classes != json.end() && classes->is_array();
  if (good) {
    for (const Ordered& name : *classes) good = good && name.is_string();
  }
  if (!good) refuse(origin, "\"classes\" must be a list of names");
}

void require_threshold(const Ordered& json, const std::string& origin) {
  const auto threshold = json.find("threshold");
  if (threshold == json.end() || threshold->is_null()) return;
  if (threshold->is_number() && threshold->get<double>() >= 0 && threshold->get<double>() <= 1) return;
  refuse(origin, "\"threshold\" must be a number from 0 to 1");
}

struct Recorded {
  std::uint64_t bytes = 0;
  Digest sha256;
};

std::map<std::string, Recorded> recorded_members(const Ordered& metadata, const std::string& origin) {
  const auto members = metadata.find("members");
  if (members == metadata.end() || !members->is_object()) refuse(origin, "\"members\" is missing");
  std::map<std::string, Recorded> recorded;
  for (const auto& [name, value] : members->items()) {
    const auto bytes = value.is_object() ? value.find("bytes") : value.end();
    const auto digest = value.is_object() ? value.find("sha256") : value.end();
    std::optional<Digest> parsed;
    if (value.is_object() && digest != value.end() && digest->is_string()) {
      parsed = Digest::from_hex(digest->template get<std::string>());
    }
    if (!parsed || bytes == value.end() || !bytes->is_number_unsigned()) {
      refuse(origin, fmt::format("\"members\": size or SHA-256 of \"{}\" is missing", printable(name)));
    }
    recorded[name] = {bytes->template get<std::uint64_t>(), *parsed};
  }
  return recorded;
}

std::optional<std::size_t> parse_index(std::string_view text) {
  std::size_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string label_of(const Json& value, const std::string& key, const std::string& origin) {
  const Json& label = value.is_array() && !value.empty() ? value.back() : value;
  if (!label.is_string()) refuse(origin, fmt::format("the label of \"{}\" is no text", printable(key)));
  return label.get<std::string>();
}

}  // namespace

Ordered parse_metadata(std::string_view text, const std::string& origin) {
  // Refuses what the second parse would let pass: a key twice, great depth.
  if (!parse_json(text, origin).is_object()) refuse(origin, "no JSON object");
  Ordered json = Ordered::parse(text);
  require_format(json, origin);
  require_classes(json, origin);
  require_threshold(json, origin);
  (void)recorded_members(json, origin);
  return json;
}

void require_members(const Ordered& metadata, const std::vector<Member>& found, const std::string& origin) {
  std::map<std::string, Recorded> recorded = recorded_members(metadata, origin);
  for (const Member& member : found) {
    if (member.name == kMetadataName || member.name == kSignatureName) continue;
    const auto place = recorded.find(member.name);
    if (place == recorded.end()) {
      refuse(origin,
             fmt::format("the member \"{}\" is not in the archive's list; it was added later", printable(member.name)));
    }
    if (place->second.bytes != member.size || place->second.sha256 != member.sha256) {
      refuse(origin, fmt::format("the member \"{}\" has {} bytes and SHA-256 {}, recorded are {} and {}; it was "
                                 "changed",
                                 printable(member.name), member.size, member.sha256.hex(), place->second.bytes,
                                 place->second.sha256.hex()));
    }
    recorded.erase(place);
  }
  if (!recorded.empty()) {
    refuse(origin, fmt::format("the member \"{}\" of its list is missing", printable(recorded.begin()->first)));
  }
}

Ordered members_json(const std::vector<Member>& members) {
  Ordered json = Ordered::object();
  for (const Member& member : members) {
    json[member.name] = {{"bytes", member.size}, {"sha256", member.sha256.hex()}};
  }
  return json;
}

std::vector<std::string> labels_of(const Ordered& metadata) {
  std::vector<std::string> labels;
  for (const Ordered& name : metadata.at("classes")) labels.push_back(to_lower(name.get<std::string>()));
  return labels;
}

std::vector<std::string> parse_labels(std::string_view text, const std::string& origin) {
  const Json json = parse_json(text, origin);
  if (!json.is_object()) refuse(origin, "no JSON object");
  const auto list = json.find("object_type_names");
  if (list != json.end() && list->is_array()) {
    std::vector<std::string> labels;
    for (const Json& item : *list) labels.push_back(label_of(item, "object_type_names", origin));
    return labels;
  }
  std::vector<std::string> labels(json.size());
  std::vector<bool> seen(json.size(), false);
  for (const auto& [key, value] : json.items()) {
    const std::optional<std::size_t> index = parse_index(key);
    // "1" and "01" are the same number: each may come once.
    if (!index || *index >= labels.size() || seen[*index]) {
      refuse(origin,
             fmt::format("\"{}\": the keys must be the numbers 0 to {}, each once", printable(key), json.size() - 1));
    }
    seen[*index] = true;
    labels[*index] = label_of(value, key, origin);
  }
  return labels;
}

}  // namespace animalctl::archive
