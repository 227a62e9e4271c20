#include "animalctl/base/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "animalctl/base/error.h"

namespace animalctl {

Digest hmac_sha256(std::string_view key, std::string_view message) {
  Digest code;
  const auto* text = reinterpret_cast<const unsigned char*>(message.data());
  unsigned int size = 0;
  // A key without bytes must not be a null pointer: that would mean "the key of before".
  const void* bytes = key.empty() ? "" : key.data();
  if (::HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()), text, message.size(), code.bytes.data(), &size) ==
          nullptr ||
      size != code.bytes.size()) {
    throw Error(ErrorCode::Internal, "OpenSSL computes no HMAC-SHA256");
  }
  return code;
}

}  // namespace animalctl
