#include "label/server/export_items.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "animalctl/base/error.h"
#include "label/server/export_writers.h"

namespace animalctl::label {
namespace {

struct Format {
  std::string_view name;
  std::string_view file;
  std::string_view content_type;
  void (*write)(const ExportSource& source, Spool& out);
};

constexpr std::array<Format, 7> kFormats = {
    {{"json", "annotations.zip", "application/zip", export_json_zip},
     {"csv", "labels.csv", "text/csv; charset=utf-8", export_csv},
     {"jsonl", "labels.jsonl", "application/jsonl; charset=utf-8", export_jsonl},
     {"imagefolder", "imagefolder.zip", "application/zip", export_imagefolder},
     {"coco", "coco.json", "application/json", export_coco},
     {"label-studio", "label-studio.json", "application/json", export_label_studio},
     {"huggingface", "huggingface.zip", "application/zip", export_huggingface}}};

bool is_true(const QueryPairs& query, std::string_view key) {
  return std::any_of(query.begin(), query.end(),
                     [&](const auto& pair) { return pair.first == key && pair.second == "true"; });
}

}  // namespace

http::Response export_answer(const LabelStore& store, std::string_view format, const QueryPairs& query) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& known) { return known.name == format; });
  if (found == kFormats.end()) {
    throw Error(ErrorCode::InvalidArgument,
                "format= is json, csv, jsonl, imagefolder, coco, label-studio or huggingface");
  }
  ExportSource source{store, parse_item_query(query, {"format", "images"}).filter, is_true(query, "images")};
  if (source.filter.states.empty()) source.filter.states = {ItemState::Labelled};
  Spool spool;
  found->write(source, spool);
  http::Response response;
  response.content_type = found->content_type;
  response.headers = {{"Content-Disposition", fmt::format("attachment; filename=\"{}\"", found->file)}};
  spool.hand_over(response);
  return response;
}

}  // namespace animalctl::label
