#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/label/change.h"
#include "animalctl/label/item.h"
#include "animalctl/label/label_store.h"

namespace animalctl::label {

// The JSON of docs/labelling-api.md. Pure functions.
nlohmann::ordered_json to_json(const Item& item);
nlohmann::ordered_json to_json(const std::optional<Prediction>& prediction);  // null when there is none
nlohmann::ordered_json to_json(const Event& event);
nlohmann::ordered_json to_json(const Progress& progress);
nlohmann::ordered_json to_json(const std::vector<Agreement>& agreement);
nlohmann::ordered_json to_json(std::span<const Item> items);

// A bare array of names. Written by hand: the list of 100,000 is asked for often.
std::string names_json(std::span<const std::string> names);

}  // namespace animalctl::label
