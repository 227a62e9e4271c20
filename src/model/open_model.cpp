#include "model/open_model.h"

#include "model/model_file.h"
#include "model/torchscript_network.h"

namespace animalctl {

OpenModel open_model(const std::filesystem::path& model, const ScriptOptions& script) {
  if (is_script_model(model)) return open_script_model(script_path(model), script);
  const ModelFile file = read_model_file(model);
  return {{file.architecture, file.classes, file.preprocessing}, make_network(file, model)};
}

}  // namespace animalctl
