#include "serve/register_form.h"

#include <fmt/core.h>

#include <charconv>
#include <functional>

#include <nlohmann/json.hpp>

#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "animalctl/http/content_type.h"
#include "serve/answer.h"
#include "serve/model_limits.h"

namespace animalctl::serve {
namespace {

int number_of(const std::string& text, const char* key, int low, int high) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    throw bad_request(
        fmt::format("Parameter {} is \"{}\"; a whole number from {} to {} is needed.", key, text, low, high));
  }
  return value;
}

// Looks a parameter up as text; nothing when it is not given.
using Lookup = std::function<std::optional<std::string>(const char* key)>;

Lookup lookup_in(const http::Request& request, nlohmann::json& json) {
  const auto type = http::parse_media_type(request.header("Content-Type").value_or(""));
  if (!type || type->type != "application/json") return [&](const char* key) { return request.query_value(key); };
  try {
    json = parse_json(request.body, "The body");
  } catch (const Error& error) {
    throw bad_request(error.message());
  }
  if (!json.is_object()) throw bad_request("The body is no JSON object.");
  return [&](const char* key) -> std::optional<std::string> {
    const auto entry = json.find(key);
    if (entry == json.end() || entry->is_null()) return std::nullopt;
    if (entry->is_string()) return entry->get<std::string>();
    if (entry->is_number() || entry->is_boolean()) return entry->dump();
    throw bad_request(fmt::format("Parameter {} is neither text, number nor true or false.", key));
  };
}

// -1 is TorchServe's word for its default.
std::chrono::seconds seconds_of(const Lookup& lookup, const char* key, std::chrono::seconds usual) {
  const auto text = lookup(key);
  if (!text || *text == "-1") return usual;
  return std::chrono::seconds(number_of(*text, key, 1, kMaxTimeoutSeconds));
}

}  // namespace

RegisterForm read_register_form(const http::Request& request, const ServeSettings& settings) {
  nlohmann::json json;
  const Lookup lookup = lookup_in(request, json);
  const auto number = [&](const char* key, int usual, int low, int high) {
    const auto text = lookup(key);
    return text ? number_of(*text, key, low, high) : usual;
  };
  RegisterForm form;
  form.request.url = lookup("url").value_or("");
  if (form.request.url.empty()) throw bad_request("Parameter url is required.");
  form.request.model_name = lookup("model_name").value_or("");
  form.request.handler = lookup("handler").value_or("");
  form.request.runtime = lookup("runtime").value_or("");
  VersionSettings run = settings.version_defaults;
  run.batch_size = number("batch_size", 1, 1, kMaxBatchSize);
  run.max_batch_delay = std::chrono::milliseconds(number("max_batch_delay", 100, 0, kMaxBatchDelayMs));
  run.response_timeout = seconds_of(lookup, "response_timeout", run.response_timeout);
  run.startup_timeout = seconds_of(lookup, "startup_timeout", run.startup_timeout);
  run.min_workers = number("initial_workers", 0, 0, kMaxWorkersPerModel);
  run.max_workers = run.min_workers;
  form.request.settings = run;
  form.synchronous = to_lower(lookup("synchronous").value_or("true")) == "true";
  return form;
}

int query_number(const http::Request& request, const char* key, int usual, int low, int high) {
  const auto text = request.query_value(key);
  return text ? number_of(*text, key, low, high) : usual;
}

bool query_flag(const http::Request& request, const char* key, bool usual) {
  const auto text = request.query_value(key);
  return text ? to_lower(*text) == "true" : usual;
}

}  // namespace animalctl::serve
