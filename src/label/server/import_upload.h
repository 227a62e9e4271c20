#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/label/label_store.h"

namespace animalctl::label {

// What one zip may hold. Counted on what comes out, not on what its headers promise.
struct UploadLimits {
  std::size_t max_members = 20'000;
  std::uint64_t max_member_bytes = std::uint64_t{64} << 20;
  std::uint64_t max_total_bytes = std::uint64_t{4} << 30;
  // Unpacked to packed: photographs do not get smaller, a bomb gets a thousand times so.
  std::uint64_t max_ratio = 200;
};

struct UploadResult {
  std::string name;  // as it was sent
  ImportOutcome outcome;
};

// {"name", "status", "as", "message"}.
nlohmann::ordered_json to_json(const UploadResult& result);

// One image of that name.
UploadResult import_picture(LabelStore& store, std::string_view name, std::string_view bytes,
                            std::string_view annotator);

// The images of a zip, a result for each. A folder named as a class labels what is in it ("dogs/CAT/1.jpg": CAT);
// annotations as the json export has them ("annotations/1.json", docs/formats/annotation.md) label the image they
// belong to, with source, score and version. Names are the images' last path segments: nothing is ever unpacked to a
// path. Members that are no images are refused one by one; a zip over a limit as soon as it is met, with what came
// before it already in. Throws InvalidArgument: no zip, damaged.
std::vector<UploadResult> import_zip(LabelStore& store, std::string_view zip, std::string_view annotator,
                                     const UploadLimits& limits = {});

}  // namespace animalctl::label
