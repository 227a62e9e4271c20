#include "serve/sent_picture.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "animalctl/base/json.h"
#include "animalctl/base/text.h"
#include "animalctl/http/base64.h"
#include "animalctl/http/content_type.h"
#include "serve/answer.h"

namespace animalctl::serve {
namespace {

constexpr std::string_view kKey = "base_64_str";
constexpr std::string_view kSpace = " \t\r\n";

ApiError unprocessable(const std::string& message) {
  return {422, "UnprocessableEntity", message};
}

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

bool skip(std::string_view& text, std::string_view token) {
  skip_space(text);
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

// The value in exactly {"base_64_str":"…"} without escapes, what every client of the seed sends: megabytes of it need
// no JSON parser, which takes ten times as long. Nothing for any other form, which is left to the parser.
std::optional<std::string_view> plain_value(std::string_view json) {
  if (!skip(json, "{") || !skip(json, "\"base_64_str\"") || !skip(json, ":") || !skip(json, "\"")) return std::nullopt;
  const std::size_t end = json.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view value = json.substr(0, end);
  json.remove_prefix(end + 1);
  if (!skip(json, "}")) return std::nullopt;
  skip_space(json);
  const bool plain =
      json.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c > 0x1F && c < 0x7F && c != '\\'; });
  return plain ? std::optional(value) : std::nullopt;
}

std::string decode(std::string_view text) {
  if (text.starts_with("data:")) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos || !text.substr(0, comma).ends_with(";base64")) {
      throw unprocessable("base_64_str is a data: URL without \";base64,\"; send the picture as base64");
    }
    text.remove_prefix(comma + 1);
  }
  std::string without_breaks;
  if (text.find_first_of(kSpace) != std::string_view::npos) {
    // Lines of 76 characters, as the program base64 writes them.
    std::copy_if(text.begin(), text.end(), std::back_inserter(without_breaks),
                 [](char c) { return kSpace.find(c) == std::string_view::npos; });
    text = without_breaks;
  }
  if (text.empty()) throw unprocessable("base_64_str is empty; it is the picture's bytes as base64");
  try {
    return http::base64_decode(text);
  } catch (const Error& error) {
    throw unprocessable("base_64_str is " + error.message());
  }
}

std::string of_json(std::string_view body) {
  if (const auto value = plain_value(body)) return decode(*value);
  nlohmann::json json;
  try {
    json = parse_json(body, "the body");
  } catch (const Error& error) {
    throw bad_request(error.message() + R"(; send {"base_64_str": "<the picture as base64>"})");
  }
  const auto found = json.is_object() ? json.find(kKey) : json.end();
  if (!json.is_object() || found == json.end() || !found->is_string()) {
    throw unprocessable(R"(the body has no text "base_64_str"; send {"base_64_str": "<the picture as base64>"})");
  }
  return decode(found->get_ref<const std::string&>());
}

const std::string& not_empty(const std::string& bytes) {
  if (bytes.empty()) throw unprocessable("the picture is empty; send the bytes of a PNG, JPEG, WebP or BMP file");
  return bytes;
}

std::string media_type_of(const http::Request& request) {
  const auto field = request.header("Content-Type");
  if (!field) return "";
  const auto type = http::parse_media_type(*field);
  if (!type) throw ApiError(415, "UnsupportedMediaType", "the Content-Type is none, e.g. application/json");
  return type->type;
}

}  // namespace

SentPicture SentPicture::of_predict(const http::Request& request) {
  const std::string type = media_type_of(request);
  if (type.starts_with("image/") || type == "application/octet-stream") return SentPicture(&not_empty(request.body));
  // What curl says when it is told nothing.
  if (type.empty() || type == "application/json" || type == "application/x-www-form-urlencoded") {
    return SentPicture(of_json(request.body));
  }
  throw ApiError(415, "UnsupportedMediaType",
                 "the Content-Type " + type + " is not taken; send application/json or the picture itself as image/*");
}

SentPicture SentPicture::of_upload(const http::Request& request) {
  if (media_type_of(request) != "multipart/form-data") {
    throw ApiError(415, "UnsupportedMediaType", "the picture is sent as multipart/form-data, in the part \"file\"");
  }
  const http::Part* file = nullptr;
  std::size_t files = 0;
  for (const http::Part& part : request.parts) {
    if (part.name == "file") return SentPicture(&not_empty(part.content));
    if (part.filename.empty()) continue;
    file = &part;
    ++files;
  }
  if (files != 1) throw unprocessable("the form has no part \"file\"; put the picture there");
  return SentPicture(&not_empty(file->content));
}

std::shared_ptr<const std::string> SentPicture::shared() const {
  return borrowed_ != nullptr ? std::make_shared<const std::string>(*borrowed_) : owned_;
}

}  // namespace animalctl::serve
