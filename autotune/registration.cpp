// SPDX-License-Identifier: Apache-2.0
// Linking girih::autotune asks the linker for girih_autotune_registered, and so
// for this object, which leaves one pointer with the runtime.
#include "girih/autotune/autotune.h"

extern "C" {
[[gnu::visibility("hidden")]] extern const bool girih_autotune_registered;
const bool girih_autotune_registered = [] {
  girih::register_config_provider(girih::autotune::provider_of_environment);
  return true;
}();
}
