#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/dataset/annotation.h"
#include "animalctl/label/label_store.h"
#include "label/frame_table.h"

namespace animalctl::label {

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return value_; }
  int release();

 private:
  int value_;
};

// What an annotation file holds.
struct AnnotationFile {
  bool exists = false;
  std::optional<Annotation> annotation;  // nothing: it cannot be read as one
  std::int64_t modified_ns = 0;
};

// The folders of a workspace: frames, annotations and the trash with a folder for each. Everything is named relative to
// folders that are open, so that no name leads elsewhere. Thread-safe.
class Workspace {
 public:
  // Creates folders that are missing, takes the lock, sweeps up temporary files of a server that was killed. Throws
  // FailedPrecondition: another label-server has the lock, no permission, a file is in the way.
  explicit Workspace(const LabelStoreOptions& options);

  const std::filesystem::path& frames_dir() const { return frames_dir_; }
  const std::filesystem::path& annotations_dir() const { return annotations_dir_; }
  std::filesystem::path trash_frames_dir() const { return trash_dir_ / "frames"; }

  // Size and time of a frame that is a regular file, or a link to one.
  std::optional<FileFacts> facts(std::string_view frame) const;
  std::optional<FileFacts> facts_in_trash(std::string_view trash_name) const;
  // See LabelStore::open_image(). `trash_name`: of a rejected frame, else empty.
  LabelStore::OpenFile open_image(std::string_view frame, const std::string& trash_name) const;

  // The files of the trash's frames folder.
  std::vector<std::string> trash_names() const;
  // A name that is free in the trash and not `promised`: the frame's own, or with -2, -3, … before its extension.
  std::string free_trash_name(std::string_view frame, const std::set<std::string>& promised) const;
  // Moves that leave an existing target alone; false when the source is not there or the target is.
  bool reject(const std::string& frame, const std::string& trash_name) const;
  bool restore(const std::string& trash_name, const std::string& frame) const;
  // The same as restore() in two steps, so that it can be taken back until the history has it: first the frame gets a
  // second name in the folder (where the file system has no links: it moves), then the one in the trash goes.
  enum class BroughtBack : std::uint8_t { Done, NameTaken, Gone };
  BroughtBack bring_back(const std::string& trash_name, const std::string& frame) const;
  void finish_bringing_back(const std::string& trash_name, const std::string& frame) const noexcept;
  void undo_bringing_back(const std::string& trash_name, const std::string& frame) const noexcept;
  // Whether both names are one file: a restoring that was cut off.
  bool is_same_file(const std::string& trash_name, const std::string& frame) const;

  // When an annotation file was last written, in nanoseconds since 1970.
  std::optional<std::int64_t> annotation_time(const std::string& file) const;
  AnnotationFile read_annotation(const std::string& file) const;
  // Writes an annotation to a temporary file in the trash folder (which has few files and is not listened to) and says
  // its name. Throws ResourceExhausted when the disk is full, Unavailable while a folder is away (see follow_paths()).
  std::string stage_annotation(const Annotation& annotation) const;
  // Puts it in place, over a file of that name; returns the file's time in nanoseconds.
  std::int64_t publish_annotation(const std::string& staged, const std::string& file) const;
  void discard_annotation(const std::string& staged) const noexcept;
  // Moves an annotation file to the trash under a free name; does nothing when it is not there.
  void retire_annotation(const std::string& file) const;
  // The same within the folder; false when the source is not there or the target is.
  bool rename_annotation(const std::string& from, const std::string& to) const;

  // Writes a new frame durably; false when the name is taken.
  bool add_frame(const std::string& name, std::span<const std::byte> bytes) const;

  // Waits until everything written so far in the folders is on the disk.
  void sync() const;

  // Somebody may have moved a folder away and put another at its path: from now on that one is meant. False, and no
  // annotation is written, while a path leads to no folder that could be used; a warning says which, once.
  bool follow_paths();

 private:
  bool follow_path(const Descriptor& folder, const std::filesystem::path& path);

  std::filesystem::path frames_dir_;
  std::filesystem::path annotations_dir_;
  std::filesystem::path trash_dir_;
  Descriptor lock_;
  Descriptor trash_;
  Descriptor frames_;
  Descriptor annotations_;
  Descriptor trash_frames_;
  Descriptor trash_annotations_;
  std::atomic<bool> away_ = false;  // a folder is not at its path
};

// "a.jpg", 2 gives "a-2.jpg"; the result has at most 255 bytes.
std::string numbered_name(std::string_view name, unsigned int number);

}  // namespace animalctl::label
