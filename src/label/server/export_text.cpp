// Exports that are one text: CSV, JSON Lines, COCO, Label Studio.
#include <fmt/core.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "animalctl/base/file.h"
#include "animalctl/base/text.h"
#include "animalctl/base/time_text.h"
#include "animalctl/image/header.h"
#include "label/server/export_writers.h"
#include "label/server/image_file.h"
#include "label/server/item_json.h"
#include "label/server/wire_name.h"

namespace animalctl::label {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxEmbeddedImage = std::uint64_t{64} << 20;

std::string csv_field(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string number_text(const std::optional<double>& number) {
  return number ? python_float(*number) : "";
}

std::string number_text(const std::optional<int>& number) {
  return number ? std::to_string(*number) : "";
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Width and height as stored; nothing when the file is gone or damaged.
std::optional<ImageHeader> size_of(const LabelStore& store, const std::string& name) {
  try {
    const ImageFile file(store, name);
    const std::string bytes = file.read(kMaxEmbeddedImage);
    const Result<ImageHeader> header = parse_image_header(as_byte_span(bytes));
    if (header) return header.value();
  } catch (const Error&) {
    // An export of many images does not end with one that went away.
  }
  return std::nullopt;
}

// Everything but letters, digits and "-._~/" as %XX: an address for Label Studio.
std::string url_path(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string path;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      path += c;
      continue;
    }
    path += '%';
    path += kDigits[static_cast<unsigned char>(c) >> 4U];
    path += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return path;
}

Json choice(const std::string& label) {
  return {{"from_name", "label"},
          {"to_name", "image"},
          {"type", "choices"},
          {"value", {{"choices", Json::array({label})}}}};
}

// With two classes the score is the second one's; Label Studio's is of the choice that is made.
double score_of_choice(const Prediction& prediction, const ClassList& classes) {
  const bool first_of_two = classes.size() == 2 && classes.index_of(prediction.label) == 0;
  return first_of_two ? 1 - prediction.score : prediction.score;
}

Json task_of(const Item& item, const ClassList& classes, std::size_t id) {
  Json task = {
      {"id", id},
      {"data", {{"image", "/data/local-files/?d=frames/" + url_path(item.name)}, {"name", wire_name(item.name)}}},
      {"annotations", Json::array()},
      {"predictions", Json::array()}};
  if (!item.label.empty()) {
    Json annotation = {{"result", Json::array({choice(item.label)})}, {"was_cancelled", false}};
    if (item.labelled_at) annotation["created_at"] = iso_time(*item.labelled_at);
    if (!item.annotator.empty()) annotation["completed_by"] = {{"email", item.annotator}};
    task["annotations"].push_back(std::move(annotation));
  }
  if (item.prediction) {
    task["predictions"].push_back({{"model_version", std::to_string(item.prediction->version)},
                                   {"score", score_of_choice(*item.prediction, classes)},
                                   {"result", Json::array({choice(item.prediction->label)})}});
  }
  return task;
}

}  // namespace

void export_csv(const ExportSource& source, Spool& out) {
  out.write(
      "name,state,label,source,score,version,annotator,labelled_at,predicted_label,predicted_score,"
      "predicted_version\r\n");
  source.store.for_each(source.filter, [&](const Item& item) {
    const std::optional<Prediction>& seen = item.prediction;
    out.write(fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(item.name), name_of(item.state),
                          csv_field(item.label), csv_field(item.source), number_text(item.score),
                          number_text(item.version), csv_field(item.annotator),
                          item.labelled_at ? iso_time(*item.labelled_at) : "", seen ? csv_field(seen->label) : "",
                          seen ? python_float(seen->score) : "", seen ? std::to_string(seen->version) : ""));
  });
}

void export_jsonl(const ExportSource& source, Spool& out) {
  source.store.for_each(source.filter, [&](const Item& item) { out.write(line_of(to_json(item)) + "\n"); });
}

void export_coco(const ExportSource& source, Spool& out) {
  const ClassList& classes = source.store.classes();
  out.write(R"({"info":{"description":"image classification"},"categories":[)");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    out.write((i == 0 ? "" : ",") + line_of({{"id", i + 1}, {"name", classes.names()[i]}}));
  }
  out.write("],\"images\":[");
  // The annotations stand behind all images, so they wait, a few bytes each, in a spool of their own size.
  std::string annotations;
  std::size_t id = 0;
  source.store.for_each(source.filter, [&](const Item& item) {
    const std::optional<ImageHeader> size = size_of(source.store, item.name);
    if (!size) return;
    const std::optional<int> label = classes.index_of(item.label);
    ++id;
    out.write(
        (id == 1 ? "" : ",") +
        line_of({{"id", id}, {"file_name", wire_name(item.name)}, {"width", size->width}, {"height", size->height}}));
    if (!label) return;
    const auto area = static_cast<std::int64_t>(size->width) * size->height;
    annotations += (annotations.empty() ? "" : ",") + line_of({{"id", id},
                                                               {"image_id", id},
                                                               {"category_id", *label + 1},
                                                               {"bbox", {0, 0, size->width, size->height}},
                                                               {"area", area},
                                                               {"iscrowd", 0},
                                                               {"segmentation", Json::array()}});
  });
  out.write("],\"annotations\":[");
  out.write(annotations);
  out.write("]}\n");
}

void export_label_studio(const ExportSource& source, Spool& out) {
  out.write("[");
  std::size_t id = 0;
  source.store.for_each(source.filter, [&](const Item& item) {
    ++id;
    out.write((id == 1 ? "\n" : ",\n") + line_of(task_of(item, source.store.classes(), id)));
  });
  out.write("\n]\n");
}

}  // namespace animalctl::label
