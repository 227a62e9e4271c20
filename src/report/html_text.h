#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace animalctl {

// Text made safe between tags and inside quoted attributes of HTML and SVG: & < > " ' become entities, control
// characters and bytes that are not UTF-8 become U+FFFD.
std::string escape_html(std::string_view text);

// "data:image/jpeg;base64,…".
std::string jpeg_data_uri(std::span<const std::byte> bytes);

// 0.9423 → "94.23%" with two digits.
std::string percent(double share, int digits = 2);
// 0.12345 → "0.1235" with four digits; "–" for NaN and infinity.
std::string fixed(double value, int digits = 4);
// 1234567 → "1,234,567".
std::string grouped(std::size_t number);

}  // namespace animalctl
