#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "animalctl/http/router.h"
#include "serve/inference_service.h"
#include "serve/serve_settings.h"
#include "support/fake_serving_model.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// A model server without sockets and without LibTorch: a model store of unpacked archives, fake networks, and routes
// that a test adds to `router`.
class ServingFixture {
 public:
  explicit ServingFixture(FakeServingModel::Options options = {});
  ~ServingFixture();

  // Puts an unpacked archive of that name into the model store: folder "<name>-<version>" unless another is given.
  void store(const std::string& name, const std::string& version, const std::string& folder = "");
  // store(), and registers it with so many workers.
  void add(const std::string& name, const std::string& version, int workers = 1);
  // Calls the route of a path as the server does; a route that throws is answered as TorchServe would.
  http::Response call(const std::string& method, const std::string& path, const std::string& body = "",
                      const http::Headers& headers = {},
                      const std::vector<std::pair<std::string, std::string>>& query = {});

  TemporaryFolder folder;
  serve::ServeSettings settings;
  std::shared_ptr<FakeModelControl> control = std::make_shared<FakeModelControl>();
  FakeServingModel::Options model_options;
  serve::Metrics metrics;
  std::unique_ptr<serve::ModelManager> models;
  std::unique_ptr<serve::InferenceService> service;
  http::Router router;
};

}  // namespace animalctl::test
