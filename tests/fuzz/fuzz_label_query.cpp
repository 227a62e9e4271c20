#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "animalctl/base/error.h"
#include "http/target.h"
#include "label/server/item_query_text.h"

using animalctl::Error;
using animalctl::ErrorCode;
using animalctl::label::ItemQuery;

// A request target as it comes from the wire: its query gives a query within its ranges, or InvalidArgument.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto target = animalctl::http::parse_target(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!target) return 0;
  try {
    const ItemQuery query = animalctl::label::parse_item_query(target->query, {"format", "images"});
    if (query.limit < 1 || query.limit > 1000) std::abort();
    for (const auto& score : {query.filter.lowest_score, query.filter.highest_score}) {
      if (score && !(*score >= 0 && *score <= 1)) std::abort();
    }
    if (query.filter.version && *query.filter.version < 0) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) std::abort();
  }
  return 0;
}
