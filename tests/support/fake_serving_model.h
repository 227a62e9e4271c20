#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "animalctl/model/serving_model.h"

namespace animalctl::test {

// What a test holds in its hands of a FakeServingModel, which itself belongs to a ModelVersion. Thread-safe.
class FakeModelControl {
 public:
  // From now on run() waits, until that many more runs are let go.
  void hold_runs();
  void let_go(int runs);
  void let_all_go();
  // Waits (at most 5 s) until so many runs have begun since the start; false when they have not.
  bool wait_for_runs(std::size_t begun);

  // The first value of each image, a row a run, in the order the runs began.
  std::vector<std::vector<float>> batches() const;
  // Called at the beginning of each run and of each preparation, outside of any lock; may be empty. Set before use.
  std::function<void(std::size_t batch)> on_run;
  std::function<void()> on_prepare;
  // Time a run takes, as a wait, besides what hold_runs() adds.
  std::function<std::chrono::microseconds(std::size_t batch)> run_time;

 private:
  friend class FakeServingModel;
  void begin_run(std::span<const float* const> inputs);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<float>> batches_;
  bool holding_ = false;
  int allowed_ = 0;
};

// A model that needs no LibTorch. A picture is its bytes: the first one, as a number, is the input's first value v, the
// picture is 2 × 1 pixels of brightness v/255, and the answer is v/255 for classes[1] (of two), with three or more
// classes v/255 for the first and the rest shared. Special pictures: "" and "bad…" are DataLoss, "huge…" is
// ResourceExhausted; a run with an image whose value is 13 throws Internal.
class FakeServingModel final : public ServingModel {
 public:
  struct Options {
    std::vector<std::string> classes = {"CAT", "DOG"};
    std::string architecture = "animalnet";
    Preprocessing preprocessing;  // animalnet's
    int max_batch = 8;
    int best_batch = 8;
  };

  explicit FakeServingModel(std::shared_ptr<FakeModelControl> control = nullptr);
  FakeServingModel(std::shared_ptr<FakeModelControl> control, Options options);

  const ModelInfo& info() const override { return info_; }
  const Preprocessing& preprocessing() const override { return options_.preprocessing; }
  std::string plan() const override { return "fake"; }
  int best_batch() const override { return options_.best_batch; }
  std::size_t input_size() const override { return options_.preprocessing.size(); }
  std::size_t output_size() const override { return options_.classes.size() == 2 ? 1 : options_.classes.size(); }
  Result<PictureFacts> prepare(std::span<const std::byte> encoded, std::span<float> input) const override;
  void prepare(const ImageU8& image, std::span<float> input) const override;
  void run(std::span<const float* const> inputs, std::span<float> outputs) const override;

 private:
  std::shared_ptr<FakeModelControl> control_;
  Options options_;
  ModelInfo info_;
};

// The picture whose value is `value`.
std::vector<std::byte> fake_picture(int value);

}  // namespace animalctl::test
