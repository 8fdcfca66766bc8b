// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/diagnostics.h"

#include <array>

namespace girih {
namespace {

constexpr auto C = ErrorClass::compile;
constexpr auto R = ErrorClass::runtime;
constexpr auto E = Severity::error;

using Id = ErrorId;

constexpr CatalogueEntry rows[] = {
    {Id::parse, "parse", C, E, "line {0}, column {1}: {2}",
     "a Program reads as Program::to_string() prints it"},
    {Id::config, "config", C, E, "{0}",
     "a Config reads `BK=64 BM=128 num_warps=8 num_stages=3 "
     "order=grouped:8`"},

    {Id::rank_mismatch, "rank-mismatch", C, E,
     "{0} got {1} {2} for a rank-{3} tensor {4}", "{5}"},
    {Id::dim_range, "dim-range", C, E,
     "{0} names dimension {1} of {3}, which has rank {2}",
     "dimensions count from 0; -1 is the last one"},
    {Id::extent, "extent", C, E, "{0} got {1} for dimension {2} of {3}", "{4}"},
    {Id::not_one, "not-one", C, E,
     "{0} needs dimension {1} of {2} to have size 1; it has size {3}",
     "tile() by `whole` leaves a dimension of size 1, unsqueeze() adds one, "
     "select() drops one of any size"},
    {Id::permutation, "permutation", C, E,
     "permute() needs each dimension of {0} once, got {1}",
     "list them in the order that the result has: {1, 0} turns a matrix round"},
    {Id::slice, "slice", C, E, "{0}", "{1}"},
    {Id::ellipsis, "ellipsis", C, E,
     "operator [] of {0} got {1} ellipses; at most one can stand for the "
     "dimensions that are left",
     "leave out those that follow the last index: they stay as they are"},
    {Id::size_arithmetic, "size-arithmetic", C, E, "an expression of sizes {0}",
     "divisors of sizes are positive and values fit 64 bits; max(size, 1) is "
     "never 0"},
    {Id::jagged, "jagged", C, E, "{0}", "{1}"},
    {Id::at_level, "at-level", C, E, "at() names level {0} of {1} with {2} {3}",
     "level 0 is the outermost; tile() adds one level"},
    {Id::foreign_tensor, "foreign-tensor", C, E,
     "{0} got a tensor that is not an operand of this arrangement",
     "return arranged(...) of the tensors that the arrangement was given"},
    {Id::arranged_count, "arranged-count", C, E,
     "arranged() got {0} tensors in a kernel of {1} operands",
     "give it one tensor for each operand, in their order"},
    {Id::grid_rank, "grid-rank", C, E,
     "operands disagree on the grid: {0} has outermost level {1}, {2} has {3}",
     "the outermost levels of all operands are the grid of programs; use "
     "expand() and permute() to make them agree"},
    {Id::grid_mismatch, "grid-mismatch", C, E,
     "operands disagree on the grid: dimension {0} is {1} for {2} and {3} for "
     "{4}",
     "the outermost levels of all operands are the grid of programs"},
    {Id::block_unknown, "block-unknown", C, E,
     "the Config sets block size {0}, which kernel {1} does not have",
     "its block sizes are: {2}"},
    {Id::block_missing, "block-missing", C, E,
     "the Config has no value for block size {0} of kernel {1}",
     "a Config reads `{0}=64`; block_size(\"{0}\", 64) has a fallback"},
    {Id::block_range, "block-range", C, E,
     "block size {0} is {1}; it must be between 1 and {2}",
     "change it in the Config, or the fallback where that has none"},
    {Id::block_name, "block-name", C, E, "`{0}` cannot name a block size: {1}",
     "take a name such as BM or BLOCK; wherever it is used it is one size"},
    {Id::constexpr_unknown, "constexpr-unknown", C, E,
     "constant {0} is given to kernel {1}, which does not ask for it",
     "it asks for: {2}"},
    {Id::constexpr_missing, "constexpr-missing", C, E,
     "constant {0} has no value",
     "give the call one, kernel.with(\"{0}\", value)(...), or "
     "constexpr_value() a fallback"},
    {Id::constexpr_kind, "constexpr-kind", C, E,
     "constant {0} is {1}, but is used as {2}", "nothing of it may be lost"},
    {Id::constexpr_name, "constexpr-name", C, E,
     "`{0}` cannot name a constant: names are letters, digits and underscores "
     "and start with a capital letter",
     "take a name such as CAUSAL or HEAD_DIM"},
    {Id::tile_static, "tile-static", C, E,
     "the innermost tile of {0} must have a constant shape; dimension {1} is "
     "{2}",
     "cut this dimension with tile() and a block size, and loop over the "
     "tiles"},
    {Id::tile_size, "tile-size", C, E,
     "{0} has shape {1}; a tile has 1 to {2} elements",
     "sizes are positive; of a larger tile make several, by smaller block "
     "sizes and a loop"},
    {Id::kernel_signature, "kernel-signature", C, E,
     "kernel {0} has {1} operands but got {2} {3}",
     "give one for each parameter of its application, in their order"},
    {Id::operand_name, "operand-name", C, E, "`{0}` cannot name {2}: {1}",
     "change the name that make() is given"},
    {Id::operand_rank, "operand-rank", C, E,
     "operand {0} has rank {1}; ranks go from 0 to {2}",
     "flatten() joins dimensions, ravel() has those of all levels"},

    {Id::operand_use, "operand-use", C, E,
     "{0} of operand {1}, which is an {2} and never {3}",
     "leave it out, or give the application an InOut"},
    {Id::level_count, "level-count", C, E,
     "operand {0} has {1} levels; the most is {2}",
     "ravel() makes one level of several"},

    {Id::not_recording, "not-recording", C, E,
     "{0} is used outside an application",
     "tiles exist only inside an application, while it is recorded"},
    {Id::foreign_value, "foreign-value", C, E,
     "{0} belongs to another recording",
     "tiles cannot be kept between recordings or shared between threads"},
    {Id::value_scope, "value-scope", C, E,
     "{0} was made inside a loop, branch or function of lanes that has ended",
     "declare the variable before the loop or branch and assign to it inside"},
    {Id::loop_break, "loop-break", C, E,
     "break or return out of a range() loop",
     "the body of a range() loop is recorded once and always runs to its end; "
     "loop_while() ends early"},
    {Id::loop_type, "loop-type", C, E,
     "a loop or branch changes the type of a variable from {0} to {1}",
     "give the variable this dtype and shape before the loop or branch, or "
     "cast "
     "what is assigned"},
    {Id::loop_step, "loop-step", C, E, "the step of range() is {0}",
     "steps are positive; for a loop downwards use n - 1 - k"},
    {Id::loop_reused, "loop-reused", C, E, "a range() is used for two loops",
     "call range() in each `for`"},
    {Id::nesting, "nesting", C, E, "{0} are nested more than {1} deep",
     "a loop of C++ whose bounds are numbers is unrolled and does not count"},
    {Id::index_divisor, "index-divisor", C, E, "an Index is divided by {0}",
     "divisors of indices are positive"},
    {Id::level_index, "level-index", C, E, "{0} got {1} for {2}: {3}",
     "a[k] is tile k of a level of one dimension, a[{k, l}] of two; an operand "
     "without levels is its tile"},
    {Id::shape_mismatch, "shape-mismatch", C, E,
     "{0} of tiles of shapes {1} and {2}",
     "dimensions must be equal or 1, counted from the last; a scalar goes with "
     "every shape"},
    {Id::dot_shape, "dot-shape", C, E, "dot() of tiles of shapes {0} and {1}",
     "dot(a, b) takes a[M, K] and b[K, N]"},
    {Id::dot_dtype, "dot-dtype", C, E, "dot() of tiles of dtypes {0} and {1}",
     "{2}"},
    {Id::dtype_unsupported, "dtype-unsupported", C, E,
     "{0} of a tile of dtype {1}", "{2}"},
    {Id::tile_rank, "tile-rank", C, E,
     "{0} has {1} dimensions; a tile has at most {2}",
     "reshape() joins dimensions"},
    {Id::literal_range, "literal-range", C, E,
     "the literal {0} does not fit dtype {1}",
     "use a number that the dtype holds, or cast the tile to a wider dtype"},
    {Id::lanes_capture, "lanes-capture", C, E,
     "{0} from outside is used in a function of lanes",
     "the function of reduce(), scan() or inline_ptx() sees its arguments and "
     "numbers only; reduce several tiles at once with reduce({x, y}, ...)"},
    {Id::lanes_operation, "lanes-operation", C, E, "{0} in a function of lanes",
     "the function of reduce(), scan() or inline_ptx() computes element by "
     "element"},
    {Id::lanes_result, "lanes-result", C, E,
     "the function of {0} gives {1} where {2} is needed", "{3}"},
    {Id::missing_argument, "missing-argument", C, E, "{0} got {1}", "{2}"},
    {Id::condition, "condition", C, E, "the condition of {0} {1}", "{2}"},
    {Id::reshape, "reshape", C, E, "reshape() of {0} to {1}", "{2}"},
    {Id::topk, "topk", C, E, "topk() of {0} lanes out of {1}",
     "k goes from 1 to the number of lanes along the dimension"},
    {Id::arange, "arange", C, E, "arange() {0}", "{1}"},
    {Id::tile_index, "tile-index", C, E, "{0}: {1}", "{2}"},
    {Id::scatter_partial, "scatter-partial", C, E,
     "{0} of output {1}: which elements are written is known at run time only",
     "arrange partial({1}), or make it an InOut"},
    {Id::arrival_count, "arrival-count", C, E,
     "last_to_arrive() of {0} programs",
     "it counts the programs that arrive at one counter: at least this one"},
    {Id::seed, "seed", C, E, "the seed of random numbers is {0}",
     "a seed is one integer: a number, an Index or a scalar integer tile"},
    {Id::text, "text", C, E, "{0}: {1}",
     "write what is looked at or done; values are given after the text"},
    {Id::inline_ptx, "inline-ptx", C, E, "inline_ptx(): {0}", "{1}"},
    {Id::store_shape, "store-shape", C, E,
     "a tile of shape {0} is stored to {1}, whose tiles have shape {2}",
     "scalars and dimensions of size 1 are repeated; reshape() or permute() "
     "the rest"},
    {Id::store_conditional, "store-conditional", C, E,
     "output {0} is stored in one arm of a branch or in a loop_while()",
     "assign a Tile there and store it afterwards, or arrange partial({0})"},
    {Id::store_missing, "store-missing", C, E,
     "output {0} of kernel {1} is never stored", "assign a tile to it"},
    {Id::store_twice, "store-twice", C, E, "output {0} is stored twice",
     "every element of an Out is written exactly once: sum into a Tile and "
     "store it after the loop, or use InOut to update"},
    {Id::store_overlap, "store-overlap", C, E,
     "element {0} of {1} is written by more than one program or more than once",
     "every element of an output is written exactly once; look for an "
     "overlapping tile() or an expand() of an output"},
    {Id::store_coverage, "store-coverage", C, E,
     "element {0} of output {1}, of shape {2}, is never written",
     "arrange partial({1}) if that is meant"},
    {Id::no_application_out, "no-output", C, E,
     "kernel {0} has no Out and no InOut",
     "a kernel writes something: give its application an Out or InOut"},

    {Id::unsupported_arch, "unsupported-arch", C, E, "{0}", "{1}"},
    {Id::unsupported, "unsupported", C, E, "{0}", "{1}"},
    {Id::shared_memory, "shared-memory", C, E,
     "kernel {0} needs {1} bytes of shared memory; {2} has {3}",
     "use smaller block sizes or fewer stages"},
    {Id::registers, "registers", C, E, "{0}", "{1}"},
    {Id::override_file, "override", C, E, "{0}",
     "dump the stage anew with GIRIH_DUMP and edit that"},
    {Id::assembler, "assembler", C, E, "{0}", "{1}"},
    {Id::nvrtc, "nvrtc", C, E, "{0}", "{1}"},

    {Id::rank, "rank", R, E,
     "kernel {0}: operand {1} has rank {2}, expected {3}",
     "pass a view of that rank"},
    {Id::dtype, "dtype", R, E, "{0}", "{1}"},
    {Id::device, "device", R, E, "{0}", "{1}"},
    {Id::stride, "stride", R, E, "{0}", "{1}"},
    {Id::overlap, "overlap", R, E, "{0}", "{1}"},
    {Id::null_pointer, "null", R, E, "{0}", "{1}"},
    {Id::shape, "shape", R, E, "{0}", "{1}"},
    {Id::index, "index", R, E, "{0}", "{1}"},
    {Id::size, "size", R, E, "{0}", "{1}"},
    {Id::count, "count", R, E, "kernel {0} takes {1} arrays but got {2}",
     "give one for each operand, in their order"},
    {Id::driver, "driver", R, E, "{0}", "{1}"},
    {Id::cuda, "cuda", R, E, "{0}", "{1}"},
    {Id::out_of_memory, "out-of-memory", R, E, "{0}", "{1}"},
    {Id::environment, "environment", R, E, "{0}={1}: {2}",
     "unset {0}, or set it to what README.md says of it"},
    {Id::cache, "cache", R, Severity::warning, "{0}", "{1}"},
    {Id::dlpack, "dlpack", R, E, "{0}", "{1}"},
    {Id::bounds, "bounds", R, E,
     "kernel {0}: index {1} into dimension {2} of {3}, which has size {4}, in "
     "{5}",
     "without GIRIH_DEBUG=bounds such a read gives the operand's `other` and "
     "such a write is dropped"},
    {Id::file, "file", R, E, "{0}", "{1}"},
    {Id::argument, "argument", R, E, "{0}", "{1}"},
    {Id::device_assert, "device-assert", R, E, "kernel {0}: {1}: not so in {2}",
     "the condition is that of the kernel's device_assert(); print() shows the "
     "values in it"},
    {Id::capture, "capture", R, E, "{0}", "{1}"},
    {Id::nvrtc_missing, "nvrtc-missing", R, E, "{0}", "{1}"},
    {Id::race, "race", R, E,
     "kernel {0}: element {1} of operand {2} is {3} in {4}, but was {5} in "
     "program {6}",
     "programs run in any order: look for tiles that overlap, or use atomics"},
    {Id::unwritten, "unwritten", R, E,
     "kernel {0}: element {1} of output {2} is never written",
     "arrange partial({2}) if that is meant"},
    {Id::nan, "nan", R, E, "kernel {0}: {1} of {2} gives NaN in {3}",
     "keep such inputs away by where() or max()"},

    {Id::internal, "internal", ErrorClass::internal, E, "{0}",
     "this is a bug in Girih; please report it with the text above"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(rows); ++i)
    if (static_cast<std::size_t>(rows[i].id) != i)
      return false;
  return std::size(rows) == static_cast<std::size_t>(Id::internal) + 1;
}
static_assert(in_order(), "one row per ErrorId, in the order of ErrorId");

std::string fill(std::string_view text,
                 std::initializer_list<MessageArgument> arguments) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}') {
      auto number = static_cast<std::size_t>(text[i + 1] - '0');
      if (number < arguments.size())
        out += (arguments.begin() + number)->text;
      i += 2;
      continue;
    }
    out += text[i];
  }
  return out;
}

