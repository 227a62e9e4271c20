#pragma once

#include <nlohmann/json.hpp>

#include "animalctl/archive/model_archive.h"
#include "animalctl/model/serving_model.h"
#include "serve/model_manager.h"
#include "serve/serve_settings.h"

namespace animalctl::serve {

// What an opened archive holds and how it is to be run.
struct ArchivedModel {
  VersionFacts facts;
  ServingOptions options;
  nlohmann::ordered_json metadata;  // the archive's own; null in archives of others
};

// Reads the manifest. An archive of ours says itself how it wants its images; a TorchScript file under the stock
// handler image_classifier gets what that handler does (shorter side to 256, centre 224, ImageNet's mean and deviation,
// softmax). Throws ModelError(InvalidModel) for everything that would need Python, naming the handler, and for names
// that cannot be.
ArchivedModel read_archived_model(const archive::OpenArchive& opened, const RegisterRequest& request,
                                  const ServeSettings& settings, int batch_size);

// What `customizedMetadata` shows of a version: architecture, classes, preprocessing, how it is run, digest, lineage.
nlohmann::ordered_json shown_metadata(const ArchivedModel& archived, const ServingModel& model);

}  // namespace animalctl::serve
