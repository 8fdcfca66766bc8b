// SPDX-License-Identifier: Apache-2.0
// mlir-opt for our dialect and passes.
#include "girih/compiler/pipeline.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  girih::compiler::registerDialects(registry);
  girih::compiler::registerPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "optimises modules of the tile dialect\n", registry));
}
