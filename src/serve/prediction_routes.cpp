#include <nlohmann/json.hpp>

#include "animalctl/http/content_type.h"
#include "http/docs_page.h"
#include "http/static_files.h"
#include "serve/pages.h"
#include "serve/prediction_answer.h"
#include "serve/prediction_api.h"
#include "serve/prediction_openapi.h"

namespace animalctl::serve {
namespace {

http::Response found_or_404(std::optional<http::Response> found) {
  return found ? *std::move(found) : message_answer(404, "there is no such file");
}

// GET /: for a browser the page, for programs the seed's greeting.
http::Response front(const http::StaticFiles& page, const http::Request& request) {
  const bool browser = http::accepts_explicitly(request.header("Accept").value_or(""), "text/html");
  std::optional<http::Response> response;
  if (browser) response = page.find("index.html", request);
  if (!response) response = compact_json_answer(200, {{"message", "Welcome to the Animal Classifier API!"}});
  response->headers.emplace_back("Vary", "Accept");
  return *std::move(response);
}

void add_page_routes(http::Router& router) {
  const http::StaticFiles page(predict_page());
  router.add("GET", "/", [page](const http::Request& request) { return front(page, request); });
  router.add("GET", "/assets/{file}", [page](const http::Request& request) {
    return found_or_404(page.find("assets/" + request.parameter("file"), request));
  });
  http::add_docs_routes(router, [](std::string_view message) { return message_answer(404, message); });
}

}  // namespace

void add_prediction_routes(http::Router& router, const PredictionApi& api) {
  const auto get = [&](std::string_view path, http::Response (PredictionApi::*method)() const) {
    router.add("GET", path, [&api, method](const http::Request&) { return (api.*method)(); });
  };
  get("/health", &PredictionApi::health);
  get("/api/get-config", &PredictionApi::get_config);
  router.add("PUT", "/api/update-config", [&api](const http::Request& request) { return api.update_config(request); });
  router.add("POST", "/predict",
             [&api](const http::Request& request) { return api.predict(request, SentPicture::of_predict(request)); });
  router.add("POST", "/upload",
             [&api](const http::Request& request) { return api.predict(request, SentPicture::of_upload(request)); });
  router.add("GET", "/openapi.json", [](const http::Request&) {
    http::Response response;
    response.content_type = "application/json";
    response.body = prediction_openapi();
    return response;
  });
  add_page_routes(router);
}

}  // namespace animalctl::serve
