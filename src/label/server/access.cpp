#include "label/server/access.h"

#include <algorithm>

#include "animalctl/base/error.h"
#include "animalctl/base/secret.h"
#include "animalctl/base/text.h"
#include "animalctl/http/bearer.h"

namespace animalctl::label {

Access::Access(std::filesystem::path token_file) : file_(std::move(token_file)) {
  reload();
}

void Access::reload() {
  if (file_.empty()) return;
  auto people = std::make_shared<const std::vector<Person>>(read_token_file(file_));
  const std::lock_guard lock(mutex_);
  people_ = std::move(people);
}

std::optional<Person> Access::person_of(std::string_view token) const {
  const std::shared_ptr<const std::vector<Person>> people = [this] {
    const std::lock_guard lock(mutex_);
    return people_;
  }();
  std::optional<Person> found;
  for (const Person& person : *people) {
    if (equal_in_constant_time(token, person.token)) found = person;
  }
  return found;
}

std::optional<Person> Access::admin() const {
  const std::lock_guard lock(mutex_);
  for (const Person& person : *people_) {
    if (person.role == Role::Admin) return person;
  }
  return std::nullopt;
}

std::optional<Caller> Access::caller_of(const http::Request& request) const {
  if (needs_token()) {
    std::string token(http::bearer_key(request.header("Authorization").value_or("")));
    if (token.empty()) token = cookie_value(request.header("Cookie").value_or(""), kTokenCookie);
    const std::optional<Person> person = person_of(token);
    if (!person) return std::nullopt;
    return Caller{person->name, person->role, true};
  }
  Caller caller;
  caller.role = Role::Admin;
  const std::optional<std::string> name = request.header("X-Annotator");
  if (name && !name->empty()) {
    if (!is_person_name(*name)) {
      throw Error(ErrorCode::InvalidArgument,
                  "X-Annotator is no name: 1 to 64 characters of UTF-8, without control characters");
    }
    caller.name = *name;
  }
  return caller;
}

std::string_view cookie_value(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(';'), field.size());
    const std::string_view pair = trim(field.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    field.remove_prefix(std::min(end + 1, field.size()));
  }
  return {};
}

}  // namespace animalctl::label
