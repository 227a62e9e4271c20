#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace animalctl::orchestrate {

// runs/<run>/ (docs/formats/run-folder.md): a folder a step, which appears by rename when the step is whole. While it
// works a step writes into ".tmp-<step>".
class RunFolder {
 public:
  RunFolder(const std::filesystem::path& runs_dir, const std::filesystem::path& log_dir, const std::string& run)
      : folder_(runs_dir / run), logs_(log_dir / run) {}

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path step(std::string_view step) const { return folder_ / step; }
  std::filesystem::path work(std::string_view step) const { return folder_ / (".tmp-" + std::string(step)); }
  std::filesystem::path log(std::string_view step) const { return logs_ / (std::string(step) + ".log"); }
  bool has(std::string_view step) const;

  // An empty work folder; with `keep` what an interrupted attempt left stays.
  std::filesystem::path begin(std::string_view step, bool keep) const;
  // Makes what is in the work folder durable and the step's.
  void finish(std::string_view step) const;
  // Removes a step that is to be done again.
  void forget(std::string_view step) const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path logs_;
};

// Copies a file under its name in one durable step; as a link where the file system lets it. Throws as AtomicFile.
void place_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace animalctl::orchestrate
