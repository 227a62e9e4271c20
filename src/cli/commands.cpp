#include "cli/command.h"

namespace animalctl::cli {
namespace {

constexpr CommandRow kCommands[] = {
    {"demo-data", "", "Draw a small labelled set of cats and dogs", make_demo_data},
    {"dataset-import", "", "Bring images and labels from folders, file names, CSV or JSONL into the workspace",
     make_dataset_import},
    {"dataset-check", "", "Find damaged images, duplicates, missing and contradicting labels", make_dataset_check},
    {"dataset-split", "", "Split the labelled images into train, validation and test sets", make_dataset_split},
    {"train", "training", "Train a model", make_train},
    {"evaluate", "evaluation", "Compare two models on the same images", make_evaluate},
    {"validate", "validation", "Check that a model reaches the floors set for it", make_validate},
    {"infer", "inference", "Say what images show", make_infer},
    {"weights", "", "List and download published ImageNet weights for training", make_weights},
    {"report", "", "Write a model's report: curves, confusions, slices and mistakes on one page", make_report},
    {"export", "", "Write a model as TorchScript, ONNX, safetensors or a plain state dict", make_export},
    {"archive", "", "Pack a model into a .mar that serve and TorchServe run; list and verify archives", make_archive},
    {"models", "", "The registry: versions, what served when, promote, roll back, export", make_models},
    {"serve", "", "Serve models: TorchServe's APIs, KServe's, /predict, metrics", make_serve},
    {"label-server", "", "Label images in the browser: page, API, the seed's calls", make_label_server},
    {"lake", "", "Query, fill, export and tidy the data lake: predictions and frames", make_lake},
    {"orchestrate", "", "Watch labels and answers, retrain when there is a reason, promote what is better",
     make_orchestrate},
    {"up", "", "Run label-server, serve and orchestrate together, watched over, on one workspace", make_up},
    {"drift", "", "Say whether what a model sees and answers has changed", make_drift},
    {"loadtest", "", "Load a server and measure throughput and latency", make_loadtest},
    {"completion", "", "Print the completion script of a shell", make_completion},
};

}  // namespace

std::span<const CommandRow> command_table() {
  return kCommands;
}

}  // namespace animalctl::cli
