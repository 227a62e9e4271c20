#include "label/server/import_upload.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/file.h"
#include "animalctl/dataset/annotation.h"
#include "animalctl/dataset/annotation_names.h"
#include "animalctl/dataset/frame_listing.h"
#include "label/server/limits.h"
#include "label/server/wire_name.h"
#include "label/server/zip_reader.h"

namespace animalctl::label {
namespace {

constexpr std::size_t kMaxAnnotation = std::size_t{64} << 10;
constexpr std::size_t kLabelsAtOnce = 1000;

std::string_view last_segment(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

// The folder that a member is directly in; "" at the top.
std::string_view folder_of(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? std::string_view() : last_segment(name.substr(0, slash));
}

// The programs that pack add these of their own.
bool is_litter(std::string_view name) {
  return name.starts_with("__MACOSX/") || last_segment(name).starts_with('.') || last_segment(name) == "Thumbs.db";
}

bool is_annotation(std::string_view name) {
  return name.ends_with(".json") && folder_of(name) == "annotations";
}

std::string_view status_name(ImportOutcome::Status status) {
  switch (status) {
    case ImportOutcome::Status::Imported:
      return "imported";
    case ImportOutcome::Status::Duplicate:
      return "duplicate";
    case ImportOutcome::Status::Refused:
      break;
  }
  return "refused";
}

// What a person or the model said, as a change that leaves the same annotation.
Change change_of(const Annotation& annotation, const std::string& name, const ClassList& classes,
                 std::string_view annotator) {
  Change change;
  change.name = name;
  change.label = annotation.label;
  change.annotator = annotator;
  change.origin = Origin::Import;
  const bool kept = annotation.source == "auto";
  if (kept || annotation.score) {
    Prediction prediction{annotation.label, annotation.score.value_or(std::nan("")), annotation.version.value_or(-1)};
    if (!kept && classes.size() == 2) prediction.label = classes.name(*annotation.score >= kDecisionThreshold ? 1 : 0);
    change.shown = std::move(prediction);
  }
  // Chosen by hand, although it is what the model said too.
  change.blind = !kept && change.shown.has_value();
  return change;
}

class ZipImport {
 public:
  ZipImport(LabelStore& store, std::string_view annotator) : store_(store), annotator_(annotator) {}

  std::vector<UploadResult> run(std::string_view zip, const UploadLimits& limits) {
    try {
      read_zip(zip, limits,
               {[](const std::string& name) { return wanted(name); },
                [this](const std::string& name, const std::string& content) { take(name, content); },
                [this](const std::string& name, const std::string& why) { refuse(name, why); }});
    } catch (const Error& error) {
      // What came in before stays in and is told; the rest is one result.
      if (results_.empty()) throw Error(ErrorCode::InvalidArgument, error.message());
      refuse("…", error.message());
    }
    label();
    return std::move(results_);
  }

 private:
  static ZipMember wanted(const std::string& name) {
    const bool has_use = is_annotation(name) || is_frame_name(last_segment(name));
    return has_use && !is_litter(name) ? ZipMember::Take : ZipMember::PassOver;
  }

  void take(const std::string& name, std::string_view content) {
    if (is_annotation(name)) {
      if (content.size() > kMaxAnnotation) return refuse(name, "an annotation is not that large");
      try {
        annotations_.emplace(last_segment(name), parse_annotation(content, name));
      } catch (const Error& error) {
        refuse(name, error.message());
      }
      return;
    }
    results_.push_back(import_picture(store_, name, content, annotator_));
    UploadResult& result = results_.back();
    const std::optional<int> label = store_.classes().index_of(folder_of(name));
    // A picture that is there already and has a label keeps it.
    const bool is_new = result.outcome.status == ImportOutcome::Status::Imported;
    const bool is_there = result.outcome.status == ImportOutcome::Status::Duplicate;
    const std::optional<Item> item = is_there ? store_.find(result.outcome.as) : std::optional<Item>();
    if (!is_new && !(item && item->state == ItemState::Unlabelled)) return;
    Arrival arrival{results_.size() - 1, std::string(last_segment(name)), std::nullopt};
    if (label) arrival.label = store_.classes().name(*label);
    arrivals_.push_back(std::move(arrival));
  }

  void refuse(const std::string& name, const std::string& why) {
    results_.push_back({name, {ImportOutcome::Status::Refused, "", why}});
  }

  struct Arrival {
    std::size_t result = 0;
    std::string sent_as;
    std::optional<std::string> label;  // by its folder
  };

  // Annotations may stand behind the images they belong to, so this comes last.
  void label() {
    std::vector<std::string> names;
    for (const Arrival& arrival : arrivals_) names.push_back(arrival.sent_as);
    const StemOwners owners(names);
    for (const Arrival& arrival : arrivals_) {
      const auto found = annotations_.find(owners.owns(arrival.sent_as) ? plain_annotation_name(arrival.sent_as)
                                                                        : qualified_annotation_name(arrival.sent_as));
      Annotation annotation;
      if (found != annotations_.end()) {
        annotation = found->second;
      } else if (arrival.label) {
        annotation = {*arrival.label, "manual", std::nullopt, std::nullopt};
      } else {
        continue;
      }
      const std::string& as = results_[arrival.result].outcome.as;
      changes_.push_back(change_of(annotation, as, store_.classes(), annotator_));
      places_.push_back(arrival.result);
      if (changes_.size() == kLabelsAtOnce) submit();
    }
    submit();
  }

  void submit() {
    if (changes_.empty()) return;
    std::future<std::vector<ChangeOutcome>> future = store_.submit(std::exchange(changes_, {}));
    const std::vector<std::size_t> places = std::exchange(places_, {});
    if (future.wait_for(kStoreLimit) != std::future_status::ready) {
      throw Error(ErrorCode::DeadlineExceeded, "the disk took too long; the images are in, some labels may be not");
    }
    const std::vector<ChangeOutcome> outcomes = future.get();
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (outcomes.at(i).status == ChangeStatus::Done) continue;
      results_[places[i]].outcome.message = "its label could not be saved: " + outcomes[i].message;
    }
  }

  LabelStore& store_;
  const std::string_view annotator_;
  std::vector<UploadResult> results_;
  std::vector<Arrival> arrivals_;
  std::map<std::string, Annotation, std::less<>> annotations_;
  std::vector<Change> changes_;
  std::vector<std::size_t> places_;
};

}  // namespace

nlohmann::ordered_json to_json(const UploadResult& result) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
  };
  return {{"name", wire_name(result.name)},
          {"status", status_name(result.outcome.status)},
          {"as", text_or_null(wire_name(result.outcome.as))},
          {"message", text_or_null(result.outcome.message)}};
}

UploadResult import_picture(LabelStore& store, std::string_view name, std::string_view bytes,
                            std::string_view annotator) {
  if (name.empty()) throw Error(ErrorCode::InvalidArgument, "?name= is missing: what the image is to be called");
  return {std::string(name), store.import_image(name, as_byte_span(bytes), annotator)};
}

std::vector<UploadResult> import_zip(LabelStore& store, std::string_view zip, std::string_view annotator,
                                     const UploadLimits& limits) {
  return ZipImport(store, annotator).run(zip, limits);
}

}  // namespace animalctl::label
