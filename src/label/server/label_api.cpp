#include "label/server/label_api.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/version.h"
#include "label/server/answers.h"
#include "label/server/change_json.h"
#include "label/server/item_json.h"
#include "label/server/item_query_text.h"
#include "label/server/limits.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kPredictionLimit{3};
constexpr std::size_t kMaxSentChanges = 1000;
constexpr std::size_t kAskedAhead = 64;

template <typename T>
T finished(std::future<T> future) {
  if (future.wait_for(kStoreLimit) != std::future_status::ready) {
    throw Error(ErrorCode::DeadlineExceeded,
                "the disk took too long; ask again with the same key to learn the outcome");
  }
  return future.get();
}

int status_of(ChangeStatus status) {
  switch (status) {
    case ChangeStatus::Done:
      return 200;
    case ChangeStatus::Conflict:
      return 409;
    case ChangeStatus::NotFound:
      return 404;
    case ChangeStatus::Refused:
      return 400;
    case ChangeStatus::StorageFull:
      return 507;
    case ChangeStatus::Unavailable:
      return 503;
  }
  return 500;
}

Json outcome_json(const ChangeOutcome& outcome) {
  Json json = {{"status", status_of(outcome.status)}};
  if (outcome.item) json["item"] = to_json(*outcome.item);
  if (!outcome.message.empty()) json["message"] = outcome.message;
  return json;
}

Json problem_json(int status, std::string_view message) {
  return {{"status", status}, {"message", message}};
}

std::optional<std::uint64_t> query_number(const http::Request& request, std::string_view key, std::uint64_t low,
                                          std::uint64_t high) {
  const std::optional<std::string> text = request.query_value(key);
  if (!text || text->empty()) return std::nullopt;
  return parse_whole_number(key, *text, low, high);
}

Json events_json(const std::vector<Event>& events) {
  Json json = Json::array();
  for (const Event& event : events) json.push_back(to_json(event));
  return json;
}

}  // namespace

std::string_view forbidden_change(const Caller& caller, const Change& change, const std::optional<Item>& item) {
  if (caller.may(Role::Reviewer)) return "";
  if (change.action == Action::Restore || change.action == Action::Clear) return "only a reviewer may restore or clear";
  // An old revision is a conflict, which the store says with the present item.
  if (!item || item->revision != change.revision) return "";
  const bool open = item->state == ItemState::Unlabelled || item->state == ItemState::Skipped;
  if (open || (!item->annotator.empty() && item->annotator == caller.name)) return "";
  return "only a reviewer may change what somebody else has labelled";
}

Caller LabelApi::caller_of(const http::Request& request) const {
  std::optional<Caller> caller = context_.access.caller_of(request);
  if (!caller) throw Error(ErrorCode::FailedPrecondition, "a token is needed");
  return *std::move(caller);
}

http::Response LabelApi::session(const http::Request& request) const {
  const Caller caller = caller_of(request);
  const char* predictions = "off";
  if (context_.predictions != nullptr) {
    predictions = context_.predictions->state() == PredictionClient::State::On ? "on" : "unreachable";
  }
  return json_answer(200, {{"annotator", caller.name},
                           {"role", name_of(caller.role)},
                           {"classes", context_.store.classes().names()},
                           {"predictions", predictions},
                           {"blind_share", context_.blind_share},
                           {"program_version", kVersion},
                           {"named", caller.named}});
}

http::Response LabelApi::items(const http::Request& request) const {
  const ItemQuery query = parse_item_query(request.query);
  const ItemPage page = context_.store.page(query);
  if (context_.predictions != nullptr && query.limit >= kAskedAhead / 4) {
    // A list to label from: its beginning is what the person sees next.
    std::vector<std::string> ahead;
    for (const Item& item : page.items) {
      if (ahead.size() == kAskedAhead) break;
      if (item.state == ItemState::Unlabelled && !item.prediction) ahead.push_back(item.name);
    }
    context_.predictions->want(ahead);
  }
  return json_answer(200, {{"items", to_json(page.items)},
                           {"next", page.next.empty() ? Json(nullptr) : Json(page.next)},
                           {"total", page.total}});
}

http::Response LabelApi::item(const http::Request& request) const {
  const std::string name = file_name_of(request.parameter("name"));
  const std::optional<Item> item = context_.store.find(name);
  if (!item) return message_answer(404, "there is no such image");
  const Caller caller = caller_of(request);
  std::vector<Event> history = context_.store.history_of(name);
  if (!caller.may(Role::Reviewer)) {
    std::erase_if(history, [&](const Event& event) { return event.annotator != caller.name; });
  }
  return json_answer(200, {{"item", to_json(*item)}, {"history", events_json(history)}});
}

