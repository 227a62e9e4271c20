#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace animalctl::serve {

// What an operation reads as its body.
enum class ApiBody {
  None,
  Image,       // a picture in any of the forms of /predictions
  KServe,      // {"instances":[…]}
  Tensors,     // an inference request of the Open Inference Protocol, as JSON or with binary data behind it
  Registering  // the query of POST /models as a JSON object
};

struct ApiAnswer {
  int status = 200;
  std::string_view description;
  std::string_view schema;  // a name of api_schemas(); "" for a body of another kind, or none
};

// One row: a method of a path. Names in braces in the path are its path parameters. The views' texts outlive it.
struct ApiOperation {
  std::string_view method;  // lower case, as OpenAPI writes it
  std::string_view path;
  std::string_view id;
  std::string_view summary;
  std::vector<std::string_view> query;  // names of the table of query parameters
  ApiBody body = ApiBody::None;
  std::vector<ApiAnswer> answers;
};

// Named schemas: components.schemas of every document.
nlohmann::ordered_json api_schemas();

// The document of a listener. Throws Internal when a row names a query parameter or schema that does not exist.
nlohmann::ordered_json make_api_document(std::string_view title, std::string_view description,
                                         std::span<const ApiOperation> operations);

}  // namespace animalctl::serve
