// SPDX-License-Identifier: Apache-2.0
// One convolution of arrays that are there: what all operators of the folder
// come to.
//
// A convolution is a matrix product whose left matrix is not written down: rows
// are positions of the output, columns places of a window and channels. A
// program walks over the places, and over blocks of channels at each, so that
// an element's address moves by the same step in all rows. Where there are few
// channels places and channels are joined instead. One channel a group is no
// product: then each output is a sum over its window, as in pooling.
#pragma once

#include "girih/ops/convolution/windows.h"

namespace girih::ops {

/// G groups of C channels in and K channels out.
struct ConvolutionViews {
  Array x;      // [N, G, C, H...]
  Array weight; // [G, K, C, R...]
  Array bias;   // [G, K], or of rank 0: none
  Array out;    // [N, G, K, P...]
};

/// Dimension `dim` as [groups, size / groups].
Array split_groups(const Array &array, int dim, std::int64_t groups);

/// Makes channels contiguous, by a copy, where many of them are read apart: x
/// and weight are then [..., C] in memory.
void pack_channels(const Call &call, ConvolutionViews &views);

/// out = the convolution + bias; positions follow from out.
void convolve(const Call &call, const ConvolutionViews &views,
              WindowNumbers windows, bool tf32);

/// out = bias, where no window meets x.
void fill_with_bias(const Call &call, const ConvolutionViews &views);

std::vector<KernelEntry> convolution_entries(int dims);
std::vector<KernelEntry> transposed_entries(int dims);

} // namespace girih::ops
