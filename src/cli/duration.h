#pragma once

#include <CLI/App.hpp>

#include <chrono>
#include <string>

namespace animalctl::cli {

// "15ms", "2.5s", "10" (seconds), "500us", "3m", "1h" → time. Throws InvalidArgument naming what is accepted for
// anything else, negative times and times above 24 hours.
std::chrono::nanoseconds parse_duration(const std::string& text);

// Accepts what parse_duration does; `above_zero`: not 0.
CLI::Validator duration_text(bool above_zero = true);

// As a person reads it: "15 ms", "2.5 s".
std::string duration_words(std::chrono::nanoseconds value);

}  // namespace animalctl::cli
