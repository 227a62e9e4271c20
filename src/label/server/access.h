#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "animalctl/http/message.h"
#include "label/server/token_file.h"

namespace animalctl::label {

// Who asks.
struct Caller {
  std::string name;  // of the token, else X-Annotator; "" when nobody said
  Role role = Role::Labeller;
  bool named = false;  // the name is the token's

  bool may(Role needed) const { return role >= needed; }
};

inline constexpr std::string_view kTokenCookie = "animalctl_label";

// Tells callers by their tokens. Without tokens everybody is admin. Thread-safe.
class Access {
 public:
  Access() = default;
  // Reads (or makes) the file of tokens. Throws what read_token_file() throws.
  explicit Access(std::filesystem::path token_file);

  bool needs_token() const { return !file_.empty(); }
  // By Authorization: Bearer, else by the cookie. Nothing without a known token, where one is needed. Throws
  // InvalidArgument: X-Annotator is no name (1–64 characters of UTF-8, none of control).
  std::optional<Caller> caller_of(const http::Request& request) const;
  // Whose token it is; compared with every token in constant time.
  std::optional<Person> person_of(std::string_view token) const;
  // Reads the file again. When it is wrong the tokens in use stay. Throws what read_token_file() throws.
  void reload();
  // The first admin, for the link that is printed at start; nothing without tokens.
  std::optional<Person> admin() const;

 private:
  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<Person>> people_ = std::make_shared<std::vector<Person>>();  // guarded by mutex_
};

// The value of one cookie of a Cookie field (RFC 6265 §4.2.1); "" when it is not there.
std::string_view cookie_value(std::string_view field, std::string_view name);

}  // namespace animalctl::label
