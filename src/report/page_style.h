#pragma once

#include <string_view>

namespace animalctl {

// The page's style sheet. Colours are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), which people with any
// colour vision tell apart; brighter ones on dark pages.
std::string_view page_style();

}  // namespace animalctl
