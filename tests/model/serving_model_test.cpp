#include "animalctl/model/serving_model.h"

#include <atomic>
#include <cmath>
#include <thread>

#include "animalctl/base/file.h"
#include "animalctl/image/decode.h"
#include "animalctl/image/demo.h"
#include "animalctl/image/transform.h"
#include "exporter/torchscript_export.h"
#include "model/load_predictor.h"
#include "model/load_serving_model.h"
#include "model/model_file.h"
#include "model/tensor_conversion.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

namespace fs = std::filesystem;

// Different arithmetic of the same network: float32 in another order, or bfloat16.
constexpr double kSameScore = 2e-3;
constexpr double kRoughScore = 0.03;

// An untrained checkpoint; a broken one has NaN in its last tensor.
fs::path write_checkpoint(const TemporaryFolder& folder, const std::string& architecture,
                          std::vector<std::string> classes = {"CAT", "DOG"}, bool broken = false) {
  const ArchitectureRow row = find_architecture(architecture);
  ModelFile file;
  file.architecture = architecture;
  file.classes = std::move(classes);
  file.preprocessing = row.default_preprocessing();
  const auto network = row.make({file.preprocessing, file.classes.size()});
  network->initialise(7);
  if (broken) {
    const torch::NoGradGuard no_grad;
    network->parameters().back().fill_(std::nanf(""));
  }
  file.state = make_state_dict(*network);
  const fs::path path = folder / (architecture + ".pth");
  write_model_file(path, file);
  return path;
}

// The same as an exported TorchScript file.
fs::path write_script_of(const TemporaryFolder& folder, const fs::path& checkpoint) {
  const ModelFile file = read_model_file(checkpoint);
  const auto network = make_network(file, checkpoint);
  const torch::jit::Module script = record_probabilities(*network, file.preprocessing);
  const fs::path path = folder / (file.architecture + ".pt");
  write_file_atomic(path, serialize_script(script, {file.architecture, file.classes, file.preprocessing}));
  return "torchscript:" + path.string();
}

std::unique_ptr<ServingModel> load(const fs::path& path, Precision precision = Precision::Auto, int max_batch = 4) {
  ServingOptions options;
  options.model.model = path;
  options.model.device = Device::Cpu;
  options.model.precision = precision;
  options.max_batch = max_batch;
  return load_serving_model(options);
}

std::vector<Bytes> demo_pictures(bool jpeg, int size) {
  std::vector<Bytes> pictures;
  for (std::uint64_t i = 0; i < 5; ++i) {
    const ImageU8 image = draw_demo_animal(i % 2 == 0, 3, i, size);
    pictures.push_back(jpeg ? encode_jpeg(image, 92) : encode_png(image));
  }
  return pictures;
}

std::vector<float> scores_of(const ServingModel& model, const std::vector<Bytes>& pictures) {
  std::vector<std::vector<float>> inputs;
  std::vector<const float*> pointers;
  for (const Bytes& picture : pictures) {
    auto& input = inputs.emplace_back(model.input_size());
    REQUIRE(model.prepare(picture, input).ok());
    pointers.push_back(input.data());
  }
  std::vector<float> scores(pictures.size() * model.output_size());
  model.run(pointers, scores);
  return scores;
}

std::vector<float> expected_scores(const fs::path& path, const std::vector<Bytes>& pictures) {
  PredictorOptions options;
  options.model = path;
  options.device = Device::Cpu;
  std::vector<ImageU8> images;
  for (const Bytes& picture : pictures) images.push_back(decode_image(picture).value());
  return load_predictor(options)->predict(images);
}

double greatest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) greatest = std::max<double>(greatest, std::abs(a[i] - b[i]));
  return greatest;
}

}  // namespace

TEST_CASE("animalnet serves the predictor's scores, from a checkpoint and from TorchScript", "[serving_model]") {
  const TemporaryFolder folder;
  const fs::path checkpoint = write_checkpoint(folder, "animalnet");
  for (const fs::path& path : {checkpoint, write_script_of(folder, checkpoint)}) {
    INFO(path.string());
    const auto model = load(path, Precision::Auto, 8);
    CHECK(model->plan().find("one dot product") != std::string::npos);
    CHECK(model->best_batch() == 8);
    CHECK(model->input_size() == 256);
    CHECK(model->output_size() == 1);
    CHECK(model->info().architecture == "animalnet");
    for (const bool jpeg : {false, true}) {
      const auto pictures = demo_pictures(jpeg, 200);
      CHECK(greatest_difference(scores_of(*model, pictures), expected_scores(checkpoint, pictures)) <= 1e-6);
    }
  }
}

TEST_CASE("a convolutional network serves the predictor's scores in float32, whatever the batch", "[serving_model]") {
  const TemporaryFolder folder;
  const fs::path checkpoint = write_checkpoint(folder, "smallcnn");
  const auto pictures = demo_pictures(false, 80);
  const auto expected = expected_scores(checkpoint, pictures);
  for (const fs::path& path : {checkpoint, write_script_of(folder, checkpoint)}) {
    INFO(path.string());
    const auto model = load(path, Precision::Fp32, 5);
    INFO(model->plan());
    CHECK(model->plan().find("fp32") != std::string::npos);
    CHECK(model->best_batch() >= 1);
    CHECK(model->best_batch() <= 5);
    CHECK(greatest_difference(scores_of(*model, pictures), expected) <= kSameScore);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      CHECK(std::abs(scores_of(*model, {pictures[i]})[0] - expected[i]) <= kSameScore);
    }
  }
}

