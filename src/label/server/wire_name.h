#pragma once

#include <string>
#include <string_view>

namespace animalctl::label {

// Names of files are bytes, JSON is UTF-8: a name that is no UTF-8 (or begins as such a one does) goes over the wire
// as "hex:" and two hexadecimal digits a byte, all others as they are.
std::string wire_name(std::string_view name);

// The file's name that wire_name() was given. Text that wire_name() cannot have made is taken as it is.
std::string file_name_of(std::string_view wire);

}  // namespace animalctl::label
