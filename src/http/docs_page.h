#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "animalctl/http/router.h"
#include "http/static_files.h"

namespace animalctl::http {

// Swagger UI on /openapi.json (index.html, …), built from web/ and embedded (cmake/Web.cmake); empty with
// ANIMALCTL_WITH_WEB=OFF.
std::span<const EmbeddedFile> docs_page();

// Adds GET /docs and GET /docs/{file}. `not_found` makes the server's own 404.
void add_docs_routes(Router& router, const std::function<Response(std::string_view message)>& not_found);

}  // namespace animalctl::http
