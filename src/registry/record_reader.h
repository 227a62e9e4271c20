#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"

namespace animalctl::registry {

// parse_json() of bytes that must be UTF-8; throws DataLoss, beginning with `origin`.
inline nlohmann::json parse_record_json(std::string_view text, std::string_view origin) {
  if (!is_utf8(text)) throw Error(ErrorCode::DataLoss, fmt::format("{} is no UTF-8", origin));
  return parse_json(text, origin);
}

// Reads keys of one JSON object; every complaint names the file and the key. The object must outlive it. A null counts
// as missing.
class RecordReader {
 public:
  RecordReader(const nlohmann::json& object, std::string origin) : object_(object), origin_(std::move(origin)) {
    if (!object.is_object()) throw Error(ErrorCode::DataLoss, fmt::format("{} is no JSON object", origin_));
  }

  template <typename T>
  T required(const char* key) const {
    const nlohmann::json* found = find(key);
    if (found == nullptr) throw Error(ErrorCode::DataLoss, fmt::format("{}: \"{}\" is missing", origin_, key));
    return as<T>(*found, key);
  }

  template <typename T>
  T optional(const char* key, T otherwise = {}) const {
    const nlohmann::json* found = find(key);
    return found == nullptr ? otherwise : as<T>(*found, key);
  }

  const nlohmann::json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  RecordReader inner(const nlohmann::json& object, std::string_view name) const {
    return {object, fmt::format("{}: {}", origin_, name)};
  }

  const std::string& origin() const { return origin_; }

 private:
  template <typename T>
  T as(const nlohmann::json& value, const char* key) const {
    bool accepted = true;
    // get<int>() would take 1.5, -1 and 5000000000 for other numbers.
    if constexpr (std::is_integral_v<T>) {
      accepted =
          value.is_number_unsigned() && std::in_range<T>(value.get_ref<const nlohmann::json::number_unsigned_t&>());
    }
    try {
      if (accepted) return value.get<T>();
    } catch (const nlohmann::json::exception&) {
      accepted = false;
    }
    throw Error(ErrorCode::DataLoss, fmt::format("{}: \"{}\" is {}, which it cannot be", origin_, key, shown(value)));
  }

  static std::string shown(const nlohmann::json& value) {
    constexpr std::size_t kMaxShown = 100;
    const std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    return text.size() <= kMaxShown ? text : fmt::format("{}…", text.substr(0, kMaxShown));
  }

  const nlohmann::json& object_;
  std::string origin_;
};

}  // namespace animalctl::registry
