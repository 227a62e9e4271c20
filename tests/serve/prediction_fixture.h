#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "animalctl/base/file.h"
#include "memory_sink.h"
#include "serve/prediction_api.h"
#include "support/fake_serving_model.h"
#include "support/temporary_folder.h"

namespace animalctl::serve::test {

// The bytes of the picture that a fake model gives value/255 for.
inline std::string picture(int value) {
  return std::string(as_text(animalctl::test::fake_picture(value)));
}

// A prediction API over fake models, without a socket.
class Fixture {
 public:
  // Registers `versions` of the model "animal", each with a worker; the API reads `config`, "" for no file.
  explicit Fixture(const std::vector<std::string>& versions = {"1.0"}, const std::string& config = "",
                   bool keeps_images = false)
      : sink(std::make_shared<MemorySink>(keeps_images)) {
    for (const std::string& version : versions) add(version);
    if (!config.empty()) write_file_atomic(folder / "config.json", config);
    options.config_file = folder / "config.json";
    options.answered = [this](int status) {
      const std::lock_guard lock(mutex_);
      statuses.push_back(status);
    };
  }

  std::shared_ptr<animalctl::test::FakeModelControl> add(const std::string& version,
                                                         std::vector<std::string> classes = {"cat", "dog"},
                                                         VersionSettings settings = {}) {
    VersionFacts facts;
    facts.model = "animal";
    facts.version = version;
    facts.names = classes;
    auto control = std::make_shared<animalctl::test::FakeModelControl>();
    animalctl::test::FakeServingModel::Options fake;
    fake.classes = std::move(classes);
    auto loaded = std::make_shared<ModelVersion>(
        facts, std::make_unique<animalctl::test::FakeServingModel>(control, std::move(fake)), settings,
        nlohmann::ordered_json{});
    loaded->scale(1, 1);
    const std::lock_guard lock(mutex_);
    models_.push_back(std::move(loaded));
    return control;
  }
  void remove(const std::string& version) {
    const std::lock_guard lock(mutex_);
    std::erase_if(models_, [&](const auto& model) { return model->facts().version == version; });
  }

  // Made at the first call, after which `options` are not looked at.
  PredictionApi& api() {
    if (!api_) {
      PredictionModels models;
      models.name = "animal";
      models.versions = [this] {
        const std::lock_guard lock(mutex_);
        return models_;
      };
      models.predict = [](ModelVersion& version, std::span<const std::byte> bytes, const http::Request&) {
        return version.predict(bytes, {});
      };
      api_ = std::make_unique<PredictionApi>(options, std::move(models), sink);
      api_->start();
    }
    return *api_;
  }

  http::Response call(const std::string& method, const std::string& path, std::string body = "",
                      http::Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    request.headers = std::move(headers);
    request.received = Clock::now();
    return api().answer(request);
  }
  // POST /predict of the picture as it is.
  http::Response predict(const std::string& bytes, http::Headers headers = {}) {
    headers.emplace_back("Content-Type", "image/png");
    return call("POST", "/predict", bytes, std::move(headers));
  }

  animalctl::test::TemporaryFolder folder;
  PredictionApiOptions options;
  std::shared_ptr<MemorySink> sink;
  std::vector<int> statuses;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<ModelVersion>> models_;
  std::unique_ptr<PredictionApi> api_;
};

inline nlohmann::json json_of(const http::Response& response) {
  return nlohmann::json::parse(response.body);
}
inline std::string message_of(const http::Response& response) {
  return json_of(response).at("message").get<std::string>();
}

}  // namespace animalctl::serve::test
