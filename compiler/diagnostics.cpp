// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/diagnostics.h"

#include "mlir/IR/Location.h"

using namespace mlir;

namespace girih::compiler {

SourceLine sourceLine(Location location) {
  SourceLine result;
  location->walk([&](Location part) {
    auto file = dyn_cast<FileLineColLoc>(part);
    if (!file)
      return WalkResult::advance();
    result = SourceLine(file.getFilename().str(), file.getLine());
    return WalkResult::interrupt();
  });
  return result;
}

DiagnosticCollector::DiagnosticCollector(MLIRContext &context)
    : handler(&context, [this](mlir::Diagnostic &diagnostic) {
        collect(diagnostic);
        return success();
      }) {}

void DiagnosticCollector::collect(mlir::Diagnostic &from) {
  SourceLine where = sourceLine(from.getLocation());
  std::string text = from.str();
  if (from.getSeverity() == DiagnosticSeverity::Remark) {
    auto [pass, rest] = StringRef(text).split(": ");
    if (rest.empty())
      std::swap(pass, rest);
    remarks.push_back({pass.str(), rest.str(), where});
    return;
  }
  if (from.getSeverity() != DiagnosticSeverity::Error)
    return;
  girih::Diagnostic error;
  error.where = where;
  error.message = text;
  if (StringRef(text).consume_front("[")) {
    auto [name, rest] = StringRef(text).drop_front().split("] ");
    for (const CatalogueEntry &entry : catalogue())
      if (StringRef(entry.name) == name &&
          entry.error_class == ErrorClass::compile) {
        error.id = entry.id;
        error.message = rest.str();
      }
  }
  for (mlir::Diagnostic &note : from.getNotes()) {
    std::string line = note.str();
    if (StringRef help(line); help.consume_front("help: "))
      error.help = help.str();
    else
      error.note(sourceLine(note.getLocation()), line);
  }
  errors.push_back(std::move(error));
}

void DiagnosticCollector::raise(std::string_view during) const {
  if (errors.empty())
    throw InternalError(std::string(during) + " failed without a message");
  girih::Diagnostic first = errors.front();
  for (const girih::Diagnostic &further : llvm::drop_begin(errors))
    first.note(further.where, further.message);
  if (first.id != ErrorId::internal)
    throw CompileError(std::move(first));
  first.message = std::string(during) + ": " + first.message;
  throw InternalError(std::move(first));
}

} // namespace girih::compiler
