// SPDX-License-Identifier: Apache-2.0
// Program -> Artifact. No MLIR or LLVM type appears here.
#pragma once

#include "girih/compiler/tensor_map.h"
#include "girih/dsl/program.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::compiler {

/// What code is made for.
struct Target {
  enum class Kind : std::uint8_t { host, nvptx };
  Kind kind = Kind::host;
  std::string arch;     // nvptx: "sm_80" … "sm_120a". host: the CPU's LLVM name
  std::string features; // nvptx: "+ptx80". host: LLVM feature string
  bool operator==(const Target &) const = default;
  std::string to_string() const;
};

/// The machine this process runs on, with every feature it has.
Target host_target();
/// The rule from device to target: compute capability (90 for 9.0) -> arch with
/// suffix and the lowest PTX version that suffices. Throws CompileError
/// [unsupported-arch] below 80; capabilities newer than any known give the
/// newest known baseline.
Target nvptx_target(int compute_capability);
/// Parses "host", "sm_90a", ... Throws CompileError [unsupported-arch].
Target parse_target(std::string_view text);

/// Named points of the pipeline, in order.
enum class Stage : std::uint8_t {
  program,
  tile,
  layout,
  async,
  llvm,
  ptx,
  object
};
std::string_view name(Stage stage);
std::optional<Stage> parse_stage(std::string_view text);

struct Remark {
  std::string pass;
  std::string text;
  SourceLine line;
};

/// What compile() returns. Serialisable: it is what the disk cache holds.
struct Artifact {
  Target target;
  std::string entry;             // symbol of the kernel
  std::string code;              // PTX text, or a host object file
  std::int64_t shared_bytes = 0; // dynamic shared memory of one program
  std::int64_t scratch_bytes =
      0;           // host: scratch of one thread, 64-byte aligned
  int threads = 1; // threads of one block
  int blocks = 1;  // blocks of one program, a cluster
  /// As many blocks as the device has room for do all programs.
  bool persistent = false;
  std::vector<TensorMap> tensor_maps;
  /// Where blocks share the rounds of programs: bytes of global memory that
  /// each may leave a sum in, and flags of 4 bytes that are 0 at a launch and
  /// when it has ended. 0 where they do not.
  std::int64_t stream_bytes = 0;
  int stream_flags = 0;
  std::vector<Remark> remarks;
};

// The parameter block of a kernel, on every target: 64-bit integers, for each
// operand its pointer, sizes and strides in elements (of i4, u4 and e2m1, two
// to a byte, all strides but the last in bytes). On a GPU they are the kernel's
// parameters in this order, then come Artifact::tensor_maps and, where there
// are stream_flags, pointers to these sums and flags, and the grid is
// one-dimensional, `Artifact::blocks` CTAs per program, or as many as fit the
// device where that is less and the code is persistent. On the host the entry
// point is a HostEntry; it runs the programs [begin, end).
using HostEntry = void (*)(const std::int64_t *params, std::int64_t begin,
                           std::int64_t end, void *scratch);

struct Options {
  bool line_info = false; // GIRIH_DEBUG=lineinfo
  /// Called with each stage's text; used by dump and inspect. Empty: no text is
  /// made.
  std::function<void(Stage, std::string_view)> on_stage;
  /// Called with each stage's text; what it returns replaces the stage. Empty:
  /// no stage is replaced. GIRIH_OVERRIDE is made of this.
  std::function<std::optional<std::string>(Stage, std::string_view)>
      override_stage;
  /// Called after each pass and at each stage's end with the wall time in
  /// seconds; a stage's time includes that of its passes.
  std::function<void(std::string_view pass, double seconds)> on_time;
};

/// Compiles. Throws CompileError for what the user can mend (too much shared
/// memory, unsupported operation on this target), InternalError otherwise.
/// Callable from many threads.
Artifact compile(const Program &program, const Target &target,
                 const Options &options = {});

/// Identifies this build of the compiler: part of every cache key.
std::string_view build_id();

/// Runs the tile dialect's interpreter on host memory. `params` is the
/// parameter block. With `all_f64`, every value is kept in double and rounded
/// only when stored: the reference.
void interpret(const Program &program, const std::int64_t *params,
               bool all_f64);

/// What a checked run looks for: GIRIH_DEBUG=bounds,race,nan.
struct Checks {
  bool bounds = false; // indices that are data and out of range
  bool race = false;   // elements that several programs touch, one of them
                       // writing, or that an operation writes twice; elements
                       // of an output that stay unwritten
  bool nan = false;    // NaNs that the kernel makes and stores
  bool any() const { return bounds || race || nan; }
};

/// Runs the Program on host memory operation by operation, with its own
/// rounding. Throws RuntimeError [bounds], [race], [unwritten] or [nan] for the
/// first thing found, and [device-assert], at the line of the operation in the
/// kernel; what was written until then stays.
void run_checked(const Program &program, const std::int64_t *params,
                 const Checks &checks);

/// A loaded host object. Destroying it frees its code.
class HostCode {
public:
  virtual ~HostCode() = default;
  virtual HostEntry entry() const = 0;
};
/// Links a host Artifact's object into this process. Throws InternalError when
/// the object does not link; callable without any MLIR initialisation.
std::unique_ptr<HostCode> load_host(const Artifact &artifact);
/// What an assertion has thrown in host code that this thread ran since the
/// last call, or null: the entry point itself just returns early.
std::exception_ptr take_host_failure();

} // namespace girih::compiler
