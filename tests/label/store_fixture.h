#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "animalctl/label/label_store.h"
#include "support/temporary_folder.h"

namespace animalctl::test {

// A workspace in a temporary folder and the store over it; time stands still unless a test moves it.
class StoreFixture {
 public:
  StoreFixture();

  label::LabelStore& open();  // opens (again)
  void close() { store_.reset(); }
  label::LabelStore& store() { return *store_; }

  void add_frame(std::string_view name, std::string_view content = "image");
  void write_annotation(std::string_view file, std::string_view text);
  // The text of an annotation file; "" when there is none.
  std::string annotation(std::string_view file) const;
  bool has(std::string_view path) const;
  std::string content(std::string_view path) const;

  // One change by itself.
  label::ChangeOutcome change(label::Change change);
  label::ChangeOutcome label(std::string_view name, std::string_view label, std::string_view annotator = "anna");
  label::ChangeOutcome act(std::string_view name, label::Action action, std::string_view annotator = "anna");
  label::LabelStore::UndoOutcome undo(std::string_view annotator = "anna", std::string key = "");
  label::Item item(std::string_view name) { return store_->find(name).value(); }
  std::vector<std::string> names(const label::ItemQuery& query);

  TemporaryFolder folder;
  label::LabelStoreOptions options;
  label::Time now = label::Time(std::chrono::hours(24 * 365 * 50));

 private:
  std::unique_ptr<label::LabelStore> store_;
};

// A PNG whose header is whole, with `tail` behind it.
std::string picture(std::string_view tail = "");

}  // namespace animalctl::test
