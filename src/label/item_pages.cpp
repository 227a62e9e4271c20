#include "label/item_pages.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "animalctl/base/error.h"
#include "label/item_filter.h"
#include "label/page_cursor.h"

namespace animalctl::label {
namespace {

constexpr std::size_t kMostItems = 1000;
constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

// Numbers that sort as the doubles do; NaN must not come.
std::uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0.0 becomes 0.0
  return (bits >> 63) != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}

// FNV-1a, then the finalizer of SplitMix64 for well-mixed high bits.
std::uint64_t hash_of(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed * 0x9e3779b97f4a7c15;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
  return hash ^ hash >> 31;
}

// The key of an image in the query's order: smallest first.
class OrderKey {
 public:
  OrderKey(const FrameTable& table, const ClassList& classes, const ItemQuery& query) : table_(table), query_(query) {
    if (classes.size() != 2) return;
    second_.resize(table.label_names().size());
    for (std::uint32_t id = 0; id < second_.size(); ++id) {
      const std::optional<int> label = classes.index_of(table.label_names().text(id));
      second_[id] = label.has_value() && *label == 1;
    }
  }

  std::uint64_t operator()(FrameId id) const {
    switch (query_.order) {
      case ItemOrder::Name:
        return 0;
      case ItemOrder::Newest:
        return ~ordered_bits(static_cast<double>(table_.modified_ms()[id]));
      case ItemOrder::Uncertain:
        return or_last(std::abs(table_.predicted_scores()[id] - 0.5));
      case ItemOrder::Confident:
        return or_last(confidence(id));
      case ItemOrder::Drifted:
        return greatest_first(table_.drift()[id]);
      case ItemOrder::Suspect:
        return greatest_first(table_.suspicion()[id]);
      case ItemOrder::Random:
        return hash_of(query_.seed, table_.name(id));
    }
    return 0;
  }

 private:
  static std::uint64_t or_last(double value) { return std::isnan(value) ? kLast : ordered_bits(value); }
  static std::uint64_t greatest_first(float value) { return std::isnan(value) ? kLast : ~ordered_bits(value); }
  double confidence(FrameId id) const {
    const double score = table_.predicted_scores()[id];
    return second_.empty() || second_[table_.predicted()[id]] ? score : 1 - score;
  }

  const FrameTable& table_;
  const ItemQuery& query_;
  std::vector<bool> second_;  // by label number, of two classes: is it the second?
};

struct Candidate {
  std::uint64_t key = 0;
  FrameId id = 0;
};

// Keeps the first `most` of all candidates in a buffer of a few times as many that is cut when it is full, so that a
// candidate costs about the same in whatever order they come; with a heap each costs its depth when the last come
// first, as with the newest of files that were made in the order of their names.
template <typename Before>
class FirstCandidates {
 public:
  FirstCandidates(std::size_t most, Before before)
      : most_(most), full_(std::max<std::size_t>(4 * most, 1024)), before_(std::move(before)) {
    kept_.reserve(full_);
  }

  bool may_be_among(const Candidate& candidate) const { return !bound_ || before_(candidate, *bound_); }
  void add(const Candidate& candidate) {
    kept_.push_back(candidate);
    if (kept_.size() == full_) cut();
  }
  std::vector<Candidate> sorted() && {
    if (kept_.size() > most_) cut();
    std::sort(kept_.begin(), kept_.end(), before_);
    return std::move(kept_);
  }

 private:
  void cut() {
    const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
    std::nth_element(kept_.begin(), last, kept_.end(), before_);
    kept_.resize(most_);
    bound_ = kept_.back();
  }

  std::size_t most_;
  std::size_t full_;
  Before before_;
  std::vector<Candidate> kept_;
  std::optional<Candidate> bound_;  // what does not come before it is not among the first
};

// What lies at or before the cursor belongs to earlier pages.
class AfterCursor {
 public:
  AfterCursor(const FrameTable& table, const ItemQuery& query) : table_(table) {
    if (!query.cursor.empty()) cursor_ = decode_cursor(query.cursor, query.order, query.seed);
  }
  bool operator()(const Candidate& candidate) const {
    if (!cursor_ || candidate.key > cursor_->key) return true;
    return candidate.key == cursor_->key && table_.name(candidate.id) > cursor_->name;
  }
  const std::optional<PageCursor>& cursor() const { return cursor_; }

