#include "serve/model_server.h"

#include "animalctl/base/digest.h"
#include "animalctl/base/file.h"
#include "serve/answer.h"
#include "serve/inference_api.h"
#include "serve/management_api.h"
#include "serve/openapi.h"
#include "support/catch_compat.h"

namespace animalctl::test {
using namespace serve;  // NOLINT(google-build-using-namespace)

void store_archive(const std::filesystem::path& store, const std::string& name, const std::string& version,
                   const std::string& handler, bool ours) {
  const std::filesystem::path place = store / (name + "-" + version);
  const nlohmann::json manifest = {
      {"createdOn", "25/11/2026 14:03:59"},
      {"runtime", "python"},
      {"model", {{"modelName", name}, {"serializedFile", "model.pt"}, {"handler", handler}, {"modelVersion", version}}},
      {"archiverVersion", "0.12.0"}};
  write_file_atomic(place / "MAR-INF" / "MANIFEST.json", manifest.dump());
  write_file_atomic(place / "model.pt", "no network: the loader is a fake");
  write_file_atomic(place / "index_to_name.json", R"({"0": "tabby", "1": "beagle"})");
  if (!ours) return;
  nlohmann::json members;
  for (const char* file : {"MAR-INF/MANIFEST.json", "index_to_name.json", "model.pt"}) {
    const std::string content = read_text_file(place / file);
    members[file] = {{"bytes", content.size()}, {"sha256", sha256(content).hex()}};
  }
  const nlohmann::json metadata = {
      {"format", 1}, {"classes", {"CAT", "DOG"}}, {"threshold", 0.5}, {"lineage", {{"seed", 3}}}, {"members", members}};
  write_file_atomic(place / "MAR-INF" / "animalctl.json", metadata.dump());
}

ModelServer::ModelServer() {
  settings.model_store = folder / "store";
  create_folders(settings.model_store);
  settings.enable_model_api = true;
}

ModelServer::~ModelServer() {
  control->let_all_go();
  if (models) models->close(Clock::now());
}

void ModelServer::open(bool with_tokens) {
  if (with_tokens) tokens = std::make_unique<Tokens>(folder / "key_file.json", std::chrono::minutes(60));
  models = std::make_unique<ModelManager>(settings, [this](const ServingOptions&) {
    if (!load_failure.empty()) throw Error(ErrorCode::DataLoss, load_failure);
    return std::make_unique<FakeServingModel>(control, model_options);
  });
  service = std::make_unique<InferenceService>(*models, metrics);
  const DispatchContext context{
      *models, metrics, tokens.get(), settings.cors, settings.max_response_size, [this] { return starting; }};
  http::Router inference_routes;
  add_inference_routes(inference_routes, *service);
  add_description_routes(inference_routes, inference_api_description());
  inference = std::make_unique<Dispatcher>(std::move(inference_routes), context);
  http::Router management_routes;
  add_management_routes(management_routes, *models, settings, tokens.get());
  add_description_routes(management_routes, management_api_description());
  management = std::make_unique<Dispatcher>(std::move(management_routes), context);
}

void ModelServer::add(const std::string& name, const std::string& version, int workers, bool ours) {
  store_archive(settings.model_store, name, version, "image_classifier", ours);
  RegisterRequest request;
  request.url = name + "-" + version;
  request.initial_workers = workers;
  models->add(request);
}

http::Response ModelServer::ask(const Dispatcher& dispatcher, const Question& question) const {
  http::Request request;
  request.method = question.method;
  request.path = question.path;
  request.query = question.query;
  request.headers = question.headers;
  request.received = Clock::now();
  if (auto refused = dispatcher.admit(request)) return std::move(*refused);
  request.body = question.body;
  request.parts = question.parts;
  return dispatcher.answer(request);
}

nlohmann::ordered_json json_of(const http::Response& response) {
  return nlohmann::ordered_json::parse(response.body);
}

void require_failure(const http::Response& response, int status, const std::string& type, const std::string& message) {
  INFO(response.body);
  CHECK(response.status == status);
  CHECK(response.close);
  const nlohmann::ordered_json json = json_of(response);
  CHECK(json["code"] == status);
  CHECK(json["type"] == type);
  CHECK(contains(json["message"].get<std::string>(), message));
}

}  // namespace animalctl::test
