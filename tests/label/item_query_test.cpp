// Filters, orders and pages of the store against a model that does the same the slow way, over random data.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "animalctl/base/file.h"
#include "animalctl/base/random.h"
#include "animalctl/base/text.h"
#include "label/store_fixture.h"
#include "support/catch_compat.h"

namespace animalctl::label {
namespace {

using test::StoreFixture;
using Names = std::vector<std::string>;

constexpr std::size_t kFrames = 240;
const Names kPeople = {"anna", "ben", "Zoë"};

template <typename T>
T one_of(const std::vector<T>& choices, RandomStream& random) {
  return choices[random.below(choices.size())];
}

// What the model knows of an item besides what LabelStore::find() says.
struct Known {
  Item item;
  std::optional<float> drift;
  std::optional<float> suspicion;
};

// A store with random frames, labels, rejections, predictions and told values.
class RandomStore : public StoreFixture {
 public:
  explicit RandomStore(std::uint64_t seed) : random(seed, "label store") {
    make_frames();
    open();
    change_some();
    open();  // from the folders, with the ranks of names settled
    add_more_frames();
    change_some();
    predict_some();
    tell_some();
  }

  std::vector<Known> known() {
    std::vector<Known> all;
    for (const std::string& name : frames_) {
      all.push_back({item(name), std::nullopt, std::nullopt});
      const auto drifted = drift_.find(name);
      if (drifted != drift_.end()) all.back().drift = static_cast<float>(drifted->second);
      const auto suspected = suspicion_.find(name);
      if (suspected != suspicion_.end()) all.back().suspicion = static_cast<float>(suspected->second);
    }
    return all;
  }

  RandomStream random;

 private:
  std::string random_name() {
    static const Names kParts = {"a", "A", "b", "B", "-", ".", "7", "é", "Cat", "dog", " ", "\xFF"};
    static const Names kExtensions = {".jpg", ".png", ".PNG", ".webp"};
    std::string name = "x";
    for (std::uint64_t parts = 1 + random.below(4); parts > 0; --parts) name += one_of(kParts, random);
    return name + one_of(kExtensions, random);
  }
  void make_frames() {
    std::filesystem::create_directories(options.frames_dir);
    while (frames_.size() < kFrames) {
      const std::string name = random_name();
      if (!frames_.insert(name).second) continue;
      std::ofstream(options.frames_dir / name) << "image";  // hundreds of them: without a sync each
      // Some share their time, so that names decide.
      const auto time = std::filesystem::file_time_type::clock::now() - std::chrono::hours(random.below(40));
      std::filesystem::last_write_time(options.frames_dir / name, time);
    }
  }
  void add_more_frames() {
    for (int i = 0; i < 8; ++i) {
      const std::string name = "later " + std::to_string(random.below(1000)) + ".png";
      const std::string picture = test::picture(name);
      const ImportOutcome outcome = store().import_image(name, as_byte_span(picture), "anna");
      if (outcome.status == ImportOutcome::Status::Imported) frames_.insert(outcome.as);
    }
  }
  void change_some() {
    const Names names(frames_.begin(), frames_.end());
    std::vector<Change> changes;
    for (int i = 0; i < 200; ++i) {
      Change change;
      change.name = one_of(names, random);
      change.annotator = one_of(kPeople, random);
      change.action = one_of<Action>(
          {Action::Label, Action::Label, Action::Label, Action::Skip, Action::Reject, Action::Restore, Action::Clear},
          random);
      change.label = one_of<std::string>({"CAT", "DOG"}, random);
      if (random.below(3) == 0) change.shown = random_prediction();
      changes.push_back(change);
      if (changes.size() < 50) continue;
      now += std::chrono::minutes(random.below(60));
      store().submit(std::move(changes)).get();
      changes.clear();
    }
  }
  Prediction random_prediction() {
    // Few different scores, so that many are equal.
    return {one_of<std::string>({"CAT", "dog"}, random), static_cast<double>(random.below(11)) / 10,
            static_cast<int>(random.below(4))};
  }
  void predict_some() {
    std::vector<std::pair<std::string, Prediction>> predictions;
    for (const std::string& name : frames_) {
      if (random.below(3) > 0) predictions.emplace_back(name, random_prediction());
    }
    store().remember_predictions(predictions);
  }
  void tell_some() {
    for (const std::string& name : frames_) {
      if (random.below(2) == 0) drift_[name] = static_cast<double>(random.below(20)) / 20;
      if (random.below(2) == 0) suspicion_[name] = random.uniform();
    }
    store().set_drift(std::vector<std::pair<std::string, double>>(drift_.begin(), drift_.end()));
    store().set_suspicion(std::vector<std::pair<std::string, double>>(suspicion_.begin(), suspicion_.end()));
  }

