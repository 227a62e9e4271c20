#include "animalctl/base/secret.h"

#include <sys/random.h>

#include <array>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr std::size_t kSecretBytes = 32;

}  // namespace

std::string random_secret() {
  std::array<unsigned char, kSecretBytes> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorCode::Internal, "the system gives no random numbers for keys");
  }
  // Six bits a character, the last one padded with zeros.
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned int bits = 0;
  unsigned int held = 0;
  for (const unsigned char byte : bytes) {
    held = (held << 8U) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += kAlphabet[(held >> bits) & 0x3FU];
    }
  }
  text += kAlphabet[(held << (6 - bits)) & 0x3FU];
  return text;
}

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  if (secret.empty()) return false;
  unsigned int difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(secret[i % secret.size()]);
  }
  return difference == 0;
}

}  // namespace animalctl
