#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "animalctl/label/item_query.h"

namespace animalctl::label {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

// Reads filters, order, limit and cursor of GET /api/items (docs/labelling-api.md). Keys in `also` are passed over.
// Throws InvalidArgument for any other key and for a value of another form.
ItemQuery parse_item_query(const QueryPairs& query, std::initializer_list<std::string_view> also = {});

// A decimal number; throws InvalidArgument naming `key`.
std::uint64_t parse_whole_number(std::string_view key, std::string_view text, std::uint64_t low, std::uint64_t high);

}  // namespace animalctl::label
