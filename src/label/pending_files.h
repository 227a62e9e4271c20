#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "label/change_group.h"

namespace animalctl::label {

// Acknowledged events whose files may not have reached the disk, by image.
using PendingEvents = std::map<std::string, std::vector<LoggedEvent>>;
PendingEvents pending_events(EventLog& log);

// Whether the history, and not the annotation file, has the last word: the file (written at `file_time`, in nanoseconds
// since 1970) says what was before or after one of these events, or is older than the last of them. Else somebody has
// edited it since.
bool history_is_right(const std::vector<LoggedEvent>& events, const Standing& by_file, std::int64_t file_time,
                      const ClassList& classes);

// Brings the files of these images to what the index says of them, after a start from a saved index. What fails is left
// in WriterTools::unsettled.
void settle_pending(WriterTools& tools, const PendingEvents& pending);

}  // namespace animalctl::label
