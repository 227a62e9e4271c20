#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "animalctl/label/change.h"

namespace animalctl::label {

// Text as databases take it: UTF-8 without NUL stays as it is, other bytes become "hex:" and two hexadecimal digits a
// byte, as does text that itself begins with "hex:". File names may hold any bytes.
std::string to_database_text(std::string_view text);
std::string from_database_text(const std::string& text);

// An item as JSON, for the outcomes that idempotency keys remember; our own format, read by this program only.
std::string item_to_text(const Item& item);
// Throws DataLoss when the text is not what item_to_text() writes.
Item item_from_text(const std::string& text);

}  // namespace animalctl::label
