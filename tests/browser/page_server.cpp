// page_server FOLDER: serves the prediction API and its pages over fake models, versions 1 and 2 of "animal" and 3,
// which has five classes, until its standard input ends. Prints its address. FOLDER holds the canary config.
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "animalctl/http/server.h"
#include "serve/prediction_api.h"
#include "support/fake_serving_model.h"

namespace animalctl::serve {
namespace {

std::shared_ptr<ModelVersion> fake_version(const std::string& version, const std::vector<std::string>& classes) {
  VersionFacts facts;
  facts.model = "animal";
  facts.version = version;
  facts.names = classes;
  test::FakeServingModel::Options options;
  options.classes = classes;
  auto loaded = std::make_shared<ModelVersion>(facts, std::make_unique<test::FakeServingModel>(nullptr, options),
                                               VersionSettings{}, nlohmann::ordered_json{});
  loaded->scale(1, 1);
  return loaded;
}

int run(const std::filesystem::path& folder) {
  const std::vector<std::shared_ptr<ModelVersion>> versions = {
      fake_version("1.0", {"cat", "dog"}), fake_version("2.0", {"cat", "dog"}),
      fake_version("3.0", {"tabby cat", "beagle", "boxer", "bulldog", "Egyptian mau"})};
  PredictionModels models;
  models.name = "animal";
  models.versions = [&versions] { return versions; };
  models.predict = [](ModelVersion& version, std::span<const std::byte> picture, const http::Request&) {
    return version.predict(picture, {});
  };
  PredictionApiOptions options;
  options.config_file = folder / "config.json";
  PredictionApi api(std::move(options), std::move(models), nullptr);
  api.start();

  http::ServerOptions server_options;
  server_options.refuse = &PredictionApi::refuse;
  http::Server server(std::move(server_options), [&api](http::Request& request) { return api.answer(request); });
  server.start();
  std::cout << server.url() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  server.stop(std::chrono::seconds(5));
  return 0;
}

}  // namespace
}  // namespace animalctl::serve

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: animalctl_page_server FOLDER\n", stderr);
    return 2;
  }
  return animalctl::serve::run(arguments[1]);
}
