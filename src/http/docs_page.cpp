#include "http/docs_page.h"

#include <optional>
#include <utility>

namespace animalctl::http {

void add_docs_routes(Router& router, const std::function<Response(std::string_view message)>& not_found) {
  const StaticFiles docs(docs_page());
  router.add("GET", "/docs", [docs, not_found](const Request& request) {
    if (auto found = docs.find("index.html", request)) return *std::move(found);
    return not_found("this program was built without its pages (ANIMALCTL_WITH_WEB=OFF); GET /openapi.json");
  });
  router.add("GET", "/docs/{file}", [docs, not_found](const Request& request) {
    if (auto found = docs.find(request.parameter("file"), request)) return *std::move(found);
    return not_found("there is no such file");
  });
}

}  // namespace animalctl::http
