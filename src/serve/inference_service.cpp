#include "serve/inference_service.h"

#include <fmt/core.h>

#include <charconv>

namespace animalctl::serve {
namespace {

constexpr std::string_view kTimeoutHeader = "X-Request-Timeout-Ms";
constexpr std::int64_t kLongestTimeout = 86'400'000;  // a day, in ms

// Counts what became of a prediction, by its outcome.
class Count {
 public:
  Count(Metrics& metrics, const VersionFacts& facts, const http::Request& request)
      : metrics_(metrics), facts_(facts), begun_(request.received) {}

  void made(const Prediction& prediction) const { metrics_.predicted(facts_, prediction, total()); }
  void failed(const Error& error) const {
    const Refusal refusal = refusal_of(error);
    metrics_.refused(facts_, refusal.status, refusal.reason, total());
  }
  void all(const std::vector<Result<Prediction>>& results) const {
    for (const Result<Prediction>& result : results) {
      if (result) {
        made(result.value());
      } else {
        failed(result.error());
      }
    }
  }

  // Runs `work`, which gives a Prediction, and counts how it ended.
  template <typename Work>
  Prediction run(const Work& work) const {
    try {
      Prediction prediction = work();
      made(prediction);
      return prediction;
    } catch (const Error& error) {
      failed(error);
      throw;
    }
  }

 private:
  Clock::duration total() const { return Clock::now() - begun_; }

  Metrics& metrics_;
  const VersionFacts& facts_;
  Clock::time_point begun_;
};

}  // namespace

Refusal refusal_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::DataLoss:
    case ErrorCode::Unimplemented:
    case ErrorCode::NotFound:
    case ErrorCode::AlreadyExists:
    case ErrorCode::FailedPrecondition:
      return {400, "undecodable"};
    case ErrorCode::ResourceExhausted:
      return {503, "queue_full"};
    case ErrorCode::Unavailable:
      return {503, "no_worker"};
    case ErrorCode::DeadlineExceeded:
      return {408, "deadline"};
    case ErrorCode::Cancelled:
      return {499, "client_gone"};
    case ErrorCode::Internal:
      break;
  }
  return {500, "internal"};
}

RequestLimits InferenceService::limits_of(const http::Request& request) {
  RequestLimits limits;
  limits.client_is_there = request.client_is_there;
  const auto text = request.header(kTimeoutHeader);
  if (!text) return limits;
  std::int64_t milliseconds = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), milliseconds);
  if (code != std::errc() || end != text->data() + text->size() || milliseconds < 1 || milliseconds > kLongestTimeout) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is \"{}\"; a whole number of milliseconds from 1 to {} is needed", kTimeoutHeader,
                            *text, kLongestTimeout));
  }
  limits.deadline = request.received + std::chrono::milliseconds(milliseconds);
  return limits;
}

Prediction InferenceService::predict(ModelVersion& version, std::span<const std::byte> picture,
                                     const http::Request& request) const {
  const RequestLimits limits = limits_of(request);
  return Count(metrics_, version.facts(), request).run([&] { return version.predict(picture, limits); });
}

std::vector<Result<Prediction>> InferenceService::predict_many(ModelVersion& version,
                                                               std::span<const std::span<const std::byte>> pictures,
                                                               const http::Request& request) const {
  const RequestLimits limits = limits_of(request);
  const Count count(metrics_, version.facts(), request);
  std::vector<Result<Prediction>> results = version.predict_many(pictures, limits);
  count.all(results);
  return results;
}

std::vector<Result<Prediction>> InferenceService::predict_pixels_many(ModelVersion& version,
                                                                      const PixelPictures& pictures,
                                                                      const http::Request& request) const {
  const RequestLimits limits = limits_of(request);
  const Count count(metrics_, version.facts(), request);
  std::vector<Result<Prediction>> results = version.predict_pixels_many(pictures, limits);
  count.all(results);
  return results;
}

std::vector<Result<Prediction>> InferenceService::predict_prepared_many(ModelVersion& version,
                                                                        std::span<const std::vector<float>> inputs,
                                                                        const http::Request& request) const {
  const RequestLimits limits = limits_of(request);
  const Count count(metrics_, version.facts(), request);
  std::vector<Result<Prediction>> results = version.predict_prepared_many(inputs, limits);
  count.all(results);
  return results;
}

Prediction InferenceService::predict_prepared(ModelVersion& version, std::vector<float> input,
                                              const http::Request& request) const {
  const RequestLimits limits = limits_of(request);
  return Count(metrics_, version.facts(), request).run([&] {
    return version.predict_prepared(std::move(input), limits);
  });
}

}  // namespace animalctl::serve
