#pragma once

#include "animalctl/label/label_store.h"
#include "label/server/spool.h"

namespace animalctl::label {

// What an export takes its items and images from.
struct ExportSource {
  const LabelStore& store;
  ItemFilter filter;
  bool images = false;  // json: with the images
};

// One writer a format. Items whose image is gone meanwhile are left out where the image is needed.
void export_csv(const ExportSource& source, Spool& out);           // RFC 4180 with a header
void export_jsonl(const ExportSource& source, Spool& out);         // one item of the API a line
void export_coco(const ExportSource& source, Spool& out);          // COCO: an annotation the size of the image
void export_label_studio(const ExportSource& source, Spool& out);  // Label Studio's task list (Choices)
void export_json_zip(const ExportSource& source, Spool& out);      // annotations/<stem>.json, frames/<name>
void export_imagefolder(const ExportSource& source, Spool& out);   // <LABEL>/<name>
void export_huggingface(const ExportSource& source, Spool& out);   // metadata.jsonl and the images beside it

}  // namespace animalctl::label
