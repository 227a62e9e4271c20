#pragma once

#include <memory>

#include "animalctl/http/server.h"
#include "http/transport.h"

namespace animalctl::http {

// What all connections of a TLS listener share: certificate, key, versions 1.2 and 1.3. Thread-safe once made.
class TlsContext {
 public:
  // Throws NotFound (no such file), DataLoss (no PEM certificate or key in it, or one with a password), InvalidArgument
  // (the key is not the certificate's).
  explicit TlsContext(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Takes an accepted socket over; it is closed when this throws Internal (no memory).
  std::unique_ptr<Transport> accept(int socket) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::http
