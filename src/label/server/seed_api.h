#pragma once

#include "animalctl/http/message.h"
#include "label/server/label_api.h"

namespace animalctl::label {

// The replaced system's three calls (docs/labelling-api.md): their shapes are exact. Thread-safe.
class SeedApi {
 public:
  explicit SeedApi(const LabelContext& context) : context_(context) {}

  http::Response filelist() const;
  http::Response file(const http::Request& request) const;
  http::Response label(const http::Request& request) const;

 private:
  const LabelContext& context_;
};

}  // namespace animalctl::label
