// SPDX-License-Identifier: Apache-2.0
#include "random_run.h"

#include "girih/compiler/compiler.h"
#include "girih/dsl/arrangement.h"
#include "girih/dsl/evaluate.h"
#include "girih/dsl/record.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/tests/interpreter/programs.h"

#include <cmath>
#include <set>

namespace girih::testing {
namespace {

double random_value(Dice &dice, DType dtype, bool integers) {
  if (dtype == b1)
    return static_cast<double>(dice.pick(0, 1));
  if (integers || !is_float(dtype))
    return static_cast<double>(dice.pick(is_signed(dtype) ? -3 : 0, 5));
  if (dice.one_in(20))
    return dice.any<double>(
        {0.0, -0.0, 1e30, INFINITY, -INFINITY, std::nan("")});
  return static_cast<double>(dice.pick(-4000, 4000)) / 64;
}

/// The operands of a kernel in memory, inputs filled.
struct Operands {
  Operands(Dice &dice, const RandomKernel &kernel) {
    for (std::size_t i = 0; i < 3; ++i) {
      const Sizes &shape = kernel.shapes[i];
      Sizes strides = random_strides(dice, shape, i == 2);
      std::int64_t offset = dice.one_in(3) ? 17 : 16;
      arrays.emplace_back(kernel.dtypes[i], shape, strides, offset);
      if (i == 2)
        arrays.emplace_back(kernel.dtypes[i], shape, strides, offset);
      for (std::int64_t e = 0; i < 2 && e < arrays[i].numel(); ++e)
        arrays[i].set(e, random_value(dice, kernel.dtypes[i], kernel.integers));
    }
  }

  /// With the output numbered `out`.
  std::vector<std::int64_t> params(std::size_t out) {
    return parameter_block({&arrays[0], &arrays[1], &arrays[out]});
  }

  /// What is true of the arrays, and some of it forgotten.
  std::vector<OperandClass> classes(Dice &dice) {
    std::vector<std::int64_t> block = params(2);
    std::vector<OperandClass> out;
    std::size_t at = 0;
    for (int i = 0; i < 3; ++i) {
      OperandClass known;
      std::size_t rank = arrays[static_cast<std::size_t>(i)].shape().size();
      known.aligned = block[at++] % 16 == 0;
      for (std::size_t d = 0; d < rank; ++d) {
        std::uint32_t bit = 1U << d;
        known.size_div16 |= block[at + d] % 16 == 0 ? bit : 0;
        known.unit_stride |= block[at + rank + d] == 1 ? bit : 0;
        known.stride_div16 |= block[at + rank + d] % 16 == 0 ? bit : 0;
      }
      at += 2 * rank;
      if (dice.one_in(4))
        known = {};
      out.push_back(known);
    }
    return out;
  }

