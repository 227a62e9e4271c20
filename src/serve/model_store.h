#pragma once

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "serve/model_manager.h"

namespace animalctl::serve {

// An archive that was found, or fetched into the store.
struct FoundArchive {
  std::filesystem::path path;
  bool fetched = false;  // lies in the store because of this call
};

// The folder that archives are registered from; nothing outside it is ever opened. Thread-safe.
class ModelStore {
 public:
  // `allowed_urls`: regular expressions, any case, each for a whole address; empty: nothing is fetched.
  ModelStore(std::filesystem::path folder, const std::vector<std::string>& allowed_urls);

  // What `url` means: a name in the store ("a.mar", an unpacked folder), a file: address below it, or an http(s)
  // address that is allowed, which is fetched into the store under its last name. An address that redirects to one that
  // is not allowed is refused. Throws ModelError: ModelNotFound for a name that is not there or leads out of the store,
  // DownloadFailed for what cannot or may not be fetched, AlreadyRegistered when the store has a file of the fetched
  // one's name, InvalidModel for a name that no archive may have.
  FoundArchive find(const std::string& url) const;

  // Names of all archives in the store, sorted: .mar, .tgz and .tar.gz files and unpacked folders. None when the store
  // is not there.
  std::vector<std::string> list() const;

 private:
  std::filesystem::path inside(const std::filesystem::path& wanted, const std::string& url) const;
  FoundArchive fetch(const std::string& url) const;
  bool allowed(const std::string& url) const;

  std::filesystem::path folder_;
  std::vector<std::regex> allowed_;
};

// True for names that a model may have: ^[A-Za-z0-9][A-Za-z0-9_.-]*$, at most 255 characters.
bool is_model_name(std::string_view name);

}  // namespace animalctl::serve
