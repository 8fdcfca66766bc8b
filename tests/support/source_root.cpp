// SPDX-License-Identifier: Apache-2.0
#include "girih/tests/support/source_root.h"

namespace girih::testing {

namespace fs = std::filesystem;

fs::path source_root_above(fs::path start) {
  std::error_code ignored;
  for (fs::path folder = std::move(start);; folder = folder.parent_path()) {
    // The bundle holds a VERSION of its own, but no CMakePresets.json.
    if (fs::exists(folder / "CMakePresets.json", ignored) &&
        fs::exists(folder / "VERSION", ignored))
      return folder;
    if (!folder.has_relative_path())
      return {};
  }
}

fs::path source_root() {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (fs::path found = source_root_above(here); !error && !found.empty())
    return found;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : source_root_above(program.parent_path());
}

} // namespace girih::testing
