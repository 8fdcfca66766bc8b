// SPDX-License-Identifier: Apache-2.0
// What nearly every source of the runtime includes, parsed once.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/dsl/precompiled.h"
