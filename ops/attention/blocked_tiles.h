// SPDX-License-Identifier: Apache-2.0
// Which tiles a call of blocked attention gets, and in which order.
#pragma once

#include "girih/ops/attention/blocked_attention.h"

namespace girih::ops {

/// Whether warp groups multiply arrays like this one.
bool multiplied_by_groups(const Array &array);

/// The form of the kernel that a call needs, with the tiles that suit it.
BlockedForm form_of(const BlockedCall &call);

/// Stages of keys and values that are worth their memory on warp groups.
int most_stages(const BlockedForm &form, const BlockedCall &call);

/// Whether blocks do several programs.
bool is_persistent(const BlockedForm &form, const BlockedCall &call);

/// The order of programs; `persistent` as is_persistent() has it.
ProgramOrder order_of(const BlockedForm &form, const BlockedCall &call,
                      bool persistent);

} // namespace girih::ops
