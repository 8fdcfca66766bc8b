// SPDX-License-Identifier: Apache-2.0
// TuningKeys, and the provider in place. Not installed.
#pragma once

#include "girih/dsl/roles.h"
#include "girih/runtime/config_provider.h"

namespace girih {

/// The key of a launch of a kernel whose identity is known.
TuningKey make_tuning_key(std::string identity,
                          std::span<const Array *const> arrays, Device device);

/// TuningKey::kernel. `fallback` serves kernels that cannot be recorded with
/// trial blocks.
std::string kernel_identity(const KernelSource &source, const BlockRoles &roles,
                            std::span<const DType> dtypes,
                            std::span<const int> ranks, const Config &fallback);

/// The provider in place, or null; null too while this thread asks one.
std::shared_ptr<ConfigProvider> current_config_provider();

/// Asks the provider; logs what it throws. The launches that this thread makes
/// meanwhile are not asked about.
std::optional<Config> ask(ConfigProvider &provider, const ConfigQuery &query);

/// Raised whenever kernels are to be asked about anew; never 0.
std::uint32_t config_generation();

} // namespace girih
