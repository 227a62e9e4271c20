#include "label/server/seed_api.h"

#include <chrono>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "label/server/answers.h"
#include "label/server/change_json.h"
#include "label/server/image_file.h"
#include "label/server/item_json.h"
#include "label/server/limits.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

// What the model said, as far as a score tells it: with two classes the side of the threshold; with more the score is
// that of the label the page kept.
std::optional<Prediction> shown_by(const SeedLabel& asked, const ClassList& classes) {
  if (!asked.score) return std::nullopt;
  Prediction prediction;
  prediction.label =
      classes.size() == 2 ? classes.name(*asked.score >= kDecisionThreshold ? 1 : 0) : to_upper(asked.label);
  prediction.score = *asked.score;
  prediction.version = asked.version.value_or(-1);
  return prediction;
}

// A double press: what is asked is so already.
bool is_so_already(const SeedLabel& asked, const std::optional<Prediction>& shown, const Item& item,
                   const std::string& annotator) {
  if (asked.label == "REJECT") return item.state == ItemState::Rejected;
  const std::string source = shown && shown->label == to_upper(asked.label) ? "auto" : "manual";
  return item.state == ItemState::Labelled && to_upper(item.label) == to_upper(asked.label) && item.source == source &&
         item.score == asked.score && item.version == asked.version && item.annotator == annotator;
}

http::Response success() {
  return json_answer(200, {{"status", "success"}});
}

http::Response answer_of(const ChangeOutcome& outcome) {
  switch (outcome.status) {
    case ChangeStatus::Done:
      return success();
    case ChangeStatus::Conflict:
      return message_answer(409, outcome.message);
    case ChangeStatus::NotFound:
      return message_answer(404, "there is no such image");
    case ChangeStatus::Refused:
      return message_answer(400, outcome.message);
    case ChangeStatus::StorageFull:
      return message_answer(507, "the disk is full; nothing was saved");
    case ChangeStatus::Unavailable:
      break;
  }
  return message_answer(503, outcome.message.empty() ? "nothing can be saved now" : outcome.message);
}

}  // namespace

http::Response SeedApi::filelist() const {
  http::Response response;
  response.content_type = "application/json";
  response.body = names_json(context_.store.unlabelled_names());
  return response;
}

http::Response SeedApi::file(const http::Request& request) const {
  return image_answer(context_.store, file_name_of(request.parameter("name")), request);
}

http::Response SeedApi::label(const http::Request& request) const {
  const SeedLabel asked = parse_seed_label(request.body);
  const std::optional<Caller> caller = context_.access.caller_of(request);
  if (!caller) return message_answer(401, "a token is needed");
  const std::optional<Item> item = context_.store.find(asked.filename);
  if (!item) return message_answer(404, "there is no such image");
  Change change;
  change.name = asked.filename;
  change.action = asked.label == "REJECT" ? Action::Reject : Action::Label;
  change.label = change.action == Action::Label ? asked.label : "";
  change.shown = change.action == Action::Label ? shown_by(asked, context_.store.classes()) : std::nullopt;
  change.annotator = caller->name;
  change.origin = Origin::Seed;
  if (is_so_already(asked, change.shown, *item, change.annotator)) return success();
  if (!caller->may(Role::Reviewer)) {
    // Checked against what is now, and by the revision still so when it happens.
    change.revision = item->revision;
    const std::string_view forbidden = forbidden_change(*caller, change, item);
    if (!forbidden.empty()) return message_answer(403, forbidden);
  }
  std::future<std::vector<ChangeOutcome>> outcome = context_.store.submit({std::move(change)});
  if (outcome.wait_for(kStoreLimit) != std::future_status::ready) {
    return message_answer(504, "the disk took too long; the label may be saved or not");
  }
  return answer_of(outcome.get().at(0));
}

}  // namespace animalctl::label
