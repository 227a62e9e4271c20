#pragma once

#include <string_view>

#include "animalctl/http/message.h"
#include "animalctl/label/label_store.h"
#include "label/server/item_query_text.h"

namespace animalctl::label {

// The answer to GET /api/export: the items that pass the filters of `query` (without a state: the labelled ones), in
// order, as a download. `format`: json, csv, jsonl, imagefolder, coco, label-studio, huggingface
// (docs/labelling-api.md). Throws InvalidArgument: another format, a filter that is not understood.
http::Response export_answer(const LabelStore& store, std::string_view format, const QueryPairs& query);

}  // namespace animalctl::label
