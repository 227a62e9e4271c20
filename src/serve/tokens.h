#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace animalctl::serve {

enum class TokenUse { Management, Inference, Api };

// TorchServe's token authorization: three random keys of 256 bits (base64url), of which those for management and
// inference expire, in a JSON file that only its owner may read (mode 0600, written atomically):
//   {"management":{"key","expiration time"},"inference":{"key","expiration time"},"API":{"key"}}
// Thread-safe.
class Tokens {
 public:
  using Now = std::function<std::chrono::system_clock::time_point()>;

  // Makes new keys and writes them. Throws what writing throws.
  Tokens(std::filesystem::path key_file, std::chrono::seconds lifetime, Now now = std::chrono::system_clock::now);

  // Whether an Authorization field ("Bearer <key>") carries the key for `use`, in a time that tells nothing of the key.
  bool accepts(TokenUse use, const std::optional<std::string>& authorization) const;
  // Makes a new key for management or inference and writes the file; the old key ends. When the file cannot be written
  // the old key stays. Throws what writing throws.
  void rotate(TokenUse use);

  const std::filesystem::path& key_file() const { return key_file_; }

 private:
  struct Key {
    std::string text;
    std::chrono::system_clock::time_point expires;
  };
  struct Keys {
    Key management;
    Key inference;
    std::string api;
  };
  Key new_key() const;
  void write(const Keys& keys) const;

  const std::filesystem::path key_file_;
  const std::chrono::seconds lifetime_;
  const Now now_;
  mutable std::mutex mutex_;
  Keys keys_;  // guarded by mutex_
};

}  // namespace animalctl::serve
