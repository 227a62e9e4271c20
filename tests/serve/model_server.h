#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "serve/dispatcher.h"
#include "serve/inference_service.h"
#include "serve/serve_settings.h"
#include "support/fake_serving_model.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// Puts an unpacked archive of TorchServe's form into a store, as folder "<name>-<version>". With `ours` it is one of
// animalctl archive's.
void store_archive(const std::filesystem::path& store, const std::string& name, const std::string& version,
                   const std::string& handler = "image_classifier", bool ours = false);

// The model server's APIs as their listeners answer them, without sockets and without LibTorch.
struct ModelServer {
  ModelServer();
  ~ModelServer();

  // Makes models, service and routes from `settings`; once, before the rest.
  void open(bool with_tokens = false);
  void add(const std::string& name, const std::string& version, int workers = 1, bool ours = false);

  struct Question {
    std::string method = "GET";
    std::string path = {};
    std::vector<std::pair<std::string, std::string>> query = {};
    http::Headers headers = {};
    std::string body = {};
    std::vector<http::Part> parts = {};
  };
  // As the server does: admit first, then the route.
  http::Response ask(const serve::Dispatcher& dispatcher, const Question& question) const;
  http::Response infer(const Question& question) const { return ask(*inference, question); }
  http::Response manage(const Question& question) const { return ask(*management, question); }

  TemporaryFolder folder;
  serve::ServeSettings settings;
  std::shared_ptr<FakeModelControl> control = std::make_shared<FakeModelControl>();
  FakeServingModel::Options model_options;
  std::string load_failure;  // not "": loading throws this
  std::unique_ptr<serve::Tokens> tokens;
  serve::Metrics metrics;
  std::unique_ptr<serve::ModelManager> models;
  std::unique_ptr<serve::InferenceService> service;
  bool starting = false;
  std::unique_ptr<serve::Dispatcher> inference;
  std::unique_ptr<serve::Dispatcher> management;
};

// The member of a JSON answer.
nlohmann::ordered_json json_of(const http::Response& response);
// {"code","type","message"} of an error answer, which must be one, with its headers.
void require_failure(const http::Response& response, int status, const std::string& type, const std::string& message);

}  // namespace animalctl::test
