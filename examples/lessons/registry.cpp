// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include "conv2d.h"
#include "dropout.h"
#include "flash_attention.h"
#include "layer_norm.h"
#include "matmul.h"
#include "max_pool2d.h"
#include "softmax.h"
#include "vector_add.h"

namespace lessons {

namespace {

using girih::ops::KernelEntry;
using girih::ops::OperandShape;
using Sizes = std::span<const std::int64_t>;
using Operands = std::vector<OperandShape>;

const std::vector<DType> floats{bf16, f16, f32};

// x[M, N] and y[M, N].
Operands two_matrices(DType dtype, Sizes sizes) {
  const OperandShape matrix{dtype, {sizes[0], sizes[1]}, {}};
  return {matrix, matrix};
}

KernelEntry rows(std::string_view name, Kernel kernel,
                 Operands (*operands)(DType, Sizes)) {
  return {.name = name,
          .kernel = std::move(kernel),
          .dtypes = floats,
          .size_names = {"M", "N"},
          .sizes = {16384, 4096},
          .picture_sizes = {3, 5},
          .operands = operands};
}

KernelEntry attention(std::string_view name, bool causal) {
  return {.name = name,
          .kernel = flash_attention(causal),
          .dtypes = {bf16, f16},
          .size_names = {"B", "H", "M", "N", "D"},
          .sizes = {4, 16, 4096, 4096, 128},
          .picture_sizes = {1, 2, 5, 7, 3},
          .operands = [](DType dtype, Sizes n) {
            const OperandShape q{dtype, {n[0], n[1], n[2], n[4]}, {}};
            const OperandShape k{dtype, {n[0], n[1], n[3], n[4]}, {}};
            return Operands{q, k, k, q};
          }};
}

KernelEntry convolution() {
  return {.name = "conv2d",
          .kernel = conv2d(),
          .dtypes = floats,
          .size_names = {"N", "H", "W", "C", "K", "R", "S"},
          // 56 rows and columns after padding by one on each side.
          .sizes = {64, 58, 58, 64, 64, 3, 3},
          .picture_sizes = {1, 4, 5, 1, 3, 2, 3},
          .operands = [](DType dtype, Sizes n) {
            return Operands{
                {dtype, {n[0], n[1], n[2], n[3]}, {}},
                {dtype, {n[4], n[5], n[6], n[3]}, {}},
                {dtype, {n[0], n[1] - n[5] + 1, n[2] - n[6] + 1, n[4]}, {}}};
          }};
}

KernelEntry pooling() {
  return {
      .name = "max_pool2d",
      .kernel = max_pool2d(3, 2),
      .dtypes = floats,
      .size_names = {"N", "C", "H", "W"},
      .sizes = {64, 64, 112, 112},
      .picture_sizes = {1, 1, 7, 7},
      .operands = [](DType dtype, Sizes n) {
        return Operands{
            {dtype, {n[0], n[1], n[2], n[3]}, {}},
            {dtype, {n[0], n[1], (n[2] - 3) / 2 + 1, (n[3] - 3) / 2 + 1}, {}}};
      }};
}

KernelEntry addition() {
  return {.name = "vector_add",
          .kernel = vector_add(),
          .dtypes = floats,
          .size_names = {"N"},
          .sizes = {1 << 26},
          .picture_sizes = {5},
          .operands = [](DType dtype, Sizes n) {
            return Operands(3, {dtype, {n[0]}, {}});
          }};
}

KernelEntry product() {
  return {.name = "matmul",
          .kernel = matmul(),
          .dtypes = floats,
          .size_names = {"M", "N", "K"},
          .sizes = {4096, 4096, 4096},
          .picture_sizes = {3, 5, 4},
          .operands = [](DType dtype, Sizes n) {
            return Operands{{dtype, {n[0], n[2]}, {}},
                            {dtype, {n[2], n[1]}, {}},
                            {dtype, {n[0], n[1]}, {}}};
          }};
}

std::vector<KernelEntry> make_entries() {
  return {addition(),
          product(),
          rows("softmax", softmax(), two_matrices),
          rows("long_softmax", long_softmax(), two_matrices),
          rows("layer_norm", layer_norm(),
               [](DType dtype, Sizes n) {
                 const OperandShape matrix{dtype, {n[0], n[1]}, {}};
                 const OperandShape row{dtype, {n[1]}, {}};
                 return Operands{matrix, row, row, matrix};
               }),
          rows("rms_norm", rms_norm(),
               [](DType dtype, Sizes n) {
                 const OperandShape matrix{dtype, {n[0], n[1]}, {}};
                 return Operands{matrix, {dtype, {n[1]}, {}}, matrix};
               }),
          convolution(),
          pooling(),
          attention("flash_attention", false),
          attention("causal_flash_attention", true),
          {.name = "dropout",
           .kernel = dropout(),
           .dtypes = floats,
           .size_names = {"N"},
           .sizes = {1 << 26},
           .picture_sizes = {5},
           .operands = [](DType dtype, Sizes n) {
             return Operands{{dtype, {n[0]}, {}},
                             {i64, {}, {}, true},
                             {f32, {}, {}, true},
                             {dtype, {n[0]}, {}}};
           }}};
}

} // namespace

std::span<const KernelEntry> all_kernels() {
  static const std::vector<KernelEntry> entries = make_entries();
  return entries;
}

} // namespace lessons
