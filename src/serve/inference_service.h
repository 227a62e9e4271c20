#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "animalctl/base/result.h"
#include "animalctl/http/message.h"
#include "serve/metrics.h"
#include "serve/model_manager.h"

namespace animalctl::serve {

// What every protocol does the same way: find the version, take the limits from the request, predict, count.
// Thread-safe.
class InferenceService {
 public:
  InferenceService(ModelManager& models, Metrics& metrics) : models_(models), metrics_(metrics) {}

  ModelManager& models() const { return models_; }
  Metrics& metrics() const { return metrics_; }

  // Deadline: `X-Request-Timeout-Ms` after the request's first byte, where given (1..86,400,000; else throws
  // InvalidArgument). client_is_there: the request's own.
  static RequestLimits limits_of(const http::Request& request);

  // ModelVersion::predict and predict_many with metrics. They throw and return what those do.
  Prediction predict(ModelVersion& version, std::span<const std::byte> picture, const http::Request& request) const;
  std::vector<Result<Prediction>> predict_many(ModelVersion& version,
                                               std::span<const std::span<const std::byte>> pictures,
                                               const http::Request& request) const;
  Prediction predict_prepared(ModelVersion& version, std::vector<float> input, const http::Request& request) const;
  std::vector<Result<Prediction>> predict_pixels_many(ModelVersion& version, const PixelPictures& pictures,
                                                      const http::Request& request) const;
  std::vector<Result<Prediction>> predict_prepared_many(ModelVersion& version,
                                                        std::span<const std::vector<float>> inputs,
                                                        const http::Request& request) const;

 private:
  ModelManager& models_;
  Metrics& metrics_;
};

// The reason word and HTTP status of a failed prediction, from the error's code: see metrics.h.
struct Refusal {
  int status = 500;
  std::string_view reason;
};
Refusal refusal_of(const Error& error);

}  // namespace animalctl::serve
