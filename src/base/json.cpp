#include "animalctl/base/json.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "animalctl/base/error.h"

namespace animalctl {
namespace {

constexpr int kMaxDepth = 100;

// Watches the parse for what nlohmann_json lets pass: duplicate keys and great depth.
class Guard {
 public:
  explicit Guard(std::string_view origin) : origin_(origin) {}

  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (depth > kMaxDepth) {
      throw Error(ErrorCode::DataLoss, fmt::format("{}: nested deeper than {} levels", origin_, kMaxDepth));
    }
    if (event == Event::object_start) {
      keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const std::string& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        throw Error(ErrorCode::DataLoss, fmt::format("{}: the key \"{}\" stands twice in one object", origin_, key));
      }
    }
    return true;
  }

 private:
  std::string_view origin_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view origin) {
  try {
    Guard guard(origin);
    return nlohmann::json::parse(text, std::ref(guard));
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} is not JSON: syntax error at byte {}", origin, error.byte));
  } catch (const nlohmann::json::out_of_range&) {
    throw Error(ErrorCode::DataLoss, fmt::format("{} holds a number that is too large for a double", origin));
  }
}

}  // namespace animalctl
