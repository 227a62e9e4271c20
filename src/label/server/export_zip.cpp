// Exports with files in them: the seed's own, ImageFolder, Hugging Face.
#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/log.h"
#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/annotation_names.h"
#include "label/server/export_writers.h"
#include "label/server/image_file.h"
#include "label/server/item_json.h"
#include "label/server/wire_name.h"
#include "label/server/zip_writer.h"

namespace animalctl::label {
namespace {

using Packing = ZipWriter::Packing;

constexpr std::uint64_t kMaxMember = std::uint64_t{1} << 30;

// The image, or nothing when it went away: an export of many does not end with one.
std::optional<std::string> content_of(const LabelStore& store, const std::string& name) {
  try {
    return ImageFile(store, name).read(kMaxMember);
  } catch (const Error& error) {
    log::warning("an image is left out of an export", {{"image", name}, {"reason", error.what()}});
    return std::nullopt;
  }
}

// A class's name is data and may hold anything: what a path understands is replaced.
std::string folder_name(std::string_view label) {
  std::string folder(label.empty() ? "unlabelled" : label);
  std::replace_if(
      folder.begin(), folder.end(), [](char c) { return c == '/' || c == '\\' || c == '\0'; }, '_');
  if (folder == "." || folder == "..") folder = "_";
  return folder;
}

}  // namespace

void export_json_zip(const ExportSource& source, Spool& out) {
  std::vector<std::string> names;
  source.store.for_each(source.filter, [&](const Item& item) { names.push_back(item.name); });
  const StemOwners owners(names);
  ZipWriter zip(out);
  source.store.for_each(source.filter, [&](const Item& item) {
    if (!item.label.empty()) {
      const std::string name =
          owners.owns(item.name) ? plain_annotation_name(item.name) : qualified_annotation_name(item.name);
      zip.add("annotations/" + wire_name(name), to_json(Annotation{item.label, item.source, item.score, item.version}),
              Packing::Deflated);
    }
    if (!source.images) return;
    if (const auto content = content_of(source.store, item.name)) {
      zip.add("frames/" + wire_name(item.name), *content, Packing::Stored);
    }
  });
  zip.finish();
}

void export_imagefolder(const ExportSource& source, Spool& out) {
  ZipWriter zip(out);
  source.store.for_each(source.filter, [&](const Item& item) {
    if (const auto content = content_of(source.store, item.name)) {
      zip.add(folder_name(item.label) + "/" + wire_name(item.name), *content, Packing::Stored);
    }
  });
  zip.finish();
}

void export_huggingface(const ExportSource& source, Spool& out) {
  ZipWriter zip(out);
  std::string metadata;
  source.store.for_each(source.filter, [&](const Item& item) {
    const auto content = content_of(source.store, item.name);
    if (!content) return;
    zip.add(wire_name(item.name), *content, Packing::Stored);
    nlohmann::ordered_json line = to_json(item);
    line.erase("name");
    nlohmann::ordered_json entry = {{"file_name", wire_name(item.name)}};
    entry.update(line);
    metadata += entry.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  });
  zip.add("metadata.jsonl", metadata, Packing::Deflated);
  zip.finish();
}

}  // namespace animalctl::label
