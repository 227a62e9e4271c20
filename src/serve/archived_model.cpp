#include "serve/archived_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "serve/model_store.h"

namespace animalctl::serve {
namespace {

constexpr const char* kStockHandler = "image_classifier";
constexpr int kImageNetClasses = 1000;

[[noreturn]] void refuse(const std::string& what) {
  throw ModelError(ModelFailure::InvalidModel, ErrorCode::Unimplemented, what);
}

// Python's names of a stock handler: "image_classifier", "image_classifier.py", "ts.torch_handler.image_classifier:x".
bool is_stock_classifier(std::string handler) {
  const std::size_t colon = handler.find(':');
  if (colon != std::string::npos) handler.resize(colon);
  if (handler.ends_with(".py")) handler.resize(handler.size() - 3);
  return handler.substr(handler.find_last_of("./") + 1) == kStockHandler;
}

void require_no_python(const archive::Manifest& manifest, const std::string& handler, const std::string& runtime) {
  if (!runtime.starts_with("python")) {
    refuse(fmt::format("The runtime \"{}\" is not supported; python is, for archives that need none.", runtime));
  }
  if (!is_stock_classifier(handler)) {
    refuse(
        fmt::format("The handler \"{}\" needs Python, which this server does not run. Supported are archives made by "
                    "animalctl archive, and TorchScript files under the handler {}.",
                    handler, kStockHandler));
  }
  if (!manifest.model_file.empty()) {
    refuse(
        fmt::format("The model file \"{}\" under the handler \"{}\" needs Python, which this server does not run. Save "
                    "the model as TorchScript, or pack its checkpoint with animalctl archive.",
                    manifest.model_file, handler));
  }
}

// What TorchServe's image_classifier does to an image, in the terms of script_options.h.
ScriptOptions stock_options(std::size_t classes) {
  ScriptOptions options;
  // Names may repeat (ImageNet has two cranes), class numbers do not.
  for (std::size_t i = 0; i < classes; ++i) options.classes.push_back(fmt::format("{}", i));
  options.width = 224;
  options.height = 224;
  options.mean = {0.485F, 0.456F, 0.406F};
  options.std = {0.229F, 0.224F, 0.225F};
  options.fit = Fit::Centre;
  options.centre_share = 0.875F;
  options.output = ScriptOutput::Logits;
  return options;
}

}  // namespace

ArchivedModel read_archived_model(const archive::OpenArchive& opened, const RegisterRequest& request,
                                  const ServeSettings& settings, int batch_size) {
  const archive::Manifest& manifest = opened.manifest();
  ArchivedModel model;
  model.metadata = opened.metadata();
  model.facts.model = request.model_name.empty() ? manifest.model_name : request.model_name;
  model.facts.version = manifest.model_version;
  model.facts.url = request.url;
  model.facts.runtime = request.runtime.empty() ? manifest.runtime : request.runtime;
  model.facts.names = opened.names();
  model.facts.sha256 = opened.digest().hex();
  model.facts.loaded_at_startup = request.at_startup;
  if (!is_model_name(model.facts.model)) {
    throw ModelError(ModelFailure::InvalidModel, ErrorCode::InvalidArgument,
                     fmt::format("Model name \"{}\" is not valid; letters, digits, '_', '.' and '-' are accepted.",
                                 model.facts.model));
  }
  if (manifest.serialized_file.empty()) refuse("The archive holds no serialized file, so there is no model to run.");
  model.options.model.model = std::string(kScriptPrefix) + (opened.folder() / manifest.serialized_file).string();
  model.options.model.device = settings.device;
  model.options.model.precision = settings.precision;
  model.options.max_batch = batch_size;
  model.options.fast_decode = settings.fast_decode;
  model.options.measure = settings.prediction.has_value() && !settings.sink_folder.empty();
  if (!settings.limit_image_pixels) model.options.limits.max_pixels = std::numeric_limits<std::uint64_t>::max();
  const std::string handler = request.handler.empty() ? manifest.handler : request.handler;
  model.facts.animal_answer = model.metadata.is_object();
  if (model.facts.animal_answer) {
    const auto threshold = model.metadata.find("threshold");
    if (threshold != model.metadata.end() && threshold->is_number()) model.facts.threshold = threshold->get<double>();
    return model;
  }
  require_no_python(manifest, handler, model.facts.runtime);
  if (model.facts.names.empty()) {
    for (int i = 0; i < kImageNetClasses; ++i) model.facts.names.push_back(fmt::format("{}", i));
  }
  model.options.model.script = stock_options(model.facts.names.size());
  return model;
}

nlohmann::ordered_json shown_metadata(const ArchivedModel& archived, const ServingModel& model) {
  const ModelInfo& info = model.info();
  const Preprocessing& preprocessing = model.preprocessing();
  nlohmann::ordered_json shown;
  shown["arch"] = info.architecture;
  shown["classes"] = info.classes;
  nlohmann::ordered_json& prepared = shown["preprocessing"];
  prepared["resize"] = preprocessing.fit == Fit::Stretch ? "area" : "centre-area";
  if (preprocessing.fit == Fit::Centre) prepared["centre_share"] = preprocessing.centre_share;
  prepared["width"] = preprocessing.width;
  prepared["height"] = preprocessing.height;
  prepared["channels"] = preprocessing.channels;
  prepared["mean"] = preprocessing.mean;
  prepared["std"] = preprocessing.std;
  shown["precision"] = model.plan();
  if (archived.facts.animal_answer) shown["threshold"] = archived.facts.threshold;
  shown["sha256"] = archived.facts.sha256;
  if (!archived.metadata.is_object()) return shown;
  for (const char* key : {"metrics", "lineage"}) {
    const auto entry = archived.metadata.find(key);
    if (entry != archived.metadata.end()) shown[key] = *entry;
  }
  return shown;
}

}  // namespace animalctl::serve