std::string place(const SourceLine &where) {
  return where.known() ? where.to_string() + ": " : std::string();
}

} // namespace

std::span<const CatalogueEntry> catalogue() { return rows; }

const CatalogueEntry &catalogue_entry(ErrorId id) {
  return rows[static_cast<std::size_t>(id)];
}

Diagnostic::Diagnostic(ErrorId error, SourceLine line,
                       std::initializer_list<MessageArgument> arguments)
    : id(error), where(std::move(line)) {
  const CatalogueEntry &entry = catalogue_entry(id);
  message = fill(entry.text, arguments);
  help = fill(entry.help, arguments);
}

Diagnostic &Diagnostic::note(SourceLine line, std::string text) {
  notes.push_back({std::move(line), std::move(text)});
  return *this;
}

Diagnostic &Diagnostic::helped(std::string text) {
  help = std::move(text);
  return *this;
}

std::string Diagnostic::to_string() const {
  const CatalogueEntry &entry = catalogue_entry(id);
  std::string out = place(where);
  out += entry.severity == Severity::error ? "error: [" : "warning: [";
  out += entry.name;
  out += "] " + message;
  for (const Note &each : notes)
    out += "\n" + place(each.where) + "note: " + each.text;
  if (!help.empty())
    out += "\nhelp: " + help;
  return out;
}

Error::Error(Diagnostic diagnostic)
    : diagnostic_(std::move(diagnostic)), text_(diagnostic_.to_string()) {}

std::string_view Error::id_name() const { return catalogue_entry(id()).name; }

InternalError::InternalError(std::string_view text, std::source_location where)
    : Error(Diagnostic(ErrorId::internal, where, {text})) {}

} // namespace girih