  std::vector<TestArray> arrays; // a, b, c, and c again
};

/// What is wrong with one seed, a line each.
class Problems {
public:
  void require(bool holds, const std::string &what) {
    if (!holds)
      lines_.insert("  " + what);
  }
  std::string text() const {
    std::string out;
    for (const std::string &each : lines_)
      out += each + "\n";
    return out;
  }

private:
  std::set<std::string> lines_;
};

void compare(const TestArray &got, const TestArray &wanted,
             const std::string &what, Problems &problems) {
  problems.require(got.untouched_outside(), what + ": a stray write");
  problems.require(wanted.untouched_outside(), "interpreter: a stray write");
  for (std::int64_t i = 0; i < got.numel(); ++i) {
    double x = got.get(i), y = wanted.get(i);
    if (got.code(i) == wanted.code(i) || (std::isnan(x) && std::isnan(y)))
      continue;
    problems.require(false, what + ": element " + std::to_string(i) + " is " +
                                std::to_string(x) + ", not " +
                                std::to_string(y));
    return;
  }
}

/// A linear kernel's output is what the tables of its operands say.
void check_linear(const std::vector<IndexTable> &tables, double other,
                  const std::vector<TestArray> &arrays, Problems &problems) {
  const TestArray &c = arrays[2];
  std::vector<bool> written(static_cast<std::size_t>(c.numel()), false);
  for (std::size_t i = 0; i < tables[2].elements.size(); ++i) {
    std::int64_t to = tables[2].elements[i];
    if (to < 0)
      continue;
    std::int64_t a = tables[0].elements[i], b = tables[1].elements[i];
    double x = a < 0 ? other : arrays[0].get(a);
    double y = b < 0 ? 0 : arrays[1].get(b);
    problems.require(c.get(to) == x * 3 + y,
                     "interpreter: an element is not what its table says");
    problems.require(!written[static_cast<std::size_t>(to)], "two writers");
    written[static_cast<std::size_t>(to)] = true;
  }
}

/// The tables of the arrangement before and after simplification are equal.
void check_tables(const RandomKernel &kernel, const Program &program,
                  const std::vector<TestArray> &arrays, Problems &problems) {
  std::vector<int> ranks;
  for (const Sizes &shape : kernel.shapes)
    ranks.push_back(static_cast<int>(shape.size()));
  std::vector<BlockUse> uses;
  Arrangement arrangement = run_arrangement(kernel.source, ranks, uses);
  Blocks blocks = block_values(kernel.source, uses, kernel.config);
  std::vector<IndexTable> tables;
  for (int i = 0; i < 3; ++i) {
    auto at = static_cast<std::size_t>(i);
    tables.push_back(
        evaluate(arrangement.operands[at], kernel.shapes[at], blocks));
    problems.require(
        tables.back().elements == evaluate(program, i, kernel.shapes).elements,
        "simplification changed the table of operand " + std::to_string(i));
  }
  if (kernel.linear && !arrays[2].shape().empty() && arrays[2].numel() > 0)
    check_linear(tables, program.operands[0].other, arrays, problems);
}

void run_kernel(Dice &dice, const RandomKernel &kernel,
                const SeedExecutor &executor, Problems &problems) {
  Operands operands(dice, kernel);
  std::vector<int> ranks;
  for (const Sizes &shape : kernel.shapes)
    ranks.push_back(static_cast<int>(shape.size()));
  std::vector<OperandClass> classes = operands.classes(dice);
  Program program = record(kernel.source, kernel.dtypes, ranks, classes,
                           kernel.config, dice.one_in(2));
  // Reading adds the bounds that it cannot do without.
  const Program read = parse_program(program.to_string());
  problems.require(parse_program(read.to_string()).to_string() ==
                       read.to_string(),
                   "the text does not read back");
  std::int64_t programs = 1;
  for (std::int64_t size : grid_of(program, kernel.shapes))
    programs *= size;
  compiler::interpret(program, operands.params(2).data(), false);
  if (kernel.has_tables)
    check_tables(kernel, program, operands.arrays, problems);
  executor(dice, dice.one_in(2) ? read : program, operands.params(3), programs);
  compare(operands.arrays[3], operands.arrays[2], "the back end", problems);
  // A person who asks for one seed wants to read it.
  if (!problems.text().empty() && seed_count(0) == 1)
    problems.require(false, program.to_string());
}

} // namespace

RandomKernel random_kernel(Dice &dice) {
  // Numbers of families stay what they are, so that a seed stays a kernel.
  const std::int64_t family = dice.pick(0, 19);
  if (family == 17 || family == 18)
    return random_large_dot(dice);
  return family >= 10 ? random_tiles(dice)
         : family < 6 ? random_elementwise(dice)
         : family < 8 ? random_reduction(dice)
                      : random_dot(dice);
}

std::string run_seed(std::uint64_t seed, const SeedExecutor &executor,
                     RandomKernel (*make)(Dice &)) {
  Dice dice(seed);
  RandomKernel kernel;
  Problems problems;
  try {
    kernel = make(dice);
    run_kernel(dice, kernel, executor, problems);
  } catch (const RuntimeError &error) {
    // Sizes that tiles walk together must be equal, not only their counts.
    problems.require(error.id() == ErrorId::shape, error.what());
  } catch (const std::exception &error) {
    problems.require(false, error.what());
  }
  std::string types, text = problems.text();
  for (DType each : kernel.dtypes)
    types += " " + std::string(name(each));
  return text.empty() ? text
                      : "seed " + std::to_string(seed) + types + "\n" + text +
                            "  " + kernel.text;
}

static std::uint64_t number_in(const char *name, std::uint64_t usual) {
  const std::string text = env(name).value_or("");
  return text.empty() ? usual : std::stoull(text);
}

std::uint64_t seed_count(std::uint64_t usual) {
  return number_in("GIRIH_FUZZ_SEEDS", usual);
}

std::uint64_t first_seed() { return number_in("GIRIH_FUZZ_FIRST", 1); }

} // namespace girih::testing
