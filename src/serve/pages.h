#pragma once

#include <span>

#include "http/static_files.h"

namespace animalctl::serve {

// The pages that are built from web/ and embedded (cmake/Web.cmake); empty with ANIMALCTL_WITH_WEB=OFF.
std::span<const http::EmbeddedFile> predict_page();  // index.html, assets/…: the page to try the model
std::span<const http::EmbeddedFile> docs_page();     // index.html, …: Swagger UI on /openapi.json

}  // namespace animalctl::serve
