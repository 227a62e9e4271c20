#include "serve/tokens.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <array>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "serve/utc_time.h"

namespace animalctl::serve {
namespace {

constexpr std::size_t kKeyBytes = 32;

std::string random_key() {
  std::array<unsigned char, kKeyBytes> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorCode::Internal, "the system gives no random numbers for keys");
  }
  // base64url without padding (RFC 4648 §5): six bits a character, the last one padded with zeros.
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

// Always looks at all of `given`, whatever is wrong with it.
bool equal_in_constant_time(std::string_view given, std::string_view key) {
  unsigned int difference = given.size() == key.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(key[i % key.size()]);
  }
  return difference == 0;
}

// "Bearer <key>": nothing else, no spaces inside.
std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer";
  if (to_lower(authorization.substr(0, kScheme.size())) != kScheme) return {};
  const std::string_view rest = authorization.substr(kScheme.size());
  const std::string_view key = trim(rest);
  const bool separated = !rest.empty() && (rest.front() == ' ' || rest.front() == '\t');
  return separated && key.find_first_of(" \t") == std::string_view::npos ? key : std::string_view();
}

}  // namespace

Tokens::Tokens(std::filesystem::path key_file, std::chrono::seconds lifetime, Now now)
    : key_file_(std::move(key_file)), lifetime_(lifetime), now_(std::move(now)) {
  keys_ = {new_key(), new_key(), random_key()};
  write(keys_);
}

Tokens::Key Tokens::new_key() const {
  return {random_key(), now_() + lifetime_};
}

void Tokens::write(const Keys& keys) const {
  nlohmann::ordered_json json;
  json["management"] = {{"key", keys.management.text}, {"expiration time", iso_time(keys.management.expires)}};
  json["inference"] = {{"key", keys.inference.text}, {"expiration time", iso_time(keys.inference.expires)}};
  json["API"] = {{"key", keys.api}};
  // Nobody else may read the file at any moment: it has its mode before its first byte.
  AtomicFile file(key_file_, 0600);
  file.write(json.dump(2) + "\n");
  file.commit();
}

bool Tokens::accepts(TokenUse use, const std::optional<std::string>& authorization) const {
  const std::string_view given = bearer_key(authorization ? std::string_view(*authorization) : std::string_view());
  const std::lock_guard lock(mutex_);
  if (use == TokenUse::Api) return equal_in_constant_time(given, keys_.api);
  const Key& key = use == TokenUse::Management ? keys_.management : keys_.inference;
  const bool equal = equal_in_constant_time(given, key.text);
  return equal && now_() < key.expires;
}

void Tokens::rotate(TokenUse use) {
  const std::lock_guard lock(mutex_);
  Keys changed = keys_;
  (use == TokenUse::Management ? changed.management : changed.inference) = new_key();
  write(changed);
  keys_ = std::move(changed);
}

}  // namespace animalctl::serve
