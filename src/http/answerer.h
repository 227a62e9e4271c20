#pragma once

#include <optional>
#include <string>

#include "animalctl/http/server.h"
#include "http/message_codec.h"
#include "http/refusal.h"
#include "http/request_head.h"

namespace animalctl::http {

// From a request to its answer, whatever the handler does. No function throws. Thread-safe.
class Answerer {
 public:
  Answerer(const ServerOptions& options, Dispatch dispatch) : options_(options), dispatch_(std::move(dispatch)) {}

  // ServerOptions::admit: an answer when the body is not wanted.
  std::optional<Response> admit(const Request& head) const;
  // Inflates the body, splits it into parts and calls the handler.
  Response answer(Request& request, const RequestHead& head, std::string body, MessageCodec& codec) const;
  Response refuse(const Refusal& refusal) const;

 private:
  Response call(const std::function<Response()>& work, const Request& request) const;

  const ServerOptions& options_;
  const Dispatch dispatch_;
};

}  // namespace animalctl::http
