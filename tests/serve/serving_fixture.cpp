#include "serve/serving_fixture.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "serve/answer.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)

ServingFixture::ServingFixture(FakeServingModel::Options options) : model_options(std::move(options)) {
  settings.model_store = folder / "store";
  std::filesystem::create_directories(settings.model_store);
  settings.snapshot = false;
  models = std::make_unique<ModelManager>(
      settings, [this](const ServingOptions&) { return std::make_unique<FakeServingModel>(control, model_options); });
  service = std::make_unique<InferenceService>(*models, metrics);
}

ServingFixture::~ServingFixture() {
  control->let_all_go();
  models->close(Clock::now());
}

void ServingFixture::store(const std::string& name, const std::string& version, const std::string& folder_name) {
  const std::filesystem::path place =
      settings.model_store / (folder_name.empty() ? fmt::format("{}-{}", name, version) : folder_name);
  std::filesystem::create_directories(place / "MAR-INF");
  const nlohmann::json manifest = {{"createdOn", "25/11/2026 14:03:59"},
                                   {"runtime", "python"},
                                   {"model",
                                    {{"modelName", name},
                                     {"serializedFile", "model.pt"},
                                     {"handler", "image_classifier"},
                                     {"modelVersion", version}}},
                                   {"archiverVersion", "0.12.0"}};
  write_file_atomic(place / "MAR-INF" / "MANIFEST.json", manifest.dump());
  write_file_atomic(place / "model.pt", "no network: the loader is a fake");
  nlohmann::json names;
  for (std::size_t i = 0; i < model_options.classes.size(); ++i) {
    names[std::to_string(i)] = "a " + model_options.classes[i];
  }
  write_file_atomic(place / "index_to_name.json", names.dump());
}

void ServingFixture::add(const std::string& name, const std::string& version, int workers) {
  store(name, version);
  RegisterRequest request;
  request.url = fmt::format("{}-{}", name, version);
  request.initial_workers = workers;
  models->add(request);
}

http::Response ServingFixture::call(const std::string& method, const std::string& path, const std::string& body,
                                    const http::Headers& headers,
                                    const std::vector<std::pair<std::string, std::string>>& query) {
  http::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.headers = headers;
  request.query = query;
  request.received = Clock::now();
  http::Router::Match match = router.find(method, path);
  if (match.handler == nullptr) return error_answer(match.allowed.empty() ? 404 : 405, "", "no route");
  request.parameters = std::move(match.parameters);
  try {
    return (*match.handler)(request);
  } catch (const std::exception& failure) {
    return failure_answer(failure);
  }
}

}  // namespace animalctl::test
