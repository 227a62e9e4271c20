#pragma once

#include "animalctl/http/message.h"
#include "serve/model_manager.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// What POST /models asks for, from the query or, with Content-Type application/json, from the body.
struct RegisterForm {
  RegisterRequest request;
  bool synchronous = true;
};

// Throws ApiError 400: no url, a value that is no number or out of range, JSON that is none.
RegisterForm read_register_form(const http::Request& request, const ServeSettings& settings);

// A query value that is a whole number; `usual` when there is none. Throws ApiError 400.
int query_number(const http::Request& request, const char* key, int usual, int low, int high);
// True for "true" in any case; `usual` when there is none.
bool query_flag(const http::Request& request, const char* key, bool usual);

}  // namespace animalctl::serve
