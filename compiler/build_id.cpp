// SPDX-License-Identifier: Apache-2.0
// Alone, because every change of a source compiles it anew.
#include "girih/compiler/compiler.h"

#include "compiler/build_id.h"

namespace girih::compiler {

std::string_view build_id() { return GIRIH_BUILD_ID; }

} // namespace girih::compiler
