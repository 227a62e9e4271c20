#pragma once

#include <string>

#include "animalctl/lake/database.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::lake {

// "WHERE …" with its parameters.
struct PredictionCondition {
  std::string sql;
  Row parameters;
};

// What a filter says of rows, but for their number and order. Throws InvalidArgument when its limit is not 1 to
// 1,000,000.
PredictionCondition condition_of(const PredictionFilter& filter);

}  // namespace animalctl::lake
