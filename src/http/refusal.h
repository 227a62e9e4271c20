#pragma once

#include <string>

namespace animalctl::http {

// Why a request gets no handler's answer: what ServerOptions::refuse makes the body from.
struct Refusal {
  int status = 400;
  std::string message;  // a sentence for the client, without what it sent
};

}  // namespace animalctl::http
