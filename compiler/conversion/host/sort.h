// SPDX-License-Identifier: Apache-2.0
// Sorting along a dimension: rows lie in buffers and are sorted there by
// host_runtime's function.
#pragma once

#include "girih/compiler/conversion/host/nest.h"

namespace girih::compiler::host {

void emitSort(Emission &emission, tile::SortOp op);

} // namespace girih::compiler::host
