#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "label/server/label_dispatcher.h"
#include "label/server/label_routes.h"
#include "label/store_fixture.h"

namespace animalctl::test {

// The label server as its page port answers, without sockets.
class Site {
 public:
  Site();

  // Makes the routes over the store; once, before the rest. `people`: tokens are needed.
  void open();
  struct Question {
    std::string method = "GET";
    std::string path = {};
    std::vector<std::pair<std::string, std::string>> query = {};
    std::string body = {};
    http::Headers headers = {};
    std::string host = "localhost:3000";
    std::string type = "application/json";
    std::string address = "127.0.0.1";
  };
  // As the server does: admit first, then the route.
  http::Response ask(const Question& question) const;
  http::Response get(const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) const;
  http::Response post(const std::string& path, const nlohmann::ordered_json& body, http::Headers headers = {}) const;
  // One change of POST /api/labels; its result.
  nlohmann::ordered_json change(nlohmann::ordered_json change, http::Headers headers = {}) const;

  StoreFixture files;
  std::vector<label::Person> people;  // not empty: tokens are needed
  label::DispatchSettings settings;
  label::PredictionClientOptions model;  // with an address: it is asked
  double rate = 0;

  label::LabelStore& store() { return files.store(); }
  label::PredictionClient* predictions() { return predictions_.get(); }

 private:
  std::unique_ptr<label::Access> access_;
  std::unique_ptr<label::PredictionClient> predictions_;
  std::unique_ptr<label::RateLimit> rate_;
  std::unique_ptr<label::LabelContext> context_;
  std::unique_ptr<label::LabelApi> api_;
  std::unique_ptr<label::SeedApi> seed_;
  std::unique_ptr<label::TransferApi> transfer_;
  std::unique_ptr<console::ConsoleApi> console_;
  std::unique_ptr<label::LabelDispatcher> dispatcher_;
};

nlohmann::ordered_json json_in(const http::Response& response);
// All bytes of an answer's body, wherever they stand.
std::string body_of(const http::Response& response);
// A token of the right length, told apart by its first letters.
std::string token_of(std::string_view name);

}  // namespace animalctl::test
