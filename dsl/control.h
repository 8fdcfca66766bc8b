// SPDX-License-Identifier: Apache-2.0
// Branches and loops whose conditions are known at run time only.
#pragma once

#include "girih/dsl/values.h"

#include <functional>

namespace girih {

/// Runs `yes` where `condition` holds, else `no`. The condition is one bool
/// for the whole program: a scalar tile, such as a comparison of Indices or
/// any(mask). Variables that an arm assigns have that value afterwards; both
/// arms are recorded. where() chooses element by element.
/// Example: `when(k < n, [&] { acc += a[k]; });`
void when(const Located &condition, const std::function<void()> &yes,
          const std::function<void()> &no = {},
          std::source_location where = std::source_location::current());

/// A number of the data as an Index: how often a loop runs, or which tile of an
/// operand comes next, `a[as_index(page)]`. `number` is one integer for the
/// whole program: a scalar tile. Where it is out of range of what it indexes,
/// reads give `other` and writes are dropped.
Index as_index(const Located &number,
               std::source_location where = std::source_location::current());

/// Runs `body` while `condition`, asked before each round, gives true.
/// Variables that the body assigns are carried from round to round.
/// Example: `loop_while([&] { return x > 1.f; }, [&] { x = x / 2; });`
void loop_while(const std::function<Tile()> &condition,
                const std::function<void()> &body,
                std::source_location where = std::source_location::current());

/// Stops the kernel where `condition` (a bool tile) does not hold for some
/// lane: the launch fails with [device-assert], the user's line and `message`.
/// It is compiled in always, and costs what its condition costs.
void device_assert(
    const Located &condition, std::string_view message,
    std::source_location where = std::source_location::current());

/// Prints each lane of each value on standard output, after `text`: for
/// debugging. The order of programs is not fixed.
void print(std::string_view text, const std::vector<Located> &values = {},
           std::source_location where = std::source_location::current());

/// One PTX instruction sequence for each lane. `$0` is the result, `$1` and on
/// the inputs, which are broadcast to one shape: 16-bit floats and i16 are
/// .b16 registers, f32 .f32, f64 .f64, i32 .b32, i64 .b64. `otherwise` computes
/// the same from one lane of each input, for the host and the interpreter.
/// Example: `inline_ptx("ex2.approx.ftz.f32 $0, $1;", {x}, f32,
///                      [](Tiles x) { return exp2(x[0]); });`
Tile inline_ptx(std::string_view text, const std::vector<Located> &inputs,
                DType result,
                const std::function<Tile(std::vector<Tile>)> &otherwise,
                SourceLine where = std::source_location::current());

} // namespace girih
