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

// `base`: "/" or "/console/".
void add_page(http::Router& router, const std::string& base, std::span<const http::EmbeddedFile> files,
              const WebFolder* folder) {
  const http::StaticFiles page(files, std::string(kPagePolicy));
  const auto find = [page, folder](std::string_view path, const http::Request& request) {
    return folder != nullptr ? folder->find(path) : page.find(path, request);
  };
  router.add("GET", base, [find](const http::Request& request) {
    if (auto found = find("index.html", request)) return *std::move(found);
    return message_answer(404, kNoPage);
  });
  router.add("GET", base + "assets/{file}", [find](const http::Request& request) {
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

void add_console_routes(http::Router& router, const console::ConsoleApi& console) {
  using console::ConsoleApi;
  const auto add = [&](std::string_view method, std::string_view path,
                       http::Response (ConsoleApi::*member)(const http::Request&) const) {
    router.add(method, path, [&console, member](const http::Request& request) { return (console.*member)(request); });
  };
  add("GET", "/api/v1/runs", &ConsoleApi::runs);
  add("GET", "/api/v1/runs/{run}", &ConsoleApi::run);
  add("GET", "/api/v1/runs/{run}/log/{step}", &ConsoleApi::run_log);
  add("GET", "/api/v1/models", &ConsoleApi::models);
  add("GET", "/api/v1/models/{model}/{version}", &ConsoleApi::version);
  add("POST", "/api/v1/models/{model}/promote", &ConsoleApi::promote);
  add("POST", "/api/v1/models/{model}/rollback", &ConsoleApi::roll_back);
  add("GET", "/api/v1/drift", &ConsoleApi::drift);
  add("GET", "/api/v1/canary", &ConsoleApi::canary);
  add("POST", "/api/v1/requests", &ConsoleApi::ask);
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
  add_console_routes(router, handlers.console);
  add_page(router, "/", label_page(), handlers.folder);
  add_page(router, "/console/", console_page(), handlers.console_folder);
  router.add("GET", "/console", [](const http::Request&) {
    http::Response response;
    response.status = 308;
    response.headers.emplace_back("Location", "/console/");
    return response;
  });
}

}  // namespace animalctl::label