TEST_CASE("a network in bfloat16 gives nearly the same scores", "[serving_model]") {
  const TemporaryFolder folder;
  const fs::path checkpoint = write_checkpoint(folder, "smallcnn", {"A", "B", "C"});
  const auto pictures = demo_pictures(false, 80);
  const auto model = load(checkpoint, Precision::Bf16);
  CHECK(model->plan().find("bf16") != std::string::npos);
  CHECK(model->output_size() == 3);
  const auto scores = scores_of(*model, {pictures[0], pictures[1], pictures[2]});
  CHECK(greatest_difference(scores, expected_scores(checkpoint, {pictures[0], pictures[1], pictures[2]})) <=
        kRoughScore);
  for (std::size_t i = 0; i < scores.size(); i += 3) {
    CHECK(std::abs(scores[i] + scores[i + 1] + scores[i + 2] - 1) < 1e-5);
  }
}

TEST_CASE("many threads may prepare and run at the same time", "[serving_model]") {
  const TemporaryFolder folder;
  const auto model = load(write_checkpoint(folder, "smallcnn"));
  const auto pictures = demo_pictures(true, 300);
  const auto expected = scores_of(*model, {pictures[0]});
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          std::vector<float> input(model->input_size());
          std::vector<float> score(1);
          const bool ok = model->prepare(pictures[0], input).ok();
          const float* const pointer = input.data();
          model->run({&pointer, 1}, score);
          if (!ok || std::abs(score[0] - expected[0]) > kSameScore) ++wrong;
        }
      });
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a picture's size is that of the picture as it is seen, and a bad one is an error", "[serving_model]") {
  const TemporaryFolder folder;
  const auto model = load(write_checkpoint(folder, "animalnet"));
  std::vector<float> input(model->input_size());
  const auto size = model->prepare(encode_jpeg(resize_area(draw_demo_animal(true, 1, 1, 90), 80, 60), 90), input);
  REQUIRE(size.ok());
  CHECK(size.value().width == 80);
  CHECK(size.value().height == 60);
  CHECK_FALSE(model->prepare(std::span<const std::byte>(), input).ok());
  test::require_error(ErrorCode::InvalidArgument, "cannot resize", [&] { model->prepare(ImageU8{}, input); });
  const ImageU8 image = draw_demo_animal(true, 1, 1, 90);
  std::vector<float> from_pixels(model->input_size());
  model->prepare(image, from_pixels);
  REQUIRE(model->prepare(encode_png(image), input).ok());
  CHECK(from_pixels == input);
}

TEST_CASE("an answer that is not finite is an error of that run", "[serving_model]") {
  const TemporaryFolder folder;
  torch::jit::Module module("Model");
  module.define("def forward(self, x):\n  return 1.0 / (x.flatten(1).narrow(1, 0, 1) - 77.0)\n");
  const fs::path script = folder / "pole.pt";
  module.save(script.string());
  ServingOptions options;
  options.model.model = "torchscript:" + script.string();
  options.model.device = Device::Cpu;
  options.model.precision = Precision::Fp32;
  options.model.script.classes = {"CAT", "DOG"};
  options.model.script.width = 16;
  options.model.script.height = 16;
  options.model.script.mean = {0.5F};
  options.model.script.std = {0.5F};
  options.model.script.output = ScriptOutput::Logits;
  const auto pole = load_serving_model(options);
  const auto animalnet = load(write_checkpoint(folder, "animalnet"), Precision::Fp32, 1);
  std::vector<float> score(1);
  const std::vector<std::pair<const ServingModel*, float>> cases{{pole.get(), 77.0F}, {animalnet.get(), std::nanf("")}};
  for (const auto& [model, value] : cases) {
    std::vector<float> input(model->input_size());
    const float* const pointer = input.data();
    model->run({&pointer, 1}, score);
    input[0] = value;
    require_error(ErrorCode::Internal, "not finite", [&, net = model] { net->run({&pointer, 1}, score); });
  }
}

TEST_CASE("a model whose answers are never finite is not loaded", "[serving_model]") {
  const TemporaryFolder folder;
  for (const char* const architecture : {"animalnet", "smallcnn"}) {
    const fs::path path = write_checkpoint(folder, architecture, {"CAT", "DOG"}, true);
    require_error(ErrorCode::DataLoss, "not finite", [&] { load(path); });
  }
}

TEST_CASE("a batch size out of range is refused", "[serving_model]") {
  const TemporaryFolder folder;
  const fs::path path = write_checkpoint(folder, "animalnet");
  require_error(ErrorCode::InvalidArgument, "a batch of 0 images is not in 1..1024",
                [&] { load(path, Precision::Auto, 0); });
  require_error(ErrorCode::InvalidArgument, "a batch of 1025 images", [&] { load(path, Precision::Auto, 1025); });
}

TEST_CASE("fast decoding of large JPEGs changes animalnet's scores little", "[serving_model]") {
  const TemporaryFolder folder;
  const fs::path path = write_checkpoint(folder, "animalnet");
  ServingOptions options;
  options.model.model = path;
  options.model.device = Device::Cpu;
  options.max_batch = 8;
  options.fast_decode = true;
  const auto quick = load_serving_model(options);
  const auto exact = load(path, Precision::Auto, 8);
  const auto drawn = demo_pictures(true, 400);
  CHECK(greatest_difference(scores_of(*quick, drawn), scores_of(*exact, drawn)) <= 0.02);
  CHECK(scores_of(*quick, drawn) != scores_of(*exact, drawn));
  if (!shared_data_present("data/photos_fullres")) return;
  std::vector<Bytes> photographs;
  for (int i = 1; i <= 40; ++i) {
    photographs.push_back(read_file(shared_path("data/photos_fullres/cat." + std::to_string(i) + ".jpg")));
  }
  CHECK(greatest_difference(scores_of(*quick, photographs), scores_of(*exact, photographs)) <= 0.02);
}

}  // namespace animalctl::test
