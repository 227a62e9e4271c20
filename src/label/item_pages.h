#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "animalctl/dataset/class_list.h"
#include "animalctl/label/item_query.h"
#include "label/frame_table.h"

namespace animalctl::label {

// One page: a scan of the columns that keeps the `limit` smallest (key, name) after the cursor, so any filter and order
// costs about the same: some milliseconds for a million images. Throws InvalidArgument as LabelStore::page().
ItemPage make_page(const FrameTable& table, const ClassList& classes, const ItemQuery& query);

// Numbers of all that pass, in the order of names.
std::vector<FrameId> passing_in_order(const FrameTable& table, const ItemFilter& filter);

// Names of the unlabelled, in bytewise order.
std::vector<std::string> names_of_unlabelled(const FrameTable& table);

}  // namespace animalctl::label
