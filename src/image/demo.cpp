#include "animalctl/image/demo.h"

#include <fmt/core.h>

#include <array>

#include "image/demo_painter.h"
#include "image/opencv_bridge.h"

namespace animalctl {
namespace image {
namespace {

constexpr int kMinSize = 32;
constexpr int kMaxSize = 1024;

// What one animal looks like; drawn for both kinds from the same ranges, so that neither fur nor
// brightness gives the kind away.
struct Look {
  Color fur;
  Color patch;
  Color inner_ear;
  Color eye;
  double width = 1;   // of the head
  double ear = 1;     // length of the ears
  double spread = 0;  // how far the ears lean outwards
  double gaze = 0;    // where the face looks, -1..1
  bool patched = false;
  bool tongue = false;
};

Look make_look(RandomStream& random) {
  static const std::array<Color, 9> kFurs{Color{214, 140, 70},  Color{90, 62, 44},    Color{48, 46, 50},
                                          Color{128, 126, 128}, Color{226, 214, 194}, Color{168, 112, 66},
                                          Color{196, 168, 130}, Color{104, 92, 84},   Color{150, 88, 48}};
  static const std::array<Color, 4> kEyes{Color{80, 140, 60}, Color{190, 150, 40}, Color{90, 60, 35},
                                          Color{80, 120, 160}};
  Look look;
  look.fur = shade(kFurs[random.below(kFurs.size())], random.uniform(0.8, 1.2));
  look.patch = shade(kFurs[random.below(kFurs.size())], random.uniform(0.8, 1.2));
  look.inner_ear = Color{200, 140, 140} * 0.6 + look.fur * 0.4;
  look.eye = kEyes[random.below(kEyes.size())];
  look.width = random.uniform(0.85, 1.15);
  look.ear = random.uniform(0.75, 1.25);
  look.spread = random.uniform(-0.1, 0.2);
  look.gaze = random.uniform(-1, 1);
  look.patched = random.uniform() < 0.4;
  look.tongue = random.uniform() < 0.35;
  return look;
}

void draw_body(FigurePainter& painter, const Look& look, bool dog, RandomStream& random) {
  const Color fur = shade(look.fur, 0.88);
  const double lean = random.uniform(-0.5, 0.5);
  const double tail = random.uniform(0.7, 1.3);
  if (dog) {
    painter.stroke({{lean + 0.9, 2.4}, {lean + 1.5, 2.0 - 0.3 * tail}, {lean + 1.8, 1.7 - 0.6 * tail}}, 0.28, fur);
  } else {
    painter.stroke({{lean + 0.9, 2.7}, {lean + 1.6, 2.5}, {lean + 1.9, 1.7}, {lean + 1.6, 1.1 - 0.4 * tail}}, 0.2, fur);
  }
  painter.blob({lean, 2.1}, random.uniform(0.85, 1.25), random.uniform(1.2, 1.6), fur);
  if (look.patched) painter.blob({lean - 0.2, 2.0}, 0.5, 0.8, look.patch);
  painter.blob({lean - 0.45, 3.1}, 0.28, 0.7, shade(look.fur, 0.8));
  painter.blob({lean + 0.35, 3.1}, 0.28, 0.7, shade(look.fur, 0.8));
}

void draw_face_patch(FigurePainter& painter, const Look& look, RandomStream& random) {
  const double side = random.below(2) == 0 ? -1 : 1;
  painter.blob({side * 0.45 * look.width, -0.25}, 0.42, 0.5, look.patch, side * 0.3);
}

void draw_eyes(FigurePainter& painter, const Look& look, bool dog, double shift) {
  for (const double side : {-1.0, 1.0}) {
    const Point eye{side * 0.4 * look.width + shift, -0.12};
    if (dog) {
      painter.blob(eye, 0.15, 0.15, Color{35, 25, 22});
      painter.blob({eye.x + 0.04, eye.y - 0.05}, 0.04, 0.04, Color{235, 235, 235});
    } else {
      painter.blob(eye, 0.21, 0.15, look.eye, side * -0.25);
      painter.blob({eye.x + 0.02 * look.gaze, eye.y}, 0.05, 0.14, Color{20, 20, 20});
    }
  }
}

void draw_cat_head(FigurePainter& painter, const Look& look, RandomStream& random) {
  for (const double side : {-1.0, 1.0}) {
    const double tip_x = side * (0.68 + look.spread) * look.width;
    const double tip_y = -0.75 - 0.75 * look.ear;
    painter.polygon({{side * 0.95 * look.width, -0.2}, {tip_x, tip_y}, {side * 0.12 * look.width, -0.8}}, look.fur);
    painter.polygon({{side * 0.8 * look.width, -0.45}, {tip_x * 0.98, tip_y * 0.88}, {side * 0.3 * look.width, -0.8}},
                    look.inner_ear);
  }
  painter.blob({0, 0}, look.width, 0.9, look.fur);
  if (look.patched) draw_face_patch(painter, look, random);
  if (random.uniform() < 0.5) {
    for (const double x : {-0.2, 0.0, 0.2}) painter.stroke({{x, -0.8}, {x * 0.8, -0.45}}, 0.07, shade(look.fur, 0.6));
  }
  const double shift = 0.12 * look.gaze;
  draw_eyes(painter, look, false, shift);
  painter.blob({shift - 0.16, 0.42}, 0.22, 0.18, shade(look.fur, 1.25));
  painter.blob({shift + 0.16, 0.42}, 0.22, 0.18, shade(look.fur, 1.25));
  painter.polygon({{shift - 0.11, 0.2}, {shift + 0.11, 0.2}, {shift, 0.34}}, Color{205, 120, 125});
  painter.stroke({{shift - 0.2, 0.55}, {shift, 0.45}, {shift + 0.2, 0.55}}, 0.04, shade(look.fur, 0.4));
  const Color whisker = look.fur[0] > 140 ? Color{60, 60, 60} : Color{230, 230, 230};
  for (const double side : {-1.0, 1.0}) {
    for (const double fall : {-0.12, 0.02, 0.16}) {
      painter.stroke({{shift + side * 0.3, 0.4}, {shift + side * 1.25, 0.38 + 1.6 * fall}}, 0.025, whisker);
    }
  }
}

// Ears that hang beside the head, or stand half up as a terrier's.
void draw_dog_ears(FigurePainter& painter, const Look& look, bool hanging) {
  const Color color = shade(look.fur, 0.72);
  for (const double side : {-1.0, 1.0}) {
    if (hanging) {
      painter.blob({side * (0.92 + look.spread) * look.width, 0.1 + 0.25 * look.ear}, 0.3, 0.7 * look.ear, color,
                   side * -0.2);
    } else {
      const double outer = side * (1.05 + look.spread) * look.width;
      painter.polygon({{side * 0.3 * look.width, -0.85},
                       {side * 0.75 * look.width, -1.2},
                       {outer, -0.85},
                       {outer * 1.05, -0.25 * look.ear},
                       {side * 0.8 * look.width, -0.4}},
                      color);
    }
  }
}

void draw_dog_head(FigurePainter& painter, const Look& look, RandomStream& random) {
  const bool hanging = random.uniform() < 0.65;
  if (!hanging) draw_dog_ears(painter, look, false);
  painter.blob({0, -0.1}, 0.85 * look.width, 0.9, look.fur);
  if (look.patched) draw_face_patch(painter, look, random);
  const double shift = 0.16 * look.gaze;
  if (look.tongue) painter.blob({shift, 0.98}, 0.17, 0.32, Color{220, 100, 110});
  painter.blob({shift, 0.52}, 0.5 * look.width, 0.5, shade(look.fur, 1.18));
  painter.stroke({{shift, 0.4}, {shift, 0.75}}, 0.05, shade(look.fur, 0.4));
  painter.stroke({{shift - 0.3, 0.72}, {shift, 0.8}, {shift + 0.3, 0.72}}, 0.05, shade(look.fur, 0.4));
  painter.blob({shift, 0.3}, 0.21, 0.15, Color{28, 24, 26});
  draw_eyes(painter, look, true, 0.7 * shift);
  if (hanging) draw_dog_ears(painter, look, true);
}

FigurePainter::Pose make_pose(int size, RandomStream& random) {
  FigurePainter::Pose pose;
  pose.scale = size * random.uniform(0.17, 0.29);
  pose.center.x = size * random.uniform(0.36, 0.64);
  pose.center.y = size * random.uniform(0.34, 0.54);
  pose.angle = random.uniform(-0.35, 0.35);
  pose.mirror = random.below(2) == 0;
  return pose;
}

}  // namespace
}  // namespace image

ImageU8 draw_demo_animal(bool dog, std::uint64_t seed, std::uint64_t index, int size) {
  if (size < image::kMinSize || size > image::kMaxSize) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("demo image size {} is not in {}..{} pixels", size, image::kMinSize, image::kMaxSize));
  }
  RandomStream random(seed, dog ? "demo-dog" : "demo-cat", index);
  ImageU8 result = image::make_image(size, size, 3);
  cv::Mat picture = image::view_of(result);
  const image::Look look = image::make_look(random);
  image::paint_background(picture, random, random.uniform(70, 230));
  image::FigurePainter painter(picture, image::make_pose(size, random));
  image::draw_body(painter, look, dog, random);
  if (dog) {
    image::draw_dog_head(painter, look, random);
  } else {
    image::draw_cat_head(painter, look, random);
  }
  image::paint_occlusion(picture, random);
  image::apply_light(picture, random);
  image::apply_blur_and_noise(picture, random);
  return result;
}

}  // namespace animalctl
