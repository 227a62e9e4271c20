#include "serve/prediction_openapi.h"

#include <nlohmann/json.hpp>

#include "animalctl/version.h"

namespace animalctl::serve {
namespace {

// Kept as text, because that is how it is read. Parsed once; the version is put in.
constexpr const char* kDescription = R"json({
"openapi": "3.0.3",
"info": {
  "title": "Animal Classifier API",
  "version": "",
  "description": "Send a picture, get what it shows. Two versions of the model share the requests as the config says (canary)."
},
"paths": {
  "/": {"get": {
    "summary": "A greeting, or the page to try the model",
    "description": "A browser (Accept: text/html) gets the page.",
    "tags": ["Service"],
    "responses": {"200": {"description": "The greeting",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}, "text/html": {"schema": {"type": "string"}}}}}}},
  "/health": {"get": {
    "summary": "Whether pictures can be answered",
    "tags": ["Service"],
    "responses": {
      "200": {"description": "Yes", "content": {"application/json": {"schema": {"type": "object", "example": {}}}}},
      "503": {"$ref": "#/components/responses/NotLoaded"}}}},
  "/predict": {"post": {
    "summary": "Classify a picture sent as JSON or as it is",
    "tags": ["Prediction"],
    "parameters": [
      {"$ref": "#/components/parameters/ModelVersion"}, {"$ref": "#/components/parameters/CanaryKey"}, {"$ref": "#/components/parameters/Timeout"}],
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"$ref": "#/components/schemas/Base64Picture"}},
      "image/*": {"schema": {"type": "string", "format": "binary"}},
      "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {
      "200": {"$ref": "#/components/responses/Answer"},
      "400": {"$ref": "#/components/responses/BadRequest"},
      "404": {"$ref": "#/components/responses/UnknownVersion"},
      "408": {"$ref": "#/components/responses/Late"},
      "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/WrongType"},
      "422": {"$ref": "#/components/responses/NoPicture"},
      "503": {"$ref": "#/components/responses/Busy"}}}},
  "/upload": {"post": {
    "summary": "Classify an uploaded picture",
    "tags": ["Prediction"],
    "parameters": [
      {"$ref": "#/components/parameters/ModelVersion"}, {"$ref": "#/components/parameters/CanaryKey"}, {"$ref": "#/components/parameters/Timeout"}],
    "requestBody": {"required": true, "content": {"multipart/form-data": {"schema": {
      "type": "object", "required": ["file"],
      "properties": {"file": {"type": "string", "format": "binary", "description": "A PNG, JPEG, WebP or BMP file"}}}}}},
    "responses": {
      "200": {"$ref": "#/components/responses/Answer"},
      "400": {"$ref": "#/components/responses/BadRequest"},
      "404": {"$ref": "#/components/responses/UnknownVersion"},
      "408": {"$ref": "#/components/responses/Late"},
      "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/WrongType"},
      "422": {"$ref": "#/components/responses/NoPicture"},
      "503": {"$ref": "#/components/responses/Busy"}}}},
  "/api/get-config": {"get": {
    "summary": "The canary config in use",
    "tags": ["Canary"],
    "responses": {"200": {"description": "The config",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Config"}}}}}}},
  "/api/update-config": {"put": {
    "summary": "Change the canary config",
    "description": "Without a body the file is read again. A body is checked, written to the file and in use from the next request on. On an error the config in use stays.",
    "tags": ["Canary"],
    "requestBody": {"required": false,
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Config"}}}},
    "responses": {
      "200": {"description": "The config in use now",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Config"}}}},
      "400": {"$ref": "#/components/responses/BadRequest"},
      "409": {"$ref": "#/components/responses/NotLoaded"},
      "413": {"$ref": "#/components/responses/TooLarge"},
      "422": {"$ref": "#/components/responses/BadConfig"}}}},
  "/openapi.json": {"get": {
    "summary": "This description",
    "tags": ["Service"],
    "responses": {"200": {"description": "OpenAPI 3.0.3", "content": {"application/json": {"schema": {"type": "object"}}}}}}},
  "/docs": {"get": {
    "summary": "This page",
    "tags": ["Service"],
    "responses": {"200": {"description": "Swagger UI", "content": {"text/html": {"schema": {"type": "string"}}}}}}}
},
"components": {
  "schemas": {
    "Base64Picture": {"type": "object", "required": ["base_64_str"], "properties": {
      "base_64_str": {"type": "string", "minLength": 1,
        "description": "The bytes of a PNG, JPEG, WebP or BMP file as base64; a data: URL is taken too",
        "example": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"}}},
    "Answer": {"type": "object", "required": ["animal", "score", "version"], "properties": {
      "animal": {"type": "string", "description": "The class, in upper case", "example": "DOG"},
      "score": {"type": "number", "minimum": 0, "maximum": 1, "example": 0.93,
        "description": "With two classes the probability of the second one, P(DOG); with more that of the class named"},
      "version": {"type": "integer", "description": "The version of the model that computed the answer", "example": 2},
      "scores": {"type": "object", "additionalProperties": {"type": "number"},
        "description": "Only with more than two classes: the five most probable ones"}}},
    "Config": {"type": "object", "required": ["traffic", "current_version", "previous_version"], "additionalProperties": false,
      "properties": {
        "traffic": {"type": "number", "minimum": 0, "maximum": 1, "description": "Share of the requests that current_version answers", "example": 1.0},
        "current_version": {"type": "integer", "minimum": 0, "description": "At least previous_version", "example": 1},
        "previous_version": {"type": "integer", "minimum": 0, "description": "Answers the rest", "example": 1},
        "shadow": {"type": "boolean", "default": false, "description": "The version that does not answer computes too; both are recorded"}}},
    "Message": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
  },
  "parameters": {
    "ModelVersion": {"name": "X-Model-Version", "in": "header", "schema": {"type": "integer", "minimum": 0},
      "description": "Have this version answer, whatever the config says"},
    "CanaryKey": {"name": "X-Canary-Key", "in": "header", "schema": {"type": "string"},
      "description": "Choose the version by this key (a user, a camera) instead of by the picture's content"},
    "Timeout": {"name": "X-Request-Timeout-Ms", "in": "header", "schema": {"type": "integer", "minimum": 1, "maximum": 86400000},
      "description": "After so many milliseconds the answer is of no use any more"}
  },
  "responses": {
    "Answer": {"description": "What the picture shows", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}},
    "BadRequest": {"description": "The body is not JSON or not multipart, or a header makes no sense", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "UnknownVersion": {"description": "X-Model-Version is not loaded", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "Late": {"description": "Not answered in time", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "TooLarge": {"description": "The body is larger than the server takes", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "WrongType": {"description": "The Content-Type is not taken here", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "NoPicture": {"description": "There is no picture, or none that can be read", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "BadConfig": {"description": "A value of the config is wrong", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "NotLoaded": {"description": "A version of the config is not loaded", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
    "Busy": {"description": "The queue is full or the model is not loaded; Retry-After says when to try again",
      "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}}
  }
}
})json";

std::string with_version() {
  auto description = nlohmann::ordered_json::parse(kDescription);
  description["info"]["version"] = kVersion;
  return description.dump();
}

}  // namespace

std::string prediction_openapi() {
  static const std::string description = with_version();
  return description;
}

}  // namespace animalctl::serve
