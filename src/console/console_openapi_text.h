#pragma once

namespace animalctl::console {

// The paths of ConsoleApi for the description of the server that they are a part of (OpenAPI 3.0.3). It brings the
// responses Wrong, NoToken, Forbidden and Unknown. docs/labelling-api.md says the same in sentences.
inline constexpr const char* kConsoleOpenApiPaths = R"json({
  "/api/v1/runs": {"get": {"summary": "Runs of the training pipeline, newest first, and the newest decisions", "tags": ["Console"],
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}],
    "responses": {"200": {"description": "runs, decisions, run_requested: the reason of a request for a run that is open", "content": {"application/json": {"schema": {"type": "object"}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "401": {"$ref": "#/components/responses/NoToken"}}}},
  "/api/v1/runs/{run}": {"get": {"summary": "A run: steps, gates, decisions, curves, logs", "tags": ["Console"],
    "parameters": [{"name": "run", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "The run", "content": {"application/json": {"schema": {"type": "object"}}}}, "404": {"$ref": "#/components/responses/Unknown"}}}},
  "/api/v1/runs/{run}/log/{step}": {"get": {"summary": "What a step prints", "tags": ["Console"],
    "description": "With Accept: text/event-stream server-sent events: \"log\" (data: a JSON string, id: the place after it) and \"end\". An answer ends after at most 15 s or with something new; Last-Event-ID goes on where it ended. Otherwise JSON: text, next, complete.",
    "parameters": [{"name": "run", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "step", "in": "path", "required": true, "schema": {"type": "string"}},
      {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}, "description": "Bytes that are known already"}],
    "responses": {"200": {"description": "What comes after that", "content": {"text/event-stream": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "object", "properties": {"text": {"type": "string"}, "next": {"type": "integer"}, "complete": {"type": "boolean"}}}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "404": {"$ref": "#/components/responses/Unknown"}}}},
  "/api/v1/models": {"get": {"summary": "The registry: models, their versions, aliases and history", "tags": ["Console"],
    "responses": {"200": {"description": "Versions and history newest first", "content": {"application/json": {"schema": {"type": "object"}}}}, "401": {"$ref": "#/components/responses/NoToken"}}}},
  "/api/v1/models/{model}/{version}": {"get": {"summary": "A version: its record and card", "tags": ["Console"],
    "parameters": [{"name": "model", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "version", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "responses": {"200": {"description": "summary, record (version.json), card (Markdown)", "content": {"application/json": {"schema": {"type": "object"}}}}, "404": {"$ref": "#/components/responses/Unknown"}}}},
  "/api/v1/models/{model}/promote": {"post": {"summary": "Make a version the champion that answers all requests (admin)", "tags": ["Console"],
    "parameters": [{"name": "model", "in": "path", "required": true, "schema": {"type": "string"}}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["version", "reason"], "properties": {"version": {"type": "integer"}, "reason": {"type": "string", "minLength": 1, "maxLength": 1000}}}}}},
    "responses": {"200": {"description": "champion", "content": {"application/json": {"schema": {"type": "object", "properties": {"champion": {"type": "integer"}}}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/Unknown"}}}},
  "/api/v1/models/{model}/rollback": {"post": {"summary": "Put the version before the champion back (admin)", "tags": ["Console"],
    "parameters": [{"name": "model", "in": "path", "required": true, "schema": {"type": "string"}}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["reason"], "properties": {"reason": {"type": "string", "minLength": 1, "maxLength": 1000}}}}}},
    "responses": {"200": {"description": "champion", "content": {"application/json": {"schema": {"type": "object", "properties": {"champion": {"type": "integer"}}}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/Unknown"}}}},
  "/api/v1/drift": {"get": {"summary": "How far the newest answers are from the reference (docs/drift.md)", "tags": ["Console"],
    "responses": {"200": {"description": "The drift report, at most 30 s old", "content": {"application/json": {"schema": {"type": "object"}}}}, "401": {"$ref": "#/components/responses/NoToken"}}}},
  "/api/v1/canary": {"get": {"summary": "How requests are shared out, who answered how many, what was decided", "tags": ["Console"],
    "responses": {"200": {"description": "The canary, or how requests are shared out without one", "content": {"application/json": {"schema": {"type": "object"}}}}, "401": {"$ref": "#/components/responses/NoToken"}}}},
  "/api/v1/requests": {"post": {"summary": "Ask the orchestrator for a run, or to stop the canary (admin)", "tags": ["Console"],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["request", "reason"], "properties": {"request": {"type": "string", "enum": ["run-now", "stop-canary"]}, "reason": {"type": "string", "minLength": 1, "maxLength": 1000}}}}}},
    "responses": {"200": {"description": "It is written down; the orchestrator reads it when it looks next", "content": {"application/json": {"schema": {"type": "object"}}}}, "400": {"$ref": "#/components/responses/Wrong"}, "403": {"$ref": "#/components/responses/Forbidden"}}}}
})json";

}  // namespace animalctl::console
