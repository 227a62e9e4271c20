#pragma once

#include <span>
#include <string>

#include "animalctl/base/digest.h"

namespace animalctl::registry {

// One labelled image of a data set.
struct DataItem {
  std::string name;  // as in the snapshot
  Digest content;    // SHA-256 of the file
  std::string label;
};

// The digest of a data set, whatever the order its items come in: the root of the Merkle tree of RFC 6962 (2.1) over
// the items sorted by name. A leaf's data is name, 0x00, the 32 bytes of the content, label. Of no items it is the
// SHA-256 of nothing. Two sets with one root hold the same images with the same labels; a change of one name, content
// or label changes it. Throws InvalidArgument when a name holds a 0 byte or occurs twice. Thread-safe.
Digest data_digest(std::span<const DataItem> items);

// An image's part of a split: "train", "val" or "test".
struct SplitItem {
  std::string name;
  std::string part;
};

// The same tree over (name, part): which image was in which part. A leaf's data is name, 0x00, part. Throws as above.
Digest split_digest(std::span<const SplitItem> items);

}  // namespace animalctl::registry
