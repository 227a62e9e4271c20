#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "label/store_state.h"

namespace animalctl::label {

// What a saved index belongs to and up to where it knows the history (docs/formats/label-index.md).
struct SavedIndexHeader {
  std::uint64_t workspace = 0;   // of the folders' paths and the classes
  std::uint64_t database = 0;    // the number the database gave itself
  std::uint64_t event = 0;       // events up to this one are in
  std::uint64_t prediction = 0;  // predictions up to this stamp are in
};

// Writes the index of `state` beside `file` and puts it in place when it is whole and on the disk. Takes the readers'
// lock for some hundred images at a time, so what changes meanwhile may be in or not: the header's numbers are to be
// read before. Throws as AtomicFile.
void save_index(const StoreState& state, const SavedIndexHeader& header, const std::filesystem::path& file);

// Reads the bytes of a saved index into an empty `state`; the whole is checked before anything is put in. Throws
// DataLoss: cut off, changed, of another version, or with content that no index has; FailedPrecondition: of another
// workspace or database than `present`, or of a later state of the database.
SavedIndexHeader load_index(std::span<const std::byte> bytes, const SavedIndexHeader& present, StoreState& state);

// SavedIndexHeader::workspace.
std::uint64_t workspace_number(const std::filesystem::path& frames, const std::filesystem::path& annotations,
                               const std::filesystem::path& trash, const ClassList& classes);

}  // namespace animalctl::label
