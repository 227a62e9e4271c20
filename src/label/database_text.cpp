#include "label/database_text.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "label/frame_table.h"

namespace animalctl::label {
namespace {

constexpr std::string_view kHex = "hex:";
constexpr std::string_view kDigits = "0123456789abcdef";

template <typename T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

template <typename T>
std::optional<T> maybe(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = object.at(key);
  if (value.is_null()) return std::nullopt;
  return value.get<T>();
}

}  // namespace

std::string to_database_text(std::string_view text) {
  if (is_utf8(text) && text.find('\0') == std::string_view::npos && !text.starts_with(kHex)) return std::string(text);
  std::string encoded(kHex);
  for (const char c : text) {
    encoded.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    encoded.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return encoded;
}

std::string from_database_text(const std::string& text) {
  if (!text.starts_with(kHex)) return text;
  std::string decoded;
  for (std::size_t i = kHex.size(); i + 1 < text.size(); i += 2) {
    const std::size_t high = kDigits.find(text[i]);
    const std::size_t low = kDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return text;
    decoded.push_back(static_cast<char>(high << 4 | low));
  }
  return decoded;
}

std::string item_to_text(const Item& item) {
  nlohmann::json object = {
      {"name", to_database_text(item.name)},
      {"revision", item.revision},
      {"state", std::string(name_of(item.state))},
      {"label", to_database_text(item.label)},
      {"source", to_database_text(item.source)},
      {"score", or_null(item.score)},
      {"version", or_null(item.version)},
      {"annotator", to_database_text(item.annotator)},
      {"labelled_at", item.labelled_at ? nlohmann::json(to_milliseconds(*item.labelled_at)) : nlohmann::json()},
      {"prediction", nullptr},
      {"bytes", item.bytes},
      {"modified_at", to_milliseconds(item.modified_at)}};
  if (item.prediction) {
    object["prediction"] = {{"label", to_database_text(item.prediction->label)},
                            {"score", item.prediction->score},
                            {"version", item.prediction->version}};
  }
  return object.dump();
}

Item item_from_text(const std::string& text) {
  try {
    const nlohmann::json object = parse_json(text, "a remembered outcome");
    Item item;
    item.name = from_database_text(object.at("name").get<std::string>());
    item.revision = object.at("revision").get<std::uint64_t>();
    item.state = item_state(object.at("state").get<std::string>()).value_or(ItemState::Unlabelled);
    item.label = from_database_text(object.at("label").get<std::string>());
    item.source = from_database_text(object.at("source").get<std::string>());
    item.score = maybe<double>(object, "score");
    item.version = maybe<int>(object, "version");
    item.annotator = from_database_text(object.at("annotator").get<std::string>());
    const auto labelled_at = maybe<std::int64_t>(object, "labelled_at");
    if (labelled_at) item.labelled_at = from_milliseconds(*labelled_at);
    const nlohmann::json& prediction = object.at("prediction");
    if (!prediction.is_null()) {
      item.prediction = Prediction{from_database_text(prediction.at("label").get<std::string>()),
                                   prediction.at("score").get<double>(), prediction.at("version").get<int>()};
    }
    item.bytes = object.at("bytes").get<std::uint64_t>();
    item.modified_at = from_milliseconds(object.at("modified_at").get<std::int64_t>());
    return item;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::DataLoss, std::string("the label database holds a damaged outcome: ") + error.what());
  }
}

}  // namespace animalctl::label