 private:
  const FrameTable& table_;
  std::optional<PageCursor> cursor_;
};

ItemPage page_of(const FrameTable& table, const ItemQuery& query, std::vector<Candidate> chosen, std::size_t total) {
  ItemPage page;
  page.total = total;
  const bool more = chosen.size() > query.limit;
  if (more) chosen.resize(query.limit);
  page.items.reserve(chosen.size());
  for (const Candidate& candidate : chosen) page.items.push_back(table.item(candidate.id));
  if (more) page.next = encode_cursor(query.order, query.seed, chosen.back().key, table.name(chosen.back().id));
  return page;
}

// Walks the order of names from the cursor on, two sorted lists side by side, until `visit` returns false.
template <typename Visit>
void walk_names(const FrameTable& table, const std::optional<std::string>& after, const Visit& visit) {
  const auto later = [&](const std::string& name, FrameId id) { return table.name(id).compare(name) > 0; };
  auto main = table.order().begin();
  auto recent = table.recent().begin();
  if (after) {
    main = std::upper_bound(main, table.order().end(), *after, later);
    recent = std::upper_bound(recent, table.recent().end(), *after, later);
  }
  while (main != table.order().end() || recent != table.recent().end()) {
    const bool from_recent =
        main == table.order().end() || (recent != table.recent().end() && table.name(*recent) < table.name(*main));
    if (!visit(from_recent ? *recent++ : *main++)) return;
  }
}

ItemPage page_by_name(const FrameTable& table, const ItemQuery& query, const CompiledFilter& filter,
                      const AfterCursor& after) {
  std::size_t total = 0;
  for (FrameId id = 0; id < table.size(); ++id) total += filter.passes(id) ? 1 : 0;
  std::vector<Candidate> chosen;
  const std::optional<std::string> start = after.cursor() ? std::optional(after.cursor()->name) : std::nullopt;
  walk_names(table, start, [&](FrameId id) {
    if (filter.passes(id)) chosen.push_back({0, id});
    return chosen.size() <= query.limit;
  });
  return page_of(table, query, std::move(chosen), total);
}

}  // namespace

ItemPage make_page(const FrameTable& table, const ClassList& classes, const ItemQuery& query) {
  if (query.limit < 1 || query.limit > kMostItems) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("a page cannot have {} items; ask for 1 to {}", query.limit, kMostItems));
  }
  const AfterCursor after(table, query);
  const CompiledFilter filter(query.filter, table);
  if (query.order == ItemOrder::Name) return page_by_name(table, query, filter, after);

  const OrderKey key_of(table, classes, query);
  // One more than the page, to know whether another follows.
  FirstCandidates first(query.limit + 1, [&](const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : table.before(a.id, b.id);
  });
  std::size_t total = 0;
  for (FrameId id = 0; id < table.size(); ++id) {
    if (!filter.passes(id)) continue;
    ++total;
    const Candidate candidate = {key_of(id), id};
    if (first.may_be_among(candidate) && after(candidate)) first.add(candidate);
  }
  return page_of(table, query, std::move(first).sorted(), total);
}

std::vector<FrameId> passing_in_order(const FrameTable& table, const ItemFilter& filter) {
  const CompiledFilter compiled(filter, table);
  std::vector<FrameId> passing;
  walk_names(table, std::nullopt, [&](FrameId id) {
    if (compiled.passes(id)) passing.push_back(id);
    return true;
  });
  return passing;
}

std::vector<std::string> names_of_unlabelled(const FrameTable& table) {
  std::vector<std::string> names;
  walk_names(table, std::nullopt, [&](FrameId id) {
    if (table.states()[id] == static_cast<std::uint8_t>(ItemState::Unlabelled)) names.emplace_back(table.name(id));
    return true;
  });
  return names;
}

}  // namespace animalctl::label
