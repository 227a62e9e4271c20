#include "label/server/token_file.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/base/json.h"
#include "animalctl/base/log.h"
#include "animalctl/base/secret.h"
#include "animalctl/base/text.h"

namespace animalctl::label {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 1;
constexpr std::uint64_t kMaxTokenFile = std::uint64_t{1} << 20;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kShortestToken = 43;
constexpr std::array<std::string_view, 3> kRoles = {"labeller", "reviewer", "admin"};

void write_people(const fs::path& file, const std::vector<Person>& people) {
  nlohmann::ordered_json json = {{"format", kFormat}, {"people", nlohmann::ordered_json::array()}};
  for (const Person& person : people) {
    json["people"].push_back({{"name", person.name}, {"role", name_of(person.role)}, {"token", person.token}});
  }
  // Nobody else may read the file at any moment: it has its mode before its first byte.
  AtomicFile out(file, 0600);
  out.write(json.dump(2) + "\n");
  out.commit();
}

void require_private(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) throw error_from_errno(errno, fmt::format("look at {}", file.string()));
  if ((status.st_mode & 077U) != 0) {
    throw Error(ErrorCode::FailedPrecondition,
                fmt::format("{} can be read by others than its owner; run `chmod 600 {}`, and if anybody may have read "
                            "it, remove the tokens in it: new ones are made",
                            file.string(), file.string()));
  }
}

[[noreturn]] void refuse_tokens(const fs::path& file, std::string_view why) {
  throw Error(ErrorCode::DataLoss,
              fmt::format("{}: {}; docs/formats/label-tokens.md says what it holds", file.string(), why));
}

std::string text_of(const fs::path& file, const nlohmann::json& person, const char* key) {
  const auto found = person.find(key);
  if (found == person.end() || !found->is_string()) {
    refuse_tokens(file, fmt::format("a person has no text for \"{}\"", key));
  }
  return found->get<std::string>();
}

Person parse_person(const fs::path& file, const nlohmann::json& json) {
  if (!json.is_object()) refuse_tokens(file, "\"people\" holds something that is no object");
  Person person;
  person.name = text_of(file, json, "name");
  if (!is_person_name(person.name)) {
    refuse_tokens(file, "a name is not 1 to 64 characters of UTF-8 without control characters");
  }
  const std::string role = text_of(file, json, "role");
  const std::optional<Role> known = role_of(role);
  if (!known) refuse_tokens(file, fmt::format("\"{}\" is no role: labeller, reviewer or admin", role));
  person.role = *known;
  if (json.contains("token") && !json["token"].is_null()) person.token = text_of(file, json, "token");
  return person;
}

std::vector<Person> parse_people(const fs::path& file) {
  const nlohmann::json json = parse_json(read_text_file(file, kMaxTokenFile), file.string());
  if (!json.is_object() || !json.contains("people") || !json["people"].is_array()) {
    refuse_tokens(file, "it has no list \"people\"");
  }
  const auto format = json.find("format");
  if (format == json.end() || !format->is_number_unsigned()) refuse_tokens(file, "\"format\" is no number");
  if (format->get<std::uint64_t>() > kFormat) {
    throw Error(ErrorCode::Unimplemented,
                fmt::format("{} has a newer format than this program knows ({})", file.string(), kFormat));
  }
  std::vector<Person> people;
  for (const nlohmann::json& person : json["people"]) people.push_back(parse_person(file, person));
  return people;
}

void check(const fs::path& file, const std::vector<Person>& people) {
  std::set<std::string> names;
  std::set<std::string> tokens;
  for (const Person& person : people) {
    if (!names.insert(person.name).second) refuse_tokens(file, fmt::format("\"{}\" stands twice", person.name));
    if (person.token.size() < kShortestToken) {
      refuse_tokens(file, fmt::format("the token of \"{}\" is shorter than {} characters; remove it to be given one",
                                      person.name, kShortestToken));
    }
    if (!tokens.insert(person.token).second) refuse_tokens(file, "two people have one token");
  }
  const bool has_admin =
      std::any_of(people.begin(), people.end(), [](const Person& person) { return person.role == Role::Admin; });
  if (!has_admin) refuse_tokens(file, "nobody is admin");
}

}  // namespace

std::string_view name_of(Role role) {
  return kRoles.at(static_cast<std::size_t>(role));
}

std::optional<Role> role_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (kRoles.at(i) == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

bool is_person_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (!is_utf8(name) || std::any_of(name.begin(), name.end(), is_control) || trim(name).empty()) return false;
  // Characters are counted, not bytes.
  const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return static_cast<std::size_t>(characters) <= kLongestName;
}

std::vector<Person> read_token_file(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    std::vector<Person> people = {{"admin", Role::Admin, random_secret()}};
    write_people(file, people);
    log::info("tokens were made; add people to the file", {{"file", file.string()}});
    return people;
  }
  require_private(file);
  std::vector<Person> people = parse_people(file);
  bool added = false;
  for (Person& person : people) {
    if (!person.token.empty()) continue;
    person.token = random_secret();
    added = true;
  }
  check(file, people);
  if (added) write_people(file, people);
  return people;
}

}  // namespace animalctl::label
