#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "animalctl/dataset/import_dataset.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/validators.h"

namespace animalctl::cli {
namespace {

ImportFormat format_named(const std::string& name) {
  if (name == "folders") return ImportFormat::Folders;
  if (name == "prefix") return ImportFormat::Prefix;
  if (name == "csv") return ImportFormat::Csv;
  return name == "jsonl" ? ImportFormat::Jsonl : ImportFormat::Auto;
}

class DatasetImport final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("SRC", source_, "Folder of images, or a CSV or JSONL file that lists them")->required();
    declare_frames_dir(app, frames_dir_);
    declare_annotations_dir(app, annotations_dir_);
    app.add_option("--format", format_,
                   "folders (SRC/cat/*.jpg), prefix (SRC/cat.12.jpg), csv, jsonl, or auto: by what SRC is")
        ->check(one_of({"auto", "folders", "prefix", "csv", "jsonl"}))
        ->type_name("FORMAT")
        ->capture_default_str();
    declare_classes(app, classes_);
    app.add_flag(
        "--link", link_,
        "Hard link the images instead of copying them; symbolic links where that is impossible (other device). "
        "Changing the source then changes the frame");
    app.add_option("--path-column", path_column_,
                   "Column (CSV) or key (JSONL) of the image paths; default: path, file, …")
        ->type_name("NAME");
    app.add_option("--label-column", label_column_, "Column or key of the labels; default: label, class, …")
        ->type_name("NAME");
    declare_json(app, json_);
    app.footer(
        "Nothing is lost: names that are taken get a suffix (cat.12-1.jpg), what is there already is skipped, and all\n"
        "that was not imported is counted with its reason. Paths in a list are relative to the list.\n"
        "Example: animalctl dataset-import ~/PetImages --link");
  }

  int run(Context& context) override {
    const ImportOptions options{.source = source_,
                                .frames_dir = frames_dir_,
                                .annotations_dir = annotations_dir_,
                                .classes = ClassList(parse_classes(classes_)),
                                .format = format_named(format_),
                                .link = link_,
                                .path_column = path_column_,
                                .label_column = label_column_};
    const ImportReport report = import_dataset(options, context.terminal(), context.stop());
    if (json_) {
      context.print(json_text(report, options.classes));
    } else {
      print_report(context, report, options.classes);
    }
    if (report.imported == 0 && report.already_imported == 0) {
      throw Error(ErrorCode::NotFound,
                  fmt::format("nothing could be imported from {}: {}; see --format and --classes", source_,
                              report.skipped.empty() ? "it holds no files" : "every file was skipped"));
    }
    return kExitDone;
  }

 private:
  void print_report(Context& context, const ImportReport& report, const ClassList& classes) const {
    std::string counts;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      counts += fmt::format("{}{}: {}", i == 0 ? "" : ", ", to_lower(classes.names()[i]), report.class_counts[i]);
    }
    context.print(fmt::format("Imported {} frames ({}) into {}", report.imported, counts, frames_dir_));
    if (report.renamed > 0) {
      context.print(fmt::format("Renamed {}: the name was taken, or the extension did not fit the content ({})",
                                report.renamed, report.corrected_extensions));
    }
    for (const auto& [reason, count] : report.skipped_by_reason()) {
      context.print(fmt::format("Skipped {}: {} ({})", count, reason, examples(report, reason)));
    }
  }

  // The first few files skipped for this reason.
  static std::string examples(const ImportReport& report, const std::string& reason) {
    constexpr std::size_t kShown = 3;
    std::string text;
    std::size_t found = 0;
    for (const SkippedSource& source : report.skipped) {
      if (source.reason != reason) continue;
      if (found++ == kShown) return text + ", …";
      text += (text.empty() ? "" : ", ") + source.file;
    }
    return text;
  }

  std::string json_text(const ImportReport& report, const ClassList& classes) const {
    nlohmann::ordered_json json;
    json["imported"] = report.imported;
    json["class_counts"] = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < classes.size(); ++i) json["class_counts"][classes.names()[i]] = report.class_counts[i];
    json["frames_dir"] = frames_dir_;
    json["annotations_dir"] = annotations_dir_;
    json["renamed"] = report.renamed;
    json["corrected_extensions"] = report.corrected_extensions;
    json["linked"] = report.linked;
    json["already_imported"] = report.already_imported;
    json["skipped_counts"] = report.skipped_by_reason();
    json["skipped"] = nlohmann::ordered_json::array();
    for (const SkippedSource& source : report.skipped) {
      json["skipped"].push_back({{"file", source.file}, {"reason", source.reason}, {"detail", source.detail}});
    }
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

  std::string source_;
  std::string frames_dir_ = kDefaultFramesDir;
  std::string annotations_dir_ = kDefaultAnnotationsDir;
  std::string format_ = "auto";
  std::string classes_ = "cat,dog";
  bool link_ = false;
  std::string path_column_;
  std::string label_column_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_dataset_import() {
  return std::make_unique<DatasetImport>();
}

}  // namespace animalctl::cli
