// SPDX-License-Identifier: Apache-2.0
// Which indices into levels a checked run looks at: those that are data, and
// numbers. Others, such as the neighbours of a loop's index, may leave a level.
#include "girih/compiler/frontend/importer.h"

using namespace mlir;

namespace girih::compiler {

bool Importer::anyData(ArrayRef<ValueId> ids) const {
  return llvm::any_of(ids, [&](ValueId id) { return data[id]; });
}

/// Whether there was one that is new.
bool Importer::markData(ArrayRef<ValueId> ids) {
  bool changed = false;
  for (ValueId id : ids) {
    bool index = typeOf(id).kind == ValueType::Kind::index;
    changed |= index && !data[id];
    data[id] = data[id] || index;
  }
  return changed;
}

/// One pass; loops carry what they find back to their begin. What a loop or
/// branch gives is data where anything that goes into it or out of it is.
bool Importer::findData(const Block &block) {
  bool changed = false;
  for (const Node &node : block.nodes) {
    changed |= findData(node.body);
    changed |= findData(node.other);
    switch (node.op) {
    case girih::Op::tile_to_index:
      changed |= markData(node.results);
      break;
    case girih::Op::index_binary:
      if (anyData(node.inputs))
        changed |= markData(node.results);
      break;
    case girih::Op::loop:
    case girih::Op::branch:
    case girih::Op::while_loop: {
      // The first input and argument of a loop are its count and its round.
      bool counts = node.op == girih::Op::loop;
      ArrayRef<ValueId> inputs(node.inputs), arguments(node.body.arguments);
      if (anyData(inputs.drop_front(counts ? 1 : 0)) ||
          anyData(node.body.yields) || anyData(node.other.yields)) {
        changed |= markData(node.results);
        changed |= markData(arguments.drop_front(counts ? 1 : 0));
        changed |= markData(node.other.arguments);
      }
      break;
    }
    default:
      break;
    }
  }
  return changed;
}

void Importer::findData() {
  data.assign(program.values.size(), false);
  while (findData(program.body))
    ;
}

void Importer::noteSources(const Node &node) {
  ValueId result = node.results.front();
  if (node.op == girih::Op::index && node.expr.as_constant())
    sources[result] = {};
  if (node.op == girih::Op::tile_to_index)
    sources[result] = {value(result)};
  if (node.op != girih::Op::index_binary || !data[result])
    return;
  SmallVector<Value> all;
  for (ValueId input : node.inputs)
    if (data[input]) {
      auto found = sources.find(input);
      if (found == sources.end())
        all.push_back(value(input));
      else
        all.append(found->second);
    }
  sources[result] = std::move(all);
}

SmallVector<SmallVector<AffineExpr>>
Importer::checkedLevels(const Node &node, Footprint &into, ValueRange levels) {
  SmallVector<SmallVector<AffineExpr>> checks;
  bool loads = node.op == girih::Op::load;
  if (!checked || (!loads && node.op != girih::Op::store))
    return checks;
  std::size_t at = 0;
  for (const auto &level : program.operands[node.operand].levels)
    for (const Expr &size : level) {
      std::size_t dim = at++;
      ValueId id = node.inputs[dim + (loads ? 0 : 1)];
      auto found = sources.find(id);
      if (found == sources.end() && !data[id])
        continue;
      SmallVector<AffineExpr> &check = checks.emplace_back();
      check.push_back(
          builder.getAffineConstantExpr(static_cast<std::int64_t>(dim)));
      check.push_back(scalarSymbol(levels[dim], into));
      check.push_back(affine(size, into, levels));
      SmallVector<Value> from = {levels[dim]};
      if (found != sources.end())
        from = found->second;
      for (Value each : from)
        check.push_back(scalarSymbol(each, into));
    }
  return checks;
}

void Importer::setLevels(Operation *access, const Footprint &where) {
  if (where.levels)
    access->setAttr(levelsAttr, where.levels);
}

} // namespace girih::compiler
