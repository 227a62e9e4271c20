#include "label/server/item_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "animalctl/base/time_text.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <typename T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json counts(const std::map<std::string, std::size_t>& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

Json followed(const Progress::Followed& followed) {
  return {{"labels", followed.labels}, {"agree", followed.agree}};
}

bool needs_no_escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

}  // namespace

Json to_json(const std::optional<Prediction>& prediction) {
  if (!prediction) return nullptr;
  Json json = {{"label", prediction->label}, {"score", prediction->score}, {"version", prediction->version}};
  // A model that tells no version.
  if (prediction->version < 0) json["version"] = nullptr;
  return json;
}

Json to_json(const Item& item) {
  return {{"name", wire_name(item.name)},
          {"revision", item.revision},
          {"state", name_of(item.state)},
          {"label", text_or_null(item.label)},
          {"source", text_or_null(item.source)},
          {"score", value_or_null(item.score)},
          {"version", value_or_null(item.version)},
          {"annotator", text_or_null(item.annotator)},
          {"labelled_at", item.labelled_at ? Json(iso_time(*item.labelled_at)) : Json(nullptr)},
          {"prediction", to_json(item.prediction)},
          {"bytes", item.bytes},
          {"modified_at", iso_time(item.modified_at)},
          {"drift", value_or_null(item.drift)}};
}

Json to_json(std::span<const Item> items) {
  Json json = Json::array();
  for (const Item& item : items) json.push_back(to_json(item));
  return json;
}

Json to_json(const Event& event) {
  return {{"id", event.id},
          {"at", iso_time(event.at)},
          {"name", wire_name(event.name)},
          {"annotator", text_or_null(event.annotator)},
          {"action", name_of(event.action)},
          {"label", text_or_null(event.label)},
          {"before", {{"state", name_of(event.state_before)}, {"label", text_or_null(event.label_before)}}},
          {"revision", event.revision},
          {"shown", to_json(event.shown)},
          {"blind", event.blind},
          {"milliseconds", value_or_null(event.milliseconds)},
          {"undoes", value_or_null(event.undoes)},
          {"source", name_of(event.origin)}};
}

Json to_json(const Progress& progress) {
  Json hours_left = nullptr;
  if (progress.seconds_per_label) {
    hours_left = static_cast<double>(progress.unlabelled) * *progress.seconds_per_label / 3600.0;
  }
  return {{"total", progress.total},
          {"unlabelled", progress.unlabelled},
          {"labelled", progress.labelled},
          {"skipped", progress.skipped},
          {"rejected", progress.rejected},
          {"by_label", counts(progress.by_label)},
          {"by_source", counts(progress.by_source)},
          {"by_annotator", counts(progress.by_annotator)},
          {"labels_last_hour", progress.labels_last_hour},
          {"seconds_per_label", value_or_null(progress.seconds_per_label)},
          {"hours_left", std::move(hours_left)},
          {"blind", followed(progress.blind)},
          {"shown", followed(progress.shown)}};
}

Json to_json(const std::vector<Agreement>& agreement) {
  Json pairs = Json::array();
  for (const Agreement& pair : agreement) {
    pairs.push_back({{"first", pair.first},
                     {"second", pair.second},
                     {"items", pair.items},
                     {"agree", pair.agree},
                     {"kappa", value_or_null(pair.kappa)}});
  }
  return {{"pairs", std::move(pairs)}};
}

std::string names_json(std::span<const std::string> names) {
  std::size_t bytes = 2;
  for (const std::string& name : names) bytes += name.size() + 3;
  std::string json;
  json.reserve(bytes);
  json += '[';
  for (const std::string& name : names) {
    if (json.size() > 1) json += ',';
    if (std::all_of(name.begin(), name.end(), needs_no_escape) && !name.starts_with("hex:")) {
      json += '"';
      json += name;
      json += '"';
    } else {
      json += Json(wire_name(name)).dump();
    }
  }
  json += ']';
  return json;
}

}  // namespace animalctl::label
