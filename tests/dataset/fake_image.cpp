#include "dataset/fake_image.h"

#include <memory>
#include <mutex>

namespace animalctl::test {
namespace {

constexpr std::size_t kHeaderSize = 54;
constexpr std::size_t kImageSize = kHeaderSize + 12;

void put(Bytes& bytes, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

}  // namespace

Bytes fake_bmp(std::uint64_t perceptual_hash, FakeState state, std::uint16_t salt) {
  Bytes bytes(kImageSize);
  bytes[0] = std::byte{'B'};
  bytes[1] = std::byte{'M'};
  put(bytes, 2, kImageSize, 4);
  put(bytes, 10, kHeaderSize, 4);
  put(bytes, 14, 40, 4);  // BITMAPINFOHEADER
  put(bytes, 18, 3, 4);   // width
  put(bytes, 22, 1, 4);   // height
  put(bytes, 26, 1, 2);   // planes
  put(bytes, 28, 24, 2);  // bits a pixel
  put(bytes, 34, 12, 4);  // bytes of pixels
  put(bytes, kHeaderSize, perceptual_hash, 8);
  put(bytes, kHeaderSize + 8, static_cast<std::uint64_t>(state), 1);
  put(bytes, kHeaderSize + 10, salt, 2);
  return bytes;
}

ImageExaminer fake_examiner(std::size_t* calls) {
  auto mutex = std::make_shared<std::mutex>();
  return [calls, mutex](std::span<const std::byte> bytes) -> Result<ImageFacts> {
    if (calls != nullptr) {
      const std::lock_guard lock(*mutex);
      ++*calls;
    }
    if (bytes.size() < kImageSize) return Error(ErrorCode::DataLoss, "the image is cut");
    const auto state = static_cast<FakeState>(bytes[kHeaderSize + 8]);
    if (state == FakeState::Undecodable) return Error(ErrorCode::DataLoss, "the pixels are garbled");
    if (state == FakeState::TooLarge) return Error(ErrorCode::DeadlineExceeded, "decoding takes too long");
    ImageFacts facts;
    facts.width = 3;
    facts.height = 1;
    facts.format = "bmp";
    for (std::size_t i = 8; i-- > 0;) {
      facts.perceptual_hash = facts.perceptual_hash << 8 | static_cast<std::uint64_t>(bytes[kHeaderSize + i]);
    }
    if (state == FakeState::Complaining) facts.warnings.push_back("a strange marker");
    return facts;
  };
}

}  // namespace animalctl::test
