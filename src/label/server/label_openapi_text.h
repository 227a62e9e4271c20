#pragma once

namespace animalctl::label {

// The description as text, because that is how it is read. docs/labelling-api.md says the same in sentences.
inline constexpr const char* kOpenApiPaths = R"json({
"openapi": "3.0.3",
"info": {
  "title": "Labelling API",
  "version": "",
  "description": "Images, their labels and every change of them. A change that is answered with 200 is on the disk. On a loopback address nobody needs a token; elsewhere send Authorization: Bearer TOKEN."
},
"security": [{}, {"bearer": []}, {"cookie": []}],
"tags": [{"name": "Images"}, {"name": "Changes"}, {"name": "Figures"}, {"name": "In and out"}, {"name": "Seed", "description": "The replaced labeller's calls, on both ports"}, {"name": "Service"}, {"name": "Console", "description": "Runs, models, drift and canary"}],
"paths": {
  "/api/session": {"get": {"summary": "Who asks, and what there is", "tags": ["Service"],
    "parameters": [{"$ref": "#/components/parameters/Annotator"}],
    "responses": {"200": {"description": "The session", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Session"}}}}, "401": {"$ref": "#/components/responses/NoToken"}}}},
  "/api/items": {"get": {"summary": "Images, filtered and in an order, page by page", "tags": ["Images"],
    "parameters": [
      {"$ref": "#/components/parameters/State"}, {"$ref": "#/components/parameters/Label"}, {"$ref": "#/components/parameters/Source"},
      {"$ref": "#/components/parameters/Version"}, {"$ref": "#/components/parameters/Score"}, {"$ref": "#/components/parameters/Disagree"},
      {"$ref": "#/components/parameters/By"}, {"$ref": "#/components/parameters/From"}, {"$ref": "#/components/parameters/To"}, {"$ref": "#/components/parameters/NamePart"},
      {"name": "sort", "in": "query", "schema": {"type": "string", "default": "name", "enum": ["name", "newest", "uncertain", "confident", "drifted", "suspect", "random"]}},
      {"name": "seed", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}, "description": "Of sort=random"},
      {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
      {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "\"next\" of the page before"}],
    "responses": {"200": {"description": "A page", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "401": {"$ref": "#/components/responses/NoToken"}}}},
  "/api/items/{name}": {"get": {"summary": "One image with its history", "tags": ["Images"],
    "parameters": [{"$ref": "#/components/parameters/Name"}],
    "responses": {"200": {"description": "The image; events newest first", "content": {"application/json": {"schema": {"type": "object", "properties": {"item": {"$ref": "#/components/schemas/Item"}, "history": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}}}}}}, "404": {"$ref": "#/components/responses/Unknown"}}}},
  "/api/labels": {"post": {"summary": "Label, skip, reject, restore or clear, many at once", "tags": ["Changes"],
    "parameters": [{"$ref": "#/components/parameters/Annotator"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["changes"], "properties": {"changes": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"$ref": "#/components/schemas/Change"}}}}}}},
    "responses": {"200": {"description": "One result for each change, in their order: status 200 (on the disk), 400, 403, 404, 409 (the revision is old; item is as it is now), 503 or 507 (disk full)",
      "content": {"application/json": {"schema": {"type": "object", "properties": {"results": {"type": "array", "items": {"$ref": "#/components/schemas/Result"}}}}}}},
      "400": {"$ref": "#/components/responses/Wrong"}, "401": {"$ref": "#/components/responses/NoToken"}, "413": {"$ref": "#/components/responses/TooLarge"}, "415": {"$ref": "#/components/responses/WrongType"}}}},
  "/api/undo": {"post": {"summary": "Take back this person's newest change that stands", "tags": ["Changes"],
    "parameters": [{"$ref": "#/components/parameters/Annotator"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["key"], "properties": {"key": {"$ref": "#/components/schemas/Key"}}}}}},
    "responses": {"200": {"description": "Taken back", "content": {"application/json": {"schema": {"type": "object", "properties": {"item": {"$ref": "#/components/schemas/Item"}, "undone": {"$ref": "#/components/schemas/Event"}}}}}},
      "404": {"description": "Nothing is left to undo", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
      "409": {"description": "Somebody else has changed the image since", "content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}, "item": {"$ref": "#/components/schemas/Item"}}}}}}}}},
  "/api/predictions": {"post": {"summary": "Ask the model for images not yet asked; waits up to 3 s", "tags": ["Images"],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["names"], "properties": {"names": {"type": "array", "maxItems": 64, "items": {"type": "string"}}}}}}},
    "responses": {"200": {"description": "The images as they are now", "content": {"application/json": {"schema": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}}}}}}}},
  "/api/changes": {"get": {"summary": "What has changed since", "tags": ["Images"],
    "parameters": [{"name": "since", "in": "query", "schema": {"type": "integer", "minimum": 0}, "description": "\"sequence\" of an earlier answer; without it only the present one is told"}],
    "responses": {"200": {"description": "The items, each once", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Changes"}}}}}}},
  "/api/progress": {"get": {"summary": "Counts, speed, time left, how far people follow the model", "tags": ["Figures"],
    "responses": {"200": {"description": "The figures", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Progress"}}}}}}},
  "/api/agreement": {"get": {"summary": "Cohen's kappa of people who labelled the same images", "tags": ["Figures"],
    "responses": {"200": {"description": "Pairs of people", "content": {"application/json": {"schema": {"type": "object", "properties": {"pairs": {"type": "array", "items": {"type": "object", "properties": {"first": {"type": "string"}, "second": {"type": "string"}, "items": {"type": "integer"}, "agree": {"type": "integer"}, "kappa": {"type": "number", "nullable": true}}}}}}}}}}}},
  "/api/history": {"get": {"summary": "What people did, newest first", "tags": ["Figures"],
    "parameters": [{"$ref": "#/components/parameters/By"}, {"name": "before", "in": "query", "schema": {"type": "integer"}, "description": "Ids below this: \"next\" of the page before"}, {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}],
    "responses": {"200": {"description": "Events", "content": {"application/json": {"schema": {"type": "object", "properties": {"events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}, "next": {"type": "integer", "nullable": true}}}}}}, "403": {"$ref": "#/components/responses/Forbidden"}}}},
  "/thumbnails/{name}": {"get": {"summary": "A small picture", "tags": ["Images"], "parameters": [{"$ref": "#/components/parameters/Name"}],
    "responses": {"200": {"$ref": "#/components/responses/Image"}, "304": {"description": "As If-None-Match says"}, "404": {"$ref": "#/components/responses/Unknown"}, "415": {"$ref": "#/components/responses/NoImage"}}}},
  "/api/import": {"post": {"summary": "Bring one image or a zip of images in", "tags": ["In and out"],
    "parameters": [{"name": "name", "in": "query", "schema": {"type": "string"}, "description": "What one image is to be called; its last path segment counts"}],
    "requestBody": {"required": true, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}, "application/zip": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {"200": {"description": "A result for each image", "content": {"application/json": {"schema": {"type": "object", "properties": {"results": {"type": "array", "items": {"$ref": "#/components/schemas/Imported"}}}}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "403": {"$ref": "#/components/responses/Forbidden"}, "411": {"description": "Content-Length is missing", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}}, "413": {"$ref": "#/components/responses/TooLarge"}, "415": {"$ref": "#/components/responses/WrongType"}}}},
  "/api/export": {"get": {"summary": "Download labels (and images); without state= the labelled ones", "tags": ["In and out"],
    "parameters": [
      {"name": "format", "in": "query", "required": true, "schema": {"type": "string", "enum": ["json", "csv", "jsonl", "imagefolder", "coco", "label-studio", "huggingface"]}},
      {"name": "images", "in": "query", "schema": {"type": "boolean"}, "description": "json: the images too"},
      {"$ref": "#/components/parameters/State"}, {"$ref": "#/components/parameters/Label"}, {"$ref": "#/components/parameters/Source"},
      {"$ref": "#/components/parameters/Version"}, {"$ref": "#/components/parameters/Score"}, {"$ref": "#/components/parameters/Disagree"},
      {"$ref": "#/components/parameters/By"}, {"$ref": "#/components/parameters/From"}, {"$ref": "#/components/parameters/To"}, {"$ref": "#/components/parameters/NamePart"}],
    "responses": {"200": {"description": "The file", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}, "application/json": {"schema": {"type": "object"}}, "text/csv": {"schema": {"type": "string"}}, "application/jsonl": {"schema": {"type": "string"}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "403": {"$ref": "#/components/responses/Forbidden"}}}},
  "/filelist": {"get": {"summary": "Names of the images without a label", "tags": ["Seed"],
    "responses": {"200": {"description": "By name", "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}}}}},
  "/files/{name}": {"get": {"summary": "An image", "tags": ["Seed"], "parameters": [{"$ref": "#/components/parameters/Name"}],
    "responses": {"200": {"$ref": "#/components/responses/Image"}, "304": {"description": "As If-None-Match says"}, "404": {"$ref": "#/components/responses/Unknown"}, "415": {"$ref": "#/components/responses/NoImage"}}}},
  "/label": {"post": {"summary": "Label one image", "description": "source becomes auto when a score is there and its class is the label, else manual. REJECT moves the image to the trash.", "tags": ["Seed"],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["label", "filename"], "properties": {"label": {"type": "string", "example": "CAT"}, "filename": {"type": "string", "example": "cat.1.jpg"}, "score": {"type": "number", "minimum": 0, "maximum": 1, "nullable": true}, "version": {"type": "integer", "minimum": 0, "nullable": true}}}}}},
    "responses": {"200": {"description": "On the disk", "content": {"application/json": {"schema": {"type": "object", "properties": {"status": {"type": "string", "enum": ["success"]}}}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "404": {"$ref": "#/components/responses/Unknown"}, "507": {"description": "The disk is full; nothing was saved", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}}}}},
  "/health": {"get": {"summary": "Whether the server is there", "tags": ["Service"], "security": [], "responses": {"200": {"description": "Yes", "content": {"application/json": {"schema": {"type": "object", "example": {}}}}}}}}
}
})json";

inline constexpr const char* kOpenApiComponents = R"json({
"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}, "cookie": {"type": "apiKey", "in": "cookie", "name": "animalctl_label"}},
"schemas": {
  "Message": {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}},
  "Key": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$", "description": "Chosen by the client and remembered for ever: a repeated key gives the first answer again and changes nothing"},
  "Prediction": {"type": "object", "nullable": true, "properties": {"label": {"type": "string", "example": "DOG"}, "score": {"type": "number", "minimum": 0, "maximum": 1, "description": "With two classes the probability of the second, else of label"}, "version": {"type": "integer", "nullable": true}}},
  "Item": {"type": "object", "properties": {
    "name": {"type": "string", "example": "cat.1.jpg"}, "revision": {"type": "integer", "minimum": 0, "description": "How often state or label have changed"},
    "state": {"type": "string", "enum": ["unlabelled", "labelled", "skipped", "rejected"]}, "label": {"type": "string", "nullable": true}, "source": {"type": "string", "nullable": true, "example": "manual"},
    "score": {"type": "number", "nullable": true}, "version": {"type": "integer", "nullable": true}, "annotator": {"type": "string", "nullable": true}, "labelled_at": {"type": "string", "format": "date-time", "nullable": true},
    "prediction": {"$ref": "#/components/schemas/Prediction"}, "bytes": {"type": "integer"}, "modified_at": {"type": "string", "format": "date-time"},
    "drift": {"type": "number", "nullable": true, "description": "How far it lies from what the model in service was made with"}}},
  "Page": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, "next": {"type": "string", "nullable": true}, "total": {"type": "integer"}}},
  "Change": {"type": "object", "required": ["key", "name", "revision", "action"], "properties": {
    "key": {"$ref": "#/components/schemas/Key"}, "name": {"type": "string"}, "revision": {"type": "integer", "minimum": 0, "description": "The one that was seen"},
    "action": {"type": "string", "enum": ["label", "skip", "reject", "restore", "clear"]}, "label": {"type": "string", "description": "Of action label: one of the classes"},
    "shown": {"$ref": "#/components/schemas/Prediction"}, "blind": {"type": "boolean", "default": false, "description": "A suggestion was withheld on purpose"}, "milliseconds": {"type": "integer", "nullable": true, "description": "From the image's appearance to the key"}}},
  "Result": {"type": "object", "properties": {"status": {"type": "integer", "enum": [200, 400, 403, 404, 409, 503, 507]}, "item": {"$ref": "#/components/schemas/Item"}, "message": {"type": "string"}}},
  "Event": {"type": "object", "properties": {
    "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}, "name": {"type": "string"}, "annotator": {"type": "string", "nullable": true}, "action": {"type": "string"}, "label": {"type": "string", "nullable": true},
    "before": {"type": "object", "properties": {"state": {"type": "string"}, "label": {"type": "string", "nullable": true}}}, "revision": {"type": "integer"}, "shown": {"$ref": "#/components/schemas/Prediction"},
    "blind": {"type": "boolean"}, "milliseconds": {"type": "integer", "nullable": true}, "undoes": {"type": "integer", "nullable": true}, "source": {"type": "string", "enum": ["page", "seed", "import", "file"]}}},
  "Changes": {"type": "object", "properties": {"sequence": {"type": "integer"}, "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, "more": {"type": "boolean", "description": "Ask again with sequence"}, "forgotten": {"type": "boolean", "description": "Read anew what is shown"}}},
  "Session": {"type": "object", "properties": {"annotator": {"type": "string"}, "role": {"type": "string", "enum": ["labeller", "reviewer", "admin"]}, "classes": {"type": "array", "items": {"type": "string"}}, "predictions": {"type": "string", "enum": ["on", "off", "unreachable"]}, "blind_share": {"type": "number"}, "program_version": {"type": "string"}, "named": {"type": "boolean", "description": "The name is the token's and cannot be chosen"}}},
  "Followed": {"type": "object", "properties": {"labels": {"type": "integer"}, "agree": {"type": "integer"}}},
  "Counts": {"type": "object", "additionalProperties": {"type": "integer"}},
  "Progress": {"type": "object", "properties": {"total": {"type": "integer"}, "unlabelled": {"type": "integer"}, "labelled": {"type": "integer"}, "skipped": {"type": "integer"}, "rejected": {"type": "integer"}, "by_label": {"$ref": "#/components/schemas/Counts"}, "by_source": {"$ref": "#/components/schemas/Counts"}, "by_annotator": {"$ref": "#/components/schemas/Counts"}, "labels_last_hour": {"type": "integer"}, "seconds_per_label": {"type": "number", "nullable": true}, "hours_left": {"type": "number", "nullable": true}, "blind": {"$ref": "#/components/schemas/Followed"}, "shown": {"$ref": "#/components/schemas/Followed"}}},
  "Imported": {"type": "object", "properties": {"name": {"type": "string"}, "status": {"type": "string", "enum": ["imported", "duplicate", "refused"]}, "as": {"type": "string", "nullable": true, "description": "The name it has now, or that of the image with the same content"}, "message": {"type": "string", "nullable": true}}}
},
"parameters": {
  "Annotator": {"name": "X-Annotator", "in": "header", "schema": {"type": "string", "maxLength": 64}, "description": "Who labels, where no tokens are used; UTF-8"},
  "Name": {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}},
  "State": {"name": "state", "in": "query", "schema": {"type": "string"}, "example": "unlabelled,skipped", "description": "unlabelled, labelled, skipped, rejected; several with commas"},
  "Label": {"name": "label", "in": "query", "schema": {"type": "string"}, "description": "Classes, several with commas"},
  "Source": {"name": "source", "in": "query", "schema": {"type": "string"}, "description": "manual, auto or what annotation files say"},
  "Version": {"name": "version", "in": "query", "schema": {"type": "integer", "minimum": 0}, "description": "Of the annotation or the prediction"},
  "Score": {"name": "score", "in": "query", "schema": {"type": "string"}, "example": "0.2..0.8", "description": "Of the prediction"},
  "Disagree": {"name": "disagree", "in": "query", "schema": {"type": "boolean"}, "description": "Only where label and prediction differ"},
  "By": {"name": "annotator", "in": "query", "schema": {"type": "string"}},
  "From": {"name": "from", "in": "query", "schema": {"type": "string", "format": "date-time"}, "description": "Labelled at this time or later"},
  "To": {"name": "to", "in": "query", "schema": {"type": "string", "format": "date-time"}, "description": "Labelled before"},
  "NamePart": {"name": "name", "in": "query", "schema": {"type": "string"}, "description": "Part of the name, in any letter case"}
},
"responses": {
  "Image": {"description": "The image", "headers": {"ETag": {"schema": {"type": "string"}}}, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
  "Wrong": {"description": "What was sent is not understood", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
  "NoToken": {"description": "A token is needed", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
  "Forbidden": {"description": "The role may not", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
  "Unknown": {"description": "There is no such image", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
  "NoImage": {"description": "The file is no PNG, JPEG, WebP or BMP image", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
  "TooLarge": {"description": "The body is larger than the server takes", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}},
  "WrongType": {"description": "The Content-Type is not taken here", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}}
}
})json";

}  // namespace animalctl::label
