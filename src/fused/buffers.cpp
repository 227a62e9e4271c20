#include "fused/buffers.h"

#include <algorithm>

namespace animalctl {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line, and the widest register

}  // namespace

std::size_t BufferPlan::acquire(std::size_t bytes) {
  const auto fits = [bytes](const Buffer& buffer) { return buffer.bytes >= bytes; };
  // Of two that fit the smaller, of two that do not the larger.
  const auto better = [&](const Buffer& a, const Buffer& b) {
    if (fits(a) != fits(b)) return fits(a);
    return fits(a) ? a.bytes < b.bytes : a.bytes > b.bytes;
  };
  Buffer* best = nullptr;
  for (Buffer& buffer : buffers_) {
    if (buffer.free && (best == nullptr || better(buffer, *best))) best = &buffer;
  }
  if (best == nullptr) best = &buffers_.emplace_back();
  best->bytes = std::max(best->bytes, bytes);
  best->free = false;
  return static_cast<std::size_t>(best - buffers_.data());
}

void BufferPlan::release(std::size_t buffer) {
  buffers_.at(buffer).free = true;
}

std::vector<std::size_t> BufferPlan::offsets() const {
  std::vector<std::size_t> result = {0};
  for (const Buffer& buffer : buffers_) {
    result.push_back(result.back() + (buffer.bytes + kAlignment - 1) / kAlignment * kAlignment);
  }
  return result;
}

}  // namespace animalctl
