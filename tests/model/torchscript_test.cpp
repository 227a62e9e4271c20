#include <fmt/core.h>

#include "model/torchscript_network.h"

#include "animalctl/base/file.h"
#include "model/script_description.h"
#include "model/torchscript_file.h"
#include "support/catch_compat.h"
#include "support/temporary_folder.h"

namespace animalctl::test {
namespace {

ScriptOptions options_for(ScriptOutput output, std::vector<std::string> classes = {"CAT", "DOG"}) {
  ScriptOptions options;
  options.classes = std::move(classes);
  options.width = 4;
  options.height = 3;
  options.mean = {0.5F};
  options.std = {0.5F};
  options.output = output;
  return options;
}

// A TorchScript file whose forward(x) is `body`.
std::filesystem::path write_script(const TemporaryFolder& folder, const std::string& body,
                                   const torch::jit::ExtraFilesMap& extra = {}) {
  torch::jit::Module module("Model");
  module.define("def forward(self, x):\n  " + body + "\n");
  module.save(folder / "m.pt", extra);
  return folder / "m.pt";
}

torch::Tensor probabilities(const std::string& body, const ScriptOptions& options, std::int64_t images) {
  const TemporaryFolder folder;
  const OpenModel model = open_script_model(write_script(folder, body), options);
  return model.network->probabilities(torch::ones({images, 1, 3, 4}));
}

void refuses(const std::string& body, const ScriptOptions& options, std::string_view reason) {
  const TemporaryFolder folder;
  const auto path = write_script(folder, body);
  require_error(ErrorCode::DataLoss, reason, [&] { open_script_model(path, options); });
}

ModelDescription sample_description() {
  ModelDescription description{"smallcnn", {"A", "B", "C"}, {}};
  description.preprocessing.fit = Fit::Centre;
  description.preprocessing.centre_share = 0.875F;
  description.preprocessing.channels = 3;
  description.preprocessing.mean = {0.485F, 0.456F, 0.406F};
  description.preprocessing.std = {0.229F, 0.224F, 0.225F};
  return description;
}

}  // namespace

TEST_CASE("a TorchScript module's columns become probabilities, for one, two and more classes") {
  const auto logits = options_for(ScriptOutput::Logits);
  const auto shares = options_for(ScriptOutput::Probabilities);
  const double tolerance = 1e-6;
  CHECK(torch::allclose(probabilities("return x.flatten(1).mean(1, True) - 1", logits, 3), torch::full({3, 1}, 0.5)));
  CHECK(torch::allclose(probabilities("return x.flatten(1)[:, :2] * 2", logits, 3), torch::full({3, 1}, 0.5)));
  CHECK(torch::allclose(probabilities("return x.flatten(1)[:, :1] * 0 + 0.3", shares, 2), torch::full({2, 1}, 0.3),
                        tolerance));
  CHECK(torch::allclose(probabilities("return x.flatten(1)[:, :2] * 0 + 0.5", shares, 2), torch::full({2, 1}, 0.5)));
  CHECK(torch::equal(probabilities("return x.flatten(1)[:, :1] * 0", shares, 1) < 1e-30,
                     torch::ones({1, 1}, torch::kBool)));
  const auto three = options_for(ScriptOutput::Probabilities, {"A", "B", "C"});
  CHECK(torch::allclose(probabilities("return x.flatten(1)[:, :3] * 0 + 0.333333", three, 2),
                        torch::full({2, 3}, 0.333333)));
}

TEST_CASE("a TorchScript module that takes one image at a time is run image by image") {
  const auto logits = options_for(ScriptOutput::Logits);
  const torch::Tensor result = probabilities("return x.reshape([1, 12])[:, :1] - 1", logits, 4);
  CHECK(torch::allclose(result, torch::full({4, 1}, 0.5)));
}

TEST_CASE("a TorchScript module that cannot be used is refused with its reason") {
  const auto logits = options_for(ScriptOutput::Logits);
  const auto shares = options_for(ScriptOutput::Probabilities);
  refuses("assert x.size(0) > 9, 'shy'\n  return x", logits, "failed on an input of shape [1, 1, 3, 4]");
  refuses("return (x, x)", logits, "gives a Tuple, one tensor is needed");
  refuses("return x", logits, "of shape [1, 1, 3, 4] for 1 image(s)");
  refuses("return x.flatten(1)[:, :3]", logits, "[1, 1 or 2]");
  refuses("return x.flatten(1)[:, :1].to(3)", logits, "gives Int");
  refuses("return x.flatten(1)[:, :1] / 0", logits, "not finite");
  refuses("return x.flatten(1)[:, :1] * 7 + 20", shares, "give --ts-output logits");
  refuses("return x.flatten(1)[:, :2] * 0 + 0.9", shares, "does not give probabilities");
  refuses("return x.flatten(1)[:, :1]", options_for(ScriptOutput::Logits, {"A", "B", "C"}), "for 3 classes");
}

TEST_CASE("a file that is no TorchScript is refused by name, and a TorchScript model is not trained") {
  const TemporaryFolder folder;
  const auto logits = options_for(ScriptOutput::Logits);
  require_error(ErrorCode::NotFound, "none.pt", [&] { open_script_model(folder / "none.pt", logits); });
  require_error(ErrorCode::InvalidArgument, "not a file", [&] { open_script_model(folder.path(), logits); });
  write_file_atomic(folder / "noise.pt", std::string_view("noise"));
  require_error(ErrorCode::DataLoss, "torch.jit.save", [&] { open_script_model(folder / "noise.pt", logits); });
  const OpenModel model = open_script_model(write_script(folder, "return x.flatten(1)[:, :1]"), logits);
  require_error(ErrorCode::InvalidArgument, "cannot be trained", [&] { model.network->initialise(1); });
}

TEST_CASE("a quantised TorchScript file of others is run") {
  if (!shared_data_present("weights/mobilenet_quantized.pt")) return;
  ScriptOptions options;
  for (int i = 0; i < 1000; ++i) options.classes.push_back(fmt::format("C{}", i));
  options.width = options.height = 224;
  options.mean = {0.485F, 0.456F, 0.406F};
  options.std = {0.229F, 0.224F, 0.225F};
  options.output = ScriptOutput::Logits;
  const OpenModel model = open_script_model(shared_path("weights/mobilenet_quantized.pt"), options);
  const torch::Tensor result = model.network->probabilities(torch::zeros({2, 3, 224, 224}));
  CHECK(result.sizes() == at::IntArrayRef({2, 1000}));
  CHECK(torch::allclose(result.sum(1), torch::ones({2})));
  CHECK(torch::equal(result[0], result[1]));
}

TEST_CASE("a description in a TorchScript file is enough, and one that is damaged is refused") {
  const TemporaryFolder folder;
  ModelDescription description = sample_description();
  description.preprocessing.width = description.preprocessing.height = 2;
  const std::string body = "return torch.softmax(x.flatten(1)[:, :3], 1)";
  const auto path = write_script(folder, body, {{kScriptDescriptionFile, description_json(description)}});
  CHECK(open_script_model(path, {}).description == description);
  const auto damaged = write_script(folder, body, {{kScriptDescriptionFile, "{}"}});
  require_error(ErrorCode::DataLoss, kScriptDescriptionFile, [&] { open_script_model(damaged, {}); });
}

TEST_CASE("options of a TorchScript model are complete, in range, and agree with its file") {
  const auto refused = [](const std::optional<ModelDescription>& file, std::string_view reason, auto change) {
    ScriptOptions options = file ? ScriptOptions{} : options_for(ScriptOutput::Logits);
    change(options);
    require_error(ErrorCode::InvalidArgument, reason, [&] { combine_description(file, options, "m.pt"); });
  };
  refused(std::nullopt, "--ts-size", [](ScriptOptions& options) { options.width.reset(); });
  refused(std::nullopt, "--ts-mean", [](ScriptOptions& options) { options.mean.clear(); });
  refused(std::nullopt, "--ts-std", [](ScriptOptions& options) { options.std.clear(); });
  refused(std::nullopt, "--ts-output", [](ScriptOptions& options) { options.output.reset(); });
  refused(std::nullopt, "--classes", [](ScriptOptions& options) { options.classes.clear(); });
  refused(std::nullopt, "at least two", [](ScriptOptions& options) { options.classes = {"A"}; });
  refused(std::nullopt, "1 to 4096", [](ScriptOptions& options) { options.height = 0; });
  refused(std::nullopt, "one number each", [](ScriptOptions& options) { options.std = {1, 1, 1}; });
  refused(std::nullopt, "above 0", [](ScriptOptions& options) { options.std = {0}; });
  refused(std::nullopt, "share", [](ScriptOptions& options) { options.centre_share = 2; });
  const ModelDescription file = sample_description();
  refused(file, "A,B,C apart", [](ScriptOptions& options) { options.classes = {"A", "B"}; });
  refused(file, "contradict", [](ScriptOptions& options) { options.width = 99; });
  refused(file, "contradict", [](ScriptOptions& options) { options.output = ScriptOutput::Logits; });
  CHECK(combine_description(file, {}, "m.pt").model == file);
}

TEST_CASE("a description is written as JSON and read back equal; what it must not say is refused with its place") {
  const ModelDescription description = sample_description();
  CHECK(parse_description_json(description_json(description), "a.json") == description);
  CHECK(parse_description_json(description_json({"animalnet", {"CAT", "DOG"}, {}}), "a.json").preprocessing ==
        Preprocessing{});
  const auto refused = [&](const std::string& part, const std::string& replacement, std::string_view reason) {
    std::string text = description_json(description);
    const std::size_t place = text.find(part);
    REQUIRE(place != std::string::npos);
    text.replace(place, part.size(), replacement);
    require_error(ErrorCode::DataLoss, reason, [&] { parse_description_json(text, "a.json"); });
  };
  refused(R"("format":1)", R"("format":2)", "reads up to 1");
  refused(R"(["A","B","C"])", R"(["A"])", "at least two classes");
  refused("centre-area", "bicubic", "only \"area\"");
  refused("0.875", "1.5", "a share above 0");
  refused(R"("width":16)", R"("width":0)", "not from 1 to 4096");
  refused(R"("channels":3)", R"("channels":2)", "1 (grey) or 3 (RGB)");
  refused(R"("channels":3)", R"("channels":1)", "one a channel");
  refused("0.2290", "-0.2290", "not a usable number");
}

}  // namespace animalctl::test
