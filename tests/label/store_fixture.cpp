#include "label/store_fixture.h"

#include <filesystem>

#include "animalctl/base/file.h"

namespace animalctl::test {
namespace fs = std::filesystem;

StoreFixture::StoreFixture() {
  options.frames_dir = folder / "frames";
  options.annotations_dir = folder / "annotations";
  options.trash_dir = folder / "trash";
  options.database = "sqlite:" + (folder / "lake.db").string();
  options.watch = false;
  options.now = [this] { return now; };
}

label::LabelStore& StoreFixture::open() {
  store_.reset();
  store_ = label::LabelStore::open(options);
  return *store_;
}

void StoreFixture::add_frame(std::string_view name, std::string_view content) {
  write_file_atomic(options.frames_dir / name, content);
}

void StoreFixture::write_annotation(std::string_view file, std::string_view text) {
  write_file_atomic(options.annotations_dir / file, text);
}

std::string StoreFixture::annotation(std::string_view file) const {
  const fs::path path = options.annotations_dir / file;
  return fs::exists(path) ? read_text_file(path) : std::string();
}

bool StoreFixture::has(std::string_view path) const {
  return fs::exists(folder / path);
}

std::string StoreFixture::content(std::string_view path) const {
  return read_text_file(folder / path);
}

label::ChangeOutcome StoreFixture::change(label::Change change) {
  return store_->submit({std::move(change)}).get().front();
}

label::ChangeOutcome StoreFixture::label(std::string_view name, std::string_view label, std::string_view annotator) {
  label::Change wanted;
  wanted.name = name;
  wanted.label = label;
  wanted.annotator = annotator;
  return change(std::move(wanted));
}

label::ChangeOutcome StoreFixture::act(std::string_view name, label::Action action, std::string_view annotator) {
  label::Change wanted;
  wanted.name = name;
  wanted.action = action;
  wanted.annotator = annotator;
  return change(std::move(wanted));
}

label::LabelStore::UndoOutcome StoreFixture::undo(std::string_view annotator, std::string key) {
  return store_->undo(std::string(annotator), std::move(key)).get();
}

std::vector<std::string> StoreFixture::names(const label::ItemQuery& query) {
  std::vector<std::string> found;
  for (const label::Item& item : store_->page(query).items) found.push_back(item.name);
  return found;
}

std::string picture(std::string_view tail) {
  using namespace std::string_literals;  // NOLINT: the header has NULs
  return "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9BU"s + std::string(tail);
}

}  // namespace animalctl::test
