#include "animalctl/loadtest/request_form.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/http/base64.h"
#include "animalctl/version.h"

namespace animalctl::loadtest {
namespace {

// 128 random bits: no picture holds them by chance.
constexpr std::string_view kBoundary = "animalctl-8f1c2e7ab04d4d6f9c55b1e3720d9a46";

struct Body {
  std::string content_type;
  std::string bytes;
  std::string inference_header_length;  // "" unless binary V2
};

std::string_view media_type(std::string_view content) {
  if (content.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (content.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (content.size() >= 12 && content.starts_with("RIFF") && content.substr(8, 4) == "WEBP") return "image/webp";
  if (content.starts_with("BM")) return "image/bmp";
  return "application/octet-stream";
}

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>((value >> shift) & 0xFF));
  return bytes;
}

Body v2_binary(std::string_view content) {
  const std::string head = fmt::format(
      R"({{"inputs":[{{"name":"image","shape":[1],"datatype":"BYTES","parameters":{{"binary_data_size":{}}}}}]}})",
      content.size() + 4);
  return {"application/octet-stream",
          head + little_endian(static_cast<std::uint32_t>(content.size())) + std::string(content),
          std::to_string(head.size())};
}

Body v2_json(std::string_view content) {
  return {
      "application/json",
      R"({"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":[")" +
          http::base64_encode(content) + R"("]}]})",
      ""};
}

Body multipart(std::string_view file_name, std::string_view content) {
  std::string name(file_name);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == '"' || c == 0x7F; }, '_');
  return {
      fmt::format("multipart/form-data; boundary={}", kBoundary),
      fmt::format("--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                  kBoundary, name, media_type(content)) +
          std::string(content) + fmt::format("\r\n--{}--\r\n", kBoundary),
      ""};
}

Body make_body(RequestForm form, std::string_view file_name, std::string_view content) {
  switch (form) {
    case RequestForm::TorchServe:
      return {std::string(media_type(content)), std::string(content), ""};
    case RequestForm::V2:
      return v2_binary(content);
    case RequestForm::V2Json:
      return v2_json(content);
    case RequestForm::Predict:
      return {"application/json", R"({"base_64_str":")" + http::base64_encode(content) + R"("})", ""};
    case RequestForm::Upload:
      return multipart(file_name, content);
    case RequestForm::KServe:
      return {"application/json", R"({"instances":[{"b64":")" + http::base64_encode(content) + R"("}]})", ""};
  }
  throw Error(ErrorCode::Internal, "a request form without a body");
}

// A token of RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

void check(const RequestTemplate& common) {
  if (!is_token(common.method)) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is no HTTP method; give one like POST", common.method));
  }
  for (const auto& [name, value] : common.headers) {
    const std::string lower = to_lower(name);
    if (lower == "content-length" || lower == "transfer-encoding") {
      throw Error(ErrorCode::InvalidArgument, fmt::format("{} is written by the program; leave the header out", name));
    }
    const bool clean = std::none_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 && c != '\t'; });
    if (!is_token(name) || !clean) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("\"{}\" is no header; give it as \"Name: value\" on one line", name));
    }
  }
}

void add_unless_given(std::string& head, const RequestTemplate& common, std::string_view name, std::string_view value) {
  const std::string lower = to_lower(name);
  for (const auto& [given, ignored] : common.headers) {
    if (to_lower(given) == lower) return;
  }
  head += fmt::format("{}: {}\r\n", name, value);
}

std::string serialise(const RequestTemplate& common, const Body* body) {
  check(common);
  const http::Url& url = common.url;
  std::string head = fmt::format("{} {} HTTP/1.1\r\n", common.method, url.path);
  add_unless_given(head, common, "Host", url.authority());
  add_unless_given(head, common, "User-Agent", fmt::format("animalctl/{}", kVersion));
  add_unless_given(head, common, "Accept", "*/*");
  if (!url.user.empty() || !url.password.empty()) {
    add_unless_given(head, common, "Authorization", "Basic " + http::base64_encode(url.user + ":" + url.password));
  }
  if (!common.keep_alive) add_unless_given(head, common, "Connection", "close");
  if (body != nullptr) {
    add_unless_given(head, common, "Content-Type", body->content_type);
    if (!body->inference_header_length.empty()) {
      add_unless_given(head, common, "Inference-Header-Content-Length", body->inference_header_length);
    }
  }
  for (const auto& [name, value] : common.headers) head += fmt::format("{}: {}\r\n", name, value);
  const bool wants_length = body != nullptr || (common.method != "GET" && common.method != "HEAD");
  if (wants_length) head += fmt::format("Content-Length: {}\r\n", body == nullptr ? 0 : body->bytes.size());
  head += "\r\n";
  return body == nullptr ? head : head + body->bytes;
}

}  // namespace

const std::vector<RequestForm>& all_request_forms() {
  static const std::vector<RequestForm> forms{RequestForm::TorchServe, RequestForm::V2,     RequestForm::V2Json,
                                              RequestForm::Predict,    RequestForm::Upload, RequestForm::KServe};
  return forms;
}

std::string_view to_string(RequestForm form) {
  switch (form) {
    case RequestForm::TorchServe:
      return "torchserve";
    case RequestForm::V2:
      return "v2";
    case RequestForm::V2Json:
      return "v2-json";
    case RequestForm::Predict:
      return "predict";
    case RequestForm::Upload:
      return "upload";
    case RequestForm::KServe:
      return "kserve";
  }
  return "torchserve";
}

RequestForm parse_request_form(std::string_view word) {
  std::string accepted;
  for (const RequestForm form : all_request_forms()) {
    if (to_string(form) == word) return form;
    accepted += (accepted.empty() ? "" : ", ") + std::string(to_string(form));
  }
  throw Error(ErrorCode::InvalidArgument, fmt::format("\"{}\" is no form of request; accepted are {}", word, accepted));
}

std::string serialise_request(const RequestTemplate& common, std::string_view file_name, std::string_view content) {
  const Body body = make_body(common.form, file_name, content);
  return serialise(common, &body);
}

std::string serialise_request(const RequestTemplate& common) {
  return serialise(common, nullptr);
}

}  // namespace animalctl::loadtest
