#pragma once

#include <filesystem>

#include "animalctl/registry/registry.h"

namespace animalctl::publish {

// <model_store>/<model>-<version>.mar: where `serve` looks for a version's archive.
std::filesystem::path stored_archive(const std::filesystem::path& model_store, const std::string& model, int version);

// Puts a version's archive there in one durable step: a hard link to the registry's, or a copy where the file systems
// differ. A file of the same content stays. Throws NotFound when the version has no archive.
std::filesystem::path place_archive(const registry::ModelRegistry& registry, int version,
                                    const std::filesystem::path& model_store);

// How the prediction API shares requests out (docs/formats/canary-config.md).
struct TrafficSplit {
  double traffic = 1;  // 0..1: the share of current_version
  int current_version = 1;
  int previous_version = 1;
  bool shadow = false;
};

// Writes the file in one durable step; `serve` follows it. The smaller version number has to be the previous one.
// Throws InvalidArgument for a split that `serve` would refuse.
void write_canary_config(const std::filesystem::path& path, const TrafficSplit& split);

// All requests to one version: what stands in the file when no canary runs.
TrafficSplit all_traffic_to(int version);

}  // namespace animalctl::publish
