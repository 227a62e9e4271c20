#include <fmt/core.h>

#include <string_view>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "archive/pack.h"

namespace animalctl::archive {
namespace {

constexpr std::uint64_t kLargestZip = 0xFFFFFFFE;  // what 32 bits say without zip64
constexpr std::uint16_t kUtf8Names = 0x0800;
constexpr std::uint32_t kFirstDay = 0x00210000;  // 1980-01-01, the first that a zip can name
constexpr std::uint16_t kMadeOnUnix = 0x0314;
constexpr std::uint32_t kPlainFile = std::uint32_t{0100644} << 16;

void put(std::string& text, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

// What both headers of a member say (APPNOTE 4.3.7, 4.3.12), from the version needed up to the length of the name.
std::string shared_fields(const PackedMember& packed) {
  std::string text;
  put(text, 10, 2);
  put(text, kUtf8Names, 2);
  put(text, 0, 2);  // stored
  put(text, kFirstDay, 4);
  put(text, packed.crc32, 4);
  put(text, static_cast<std::uint32_t>(packed.member.size), 4);
  put(text, static_cast<std::uint32_t>(packed.member.size), 4);
  put(text, static_cast<std::uint32_t>(packed.member.name.size()), 2);
  return text;
}

class StoredZip {
 public:
  explicit StoredZip(const ByteSink& sink) : sink_(sink) {}

  void add(const PackedMember& packed) {
    const std::string shared = shared_fields(packed);
    list_ += std::string_view("PK\x01\x02", 4);
    put(list_, kMadeOnUnix, 2);
    list_ += shared;
    put(list_, 0, 4);  // neither extra fields nor a comment
    put(list_, 0, 4);  // the first disk, no special kind
    put(list_, kPlainFile, 4);
    put(list_, static_cast<std::uint32_t>(place_), 4);
    list_ += packed.member.name;
    std::string header = std::string("PK\x03\x04", 4) + shared;
    put(header, 0, 2);
    write(as_byte_span(header + packed.member.name), packed.member.size);
    for_each_block(packed, [this](std::span<const std::byte> block) { write(block, 0); });
    ++count_;
  }

  void finish() {
    std::string end = list_ + std::string("PK\x05\x06\0\0\0\0", 8);
    put(end, count_, 2);
    put(end, count_, 2);
    put(end, static_cast<std::uint32_t>(list_.size()), 4);
    put(end, static_cast<std::uint32_t>(place_), 4);
    put(end, 0, 2);
    write(as_byte_span(end), 0);
  }

 private:
  // `to_come`: bytes that have to find room as well.
  void write(std::span<const std::byte> bytes, std::uint64_t to_come) {
    if (place_ + bytes.size() + to_come + list_.size() > kLargestZip) {
      throw Error(ErrorCode::ResourceExhausted,
                  "a zip has room for 4 GiB; use --archive-format tgz or no-archive for a larger model");
    }
    sink_(bytes);
    place_ += bytes.size();
  }

  const ByteSink& sink_;
  std::uint64_t place_ = 0;
  std::uint32_t count_ = 0;
  std::string list_;
};

}  // namespace

void pack_stored_zip(const std::vector<PackedMember>& members, const ByteSink& sink) {
  StoredZip zip(sink);
  for (const PackedMember& packed : members) zip.add(packed);
  zip.finish();
}

}  // namespace animalctl::archive
