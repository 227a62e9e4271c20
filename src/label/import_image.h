#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "animalctl/base/digest.h"
#include "animalctl/label/label_store.h"
#include "label/label_writer.h"

namespace animalctl::label {

// Brings images into the frames folder. Thread-safe: one after the other, so that two of one name or content cannot
// miss each other.
class ImageImporter {
 public:
  ImageImporter(StoreState& state, Workspace& workspace, LabelWriter& writer);

  ImportOutcome import(std::string_view name, std::span<const std::byte> bytes, std::string_view annotator,
                       const std::optional<std::string>& label);

 private:
  std::string free_frame_name(const std::string& wanted) const;
  std::optional<std::string> same_content(std::span<const std::byte> bytes);
  std::optional<Digest> digest_of(FrameId id);
  std::optional<std::string> add(const std::string& wanted, std::span<const std::byte> bytes);
  void take_up(const std::string& name);

  StoreState& state_;
  Workspace& workspace_;
  LabelWriter& writer_;
  std::mutex mutex_;
  struct Known {
    FileFacts facts;
    Digest digest;
  };
  // Computed when an image of the same size is imported; good as long as size and time of the file stay.
  std::map<FrameId, Known> digests_;
};

// The name a frame gets when a client calls it so: the last segment, with the extension of the format when it has none
// of a frame. Nothing when it cannot be a file's; `why` says so.
std::optional<std::string> frame_name_for(std::string_view name, std::string_view extension, std::string& why);

}  // namespace animalctl::label
