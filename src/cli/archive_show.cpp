#include "cli/archive_show.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "animalctl/archive/model_archive.h"
#include "animalctl/base/error.h"
#include "animalctl/base/text.h"
#include "archive/signature.h"
#include "cli/exit_code.h"

namespace animalctl::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using archive::Manifest;
using archive::Member;
using archive::OpenArchive;

void print_json(Context& context, const Json& json) {
  context.print(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + fmt::format(" and {} more", names.size() - kShown) : text;
}

Json listing_json(const fs::path& path, const OpenArchive& opened) {
  const Manifest& manifest = opened.manifest();
  Json json;
  json["path"] = path.string();
  json["model"] = manifest.model_name;
  json["version"] = manifest.model_version;
  json["handler"] = manifest.handler;
  json["serialized_file"] = manifest.serialized_file;
  json["created_on"] = manifest.created_on;
  json["archiver_version"] = manifest.archiver_version;
  json["sha256"] = opened.digest().hex();
  json["signed"] = opened.is_signed();
  json["labels"] = opened.names();
  json["members"] = Json::array();
  for (const Member& member : opened.members()) {
    json["members"].push_back({{"name", member.name}, {"bytes", member.size}, {"sha256", member.sha256.hex()}});
  }
  json["metadata"] = opened.metadata();
  return json;
}

// What only archives of ours say.
void print_metadata(Context& context, const Json& metadata) {
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() || found->is_null() ? std::string("-")
           : found->is_string()                        ? found->get<std::string>()
                                                       : found->dump();
  };
  context.print(fmt::format("architecture  {}", text("architecture")));
  context.print(fmt::format("threshold     {}", text("threshold")));
  const auto metrics = metadata.find("metrics");
  if (metrics != metadata.end() && metrics->is_object() && metrics->contains("val_accuracy")) {
    context.print(fmt::format("accuracy      {} (validation)", metrics->at("val_accuracy").dump()));
  }
}

}  // namespace

int list_archive(Context& context, const fs::path& path, bool json) {
  const OpenArchive opened = OpenArchive::open(path);
  if (json) {
    print_json(context, listing_json(path, opened));
    return kExitDone;
  }
  const Manifest& manifest = opened.manifest();
  context.print(fmt::format("model         {} {}", manifest.model_name, manifest.model_version));
  context.print(fmt::format("handler       {}", manifest.handler));
  context.print(fmt::format("created       {}", manifest.created_on));
  if (!opened.names().empty()) context.print(fmt::format("labels        {}", joined(opened.names())));
  if (opened.metadata().is_object()) print_metadata(context, opened.metadata());
  context.print(fmt::format("signed        {}", opened.is_signed() ? "yes (--verify --verify-key checks it)" : "no"));
  context.print(fmt::format("sha256        {}", opened.digest().hex()));
  for (const Member& member : opened.members()) {
    context.print(fmt::format("{:>10}  {}  {}", human_bytes(static_cast<double>(member.size)),
                              member.sha256.hex().substr(0, 12), member.name));
  }
  return kExitDone;
}

int verify_archive(Context& context, const fs::path& path, const fs::path& verify_key, bool json) {
  // A file that is no key is a wrong call, not a bad archive.
  if (!verify_key.empty()) (void)archive::verify("", "", verify_key);
  Json answer;
  answer["path"] = path.string();
  try {
    const OpenArchive opened = OpenArchive::open(path, {}, verify_key);
    const bool recorded = opened.metadata().is_object();
    answer["ok"] = true;
    answer["members"] = opened.members().size();
    answer["digests_recorded"] = recorded;
    answer["signed"] = opened.is_signed();
    answer["signature_verified"] = !verify_key.empty();
    answer["sha256"] = opened.digest().hex();
    if (json) {
      print_json(context, answer);
    } else {
      const std::string digests = recorded ? "as recorded" : "whole; it records no digests";
      const std::string signature = !verify_key.empty()
                                        ? fmt::format(", signed by the owner of {}", verify_key.string())
                                    : opened.is_signed() ? ", signed (--verify-key checks by whom)"
                                                         : ", not signed";
      context.print(
          fmt::format("{} is good: {} files {}{}", path.string(), opened.members().size(), digests, signature));
    }
    return kExitDone;
  } catch (const Error& error) {
    const bool answered_no = error.code() == ErrorCode::DataLoss || error.code() == ErrorCode::FailedPrecondition ||
                             error.code() == ErrorCode::ResourceExhausted || error.code() == ErrorCode::Unimplemented ||
                             error.code() == ErrorCode::InvalidArgument;
    if (!answered_no) throw;
    answer["ok"] = false;
    answer["error"] = error.message();
    if (json) {
      print_json(context, answer);
    } else {
      context.print(fmt::format("{} is not good: {}", path.string(), error.message()));
    }
    return kExitCheckSaidNo;
  }
}

}  // namespace animalctl::cli
