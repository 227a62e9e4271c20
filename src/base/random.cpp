#include "animalctl/base/random.h"

#include <cmath>
#include <numbers>

namespace animalctl {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t a, std::uint64_t b) {
  // FNV-1a over the purpose, then each number mixed in: nearby seeds give unrelated streams.
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char character : purpose) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001B3U;
  }
  state_ = mix(mix(mix(seed + 0x9E3779B97F4A7C15U) ^ hash) + a * 0x9E3779B97F4A7C15U + 1);
  state_ = mix(state_ ^ mix(b + 0x632BE59BD9B4E019U));
}

std::uint64_t RandomStream::next() {
  state_ += 0x9E3779B97F4A7C15U;
  return mix(state_);
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  // Values under `threshold` would make the small residues more likely.
  const std::uint64_t threshold = (0 - bound) % bound;
  while (true) {
    const std::uint64_t value = next();
    if (value >= threshold) return value % bound;
  }
}

double RandomStream::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace animalctl
