#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace animalctl {

// A SHA-256 digest (FIPS 180-4): the identity of an image, a data set or a file, whatever its name.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads <=>

  // 64 lower-case hexadecimal digits.
  std::string hex() const;
  // The first eight bytes as a big-endian number: uniformly distributed, for stable assignment.
  std::uint64_t prefix() const;
  // Parses hex(); nothing when the text is not 64 hexadecimal digits.
  static std::optional<Digest> from_hex(std::string_view text);
};

// SHA-256 of `bytes`. Thread-safe.
Digest sha256(std::span<const std::byte> bytes);
Digest sha256(std::string_view text);

// SHA-256 of parts given one after the other. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  // Ends the computation; to be called once.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace animalctl

template <>
struct std::hash<animalctl::Digest> {
  std::size_t operator()(const animalctl::Digest& digest) const noexcept {
    return static_cast<std::size_t>(digest.prefix());
  }
};
