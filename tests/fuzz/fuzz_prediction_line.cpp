#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/lake/prediction_files.h"

// Any line gives a prediction that the table can hold, or a DataLoss that names its origin.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  try {
    const animalctl::lake::PredictionRow row = animalctl::lake::parse_prediction_line(line, "fuzz.jsonl");
    if (row.request_id.empty() || row.request_id.size() > 200 || row.role.size() > 16 || row.image.size() != 64)
      std::abort();
    if (!(row.confidence >= 0 && row.confidence <= 1) || !std::isfinite(row.total_ms)) std::abort();
  } catch (const animalctl::Error& error) {
    if (error.code() != animalctl::ErrorCode::DataLoss) std::abort();
    if (!std::string_view(error.what()).starts_with("fuzz.jsonl")) std::abort();
  }
  return 0;
}
