#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/http/url.h"

namespace animalctl::loadtest {

// How a picture travels in a request's body.
enum class RequestForm {
  TorchServe,  // the bytes as they are: /predictions/{model}
  V2,          // Open Inference Protocol, binary: JSON head, then 4-byte little-endian length and the bytes
  V2Json,      // the same in JSON alone, base64
  Predict,     // {"base_64_str":"…"}: the prediction API's /predict
  Upload,      // multipart/form-data, part "file": the prediction API's /upload
  KServe,      // KServe V1: {"instances":[{"b64":"…"}]}
};

// As --form spells it: torchserve, v2, v2-json, predict, upload, kserve.
std::string_view to_string(RequestForm form);
// Throws InvalidArgument naming the accepted words.
RequestForm parse_request_form(std::string_view word);
// All of them, in the order above.
const std::vector<RequestForm>& all_request_forms();

// What every request has in common.
struct RequestTemplate {
  http::Url url;
  RequestForm form = RequestForm::TorchServe;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;  // sent as given, beside our own
  bool keep_alive = true;
};

// A whole HTTP/1.1 request, ready to be written to a connection: request line, Host, Content-Type (by the file's first
// bytes: JPEG, PNG, WebP, BMP, else application/octet-stream), Content-Length, the given headers (which replace ours of
// the same name), and the body. A user and password in the address become basic authorization (RFC 7617).
// Throws InvalidArgument when a method, header name or value holds characters that HTTP does not allow.
std::string serialise_request(const RequestTemplate& common, std::string_view file_name, std::string_view content);

// The same without a body, e.g. GET /ping.
std::string serialise_request(const RequestTemplate& common);

}  // namespace animalctl::loadtest
