#include "dataset/image_extension.h"

#include <string>

#include "animalctl/base/text.h"

namespace animalctl {

std::string_view usual_extension(ImageFormat format) {
  switch (format) {
    case ImageFormat::Png:
      return "png";
    case ImageFormat::Jpeg:
      return "jpg";
    case ImageFormat::WebP:
      return "webp";
    case ImageFormat::Bmp:
      return "bmp";
  }
  return "png";
}

bool extension_fits(std::string_view name, ImageFormat format) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string extension = to_lower(name.substr(dot + 1));
  return extension == usual_extension(format) || (format == ImageFormat::Jpeg && extension == "jpeg");
}

}  // namespace animalctl
