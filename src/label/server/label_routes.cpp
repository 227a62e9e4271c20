#include "label/server/label_routes.h"

#include <nlohmann/json.hpp>

#include "http/docs_page.h"
#include "label/server/answers.h"
#include "label/server/label_openapi.h"

namespace animalctl::label {
namespace {

constexpr const char* kNoPage =
    "this program was built without its pages (ANIMALCTL_WITH_WEB=OFF); --web-root FOLDER serves one, /docs and "
    "/openapi.json describe the API";

void add_page(http::Router& router, const WebFolder* folder) {
  const http::StaticFiles page(label_page(), std::string(kPagePolicy));
  const auto find = [page, folder](std::string_view path, const http::Request& request) {
    return folder != nullptr ? folder->find(path) : page.find(path, request);
  };
  router.add("GET", "/", [find](const http::Request& request) {
    if (auto found = find("index.html", request)) return *std::move(found);
    return message_answer(404, kNoPage);
  });
  router.add("GET", "/assets/{file}", [find](const http::Request& request) {
    if (auto found = find("assets/" + request.parameter("file"), request)) return *std::move(found);
    return message_answer(404, "there is no such file");
  });
}

void add_api(http::Router& router, const LabelApi& api) {
  const auto add = [&](std::string_view method, std::string_view path,
                       http::Response (LabelApi::*member)(const http::Request&) const) {
    router.add(method, path, [&api, member](const http::Request& request) { return (api.*member)(request); });
  };
  add("GET", "/api/session", &LabelApi::session);
  add("GET", "/api/items", &LabelApi::items);
  add("GET", "/api/items/{name}", &LabelApi::item);
  add("POST", "/api/labels", &LabelApi::labels);
  add("POST", "/api/undo", &LabelApi::undo);
  add("POST", "/api/predictions", &LabelApi::predictions);
  add("GET", "/api/changes", &LabelApi::changes);
  add("GET", "/api/progress", &LabelApi::progress);
  add("GET", "/api/agreement", &LabelApi::agreement);
  add("GET", "/api/history", &LabelApi::history);
}

}  // namespace

void add_seed_routes(http::Router& router, const SeedApi& seed) {
  router.add("GET", "/filelist", [&seed](const http::Request&) { return seed.filelist(); });
  router.add("GET", "/files/{name}", [&seed](const http::Request& request) { return seed.file(request); });
  router.add("POST", "/label", [&seed](const http::Request& request) { return seed.label(request); });
  router.add("GET", "/health", [](const http::Request&) { return json_answer(200, nlohmann::ordered_json::object()); });
}

void add_page_routes(http::Router& router, const LabelHandlers& handlers) {
  add_seed_routes(router, handlers.seed);
  add_api(router, handlers.api);
  const TransferApi& transfer = handlers.transfer;
  router.add("GET", "/thumbnails/{name}",
             [&transfer](const http::Request& request) { return transfer.thumbnail(request); });
  router.add("POST", "/api/import", [&transfer](const http::Request& request) { return transfer.import(request); });
  router.add("GET", "/api/export",
             [&transfer](const http::Request& request) { return transfer.export_items(request); });
  router.add("GET", "/openapi.json", [](const http::Request&) {
    http::Response response;
    response.content_type = "application/json";
    response.body = label_openapi();
    return response;
  });
  http::add_docs_routes(router, [](std::string_view message) { return message_answer(404, message); });
  add_page(router, handlers.folder);
}

}  // namespace animalctl::label
