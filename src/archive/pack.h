#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "archive/member_content.h"

namespace animalctl::archive {

using ByteSink = std::function<void(std::span<const std::byte>)>;

// A zip of deflated members, by libarchive. Without times, which libarchive would write in the local time zone.
void pack_zip(const std::vector<PackedMember>& members, const ByteSink& sink);

// A gzipped tar (ustar, with pax records where that has no room) with every name below `top`/.
void pack_tgz(const std::vector<PackedMember>& members, const std::string& top, std::int64_t time,
              const ByteSink& sink);

// The same without gzip.
void pack_tar(const std::vector<PackedMember>& members, const std::string& top, std::int64_t time,
              const ByteSink& sink);

// A zip of stored members. Ours and not libarchive's: that writes sizes and checksums behind the content, and Java's
// ZipInputStream, which TorchServe reads with, takes that for deflated members only. Throws ResourceExhausted where
// zip64 would be needed.
void pack_stored_zip(const std::vector<PackedMember>& members, const ByteSink& sink);

}  // namespace animalctl::archive
