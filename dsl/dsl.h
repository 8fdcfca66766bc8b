// SPDX-License-Identifier: Apache-2.0
// Everything a kernel is written with.
#pragma once

#include "girih/dsl/config.h"
#include "girih/dsl/constants.h"
#include "girih/dsl/control.h"
#include "girih/dsl/dtype.h"
#include "girih/dsl/evaluate.h"
#include "girih/dsl/expr.h"
#include "girih/dsl/functions.h"
#include "girih/dsl/make.h"
#include "girih/dsl/program.h"
#include "girih/dsl/random.h"
#include "girih/dsl/record.h"
#include "girih/dsl/reductions.h"
#include "girih/dsl/shapes.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/dsl/tensor.h"
#include "girih/dsl/values.h"
#include "girih/dsl/visualize.h"
