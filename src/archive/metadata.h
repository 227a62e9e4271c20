#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "animalctl/archive/model_archive.h"

namespace animalctl::archive {

// Version of MAR-INF/animalctl.json; a reader refuses greater ones.
inline constexpr int kMetadataFormat = 1;

// Reads MAR-INF/animalctl.json. Throws DataLoss naming `origin` (no JSON object, no or a newer format, classes or
// members of another kind, a threshold that is no number from 0 to 1).
nlohmann::ordered_json parse_metadata(std::string_view text, const std::string& origin);

// Checks the members that were found against those that the metadata lists: the same names, sizes and SHA-256; only
// the metadata itself and the signature stand in no list. Throws DataLoss naming the first that differs.
void require_members(const nlohmann::ordered_json& metadata, const std::vector<Member>& found,
                     const std::string& origin);

// The list that goes into the metadata: {"name": {"bytes": 12, "sha256": "…"}, …}.
nlohmann::ordered_json members_json(const std::vector<Member>& members);

// The classes in lower case: what answers call them.
std::vector<std::string> labels_of(const nlohmann::ordered_json& metadata);

// Reads index_to_name.json: {"0": "cat", "1": ["n02123045", "tabby"]}, of a list the last; or
// {"object_type_names": ["cat", "dog"]}. Throws DataLoss naming `origin` unless the numbers are 0, 1, 2, ….
std::vector<std::string> parse_labels(std::string_view text, const std::string& origin);

}  // namespace animalctl::archive
