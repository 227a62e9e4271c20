#pragma once

#include <span>

#include "http/static_files.h"

namespace animalctl::serve {

// The page to try the model (index.html, assets/…), built from web/ and embedded (cmake/Web.cmake); empty with
// ANIMALCTL_WITH_WEB=OFF.
std::span<const http::EmbeddedFile> predict_page();

}  // namespace animalctl::serve
