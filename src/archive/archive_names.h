#pragma once

#include <set>
#include <string>
#include <string_view>

namespace animalctl::archive {

// Where the parts of an archive lie.
inline constexpr const char* kManifestName = "MAR-INF/MANIFEST.json";
inline constexpr const char* kMetadataName = "MAR-INF/animalctl.json";
inline constexpr const char* kSignatureName = "MAR-INF/animalctl.sig";
inline constexpr const char* kLabelsName = "index_to_name.json";

// Names of models: ^[A-Za-z0-9][A-Za-z0-9_.-]*$, at most 255 characters; of versions: the same with '+'.
bool is_model_name(std::string_view name);
bool is_model_version(std::string_view version);
// Throw InvalidArgument naming the value and the rule.
void require_model_name(std::string_view name, std::string_view origin);
void require_model_version(std::string_view version, std::string_view origin);

// The names of an archive's members, each accepted once and only when it stays inside the target on every system.
class MemberNames {
 public:
  explicit MemberNames(std::string origin) : origin_(std::move(origin)) {}

  // Returns the name as it is used: without "./" in front and "/" behind; "" for the top folder itself. Throws DataLoss
  // for an absolute name, "..", an empty part, a backslash, a control character or NUL, bytes that are no UTF-8, names
  // that are too long or too deep, one that was there before, and one that is a file here and a folder there.
  std::string accept(std::string_view raw, bool is_folder);

 private:
  [[noreturn]] void refuse(std::string_view raw, std::string_view why) const;

  std::string origin_;
  std::set<std::string, std::less<>> files_;
  std::set<std::string, std::less<>> folders_;
};

// Bytes of a name from outside, fit for a message: anything but printable ASCII as \xNN, cut after 80 characters.
std::string printable(std::string_view raw);

}  // namespace animalctl::archive
