#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace animalctl::label {

enum class Role : std::uint8_t { Labeller, Reviewer, Admin };  // each may what those before it may

// "labeller", "reviewer", "admin".
std::string_view name_of(Role role);
std::optional<Role> role_of(std::string_view name);

struct Person {
  std::string name;
  Role role = Role::Labeller;
  std::string token;  // at least 43 characters; 256 random bits as random_secret() makes them
};

// 1–64 characters of UTF-8, none of control.
bool is_person_name(std::string_view name);

// Reads the people who may use the server (docs/formats/label-tokens.md), sorted as the file has them. A file that is
// not there is made, with one admin; a person without a token is given one and the file written again; it always has
// mode 0600. Throws FailedPrecondition (others may read it; it cannot be written), DataLoss (not JSON, another form, an
// unknown role, a name or token twice, a short token, no admin), Unimplemented (a newer format).
std::vector<Person> read_token_file(const std::filesystem::path& file);

}  // namespace animalctl::label
