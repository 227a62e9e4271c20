#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl {

// Numbers as text, four hexadecimal digits each: the upper half of their float32 (bfloat16, rounded to nearest, ties to
// even), the highest digit first. Eight bits of a number count then, which is enough to compare samples and half the
// length of decimals. "3f80c000" is 1, -2. Throws InvalidArgument when a number is not finite or becomes infinite.
std::string bfloat16_text(std::span<const float> numbers);

// Nothing when the text is not of that form or a number in it is not finite.
std::optional<std::vector<float>> parse_bfloat16_text(std::string_view text);

}  // namespace animalctl
