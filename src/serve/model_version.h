#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/result.h"
#include "animalctl/batching/core_gate.h"
#include "animalctl/model/serving_model.h"

namespace animalctl::serve {

using Clock = std::chrono::steady_clock;

// How requests of one version are queued and worked on. The units are config.properties'.
struct VersionSettings {
  int min_workers = 1;
  int max_workers = 1;
  int batch_size = 1;
  std::chrono::milliseconds max_batch_delay{100};
  std::chrono::seconds response_timeout{120};
  std::chrono::seconds startup_timeout{120};
  std::size_t job_queue_size = 100;
};

// What a request wants of a version besides its image.
struct RequestLimits {
  Clock::time_point deadline = Clock::time_point::max();  // the earlier of this and response_timeout counts
  std::function<bool()> client_is_there;                  // empty: always
};

// Pictures of one size that are decoded already: `count` of height × width × channels (3: RGB, 1: grey) 8-bit values,
// one after the other, each laid out as ImageU8 is.
struct PixelPictures {
  std::size_t count = 0;
  int height = 0;
  int width = 0;
  int channels = 0;
  std::span<const std::uint8_t> pixels;
};

struct Prediction {
  std::vector<float> scores;      // ServingModel::output_size() probabilities
  std::vector<float> projection;  // ServingModel::projection_size() numbers
  PictureFacts picture;           // 0 × 0 when a tensor was sent
  Clock::duration decode{};
  Clock::duration queued{};
  Clock::duration inference{};
  int batch = 0;  // images run together with it
};

// What is known of a version besides its network: from the archive's metadata.
struct VersionFacts {
  std::string model;               // "animal"
  std::string version;             // "1.0"
  std::string url;                 // as it was registered, e.g. "animal.mar"
  std::string runtime;             // "python", as the manifest says
  bool animal_answer = false;      // {"animal","score"} instead of the top five
  double threshold = 0.5;          // P(classes[1]) from which on the answer is classes[1]
  std::vector<std::string> names;  // index_to_name.json: one a class, as written there
  std::string sha256;              // of the archive
  bool loaded_at_startup = false;
  Clock::duration load_time{};  // from the archive to a network that can run; its workers share it
};

// One loaded version: its network, a bounded queue and the workers that empty it. Requests hold it by shared_ptr, so
// one that is unregistered goes when its last request has been answered. Thread-safe.
class ModelVersion {
 public:
  // Starts no worker. `metadata` is shown under customizedMetadata. `decoders` limits how many pictures are decoded or
  // prepared at the same time; null: one gate of this process, as wide as it has cores.
  ModelVersion(VersionFacts facts, std::unique_ptr<const ServingModel> model, VersionSettings settings,
               const nlohmann::ordered_json& metadata, std::shared_ptr<batching::CoreGate> decoders = nullptr);
  ~ModelVersion();  // close(), then joins the workers
  ModelVersion(const ModelVersion&) = delete;
  ModelVersion& operator=(const ModelVersion&) = delete;

  const VersionFacts& facts() const;
  const ServingModel& model() const;
  VersionSettings settings() const;
  const nlohmann::ordered_json& metadata() const;

  // Answers one encoded picture: decoded here, run by a worker. Blocks until answered.
  // Throws Unavailable when there is no worker, ResourceExhausted when the queue is full, DeadlineExceeded, Cancelled
  // (the client has gone, or close()), Internal when the network fails; and what ServingModel::prepare() returns, but
  // InvalidArgument instead of ResourceExhausted and DeadlineExceeded: there they are limits of a picture.
  Prediction predict(std::span<const std::byte> picture, const RequestLimits& limits);
  // The same for an input that is prepared already: model().input_size() finite floats, else throws InvalidArgument.
  Prediction predict_prepared(std::vector<float> input, const RequestLimits& limits);
  // Several pictures of one request, each with its own outcome, in their order. They may be more than the queue holds:
  // the later ones then wait for the earlier.
  std::vector<Result<Prediction>> predict_many(std::span<const std::span<const std::byte>> pictures,
                                               const RequestLimits& limits);
  // The same for pictures that are decoded already: they are prepared in their turn among those that are being decoded.
  // Throws InvalidArgument unless `pixels` are as many as the pictures' sizes need.
  std::vector<Result<Prediction>> predict_pixels_many(const PixelPictures& pictures, const RequestLimits& limits);
  // The same for inputs that are prepared already, each of model().input_size() finite floats. Throws InvalidArgument.
  std::vector<Result<Prediction>> predict_prepared_many(std::span<const std::vector<float>> inputs,
                                                        const RequestLimits& limits);

  // True when a job would be refused at once (queue full, no worker): decided before a body is read.
  bool would_refuse() const;

  // Brings the number of workers between min and max; returns when they run or have ended. Throws InvalidArgument
  // unless 0 ≤ min ≤ max ≤ 128.
  void scale(int min_workers, int max_workers);
  struct Worker {
    int id = 0;  // 9000, 9001, …
    std::chrono::system_clock::time_point started;
  };
  std::vector<Worker> workers() const;
  std::size_t queued() const;     // accepted and not taken by a worker yet
  std::size_t preparing() const;  // of these, whose picture is still being decoded

  // Refuses new jobs, answers what is queued until `deadline`, then cancels the rest. Idempotent.
  void close(Clock::time_point deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::serve
