#include "label/change_group.h"

#include <fmt/core.h>

#include <utility>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/annotation_folder.h"
#include "animalctl/dataset/annotation_names.h"

namespace animalctl::label {
namespace {

constexpr const char* kBadKey = "the key must have 8 to 64 characters of A-Z, a-z, 0-9, - and _";

}  // namespace

ChangeGroup::ChangeGroup(WriterTools& tools) : tools_(tools) {
  transaction_.emplace(tools_.log.database());
}

ChangeGroup::~ChangeGroup() {
  if (committed_) return;
  for (auto effect = effects_.rbegin(); effect != effects_.rend(); ++effect) {
    if (!effect->staged.empty()) tools_.workspace.discard_annotation(effect->staged);
    const LoggedEvent& logged = effect->logged;
    if (effect->brought_back) tools_.workspace.undo_bringing_back(logged.trash_name, logged.event.name);
  }
  tools_.next_event -= effects_.size();
}

PresentItem ChangeGroup::present(FrameId id) const {
  PresentItem item;
  const auto lock = tools_.state.read();
  item.standing = tools_.state.table.standing(id);
  item.revision = tools_.state.table.revision(id);
  item.prediction = tools_.state.table.prediction(id);
  const auto newest = newest_effect_.find(id);
  if (newest != newest_effect_.end()) {
    item.standing = effects_[newest->second].logged.after;
    item.revision = effects_[newest->second].logged.event.revision;
  }
  return item;
}

Item ChangeGroup::item_after(FrameId id) const {
  const PresentItem now = present(id);
  const auto lock = tools_.state.read();
  Item item = tools_.state.table.item(id);
  item.revision = now.revision;
  item.state = now.standing.state;
  item.label = now.standing.label;
  item.source = now.standing.source;
  item.score = now.standing.score;
  item.version = now.standing.version;
  item.annotator = now.standing.annotator;
  item.labelled_at = now.standing.labelled_at;
  return item;
}

std::optional<KeptOutcome> ChangeGroup::repeated(const std::string& key) {
  return key.empty() ? std::nullopt : tools_.log.outcome_of(key);
}

Decision ChangeGroup::decide_change(FrameId id, const Change& change) {
  return decide(change, present(id), tools_.state.classes, tools_.now(), [&] {
    const std::optional<LoggedEvent> rejection = tools_.log.newest_rejection(change.name);
    return rejection ? rejection->before : Standing{};
  });
}

ChangeOutcome ChangeGroup::apply(const Change& change) {
  if (!is_request_key(change.key)) return {ChangeStatus::Refused, std::nullopt, kBadKey};
  if (std::optional<KeptOutcome> kept = repeated(change.key)) return std::move(kept->outcome);
  KeptOutcome result;
  const FrameId id = [&] {
    const auto lock = tools_.state.read();
    return tools_.state.table.find_present(change.name);
  }();
  if (id == kNoFrame) {
    result.outcome = {ChangeStatus::NotFound, std::nullopt, "there is no image of this name"};
  } else {
    Decision decision = decide_change(id, change);
    if (decision.logged) {
      if (std::optional<std::string> refusal = take(id, std::move(*decision.logged))) {
        decision = {ChangeStatus::Refused, std::move(*refusal), std::nullopt};
      }
    }
    result.outcome.status = decision.status;
    result.outcome.message = std::move(decision.message);
    if (decision.status != ChangeStatus::Refused) result.outcome.item = item_after(id);
  }
  if (!change.key.empty()) tools_.log.keep_outcome(change.key, result);
  return std::move(result.outcome);
}

LabelStore::UndoOutcome ChangeGroup::undo(const std::string& annotator, const std::string& key) {
  LabelStore::UndoOutcome result;
  if (!is_request_key(key)) {
    result.outcome = {ChangeStatus::Refused, std::nullopt, kBadKey};
    return result;
  }
  if (std::optional<KeptOutcome> kept = repeated(key)) {
    result.outcome = std::move(kept->outcome);
    if (kept->undone) {
      const std::optional<LoggedEvent> undone = tools_.log.event(*kept->undone);
      if (undone) result.undone = undone->event;
    }
    return result;
  }
  std::optional<LoggedEvent> undone = tools_.log.newest_to_undo(annotator, std::nullopt);
  while (undone && tools_.told_conflicts.contains(undone->event.id)) {
    undone = tools_.log.newest_to_undo(annotator, undone->event.id);
  }
  const FrameId id = [&] {
    const auto lock = tools_.state.read();
    return undone ? tools_.state.table.find_present(undone->event.name) : kNoFrame;
  }();
  if (id == kNoFrame) {
    result.outcome = {ChangeStatus::NotFound, std::nullopt,
                      undone ? fmt::format("the image {} is gone", undone->event.name) : "there is nothing to undo"};
    if (undone) new_conflicts_.insert(undone->event.id);
  } else {
    const PresentItem now = present(id);
    Decision decision = decide_undo(*undone, now, now.standing != undone->after, tools_.now());
    if (decision.logged) {
      if (std::optional<std::string> refusal = take(id, std::move(*decision.logged))) {
        decision = {ChangeStatus::Refused, std::move(*refusal), std::nullopt};
      } else {
        result.undone = undone->event;
      }
    }
    result.outcome.status = decision.status;
    result.outcome.message = std::move(decision.message);
    if (decision.status != ChangeStatus::Done) new_conflicts_.insert(undone->event.id);
    result.outcome.item = item_after(id);
  }
  if (!key.empty()) {
    tools_.log.keep_outcome(key, {result.outcome, result.undone ? std::optional(result.undone->id) : std::nullopt});
  }
  return result;
}

std::optional<std::string> ChangeGroup::take(FrameId id, LoggedEvent logged) {
  Effect effect;
  effect.id = id;
  logged.event.id = tools_.next_event;
  const bool was_rejected = logged.before.state == ItemState::Rejected;
  const bool is_rejected = logged.after.state == ItemState::Rejected;
  if (is_rejected && !was_rejected) {
    logged.trash_name = tools_.workspace.free_trash_name(logged.event.name, promised_trash_names());
  }
  if (was_rejected) {
    const auto newest = newest_effect_.find(id);
    const auto lock = tools_.state.read();
    logged.trash_name =
        newest != newest_effect_.end() ? effects_[newest->second].logged.trash_name : tools_.state.table.trash_name(id);
  }
  if (was_rejected && !is_rejected) {
    if (std::optional<std::string> refusal = bring_back(effect, logged)) return refusal;
  }
  effect.logged = std::move(logged);
  // Whatever fails from here on, the destructor takes back.
  effects_.push_back(std::move(effect));
  ++tools_.next_event;
  newest_effect_[id] = effects_.size() - 1;
  Effect& taken = effects_.back();
  if (taken.logged.after.state == ItemState::Labelled) {
    taken.staged = tools_.workspace.stage_annotation(annotation_of(taken.logged.after));
  }
  tools_.log.append(taken.logged);
  return std::nullopt;
}

std::optional<std::string> ChangeGroup::bring_back(Effect& effect, const LoggedEvent& logged) {
  const std::string& name = logged.event.name;
  // Rejected just now: the image has not left the folder yet.
  if (newest_effect_.contains(effect.id)) return std::nullopt;
  switch (tools_.workspace.bring_back(logged.trash_name, name)) {
    case Workspace::BroughtBack::Done:
      effect.brought_back = true;
      return std::nullopt;
    case Workspace::BroughtBack::NameTaken:
      return fmt::format(
          "{} cannot come out of the trash: another file has its name in the frames folder; rename that "
          "one and try again",
          name);
    case Workspace::BroughtBack::Gone:
      break;
  }
  if (tools_.unsettled.contains(name)) return std::nullopt;  // it never came into the trash
  return fmt::format("{} cannot come out of the trash: its file is not there any more", name);
}

// Names that rejections have whose files are not in the trash yet.
std::set<std::string> ChangeGroup::promised_trash_names() const {
  std::set<std::string> names;
  for (const Effect& effect : effects_) {
    if (effect.logged.after.state == ItemState::Rejected) names.insert(effect.logged.trash_name);
  }
  if (tools_.unsettled.empty()) return names;
  const auto lock = tools_.state.read();
  for (const std::string& name : tools_.unsettled) {
    const FrameId id = tools_.state.table.find_present(name);
    if (id != kNoFrame) names.insert(tools_.state.table.trash_name(id));
  }
  return names;
}

void ChangeGroup::record(FrameId id, LoggedEvent found) {
  Effect effect;
  effect.id = id;
  effect.files = false;
  found.event.id = tools_.next_event;
  effect.logged = std::move(found);
  effects_.push_back(std::move(effect));
  ++tools_.next_event;
  newest_effect_[id] = effects_.size() - 1;
  tools_.log.append(effects_.back().logged);
}

void ChangeGroup::commit() {
  transaction_->commit();
  committed_ = true;
  tools_.told_conflicts.merge(new_conflicts_);
  // From here on everything is acknowledged: a file that cannot be written now is written later, from the history.
  for (Effect& effect : effects_) {
    if (!effect.files) continue;
    try {
      settle_files(effect);
    } catch (const Error& error) {
      log::warning("files of a label could not be written yet; tried again",
                   {{"image", effect.logged.event.name}, {"reason", error.what()}});
      tools_.unsettled.insert(effect.logged.event.name);
    }
  }
  publish();
}

void ChangeGroup::settle_files(Effect& effect) {
  const std::string& name = effect.logged.event.name;
  const std::string& trash_name = effect.logged.trash_name;
  const std::string annotation = [&] {
    const auto lock = tools_.state.read();
    return tools_.state.stems.annotation_name(effect.id);
  }();
  if (effect.logged.after.state == ItemState::Rejected) {
    tools_.workspace.reject(name, trash_name);
    tools_.workspace.retire_annotation(annotation);
    return;
  }
  if (effect.logged.before.state == ItemState::Rejected) settle_restored(effect);
  if (effect.logged.after.state == ItemState::Labelled) {
    effect.annotation_time = tools_.workspace.publish_annotation(effect.staged, annotation);
    effect.qualified = annotation == qualified_annotation_name(name);
  } else {
    tools_.workspace.retire_annotation(annotation);
  }
}

void ChangeGroup::settle_restored(const Effect& effect) {
  const LoggedEvent& logged = effect.logged;
  make_way(tools_, effect.id);
  if (effect.brought_back) {
    tools_.workspace.finish_bringing_back(logged.trash_name, logged.event.name);
  } else {
    tools_.workspace.restore(logged.trash_name, logged.event.name);
  }
}

void ChangeGroup::publish() {
  StoreState& state = tools_.state;
  const auto lock = state.write();
  for (const Effect& effect : effects_) {
    const LoggedEvent& logged = effect.logged;
    const bool was_rejected = state.table.present(effect.id) && state.table.state(effect.id) == ItemState::Rejected;
    const bool is_rejected = logged.after.state == ItemState::Rejected;
    state.table.set_standing(effect.id, logged.after);
    state.table.set_revision(effect.id, logged.event.revision);
    state.table.set_trash_name(effect.id, is_rejected ? logged.trash_name : std::string());
    if (effect.files) {
      state.table.set_annotation_time(effect.id, effect.annotation_time);
      state.stems.set_qualified(effect.id, effect.qualified);
    }
    if (is_rejected && !was_rejected) state.stems.remove(effect.id);
    if (was_rejected && !is_rejected) state.stems.add(effect.id);
    state.feed.note(effect.id);
    state.statistics.note(logged.event);
  }
}

void make_way(WriterTools& tools, FrameId id) {
  std::string plain;
  std::string qualified;
  FrameId owner = kNoFrame;
  {
    const auto lock = tools.state.read();
    owner = tools.state.stems.owner(frame_stem(tools.state.table.name(id)));
    if (owner == kNoFrame || owner == id || !tools.state.stems.owns(id)) return;
    const std::string_view name = tools.state.table.name(owner);
    plain = plain_annotation_name(name);
    qualified = qualified_annotation_name(name);
    if (tools.state.stems.annotation_name(owner) != plain) return;
  }
  if (!tools.workspace.rename_annotation(plain, qualified)) return;
  const auto lock = tools.state.write();
  tools.state.stems.set_qualified(owner, true);
}

void settle_files(WriterTools& tools, FrameId id) {
  std::string name;
  std::string trash_name;
  std::string annotation;
  Standing standing;
  {
    const auto lock = tools.state.read();
    name = tools.state.table.name(id);
    trash_name = tools.state.table.trash_name(id);
    annotation = tools.state.stems.annotation_name(id);
    standing = tools.state.table.standing(id);
  }
  if (standing.state == ItemState::Rejected) {
    tools.workspace.reject(name, trash_name);
    tools.workspace.retire_annotation(annotation);
    return;
  }
  if (standing.state != ItemState::Labelled) {
    tools.workspace.retire_annotation(annotation);
    return;
  }
  const AnnotationFile file = tools.workspace.read_annotation(annotation);
  if (file.annotation && says_the_same(*file.annotation, standing, tools.state.classes)) return;
  const std::string staged = tools.workspace.stage_annotation(annotation_of(standing));
  const std::int64_t time = tools.workspace.publish_annotation(staged, annotation);
  const auto lock = tools.state.write();
  tools.state.table.set_annotation_time(id, time);
}

}  // namespace animalctl::label
