#include "loadtest/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace animalctl::loadtest {

std::string encode_base64(std::string_view bytes) {
  // The library counts in int: long texts go through in pieces, whose length is a multiple of 3.
  constexpr std::size_t kPiece = std::size_t{3} << 20;
  std::string encoded((bytes.size() + 2) / 3 * 4 + 1, '\0');  // one more for the library's closing zero
  std::size_t written = 0;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kPiece) {
    const std::string_view piece = bytes.substr(begin, kPiece);
    written += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data() + written),
                                                        reinterpret_cast<const unsigned char*>(piece.data()),
                                                        static_cast<int>(piece.size())));
  }
  encoded.resize(written);
  return encoded;
}

}  // namespace animalctl::loadtest
