#include "label/pending_files.h"

#include <algorithm>
#include <optional>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"

namespace animalctl::label {
namespace {

void settle_image(WriterTools& tools, const std::string& name, const std::vector<LoggedEvent>& events) {
  const StoreState& state = tools.state;
  FrameId id = kNoFrame;
  Standing standing;
  std::string trash_name;
  std::string annotation;
  {
    const auto lock = state.read();
    id = state.table.find_present(name);
    if (id == kNoFrame) return;
    standing = state.table.standing(id);
    trash_name = state.table.trash_name(id);
    annotation = state.stems.annotation_name(id);
  }
  if (standing.state == ItemState::Rejected) {
    if (tools.workspace.is_same_file(trash_name, name)) {
      tools.workspace.undo_bringing_back(trash_name, name);
    } else if (!tools.workspace.facts_in_trash(trash_name)) {
      settle_files(tools, id);
    }
    return;
  }
  for (const LoggedEvent& logged : events) {
    if (logged.before.state != ItemState::Rejected || logged.trash_name.empty()) continue;
    tools.workspace.finish_bringing_back(logged.trash_name, name);
    if (!tools.workspace.facts(name)) tools.workspace.restore(logged.trash_name, name);
  }
  const AnnotationFile file = tools.workspace.read_annotation(annotation);
  const Standing by_file = file.annotation ? standing_of(*file.annotation, state.classes) : Standing{};
  if (history_is_right(events, by_file, file.modified_ns, state.classes)) settle_files(tools, id);
}

}  // namespace

PendingEvents pending_events(EventLog& log) {
  PendingEvents pending;
  log.for_each_event(log.synced_event(),
                     [&](const LoggedEvent& logged) { pending[logged.event.name].push_back(logged); });
  return pending;
}

bool history_is_right(const std::vector<LoggedEvent>& events, const Standing& by_file, std::int64_t file_time,
                      const ClassList& classes) {
  if (by_file.state != ItemState::Labelled) return true;
  const Annotation annotation = annotation_of(by_file);
  const bool known = std::any_of(events.begin(), events.end(), [&](const LoggedEvent& logged) {
    return says_the_same(annotation, logged.before, classes) || says_the_same(annotation, logged.after, classes);
  });
  return known || file_time / 1'000'000 < to_milliseconds(events.back().event.at);
}

void settle_pending(WriterTools& tools, const PendingEvents& pending) {
  for (const auto& [name, events] : pending) {
    try {
      settle_image(tools, name, events);
    } catch (const Error& error) {
      log::warning("files of a label could not be written yet; tried again",
                   {{"image", name}, {"reason", error.what()}});
      tools.unsettled.insert(name);
    }
  }
}

}  // namespace animalctl::label
