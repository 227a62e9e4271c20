#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "animalctl/registry/version_record.h"

namespace animalctl::publish {

// Members of the server's answers; what is missing or of another type is empty. A number is a text too: servers differ.
const nlohmann::json& mlflow_object(const nlohmann::json& object, const char* key);
std::string mlflow_text(const nlohmann::json& object, const char* key);

// Percent-encoded for a path or a query: everything but RFC 3986's unreserved characters.
std::string mlflow_escape(std::string_view text);

// [{"key": …, "value": …}, …]: what the version is, with which libraries, on which data, why.
nlohmann::ordered_json mlflow_tags(const registry::VersionRecord& record);

// Bodies of runs/log-batch, without run_id: parameters and metrics, each within the limits of one request (100
// parameters, 1000 metrics).
std::vector<nlohmann::ordered_json> mlflow_batches(const registry::VersionRecord& record, std::int64_t at_ms);

// "mlflow-artifacts:/0/<run>/artifacts" → "0/<run>/artifacts": the folder below the proxied artefact API. Nothing for
// stores that a client has to write itself (s3://, a path), and for anything that is no plain path.
std::optional<std::string> mlflow_artifact_folder(std::string_view artifact_uri);

}  // namespace animalctl::publish
