# SPDX-License-Identifier: Apache-2.0
# Dialect, pass and target tests: each .mlir file pipes girih-opt into FileCheck. Run through ctest (entry `lit`), which
# passes the site configuration that names the build tree.
import os

import lit.formats

config.name = "girih"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.girih_build, "lit")

config.substitutions.append(("%girih_root", config.girih_source))
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.girih_build, "bin"), config.llvm_tools, config.environment["PATH"]]
)
# Variables are captured per function, so that a name never leaks from one CHECK-LABEL block into the next.
config.environment["FILECHECK_OPTS"] = "--enable-var-scope --dump-input-filter=error"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
