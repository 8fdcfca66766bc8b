// SPDX-License-Identifier: Apache-2.0
// Everything a user of Girih needs: the language and the runtime.
#pragma once

#include "girih/dsl/dsl.h"
#include "girih/runtime/array.h"
#include "girih/runtime/cuda_kernel.h"
#include "girih/runtime/device.h"
#include "girih/runtime/event.h"
#include "girih/runtime/graph.h"
#include "girih/runtime/kernel.h"
#include "girih/runtime/pool.h"
#include "girih/runtime/stream.h"
