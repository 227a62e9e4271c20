#pragma once

#include <utility>
#include <variant>

#include "animalctl/base/error.h"

namespace animalctl {

// A value or the Error why there is none: for failures that are ordinary for one item of many
// (an image of a folder, a row of a CSV) and must not end the job. Everything else throws.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: converting on purpose
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: converting on purpose

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // The value; throws the held Error when there is none.
  T& value() & {
    if (!ok()) throw std::get<Error>(state_);
    return std::get<T>(state_);
  }
  const T& value() const& {
    if (!ok()) throw std::get<Error>(state_);
    return std::get<T>(state_);
  }
  T&& value() && {
    if (!ok()) throw std::get<Error>(state_);
    return std::get<T>(std::move(state_));
  }

  // The error; only to be called when !ok().
  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace animalctl
