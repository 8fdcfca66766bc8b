// SPDX-License-Identifier: Apache-2.0
// Random nests of loops, branches and whiles over a few integers, run as plain
// C++ and as the Program that is recorded of them.
#include "kernels.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

namespace girih {
namespace {

constexpr int variables = 4;

// A statement: what it does to four integers.
struct Statement {
  enum class Kind { assign, copy, swap, branch, loop, loop_while } kind;
  int to = 0, left = 0, right = 0;
  Function function = Function::add;
  std::int64_t number = 0; // rounds of a loop or while
  std::vector<Statement> body, other;
};
using Statements = std::vector<Statement>;

class Generator {
public:
  explicit Generator(unsigned seed) : engine_(seed) {}

  Statements block(int depth) {
    Statements out(1 + below(3));
    for (Statement &each : out) {
      each.kind = Statement::Kind(below(depth > 0 ? 6 : 3));
      each.to = static_cast<int>(below(variables));
      each.left = static_cast<int>(below(variables));
      each.right = static_cast<int>(below(variables));
      each.number = static_cast<std::int64_t>(below(4));
      constexpr Function functions[] = {Function::add, Function::sub,
                                        Function::min, Function::max,
                                        Function::bit_xor};
      each.function = functions[below(std::size(functions))];
      if (depth > 0 && each.kind > Statement::Kind::swap) {
        each.body = block(depth - 1);
        if (below(2))
          each.other = block(depth - 1);
      }
    }
    return out;
  }

private:
  std::size_t below(std::size_t n) { return engine_() % n; }
  std::mt19937 engine_;
};

std::int64_t compute(Function function, std::int64_t a, std::int64_t b) {
  switch (function) {
  case Function::add: // wraps
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) +
                                     static_cast<std::uint64_t>(b));
  case Function::sub:
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) -
                                     static_cast<std::uint64_t>(b));
  case Function::min:
    return std::min(a, b);
  case Function::max:
    return std::max(a, b);
  case Function::bit_xor:
    return a ^ b;
  case Function::lt:
    return a < b;
  default:
    ADD_FAILURE() << name(function);
    return 0;
  }
}

using Numbers = std::vector<std::int64_t>;

void run(const Statements &block, Numbers &v, std::int64_t k) {
  for (const Statement &each : block) {
    auto to = static_cast<std::size_t>(each.to),
         left = static_cast<std::size_t>(each.left),
         right = static_cast<std::size_t>(each.right);
    switch (each.kind) {
    case Statement::Kind::assign:
      v[to] = compute(each.function, v[left], v[right]) + k;
      break;
    case Statement::Kind::copy:
      v[to] = v[left];
      break;
    case Statement::Kind::swap:
      std::swap(v[left], v[right]);
      break;
    case Statement::Kind::branch:
      run(v[left] < v[right] ? each.body : each.other, v, k);
      break;
    case Statement::Kind::loop:
      for (std::int64_t i = 0; i < each.number; ++i)
        run(each.body, v, i);
      break;
    case Statement::Kind::loop_while:
      for (std::int64_t n = 0; n < each.number; ++n)
        run(each.body, v, k);
    }
  }
}

using Tiles = std::vector<std::unique_ptr<Tile>>;

Tile combined(Function function, const Tile &a, const Tile &b) {
  switch (function) {
  case Function::add:
    return a + b;
  case Function::sub:
    return a - b;
  case Function::min:
    return min(a, b);
  case Function::max:
    return max(a, b);
  default:
    return a ^ b;
  }
}

void record_block(const Statements &block, Tiles &v, const Index &k) {
  for (const Statement &each : block) {
    Tile &to = *v[static_cast<std::size_t>(each.to)];
    Tile &left = *v[static_cast<std::size_t>(each.left)];
    Tile &right = *v[static_cast<std::size_t>(each.right)];
    switch (each.kind) {
    case Statement::Kind::assign:
      to = combined(each.function, left, right) + k;
      break;
    case Statement::Kind::copy:
      to = left;
      break;
    case Statement::Kind::swap: {
      Tile old = left;
      left = right;
      right = old;
      break;
    }
    case Statement::Kind::branch:
      when(
          left < right, [&] { record_block(each.body, v, k); },
          [&] { record_block(each.other, v, k); });
      break;
    case Statement::Kind::loop:
      for (Index i : range(each.number))
        record_block(each.body, v, i);
      break;
    case Statement::Kind::loop_while: {
      Tile n = full({}, 0, i64);
      loop_while([&] { return n < each.number; },
                 [&] {
                   record_block(each.body, v, k);
                   n = n + 1;
                 });
    }
    }
  }
}

// Runs a Program of scalars.
class ScalarRun {
public:
  explicit ScalarRun(const Program &program)
      : values_(program.values.size(), 0) {
    block(program.body);
  }
  Numbers printed;

private:
  std::int64_t &at(ValueId id) { return values_[static_cast<std::size_t>(id)]; }

  Numbers all(const std::vector<ValueId> &ids) {
    Numbers out;
    for (ValueId each : ids)
      out.push_back(at(each));
    return out;
  }

  void set(const std::vector<ValueId> &ids, const Numbers &to,
           std::size_t from = 0) {
    for (std::size_t i = from; i < ids.size(); ++i)
      at(ids[i]) = to[i - from];
  }

  Numbers block(const Block &block) {
    for (const Node &each : block.nodes)
      node(each);
    return all(block.yields);
  }

  void node(const Node &node) {
    Numbers in = all(node.inputs);
    switch (node.op) {
    case Op::constant:
      return set(node.results, {static_cast<std::int64_t>(node.value)});
    case Op::index:
      return set(node.results, {node.expr.constant()});
    case Op::index_binary:
    case Op::binary:
    case Op::compare:
      return set(node.results, {compute(node.function, in[0], in[1])});
    case Op::index_to_tile:
    case Op::tile_to_index:
      return set(node.results, in);
    case Op::branch:
      return set(node.results, block(in[0] ? node.body : node.other));
    case Op::loop: {
      std::int64_t count = in[0];
      in.erase(in.begin());
      for (std::int64_t i = 0; i < count; ++i) {
        at(node.body.arguments[0]) = i;
        set(node.body.arguments, in, 1);
        in = block(node.body);
      }
      return set(node.results, in);
    }
    case Op::while_loop:
      for (;;) {
        set(node.other.arguments, in);
        if (!block(node.other)[0])
          break;
        in = block(node.body);
      }
      return set(node.results, in);
    case Op::print:
      printed = in;
      return;
    default:
      ADD_FAILURE() << name(node.op);
    }
  }

  Numbers values_;
};

TEST(ControlPropertyTest, RecordedAsRun) {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    Statements statements = Generator(seed).block(3);
    Numbers expected{1, -2, 3, 5};
    run(statements, expected, 0);
    auto source = make_source(
        "k", [](Tensor a) { return arranged(a.tile({4})); },
        [&](InOut) {
          Tiles v;
          for (int number : {1, -2, 3, 5})
            v.push_back(std::make_unique<Tile>(full({}, number, i64)));
          record_block(statements, v, Index(0));
          print("v", {*v[0], *v[1], *v[2], *v[3]});
        });
    Program program = testing::record_all(source, f32, 1, {});
    ASSERT_EQ(ScalarRun(program).printed, expected) << program.to_string();
    std::string text = program.to_string();
    Program read = parse_program(text);
    ASSERT_EQ(read.to_string(), text);
    ASSERT_EQ(ScalarRun(read).printed, expected);
  }
}

} // namespace
} // namespace girih
