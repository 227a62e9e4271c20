#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace animalctl {

// The part of a ServingModel that turns prepared images into probabilities. Thread-safe.
class ServingRunner {
 public:
  virtual ~ServingRunner() = default;
  // As ServingModel.
  virtual std::size_t projection_size() const { return 0; }
  virtual void run(std::span<const float* const> inputs, std::span<float> outputs) const = 0;
  virtual int best_batch() const = 0;
  virtual std::string description() const = 0;
};

}  // namespace animalctl
