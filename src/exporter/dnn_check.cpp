#include "exporter/dnn_check.h"

#include <fmt/core.h>

#include <opencv2/dnn.hpp>

#include "animalctl/base/error.h"

namespace animalctl {

std::vector<float> run_with_opencv(std::span<const std::byte> network, std::span<const float> batch,
                                   const std::array<int, 4>& shape) {
  try {
    cv::dnn::Net net = cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(network.data()), network.size());
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    // OpenCV's input is not const, but only read.
    const cv::Mat input(4, shape.data(), CV_32F, const_cast<float*>(batch.data()));
    net.setInput(input);
    const cv::Mat output = net.forward();
    if (output.type() != CV_32F || !output.isContinuous()) {
      throw Error(ErrorCode::Internal, "OpenCV's dnn gives no plain array of float32 for the exported network");
    }
    return {output.ptr<float>(), output.ptr<float>() + output.total()};
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::Internal, fmt::format("OpenCV's dnn refuses the exported network: {}", error.err));
  }
}

}  // namespace animalctl
