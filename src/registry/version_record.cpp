#include "animalctl/registry/version_record.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "animalctl/base/error.h"
#include "animalctl/base/time_text.h"
#include "registry/record_reader.h"

namespace animalctl::registry {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::size_t kMaxName = 128;

bool is_registry_name(std::string_view name) {
  const auto accepted = [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '.' || character == '_' || character == '-';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), accepted);
}

Json texts_json(const NamedTexts& texts) {
  Json object = Json::object();
  for (const auto& [name, text] : texts) object[name] = text;
  return object;
}

Json files_json(const std::vector<VersionFile>& files) {
  Json list = Json::array();
  for (const VersionFile& file : files) {
    list.push_back({{"role", file.role}, {"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256.hex()}});
  }
  return list;
}

Json metrics_json(const std::vector<MetricRecord>& metrics) {
  Json object = Json::object();
  for (const MetricRecord& metric : metrics) {
    Json entry{{"value", metric.value}};
    if (metric.low && metric.high) entry["interval"] = {*metric.low, *metric.high};
    object[metric.name] = entry;
  }
  return object;
}

Json gates_json(const std::vector<GateRecord>& gates) {
  Json list = Json::array();
  for (const GateRecord& gate : gates) {
    list.push_back({{"name", gate.name}, {"verdict", gate.verdict}, {"reason", gate.reason}});
  }
  return list;
}

NamedTexts read_texts(const RecordReader& reader, const char* key) {
  NamedTexts texts;
  const nlohmann::json* object = reader.find(key);
  if (object == nullptr) return texts;
  const RecordReader inner = reader.inner(*object, key);
  for (const auto& [name, value] : object->items()) texts.emplace_back(name, inner.required<std::string>(name.c_str()));
  return texts;
}

VersionFile read_file_entry(const RecordReader& reader) {
  VersionFile file;
  file.role = reader.required<std::string>("role");
  file.name = reader.required<std::string>("name");
  file.bytes = reader.required<std::uint64_t>("bytes");
  const auto hex = reader.required<std::string>("sha256");
  const auto digest = Digest::from_hex(hex);
  if (!digest || !is_registry_name(file.name)) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: the file \"{}\" with SHA-256 \"{}\" cannot be one of the version",
                                                 reader.origin(), file.name, hex));
  }
  file.sha256 = *digest;
  return file;
}

template <typename Read>
void read_list(const RecordReader& reader, const char* key, Read&& read) {
  const nlohmann::json* list = reader.find(key);
  if (list == nullptr) return;
  if (!list->is_array()) throw Error(ErrorCode::DataLoss, fmt::format("{}: \"{}\" is no list", reader.origin(), key));
  for (const nlohmann::json& entry : *list) read(reader.inner(entry, key));
}

void read_metrics(const RecordReader& reader, VersionRecord& record) {
  const nlohmann::json* metrics = reader.find("metrics");
  if (metrics == nullptr) return;
  (void)reader.inner(*metrics, "metrics");
  for (const auto& [name, value] : metrics->items()) {
    const RecordReader entry = reader.inner(value, name);
    MetricRecord metric;
    metric.name = name;
    metric.value = entry.required<double>("value");
    const auto interval = entry.optional<std::vector<double>>("interval");
    if (!interval.empty() && interval.size() != 2) {
      throw Error(ErrorCode::DataLoss, fmt::format("{}: an interval has two ends", entry.origin()));
    }
    if (interval.size() == 2) {
      metric.low = interval[0];
      metric.high = interval[1];
    }
    record.metrics.push_back(std::move(metric));
  }
}

void require_read_record(const VersionRecord& record, std::string_view origin) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::DataLoss, fmt::format("{}: {}", origin, what));
  };
  if (!is_registry_name(record.model)) refuse(fmt::format("\"{}\" is no name of a model", record.model));
  if (record.version < 1 || record.version > VersionRecord::kMaxVersion) {
    refuse(fmt::format("{} is no version", record.version));
  }
  if (!parse_iso_time(record.created)) refuse(fmt::format("\"created\" is \"{}\", no time", record.created));
  for (std::size_t i = 0; i < record.files.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (record.files[i].role == record.files[j].role || record.files[i].name == record.files[j].name) {
        refuse(fmt::format("two files are the {} or have the name {}", record.files[i].role, record.files[i].name));
      }
    }
  }
}

}  // namespace

const VersionFile* VersionRecord::file(std::string_view role) const {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const VersionFile& file) { return file.role == role; });
  return found == files.end() ? nullptr : &*found;
}

void require_registry_name(std::string_view name) {
  if (is_registry_name(name)) return;
  throw Error(
      ErrorCode::InvalidArgument,
      fmt::format("\"{}\" cannot name a model: up to {} letters, digits, '.', '_' and '-', not starting with '.'", name,
                  kMaxName));
}

std::string to_json(const VersionRecord& record) {
  Json json;
  json["format"] = kFormat;
  json["model"] = record.model;
  json["version"] = record.version;
  json["created"] = record.created;
  if (!record.run.empty()) json["run"] = record.run;
  json["files"] = files_json(record.files);
  if (!record.classes.empty()) json["classes"] = record.classes;
  if (!record.architecture.empty()) json["architecture"] = record.architecture;
  if (!record.data_digest.empty()) json["data_digest"] = record.data_digest;
  if (!record.split_digest.empty()) json["split_digest"] = record.split_digest;
  if (record.train_images > 0) json["train_images"] = record.train_images;
  if (record.val_images > 0) json["val_images"] = record.val_images;
  if (!record.settings.empty()) json["settings"] = texts_json(record.settings);
  if (!record.software.empty()) json["software"] = texts_json(record.software);
  if (!record.metrics.empty()) json["metrics"] = metrics_json(record.metrics);
  if (!record.gates.empty()) json["gates"] = gates_json(record.gates);
  if (record.parent) json["parent"] = *record.parent;
  if (!record.trigger.empty()) json["trigger"] = record.trigger;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

VersionRecord parse_version_record(std::string_view text, std::string_view origin) {
  const nlohmann::json json = parse_record_json(text, origin);
  const RecordReader reader(json, std::string(origin));
  const auto format = reader.required<std::uint64_t>("format");
  if (format > kFormat) {
    throw Error(ErrorCode::Unimplemented,
                fmt::format("{}: format {} is newer than this program, which reads {}", origin, format, kFormat));
  }
  VersionRecord record;
  record.model = reader.required<std::string>("model");
  record.version = reader.required<int>("version");
  record.created = reader.required<std::string>("created");
  record.run = reader.optional<std::string>("run");
  read_list(reader, "files", [&](const RecordReader& entry) { record.files.push_back(read_file_entry(entry)); });
  record.classes = reader.optional<std::vector<std::string>>("classes");
  record.architecture = reader.optional<std::string>("architecture");
  record.data_digest = reader.optional<std::string>("data_digest");
  record.split_digest = reader.optional<std::string>("split_digest");
  record.train_images = reader.optional<std::uint64_t>("train_images");
  record.val_images = reader.optional<std::uint64_t>("val_images");
  record.settings = read_texts(reader, "settings");
  record.software = read_texts(reader, "software");
  read_metrics(reader, record);
  read_list(reader, "gates", [&](const RecordReader& entry) {
    record.gates.push_back({entry.required<std::string>("name"), entry.required<std::string>("verdict"),
                            entry.optional<std::string>("reason")});
  });
  if (reader.find("parent") != nullptr) record.parent = reader.required<int>("parent");
  record.trigger = reader.optional<std::string>("trigger");
  require_read_record(record, origin);
  return record;
}

}  // namespace animalctl::registry
