#pragma once

#include <functional>
#include <span>

#include "animalctl/archive/write_archive.h"

namespace animalctl::archive {

// A member that was looked at once, before it is packed.
struct PackedMember {
  Member member;
  std::uint32_t crc32 = 0;  // of zips
  MemberSource source;
};

// Reads the whole content to know its size and digests. Throws NotFound, InvalidArgument (a folder), ResourceExhausted.
PackedMember look_at(MemberSource source);

// Hands the content over in blocks. Throws DataLoss when it is not what look_at() saw.
void for_each_block(const PackedMember& packed, const std::function<void(std::span<const std::byte>)>& take);

}  // namespace animalctl::archive
