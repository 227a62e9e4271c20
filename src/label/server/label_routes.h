#pragma once

#include <span>

#include "animalctl/http/router.h"
#include "console/console_api.h"
#include "http/static_files.h"
#include "label/server/label_api.h"
#include "label/server/seed_api.h"
#include "label/server/transfer_api.h"
#include "label/server/web_folder.h"

namespace animalctl::label {

// The labelling page, built from web/pages/label and embedded (cmake/Web.cmake); empty with ANIMALCTL_WITH_WEB=OFF.
std::span<const http::EmbeddedFile> label_page();
// Runs, models, drift and canary, built from web/pages/console.
std::span<const http::EmbeddedFile> console_page();

// What the routes call; all of it must outlive the router.
struct LabelHandlers {
  const LabelApi& api;
  const SeedApi& seed;
  const TransferApi& transfer;
  const console::ConsoleApi& console;
  const WebFolder* folder = nullptr;          // null: the embedded page
  const WebFolder* console_folder = nullptr;  // the same for the console
};

// The seed's three calls and /health.
void add_seed_routes(http::Router& router, const SeedApi& seed);
// Everything of the page's port but /login, which the dispatcher answers.
void add_page_routes(http::Router& router, const LabelHandlers& handlers);

}  // namespace animalctl::label
