#include "serve/picture_body.h"

#include <fmt/core.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/http/base64.h"
#include "serve/answer.h"
#include "serve/model_limits.h"

namespace animalctl::serve {
namespace {

std::string decode_base64(std::string text) {
  // Encoders of old break their lines.
  std::erase_if(text, [](char character) { return character == '\n' || character == '\r'; });
  try {
    return http::base64_decode(text);
  } catch (const Error& error) {
    throw bad_request(error.message());
  }
}

// {"b64":"…"}; TorchServe's handlers know "data" and "body" too.
std::string decode_entry(const nlohmann::json& entry) {
  if (entry.is_string()) return decode_base64(entry.get<std::string>());
  if (entry.is_object()) {
    for (const char* key : {"b64", "data", "body"}) {
      const auto found = entry.find(key);
      if (found == entry.end()) continue;
      // KServe nests: {"data":{"b64":"…"}}.
      if (found->is_object() && found->contains("b64")) return decode_entry(*found);
      if (found->is_string()) return decode_base64(found->get<std::string>());
    }
  }
  throw bad_request("A picture in JSON is a string of base64 or {\"b64\": \"<base64>\"}.");
}

void read_json(const http::Request& request, PictureBody& body) {
  nlohmann::json json;
  try {
    json = parse_json(request.body, "The body");
  } catch (const Error& error) {
    throw bad_request(error.message());
  }
  const bool has_instances = json.is_object() && json.contains("instances");
  if (!has_instances) {
    body.decoded.push_back(decode_entry(json));
    return;
  }
  const nlohmann::json& instances = json["instances"];
  if (!instances.is_array() || instances.empty() || instances.size() > kMaxPicturesOfRequest) {
    throw bad_request(fmt::format("\"instances\" is a list of 1 to {} pictures.", kMaxPicturesOfRequest));
  }
  body.many = true;
  for (const nlohmann::json& instance : instances) body.decoded.push_back(decode_entry(instance));
}

const http::Part& picture_part(const std::vector<http::Part>& parts) {
  for (const char* name : {"data", "body"}) {
    const auto named = std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.name == name; });
    if (named != parts.end()) return *named;
  }
  const auto file = std::find_if(parts.begin(), parts.end(), [](const auto& part) { return !part.filename.empty(); });
  if (file == parts.end()) throw bad_request("The form has no part \"data\" and no file.");
  return *file;
}

}  // namespace

PictureBody read_pictures(const http::Request& request) {
  PictureBody body;
  if (!request.parts.empty()) {
    body.pictures.push_back(as_byte_span(picture_part(request.parts).content));
    return body;
  }
  const std::size_t first = request.body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) throw bad_request("The body is empty; send an image.");
  const char begin = request.body[first];
  if (begin != '"' && begin != '{' && begin != '[') {
    body.pictures.push_back(as_byte_span(request.body));
    return body;
  }
  read_json(request, body);
  for (const std::string& picture : body.decoded) body.pictures.push_back(as_byte_span(picture));
  return body;
}

}  // namespace animalctl::serve
