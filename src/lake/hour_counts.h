#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "animalctl/lake/database.h"
#include "animalctl/lake/predictions.h"

namespace animalctl::lake {

// Hours since 1970, UTC: from `begin` up to before `end`.
struct HourRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool empty() const { return begin >= end; }
};

inline constexpr std::int64_t kHourMs = 3'600'000;

// Counts of whole hours that are over, kept in the lake (docs/formats/lake.md): a window of days is counted by its
// hours instead of by each of its predictions. An hour is counted when it is first asked for; whoever stores a
// prediction of it or deletes one forgets the count in the same transaction, so a count that is kept is right. Not
// thread-safe, as the connection is not. Errors: Database's.
class HourCounts {
 public:
  explicit HourCounts(Database& database) : database_(database) {}

  // The hours that lie in the filter's window, whole, and before the hour of the newest prediction.
  HourRange within(const PredictionFilter& filter);
  // Counts those of them that are not kept: a look at each of their predictions. Opens transactions.
  void keep(HourRange hours);
  // Of kept hours, what passes the filter's model, version and role, by version and role.
  std::vector<PredictionCounts> counts(HourRange hours, const PredictionFilter& filter);

  // To be called within the transaction that stores `rows`.
  void forget(std::span<const PredictionRow> rows);
  // To be called within the transaction that deletes what is before `at_ms`.
  void forget_before(std::int64_t at_ms);

 private:
  std::vector<HourRange> missing(HourRange hours);
  std::vector<std::string> models();
  void keep_at_once(HourRange hours, std::span<const std::string> models);

  Database& database_;
};

}  // namespace animalctl::lake
