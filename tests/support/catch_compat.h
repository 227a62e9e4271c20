#pragma once

// Catch2 2.13 (Debian 12) has one header, 3.x (Debian 13) many; tests include this file only.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;  // 2.x has it in the global namespace
#else
#include <catch2/catch.hpp>
#endif

#include <string>
#include <string_view>

#include "animalctl/base/error.h"

namespace animalctl::test {

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Runs `action`, which must throw an animalctl::Error of this code whose text contains `part`.
template <typename Action>
void require_error(ErrorCode code, std::string_view part, Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    INFO("message: " << error.what());
    CHECK(to_string(error.code()) == to_string(code));
    CHECK(contains(error.what(), part));
    return;
  }
  FAIL("no error was thrown; expected one that contains: " << std::string(part));
}

}  // namespace animalctl::test
