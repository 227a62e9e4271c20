#include "support/fake_serving_model.h"

#include <algorithm>
#include <string_view>
#include <thread>

namespace animalctl::test {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr float kPoison = 13;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void FakeModelControl::hold_runs() {
  const std::lock_guard lock(mutex_);
  holding_ = true;
}

void FakeModelControl::let_go(int runs) {
  {
    const std::lock_guard lock(mutex_);
    allowed_ += runs;
  }
  changed_.notify_all();
}

void FakeModelControl::let_all_go() {
  {
    const std::lock_guard lock(mutex_);
    holding_ = false;
  }
  changed_.notify_all();
}

bool FakeModelControl::wait_for_runs(std::size_t begun) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return batches_.size() >= begun; });
}

std::vector<std::vector<float>> FakeModelControl::batches() const {
  const std::lock_guard lock(mutex_);
  return batches_;
}

void FakeModelControl::begin_run(std::span<const float* const> inputs) {
  if (on_run) on_run(inputs.size());
  {
    std::unique_lock lock(mutex_);
    std::vector<float> values;
    for (const float* const input : inputs) values.push_back(*input);
    batches_.push_back(std::move(values));
    changed_.notify_all();
    // A test that forgets to let go ends all the same.
    changed_.wait_for(lock, 4 * kPatience, [&] { return !holding_ || allowed_ > 0; });
    if (holding_) --allowed_;
  }
  if (run_time) std::this_thread::sleep_for(run_time(inputs.size()));
}

FakeServingModel::FakeServingModel(std::shared_ptr<FakeModelControl> control)
    : FakeServingModel(std::move(control), Options()) {}

FakeServingModel::FakeServingModel(std::shared_ptr<FakeModelControl> control, Options options)
    : control_(std::move(control)),
      options_(std::move(options)),
      info_{options_.architecture, options_.classes, options_.preprocessing.width, options_.preprocessing.height} {}

Result<PictureFacts> FakeServingModel::prepare(std::span<const std::byte> encoded, std::span<float> input) const {
  if (control_ && control_->on_prepare) control_->on_prepare();
  if (encoded.empty() || text_of(encoded).starts_with("bad")) {
    return Error(ErrorCode::DataLoss, "the fake picture cannot be decoded");
  }
  if (text_of(encoded).starts_with("huge")) return Error(ErrorCode::ResourceExhausted, "the fake picture is too large");
  std::fill(input.begin(), input.end(), 0.0F);
  input[0] = static_cast<float>(std::to_integer<int>(encoded[0]));
  const double value = input[0] / 255;
  return PictureFacts{2, 1, ImageStatistics{value, 0.25, 0.5, 12.5}};
}

void FakeServingModel::prepare(const ImageU8& image, std::span<float> input) const {
  if (control_ && control_->on_prepare) control_->on_prepare();
  if (image.empty()) throw Error(ErrorCode::InvalidArgument, "the fake image has no pixels");
  std::fill(input.begin(), input.end(), 0.0F);
  input[0] = image.pixels[0];
}

void FakeServingModel::run(std::span<const float* const> inputs, std::span<float> outputs) const {
  if (control_) control_->begin_run(inputs);
  const std::size_t size = output_size();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const float value = *inputs[i];
    if (value == kPoison) throw Error(ErrorCode::Internal, "the fake network fails on a 13");
    const float first = value / 255;
    const float rest = size > 1 ? (1 - first) / static_cast<float>(size - 1) : 0;
    std::fill_n(outputs.data() + i * size, size, rest);
    outputs[i * size] = first;
  }
}

std::vector<std::byte> fake_picture(int value) {
  return {static_cast<std::byte>(value)};
}

}  // namespace animalctl::test