  std::set<std::string> frames_;
  std::map<std::string, double> drift_;
  std::map<std::string, double> suspicion_;
};

template <typename T>
bool is_in(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool passes_prediction(const Item& item, const ItemFilter& filter) {
  const std::optional<Prediction>& prediction = item.prediction;
  if (filter.version && item.version != filter.version && !(prediction && prediction->version == *filter.version)) {
    return false;
  }
  if (filter.lowest_score && !(prediction && prediction->score >= *filter.lowest_score)) return false;
  if (filter.highest_score && !(prediction && prediction->score <= *filter.highest_score)) return false;
  return !filter.disagree || (prediction && !item.label.empty() && to_upper(item.label) != to_upper(prediction->label));
}

bool passes(const Item& item, const ItemFilter& filter) {
  if (filter.states.empty() ? item.state == ItemState::Rejected : !is_in(filter.states, item.state)) return false;
  Names labels;
  for (const std::string& label : filter.labels) labels.push_back(to_upper(label));
  if (!labels.empty() && !is_in(labels, to_upper(item.label))) return false;
  if (!filter.sources.empty() && !is_in(filter.sources, item.source)) return false;
  if (!filter.annotator.empty() && item.annotator != filter.annotator) return false;
  if (filter.from && !(item.labelled_at && *item.labelled_at >= *filter.from)) return false;
  if (filter.to && !(item.labelled_at && *item.labelled_at < *filter.to)) return false;
  if (!test::contains(to_lower(item.name), to_lower(filter.name_part))) return false;
  return passes_prediction(item, filter);
}

// Smallest first, as ItemOrder says; what has no value comes last.
double order_key(const Known& known, ItemOrder order) {
  constexpr double kLast = std::numeric_limits<double>::infinity();
  const std::optional<Prediction>& prediction = known.item.prediction;
  switch (order) {
    case ItemOrder::Newest:
      return -static_cast<double>(known.item.modified_at.time_since_epoch() / std::chrono::milliseconds(1));
    case ItemOrder::Uncertain:
      return prediction ? std::abs(prediction->score - 0.5) : kLast;
    case ItemOrder::Confident:
      if (!prediction) return kLast;
      return to_upper(prediction->label) == "DOG" ? prediction->score : 1 - prediction->score;
    case ItemOrder::Drifted:
      return known.drift ? -*known.drift : kLast;
    case ItemOrder::Suspect:
      return known.suspicion ? -*known.suspicion : kLast;
    case ItemOrder::Name:
    case ItemOrder::Random:
      break;
  }
  return 0;
}

Names expected_names(const std::vector<Known>& all, const ItemFilter& filter, ItemOrder order) {
  std::vector<std::pair<double, std::string>> passing;
  for (const Known& known : all) {
    if (passes(known.item, filter)) passing.emplace_back(order_key(known, order), known.item.name);
  }
  std::sort(passing.begin(), passing.end());
  Names names;
  for (auto& [key, name] : passing) names.push_back(std::move(name));
  return names;
}

ItemFilter random_filter(RandomStream& random, const StoreFixture& at) {
  ItemFilter filter;
  const auto chance = [&](std::uint64_t one_in) { return random.below(one_in) == 0; };
  if (chance(2)) {
    for (const ItemState state :
         {ItemState::Unlabelled, ItemState::Labelled, ItemState::Skipped, ItemState::Rejected}) {
      if (chance(2)) filter.states.push_back(state);
    }
  }
  if (chance(4)) filter.labels = one_of<Names>({{"cat"}, {"DOG"}, {"Cat", "dog"}, {"BIRD"}}, random);
  if (chance(4)) filter.sources = one_of<Names>({{"manual"}, {"auto"}, {"auto", "manual"}, {"Manual"}}, random);
  if (chance(5)) filter.version = static_cast<int>(random.below(5));
  if (chance(5)) filter.lowest_score = static_cast<double>(random.below(10)) / 10;
  if (chance(5)) filter.highest_score = static_cast<double>(random.below(10)) / 10;
  filter.disagree = chance(6);
  if (chance(5)) filter.annotator = one_of<std::string>({"anna", "ben", "Zoë", "nobody"}, random);
  if (chance(6)) filter.from = at.now - std::chrono::minutes(random.below(600));
  if (chance(6)) filter.to = at.now - std::chrono::minutes(random.below(600));
  if (chance(4))
    filter.name_part = one_of<std::string>({"a", "CAT", "dog.", "É", "\xFF", "later", "aab", "zz"}, random);
  return filter;
}

// All pages of a query, one after the other; checks each page's size and total.
Names all_pages(const LabelStore& store, ItemQuery query) {
  Names names;
  std::optional<std::size_t> total;
  do {
    const ItemPage page = store.page(query);
    if (!total) total = page.total;
    CHECK(page.total == *total);
    CHECK(page.items.size() <= query.limit);
    if (!page.next.empty()) CHECK(page.items.size() == query.limit);
    for (const Item& item : page.items) names.push_back(item.name);
    query.cursor = page.next;
  } while (!query.cursor.empty() && names.size() <= *total);
  CHECK(names.size() == *total);
  return names;
}

TEST_CASE("every filter in every order gives what the slow model gives, page by page", "[label]") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  RandomStore at(seed);
  const std::vector<Known> all = at.known();
  for (int round = 0; round < 120; ++round) {
    ItemQuery query;
    query.filter = random_filter(at.random, at);
    query.limit = 1 + at.random.below(60);
    INFO("seed " << seed << " round " << round << " limit " << query.limit);
    for (const ItemOrder order : {ItemOrder::Name, ItemOrder::Newest, ItemOrder::Uncertain, ItemOrder::Confident,
                                  ItemOrder::Drifted, ItemOrder::Suspect}) {
      INFO("order " << static_cast<int>(order));
      query.order = order;
      REQUIRE(all_pages(at.store(), query) == expected_names(all, query.filter, order));
    }
    Names visited;
    at.store().for_each(query.filter, [&](const Item& item) { visited.push_back(item.name); });
    REQUIRE(visited == expected_names(all, query.filter, ItemOrder::Name));
  }
}

TEST_CASE("a random order holds every item once, is the same for a seed and another for another", "[label]") {
  RandomStore at(4);
  ItemQuery query;
  query.order = ItemOrder::Random;
  query.limit = 7;
  query.seed = 1;
  const Names first = all_pages(at.store(), query);
  CHECK(all_pages(at.store(), query) == first);
  query.seed = 2;
  const Names second = all_pages(at.store(), query);
  CHECK(first != second);
  const auto sorted = [](Names names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  CHECK(sorted(first) == sorted(second));
  CHECK(sorted(first) == expected_names(at.known(), {}, ItemOrder::Name));
  CHECK(first != sorted(first));
}

TEST_CASE("a cursor stays where it is while items come, go and change", "[label]") {
  RandomStore at(5);
  ItemQuery query;
  query.filter.states = {ItemState::Unlabelled};
  query.limit = 10;
  const Names before = expected_names(at.known(), query.filter, ItemOrder::Name);
  REQUIRE(before.size() > 25);
  const ItemPage page = at.store().page(query);
  // The page's own items are labelled now, the next one as well: the following page begins behind both.
  for (const Item& item : page.items) at.label(item.name, "CAT");
  at.label(before[10], "DOG");
  query.cursor = page.next;
  const ItemPage next = at.store().page(query);
  CHECK(next.total == before.size() - 11);
  Names names;
  for (const Item& item : next.items) names.push_back(item.name);
  CHECK(names == Names(before.begin() + 11, before.begin() + 21));
}

TEST_CASE("visiting items takes changes of the visitor", "[label]") {
  RandomStore at(6);
  ItemFilter filter;
  filter.states = {ItemState::Unlabelled};
  const Names unlabelled = expected_names(at.known(), filter, ItemOrder::Name);
  Names visited;
  at.store().for_each(filter, [&](const Item& item) {
    visited.push_back(item.name);
    at.label(item.name, "CAT");
  });
  CHECK(visited == unlabelled);
  CHECK(at.store().unlabelled_names().empty());
}

TEST_CASE("the newest of thousands come page by page, whether they were made in the order of their names or not",
          "[label]") {
  constexpr int kMany = 3000;
  const bool ascending = GENERATE(true, false);
  StoreFixture at;
  std::filesystem::create_directories(at.options.frames_dir);
  const auto start = std::filesystem::file_time_type::clock::now() - std::chrono::hours(10'000);
  Names newest;
  for (int i = 0; i < kMany; ++i) {
    newest.push_back("frame." + std::to_string(10'000 + i) + ".jpg");
    std::ofstream(at.options.frames_dir / newest.back()) << "image";
    std::filesystem::last_write_time(at.options.frames_dir / newest.back(),
                                     start + std::chrono::hours(ascending ? i : -i));
  }
  if (ascending) std::reverse(newest.begin(), newest.end());
  at.open();
  ItemQuery query;
  query.order = ItemOrder::Newest;
  query.limit = 700;
  Names found;
  do {
    const ItemPage page = at.store().page(query);
    CHECK(page.total == kMany);
    for (const Item& item : page.items) found.push_back(item.name);
    query.cursor = page.next;
  } while (!query.cursor.empty());
  CHECK(found == newest);
}

TEST_CASE("a part of a name is found wherever it stands, in any letter case", "[label]") {
  StoreFixture at;
  const std::string longest = std::string(251, 'y') + ".jpg";
  for (const std::string& name :
       {std::string("abcabcab.jpg"), std::string("AbCx.PNG"), std::string("xéx.jpg"), longest}) {
    at.add_frame(name);
  }
  at.open();
  const auto found = [&at](const std::string& part) {
    ItemQuery query;
    query.filter.name_part = part;
    return at.names(query);
  };
  CHECK(found("cabcab-") == Names{});
  CHECK(found("bcab.J") == Names{"abcabcab.jpg"});
  CHECK(found("ABC") == Names{"AbCx.PNG", "abcabcab.jpg"});
  CHECK(found("cabcab.jpg") == Names{"abcabcab.jpg"});
  CHECK(found("X.p") == Names{"AbCx.PNG"});
  CHECK(found("é") == Names{"xéx.jpg"});
  CHECK(found("g").size() == 4);
  CHECK(found(longest) == Names{longest});
  CHECK(found("y" + longest).empty());
  CHECK(found(std::string(600, 'y')).empty());
}

}  // namespace
}  // namespace animalctl::label
