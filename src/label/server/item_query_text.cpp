#include "label/server/item_query_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

constexpr std::size_t kMaxValues = 64;

constexpr std::array<std::pair<std::string_view, ItemOrder>, 7> kOrders = {{{"name", ItemOrder::Name},
                                                                            {"newest", ItemOrder::Newest},
                                                                            {"uncertain", ItemOrder::Uncertain},
                                                                            {"confident", ItemOrder::Confident},
                                                                            {"drifted", ItemOrder::Drifted},
                                                                            {"suspect", ItemOrder::Suspect},
                                                                            {"random", ItemOrder::Random}}};

[[noreturn]] void refuse(std::string_view key, std::string_view value, std::string_view accepted) {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("{}={} is not understood; {}", key, value.substr(0, 64), accepted));
}

std::vector<std::string> list_of(std::string_view key, const std::string& value) {
  std::vector<std::string> parts = split(value, ',');
  if (parts.size() > kMaxValues) refuse(key, value, "too many values");
  return parts;
}

double number_of(std::string_view key, std::string_view whole, std::string_view text) {
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size() || !(number >= 0 && number <= 1)) {
    refuse(key, whole, "a range such as 0.2..0.8");
  }
  return number;
}

void read_range(const std::string& value, ItemFilter& filter) {
  const std::size_t dots = value.find("..");
  if (dots == std::string::npos) refuse("score", value, "a range such as 0.2..0.8");
  filter.lowest_score = number_of("score", value, std::string_view(value).substr(0, dots));
  filter.highest_score = number_of("score", value, std::string_view(value).substr(dots + 2));
}

Time time_of(std::string_view key, const std::string& value) {
  const auto time = parse_iso_time(value);
  if (!time) refuse(key, value, "a time such as 2026-11-25T18:20:31Z (RFC 3339)");
  return *time;
}

bool flag_of(std::string_view key, const std::string& value) {
  if (value != "true" && value != "false") refuse(key, value, "true or false");
  return value == "true";
}

// False when the key is none of a filter's.
bool read_filter(const std::string& key, const std::string& value, ItemFilter& filter) {
  if (key == "state") {
    for (const std::string& name : list_of(key, value)) {
      const auto state = item_state(name);
      if (!state) refuse(key, name, "unlabelled, labelled, skipped or rejected");
      filter.states.push_back(*state);
    }
  } else if (key == "label") {
    filter.labels = list_of(key, value);
  } else if (key == "source") {
    filter.sources = list_of(key, value);
  } else if (key == "version") {
    filter.version = static_cast<int>(parse_whole_number(key, value, 0, std::numeric_limits<int>::max()));
  } else if (key == "score") {
    read_range(value, filter);
  } else if (key == "disagree") {
    filter.disagree = flag_of(key, value);
  } else if (key == "annotator") {
    filter.annotator = value;
  } else if (key == "from") {
    filter.from = time_of(key, value);
  } else if (key == "to") {
    filter.to = time_of(key, value);
  } else if (key == "name") {
    filter.name_part = file_name_of(value);
  } else {
    return false;
  }
  return true;
}

// False when the key is none of an order's or page's.
bool read_page(const std::string& key, const std::string& value, ItemQuery& query) {
  if (key == "sort") {
    const auto* const order =
        std::find_if(kOrders.begin(), kOrders.end(), [&](const auto& entry) { return entry.first == value; });
    if (order == kOrders.end()) {
      refuse(key, value, "name, newest, uncertain, confident, drifted, suspect or random");
    }
    query.order = order->second;
  } else if (key == "seed") {
    query.seed = parse_whole_number(key, value, 0, std::numeric_limits<std::uint64_t>::max());
  } else if (key == "limit") {
    query.limit = parse_whole_number(key, value, 1, 1000);
  } else if (key == "cursor") {
    query.cursor = value;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::uint64_t parse_whole_number(std::string_view key, std::string_view text, std::uint64_t low, std::uint64_t high) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && problem == std::errc() && end == text.data() + text.size();
  if (!whole || number < low || number > high) {
    refuse(key, text, fmt::format("a whole number from {} to {}", low, high));
  }
  return number;
}

ItemQuery parse_item_query(const QueryPairs& query, std::initializer_list<std::string_view> also) {
  ItemQuery parsed;
  for (const auto& [key, value] : query) {
    if (std::find(also.begin(), also.end(), key) != also.end()) continue;
    if (value.empty()) continue;
    if (!read_filter(key, value, parsed.filter) && !read_page(key, value, parsed)) {
      refuse(key, value, "the key is not known; docs/labelling-api.md lists them");
    }
  }
  return parsed;
}

}  // namespace animalctl::label