http::Response LabelApi::labels(const http::Request& request) const {
  const Caller caller = caller_of(request);
  std::vector<Json> results;
  std::vector<Change> changes;
  std::vector<std::size_t> places;  // of each change's result
  for (ParsedChange& parsed : parse_changes(request.body)) {
    results.emplace_back();
    auto* const change = std::get_if<Change>(&parsed);
    if (change == nullptr) {
      results.back() = problem_json(400, std::get<std::string>(parsed));
      continue;
    }
    const std::string_view forbidden = forbidden_change(caller, *change, context_.store.find(change->name));
    if (!forbidden.empty()) {
      results.back() = problem_json(403, forbidden);
      continue;
    }
    change->annotator = caller.name;
    change->origin = Origin::Page;
    places.push_back(results.size() - 1);
    changes.push_back(std::move(*change));
  }
  if (!changes.empty()) {
    const std::vector<ChangeOutcome> outcomes = finished(context_.store.submit(std::move(changes)));
    for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = outcome_json(outcomes.at(i));
  }
  return json_answer(200, {{"results", std::move(results)}});
}

http::Response LabelApi::undo(const http::Request& request) const {
  const std::string key = parse_undo_key(request.body);
  const LabelStore::UndoOutcome undone = finished(context_.store.undo(caller_of(request).name, key));
  const ChangeOutcome& outcome = undone.outcome;
  if (outcome.status == ChangeStatus::Done) {
    return json_answer(200, {{"item", outcome.item ? to_json(*outcome.item) : Json(nullptr)},
                             {"undone", undone.undone ? to_json(*undone.undone) : Json(nullptr)}});
  }
  Json json = {{"message", outcome.message.empty() ? "nothing is left to undo" : outcome.message}};
  if (outcome.item) json["item"] = to_json(*outcome.item);
  return json_answer(status_of(outcome.status), json);
}

http::Response LabelApi::predictions(const http::Request& request) const {
  const std::vector<std::string> names = parse_names(request.body);
  if (context_.predictions != nullptr) {
    context_.predictions->want(names);
    context_.predictions->wait(names, kPredictionLimit);
  }
  Json items = Json::array();
  for (const std::string& name : names) {
    if (const std::optional<Item> item = context_.store.find(name)) items.push_back(to_json(*item));
  }
  return json_answer(200, {{"items", std::move(items)}});
}

http::Response LabelApi::changes(const http::Request& request) const {
  const auto since = query_number(request, "since", 0, std::numeric_limits<std::uint64_t>::max());
  if (!since) return json_answer(200, {{"sequence", context_.store.sequence()}});
  const LabelStore::Changes changes = context_.store.changes_since(*since, kMaxSentChanges);
  return json_answer(200, {{"sequence", changes.sequence},
                           {"items", to_json(changes.items)},
                           {"more", changes.more},
                           {"forgotten", changes.forgotten}});
}

http::Response LabelApi::progress(const http::Request& request) const {
  const Caller caller = caller_of(request);
  Progress progress = context_.store.progress();
  if (!caller.may(Role::Reviewer)) {
    std::erase_if(progress.by_annotator, [&](const auto& entry) { return entry.first != caller.name; });
  }
  return json_answer(200, to_json(progress));
}

http::Response LabelApi::agreement(const http::Request& request) const {
  const Caller caller = caller_of(request);
  std::vector<Agreement> pairs = context_.store.agreement();
  if (!caller.may(Role::Reviewer)) {
    std::erase_if(pairs,
                  [&](const Agreement& pair) { return pair.first != caller.name && pair.second != caller.name; });
  }
  return json_answer(200, to_json(pairs));
}

http::Response LabelApi::history(const http::Request& request) const {
  const Caller caller = caller_of(request);
  std::string annotator = request.query_value("annotator").value_or("");
  if (!caller.may(Role::Reviewer)) {
    if (!annotator.empty() && annotator != caller.name) {
      return message_answer(403, "only a reviewer may see what others did");
    }
    annotator = caller.name;
  }
  const auto before = query_number(request, "before", 0, std::numeric_limits<std::uint64_t>::max());
  const std::size_t limit = query_number(request, "limit", 1, 1000).value_or(100);
  const std::vector<Event> events = context_.store.history(annotator, before, limit);
  Json next = nullptr;
  if (events.size() == limit) next = events.back().id;
  return json_answer(200, {{"events", events_json(events)}, {"next", std::move(next)}});
}

}  // namespace animalctl::label
