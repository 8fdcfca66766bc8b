// SPDX-License-Identifier: Apache-2.0
// What a checked run keeps beside the values: who touched each element of the
// operands, and where each NaN came from.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/compiler/interpreter/scalar.h"

#include "mlir/IR/Operation.h"

#include <map>
#include <optional>
#include <utility>

namespace girih::compiler {

/// Throws RuntimeError [bounds], [race], [unwritten] or [nan] for the first
/// thing that it finds, at the line of the operation that runs then.
class Checker {
public:
  enum class Access : std::uint8_t { read, write, atomic };

  Checker(const Program &program, const std::int64_t *params, Checks checks);

  /// Called before each program, before each operation, after all programs.
  void startProgram(std::int64_t number);
  void startOperation(mlir::Operation &op);
  void finish() const;

  /// `lane` of the operation that runs touches the element of `operand` at
  /// `index`. The value of a read is not looked at.
  void access(Access kind, unsigned operand, llvm::ArrayRef<std::int64_t> index,
              std::int64_t lane, const Scalar &value);
  /// The program arrives at a counter, after its access to it. What others
  /// touched before they arrived there is no race with what the last one does.
  void arrive(unsigned operand, llvm::ArrayRef<std::int64_t> index, bool last);
  /// An index that is data is out of range, into dimension `dim` of `what`; of
  /// `lane` where it is not that of the whole tile.
  void outOfRange(const std::string &what, std::size_t dim, std::int64_t index,
                  std::int64_t size,
                  std::optional<std::int64_t> lane = {}) const;
  std::string operandName(unsigned operand) const;
  bool watchesBounds() const { return checks.bounds; }

  bool watchesNaN() const { return checks.nan; }
  /// Notes where `result`, a NaN, comes from: from one of `inputs`, or it is
  /// new. A NaN that was loaded or written as a number has no origin.
  void findOrigin(Scalar &result, llvm::ArrayRef<Scalar> inputs,
                  std::int64_t lane);

private:
  /// One run of one operation; number 0 is none.
  struct Event {
    mlir::Operation *op = nullptr;
    std::int64_t program = -1;
  };
  /// The first event that touched an element, and the first of another program.
  struct Touched {
    std::uint32_t first = 0, second = 0;
  };
  struct Element {
    Touched read, written, atomic;
  };
  struct Operand {
    std::string name;
    Direction direction = Direction::in;
    bool partial = false;
    // Of 4-bit elements the bytes along the last dimension count.
    bool halfBytes = false;
    std::vector<std::int64_t> sizes;
    std::vector<Element> elements; // of those that are written
    mlir::Operation *store = nullptr;
  };
  /// Of programs, how many events come before what is done now.
  using Before = std::map<std::int64_t, std::uint32_t>;
  struct Origin {
    mlir::Operation *op = nullptr;
    std::int64_t lane = 0;
    std::vector<Scalar> inputs;
  };

  bool isUnordered(std::uint32_t touching) const;
  std::uint32_t otherProgram(const Touched &touched) const;
  void note(Touched &touched);
  void checkRace(Access kind, const Operand &operand, const Element &element,
                 std::int64_t number, std::int64_t lane) const;
  [[noreturn]] void reportRace(const Operand &operand, std::int64_t number,
                               std::int64_t lane, const char *done,
                               const char *before, std::uint32_t event) const;
  void checkNaN(const Operand &operand, std::int64_t element,
                const Scalar &value) const;
  std::string place(mlir::Operation *op,
                    std::optional<std::int64_t> lane) const;
  static std::string elementText(const Operand &operand, std::int64_t element);

  std::string kernel;
  Checks checks;
  std::vector<Operand> operands;
  std::vector<Event> events{{}};
  std::vector<Origin> origins; // of the running program
  Before before;               // the same
  // By operand and element: what comes before the last one to arrive there.
  std::map<std::pair<unsigned, std::int64_t>, Before> arrived;
  std::int64_t program = 0;
  mlir::Operation *op = nullptr; // that runs
  std::uint32_t event = 0;       // its own, once it has touched something
};

} // namespace girih::compiler
