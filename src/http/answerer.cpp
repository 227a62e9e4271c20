#include "http/answerer.h"

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/base/text.h"
#include "animalctl/http/content_type.h"
#include "animalctl/http/error_map.h"
#include "animalctl/http/multipart.h"

namespace animalctl::http {
namespace {

constexpr std::string_view kInternal = "the server failed to answer; its log says why";

Response plain_text(const Refusal& refusal) {
  Response response;
  response.status = refusal.status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = refusal.message + "\n";
  return response;
}

void log_failure(const Request& request, std::string_view what) {
  log::error("a request failed", {{"method", request.method}, {"path", request.path}, {"error", what}});
}

// Moves the parts of a multipart body to where handlers look for them. Throws InvalidArgument.
void split_parts(Request& request) {
  if (request.body.empty()) return;
  const std::optional<std::string> value = request.header("Content-Type");
  if (!value || to_lower(value->substr(0, 10)) != "multipart/") return;
  const std::optional<MediaType> type = parse_media_type(*value);
  if (!type) throw Error(ErrorCode::InvalidArgument, "Content-Type is no media type with its parameters");
  if (type->type != "multipart/form-data") return;
  request.parts = parse_multipart(request.body, type->parameter("boundary").value_or(""));
  request.body = std::string();
}

}  // namespace

std::optional<Response> Answerer::admit(const Request& head) const {
  if (!options_.admit) return std::nullopt;
  std::optional<Response> decision;
  bool decided = false;
  Response failed = call(
      [&] {
        decision = options_.admit(head);
        decided = true;
        return Response{};
      },
      head);
  if (decided) return decision;
  return failed;
}

Response Answerer::answer(Request& request, const RequestHead& head, std::string body, MessageCodec& codec) const {
  if (head.gzip && !body.empty()) {
    std::optional<Refusal> refusal;
    body = codec.inflate(body, options_.max_body_bytes, refusal);
    if (refusal) return refuse(*refusal);
  }
  request.body = std::move(body);
  try {
    split_parts(request);
  } catch (const Error& error) {
    return refuse({status_of(error.code()), error.message()});
  }
  return call([&] { return dispatch_(request); }, request);
}

Response Answerer::call(const std::function<Response()>& work, const Request& request) const {
  try {
    return work();
  } catch (const Error& error) {
    const int status = status_of(error.code());
    if (status != 500) return refuse({status, error.message()});
    log_failure(request, error.what());
  } catch (const std::exception& error) {
    log_failure(request, error.what());
  } catch (...) {
    log_failure(request, "an exception of unknown type");
  }
  return refuse({500, std::string(kInternal)});
}

Response Answerer::refuse(const Refusal& refusal) const {
  if (!options_.refuse) return plain_text(refusal);
  try {
    return options_.refuse(refusal.status, refusal.message);
  } catch (const std::exception& error) {
    log::error("no body could be made for a refusal", {{"status", refusal.status}, {"error", error.what()}});
  } catch (...) {
    log::error("no body could be made for a refusal", {{"status", refusal.status}});
  }
  return plain_text(refusal);
}

}  // namespace animalctl::http
