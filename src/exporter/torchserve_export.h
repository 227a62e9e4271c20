#pragma once

#include "animalctl/exporter/export_model.h"

namespace animalctl {

// ExportFormat::TorchServe of export_model(): a checkpoint or "torchscript:FILE" as TorchScript for both servers
// (torchserve_module.h), read back and tried in both before it takes its name.
ExportReport export_for_torchserve(const ExportConfig& config);

}  // namespace animalctl
