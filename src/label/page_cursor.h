#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "animalctl/label/item_query.h"

namespace animalctl::label {

// Where a page ended: the order's key and the name of its last item.
struct PageCursor {
  std::uint64_t key = 0;
  std::string name;
};

// Text that clients hand back as they got it: base64url (RFC 4648 §5) without padding, over a version byte, order,
// seed, key and name.
std::string encode_cursor(ItemOrder order, std::uint64_t seed, std::uint64_t key, std::string_view name);
// Throws InvalidArgument when the text is none of ours, or of another order or seed.
PageCursor decode_cursor(std::string_view text, ItemOrder order, std::uint64_t seed);

}  // namespace animalctl::label
