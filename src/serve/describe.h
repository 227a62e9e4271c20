#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "serve/model_manager.h"

namespace animalctl::serve {

// TorchServe's describe answer: a list with one object a version, its keys in TorchServe's order. `version`: "" the
// default one, "all" every one, the lowest first. Throws ModelError.
nlohmann::ordered_json describe_versions(const ModelManager& models, const std::string& model,
                                         const std::string& version);

// {"nextPageToken":"4","models":[{"modelName","modelUrl"}]}: `limit` names from `first` on, sorted; the token while
// there may be more.
nlohmann::ordered_json list_models(const ModelManager& models, std::size_t first, std::size_t limit);

}  // namespace animalctl::serve
