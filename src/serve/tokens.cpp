#include "serve/tokens.h"

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/secret.h"
#include "animalctl/http/bearer.h"
#include "serve/utc_time.h"

namespace animalctl::serve {

Tokens::Tokens(std::filesystem::path key_file, std::chrono::seconds lifetime, Now now)
    : key_file_(std::move(key_file)), lifetime_(lifetime), now_(std::move(now)) {
  keys_ = {new_key(), new_key(), random_secret()};
  write(keys_);
}

Tokens::Key Tokens::new_key() const {
  return {random_secret(), now_() + lifetime_};
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
  const std::string_view given =
      http::bearer_key(authorization ? std::string_view(*authorization) : std::string_view());
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
