#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "animalctl/base/digest.h"

namespace animalctl::archive {

// MAR-INF/MANIFEST.json, as torch-model-archiver writes it.
struct Manifest {
  std::string created_on;  // "25/11/2026 14:03:59"
  std::string runtime = "python";
  std::string model_name;
  std::string model_version;
  std::string serialized_file;    // "" when none
  std::string handler;            // "image_classifier", a file name, …
  std::string model_file;         // "" when none
  std::string config_file;        // "" when none
  std::string requirements_file;  // "" when none
  std::vector<std::string> extensions;
  std::string archiver_version;
};

// What an archive may cost to read.
struct ArchiveLimits {
  std::uint64_t max_archive_bytes = std::uint64_t{2} << 30;
  std::uint64_t max_unpacked_bytes = std::uint64_t{4} << 30;
  std::size_t max_files = 1000;
  double max_ratio = 200;  // unpacked to packed, of the whole archive
};

struct Member {
  std::string name;        // relative, '/' between folders
  std::uint64_t size = 0;  // bytes, unpacked
  Digest sha256;
};

// An archive that was opened: its members lie in `folder` for as long as this lives. Move-only.
class OpenArchive {
 public:
  // Opens a .mar (zip, deflate or stored), .tgz or an unpacked folder. With `verify_key` (a PEM file with an Ed25519
  // public key) the archive must carry a signature of that key. Unpacks into a temporary folder below `scratch`
  // ("" : the system's), never outside it.
  // Throws NotFound; DataLoss (no archive, no manifest, a required key missing, a member damaged or with another
  // SHA-256 than recorded); ResourceExhausted (limits); FailedPrecondition (signature); InvalidArgument (model name).
  static OpenArchive open(const std::filesystem::path& path, const ArchiveLimits& limits = {},
                          const std::filesystem::path& verify_key = {}, const std::filesystem::path& scratch = {});
  OpenArchive(OpenArchive&&) noexcept;
  OpenArchive& operator=(OpenArchive&&) noexcept;
  ~OpenArchive();

  const Manifest& manifest() const;
  const std::filesystem::path& folder() const;
  const std::vector<Member>& members() const;
  // MAR-INF/animalctl.json: classes, preprocessing, threshold, metrics, lineage; null in archives of others.
  const nlohmann::ordered_json& metadata() const;
  // index_to_name.json in the order of its numbers; empty when there is none.
  const std::vector<std::string>& names() const;
  // Of the file, or of the members' digests for a folder.
  const Digest& digest() const;
  bool is_signed() const;

 private:
  struct State;
  explicit OpenArchive(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace animalctl::archive
