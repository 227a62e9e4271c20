#pragma once

// The only include of oneDNN. Version 2 (Debian 12) describes an operation first and makes a primitive of it then;
// version 3 (Debian 13) does both at once, with arguments in another order. These functions take the operation's
// arguments as version 3 does. They throw dnnl::error when the library has no such operation on this processor.
#include <oneapi/dnnl/dnnl.hpp>

#include <unordered_map>
#include <vector>

namespace animalctl::onednn {

using Dims = dnnl::memory::dims;
using Description = dnnl::memory::desc;

// Where a kernel looks; {height, width} each. Dilation 0 is none.
struct Places {
  Dims kernel;
  Dims stride;
  Dims dilation;
  Dims padding_before;
  Dims padding_after;
};

#if DNNL_VERSION_MAJOR < 3

inline dnnl::convolution_forward::primitive_desc convolution(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                             const Description& source, const Description& weights,
                                                             const Description& bias, const Description& result,
                                                             const Places& places,
                                                             const dnnl::primitive_attr& attributes) {
  const dnnl::convolution_forward::desc operation(dnnl::prop_kind::forward_inference, algorithm, source, weights, bias,
                                                  result, places.stride, places.dilation, places.padding_before,
                                                  places.padding_after);
  return {operation, attributes, engine};
}

inline dnnl::pooling_forward::primitive_desc pooling(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                     const Description& source, const Description& result,
                                                     const Places& places, const dnnl::primitive_attr& attributes) {
  const dnnl::pooling_forward::desc operation(dnnl::prop_kind::forward_inference, algorithm, source, result,
                                              places.stride, places.kernel, places.padding_before,
                                              places.padding_after);
  return {operation, attributes, engine};
}

inline dnnl::eltwise_forward::primitive_desc elementwise(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                         const Description& map, float first, float second,
                                                         const dnnl::primitive_attr& attributes) {
  const dnnl::eltwise_forward::desc operation(dnnl::prop_kind::forward_inference, algorithm, map, first, second);
  return {operation, attributes, engine};
}

inline dnnl::binary::primitive_desc sum(const dnnl::engine& engine, const Description& first, const Description& second,
                                        const Description& result, const dnnl::primitive_attr& attributes) {
  const dnnl::binary::desc operation(dnnl::algorithm::binary_add, first, second, result);
  return {operation, attributes, engine};
}

inline dnnl::concat::primitive_desc concatenation(const dnnl::engine& engine, int dimension,
                                                  const std::vector<Description>& sources,
                                                  const dnnl::primitive_attr& attributes) {
  return {dimension, sources, engine, attributes};
}

inline void append_elementwise(dnnl::post_ops& steps, dnnl::algorithm algorithm, float first, float second) {
  steps.append_eltwise(1.0F, algorithm, first, second);
}

inline Dims dims_of(const Description& map) {
  return map.dims();
}

inline dnnl::memory::data_type type_of(const Description& map) {
  return map.data_type();
}

#else

inline dnnl::convolution_forward::primitive_desc convolution(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                             const Description& source, const Description& weights,
                                                             const Description& bias, const Description& result,
                                                             const Places& places,
                                                             const dnnl::primitive_attr& attributes) {
  return {engine,
          dnnl::prop_kind::forward_inference,
          algorithm,
          source,
          weights,
          bias,
          result,
          places.stride,
          places.dilation,
          places.padding_before,
          places.padding_after,
          attributes};
}

inline dnnl::pooling_forward::primitive_desc pooling(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                     const Description& source, const Description& result,
                                                     const Places& places, const dnnl::primitive_attr& attributes) {
  return {engine,
          dnnl::prop_kind::forward_inference,
          algorithm,
          source,
          result,
          places.stride,
          places.kernel,
          places.dilation,
          places.padding_before,
          places.padding_after,
          attributes};
}

inline dnnl::eltwise_forward::primitive_desc elementwise(const dnnl::engine& engine, dnnl::algorithm algorithm,
                                                         const Description& map, float first, float second,
                                                         const dnnl::primitive_attr& attributes) {
  return {engine, dnnl::prop_kind::forward_inference, algorithm, map, map, first, second, attributes};
}

inline dnnl::binary::primitive_desc sum(const dnnl::engine& engine, const Description& first, const Description& second,
                                        const Description& result, const dnnl::primitive_attr& attributes) {
  return {engine, dnnl::algorithm::binary_add, first, second, result, attributes};
}

inline dnnl::concat::primitive_desc concatenation(const dnnl::engine& engine, int dimension,
                                                  const std::vector<Description>& sources,
                                                  const dnnl::primitive_attr& attributes) {
  return {engine, dimension, sources, attributes};
}

inline void append_elementwise(dnnl::post_ops& steps, dnnl::algorithm algorithm, float first, float second) {
  steps.append_eltwise(algorithm, first, second);
}

inline Dims dims_of(const Description& map) {
  return map.get_dims();
}

inline dnnl::memory::data_type type_of(const Description& map) {
  return map.get_data_type();
}

#endif

}  // namespace animalctl::onednn
