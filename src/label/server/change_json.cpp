#include "label/server/change_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

using PlainJson = nlohmann::json;

constexpr std::size_t kLongestLabel = 256;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::InvalidArgument, why);
}

PlainJson parse_object(std::string_view body) {
  PlainJson json;
  try {
    json = parse_json(body, "the body");
  } catch (const Error& error) {
    refuse(error.message());
  }
  if (!json.is_object()) refuse("the body is no JSON object");
  return json;
}

// Nothing when the key is absent or null.
const PlainJson* find_value(const PlainJson& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const PlainJson& object, const char* key, bool required, std::size_t longest) {
  const PlainJson* const value = find_value(object, key);
  if (value == nullptr && !required) return "";
  if (value == nullptr || !value->is_string()) refuse(fmt::format("\"{}\" is no text", key));
  std::string text = value->get<std::string>();
  if (text.size() > longest) refuse(fmt::format("\"{}\" is longer than {} bytes", key, longest));
  if (required && text.empty()) refuse(fmt::format("\"{}\" is empty", key));
  return text;
}

template <typename Number>
std::optional<Number> whole_number(const PlainJson& object, const char* key) {
  const PlainJson* const value = find_value(object, key);
  if (value == nullptr) return std::nullopt;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
  // 2 and 2.0 are one number in JSON, and what JavaScript writes for both is 2.
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMost) {
    refuse(fmt::format("\"{}\" is no whole number from 0 to {}", key, kMost));
  }
  return static_cast<Number>(value->get<std::uint64_t>());
}

std::optional<double> probability(const PlainJson& object, const char* key) {
  const PlainJson* const value = find_value(object, key);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : -1;
  if (!(number >= 0 && number <= 1)) refuse(fmt::format("\"{}\" is no number from 0 to 1", key));
  return number;
}

bool flag_of(const PlainJson& object, const char* key) {
  const PlainJson* const value = find_value(object, key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) refuse(fmt::format("\"{}\" is neither true nor false", key));
  return value->get<bool>();
}

std::optional<Prediction> prediction_of(const PlainJson& object) {
  const PlainJson* const shown = find_value(object, "shown");
  if (shown == nullptr) return std::nullopt;
  if (!shown->is_object()) refuse("\"shown\" is neither an object nor null");
  Prediction prediction;
  prediction.label = text_of(*shown, "label", true, kLongestLabel);
  prediction.score = probability(*shown, "score").value_or(std::nan(""));
  prediction.version = whole_number<int>(*shown, "version").value_or(-1);
  return prediction;
}

bool is_key(std::string_view key) {
  return key.size() >= 8 && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

std::string key_of(const PlainJson& object) {
  std::string key = text_of(object, "key", true, 64);
  if (!is_key(key)) refuse("\"key\" is not 8 to 64 of A–Z, a–z, 0–9, - and _");
  return key;
}

// A name takes 255 bytes, two digits each when it is written as "hex:".
std::string name_in(const PlainJson& object, const char* key) {
  constexpr std::size_t kLongest = 4 + 2 * 255;
  return file_name_of(text_of(object, key, true, kLongest));
}

Change parse_change(const PlainJson& json) {
  if (!json.is_object()) refuse("the change is no object");
  Change change;
  change.key = key_of(json);
  change.name = name_in(json, "name");
  change.revision = whole_number<std::uint64_t>(json, "revision");
  if (!change.revision) refuse("\"revision\" is missing: the one of the item as it was seen");
  const std::string action = text_of(json, "action", true, 16);
  const std::optional<Action> known = action_of(action);
  if (!known) refuse(fmt::format("\"{}\" is no action: label, skip, reject, restore or clear", action));
  change.action = *known;
  change.label = text_of(json, "label", change.action == Action::Label, kLongestLabel);
  change.shown = prediction_of(json);
  change.blind = flag_of(json, "blind");
  change.milliseconds = whole_number<std::uint32_t>(json, "milliseconds");
  return change;
}

}  // namespace

std::vector<ParsedChange> parse_changes(std::string_view body) {
  const PlainJson json = parse_object(body);
  const PlainJson* const changes = find_value(json, "changes");
  if (changes == nullptr || !changes->is_array() || changes->empty() || changes->size() > kMaxChanges) {
    refuse(fmt::format("\"changes\" is no list of 1 to {} changes", kMaxChanges));
  }
  std::vector<ParsedChange> parsed;
  parsed.reserve(changes->size());
  for (const PlainJson& member : *changes) {
    try {
      parsed.emplace_back(parse_change(member));
    } catch (const Error& error) {
      parsed.emplace_back(error.message());
    }
  }
  return parsed;
}

SeedLabel parse_seed_label(std::string_view body) {
  const PlainJson json = parse_object(body);
  SeedLabel label;
  label.filename = name_in(json, "filename");
  label.label = text_of(json, "label", true, kLongestLabel);
  label.score = probability(json, "score");
  label.version = whole_number<int>(json, "version");
  return label;
}

std::string parse_undo_key(std::string_view body) {
  return key_of(parse_object(body));
}

std::vector<std::string> parse_names(std::string_view body) {
  const PlainJson json = parse_object(body);
  const PlainJson* const names = find_value(json, "names");
  if (names == nullptr || !names->is_array() || names->size() > kMaxPredictionNames) {
    refuse(fmt::format("\"names\" is no list of up to {} names", kMaxPredictionNames));
  }
  std::vector<std::string> result;
  for (const PlainJson& name : *names) {
    if (!name.is_string()) refuse("\"names\" holds something that is no text");
    result.push_back(file_name_of(name.get<std::string>()));
  }
  return result;
}

}  // namespace animalctl::label
