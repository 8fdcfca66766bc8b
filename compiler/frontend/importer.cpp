// SPDX-License-Identifier: Apache-2.0
// The kernel's signature, attributes and control flow.
#include "girih/compiler/frontend/importer.h"

#include "girih/dsl/support/diagnostics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace girih::compiler {

std::string kernelName(const Program &program) {
  std::string name = "girih_" + program.name;
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  return name;
}

Type elementType(MLIRContext &context, DType type) {
  switch (type) {
  case DType::f64:
    return Float64Type::get(&context);
  case DType::f32:
    return Float32Type::get(&context);
  case DType::f16:
    return Float16Type::get(&context);
  case DType::bf16:
    return BFloat16Type::get(&context);
  case DType::e4m3:
    return Float8E4M3FNType::get(&context);
  case DType::e5m2:
    return Float8E5M2Type::get(&context);
  case DType::i64:
    return IntegerType::get(&context, 64);
  case DType::i32:
    return IntegerType::get(&context, 32);
  case DType::i16:
    return IntegerType::get(&context, 16);
  case DType::i8:
  case DType::u8:
    return IntegerType::get(&context, 8);
  case DType::b1:
    return IntegerType::get(&context, 1);
  case DType::i4:
  case DType::u4:
  case DType::e2m1:
  case DType::ue8m0:
    return IntegerType::get(&context, 8); // see packed.cpp
  }
  return {};
}

Type withElement(Type type, Type element) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(element);
  return element;
}

void Importer::unsupported(const std::string &what, const std::string &help) {
  throw CompileError(ErrorId::unsupported, line,
                     {"kernel " + program.name + ": " + what, help});
}

Location Importer::location(const SourceLine &where) {
  if (where.line == 0)
    return builder.getUnknownLoc();
  return FileLineColLoc::get(builder.getContext(), where.file, where.line, 0);
}

Type Importer::tileType(const ValueType &type) {
  if (type.kind == ValueType::Kind::index)
    return builder.getIndexType();
  Type element = elementType(*builder.getContext(), type.dtype);
  if (type.shape.empty())
    return element;
  return RankedTensorType::get(type.shape, element);
}

Type Importer::viewType(const ArrangedOperand &operand) {
  Type element = elementType(*builder.getContext(), operand.dtype);
  SmallVector<std::int64_t> sizes, strides;
  std::int64_t unit = -1;
  for (int dim = 0; dim < operand.rank; ++dim) {
    auto knows = [&](std::uint32_t mask) { return (mask >> dim & 1) != 0; };
    auto divisor = [&](std::uint32_t sixteenths, std::uint32_t eighths) {
      return knows(sixteenths) ? 16 : knows(eighths) ? 8 : 1;
    };
    sizes.push_back(divisor(operand.known.size_div16, operand.known.size_div8));
    // The parameter block has strides of 4-bit elements in bytes.
    std::int64_t stride =
        divisor(operand.known.stride_div16, operand.known.stride_div8);
    strides.push_back(bits(operand.dtype) == 4 && stride > 1 ? stride / 2
                                                             : stride);
    // Where several strides are 1, the last dimension is the one to run along.
    if (knows(operand.known.unit_stride)) {
      unit = dim;
      strides.back() = 1;
    }
  }
  if (bits(operand.dtype) == 4 && operand.rank > 0) {
    unit = operand.rank - 1; // a launch checks it
    strides.back() = 1;
  }
  std::int64_t align =
      operand.known.aligned ? 16 : std::max(bits(operand.dtype) / 8, 1);
  return tile::ViewType::get(builder.getContext(), element, sizes, strides,
                             unit, align);
}

void Importer::addKernelAttributes(Operation *kernel) {
  using tile::TileDialect;
  SmallVector<Attribute> directions;
  for (const ArrangedOperand &operand : program.operands)
    directions.push_back(
        builder.getStringAttr((operand.known.settled ? "settled " : "") +
                              std::string(name(operand.direction))));
  const ProgramOrder &order = program.config.order;
  auto kind = static_cast<tile::OrderKind>(order.kind);
  // Other grids keep the plain order.
  if (tile::isOfRowsAndColumns(kind) &&
      program.operands.front().grid.size() != 2)
    kind = tile::OrderKind::row_major;
  std::int64_t group =
      kind == tile::OrderKind::grouped || kind == tile::OrderKind::descending
          ? order.group
          : 1;
  kernel->setAttr(TileDialect::kernelAttr, builder.getUnitAttr());
  kernel->setAttr(TileDialect::configAttr,
                  builder.getStringAttr(program.config.to_string()));
  addGrids(kernel);
  kernel->setAttr(TileDialect::orderAttr,
                  tile::OrderAttr::get(builder.getContext(), kind, group));
  kernel->setAttr(TileDialect::indexBitsAttr,
                  builder.getI64IntegerAttr(program.index32 ? 32 : 64));
  kernel->setAttr(TileDialect::directionsAttr,
                  builder.getArrayAttr(directions));
}

Importer::Importer(const Program &program, MLIRContext &context, bool checked)
    : program(program), builder(&context), checked(checked) {
  if (checked)
    findData();
}

OwningOpRef<ModuleOp> Importer::run() {
  SmallVector<Type> views;
  for (const ArrangedOperand &operand : program.operands)
    views.push_back(viewType(operand));
  // Errors and line information of the kernel as a whole need some line.
  loc = location(first_line(program));
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
  builder.setInsertionPointToEnd(module->getBody());
  auto kernel = func::FuncOp::create(builder, loc, kernelName(program),
                                     builder.getFunctionType(views, {}));
  addKernelAttributes(kernel);
  entry = kernel.addEntryBlock();
  builder.setInsertionPointToEnd(entry);
  importBlock(program.body);
  loc = builder.getUnknownLoc();
  func::ReturnOp::create(builder, loc);
  return module;
}

void Importer::importBlock(const Block &block) {
  for (const Node &node : block.nodes)
    importNode(node);
}

void Importer::importNode(const Node &node) {
  line = node.line;
  loc = location(node.line);
  switch (node.op) {
  case girih::Op::load:
    return importLoad(node);
  case girih::Op::store:
    return importStore(node);
  case girih::Op::loop:
    return importLoop(node);
  case girih::Op::branch:
    return importBranch(node);
  case girih::Op::while_loop:
    return importWhile(node);
  case girih::Op::reduce:
  case girih::Op::scan:
    return importAlong(node);
  case girih::Op::sort:
    return importSort(node);
  case girih::Op::scatter:
    return importScatter(node);
  case girih::Op::random:
    return importRandom(node);
  case girih::Op::print:
  case girih::Op::assertion:
    return importPrint(node);
  default:
    values[node.results.front()] = importValue(node);
    if (checked)
      noteSources(node);
  }
}

/// Operations with one result.
Value Importer::importValue(const Node &node) {
  switch (node.op) {
  case girih::Op::constant:
    return constant(node);
  case girih::Op::index:
    return indexExpr(node.expr, {});
  case girih::Op::index_binary:
    return indexBinary(node.function, value(node.inputs[0]),
                       value(node.inputs[1]));
  case girih::Op::index_to_tile:
    return indexToTile(node);
  case girih::Op::tile_to_index:
    return indexOf(value(node.inputs[0]), typeOf(node.inputs[0]).dtype);
  case girih::Op::unary:
    return unary(node);
  case girih::Op::binary:
    return binary(node);
  case girih::Op::ternary:
    return ternary(node);
  case girih::Op::compare:
    return compare(node);
  case girih::Op::select:
    return select(node);
  case girih::Op::cast:
    return cast(node);
  case girih::Op::bitcast:
    return bitcast(node);
  case girih::Op::dot:
    return dot(node);
  case girih::Op::arange:
    return arange(node);
  case girih::Op::offsets:
    return offsets(node);
  case girih::Op::in_bounds:
    return inBounds(node);
  case girih::Op::remap:
    return remap(node);
  case girih::Op::take:
    return take(node);
  case girih::Op::histogram:
    return histogram(node);
  case girih::Op::gather:
    return gather(node);
  case girih::Op::atomic:
    return atomic(node);
  case girih::Op::arrive:
    return arrive(node);
  case girih::Op::inline_ptx:
    return inlinePtx(node);
  default:
    unsupported("operation " + std::string(name(node.op)));
  }
}

void Importer::importLoop(const Node &node) {
  SmallVector<Value> initial;
  for (ValueId input : llvm::drop_begin(node.inputs))
    initial.push_back(value(input));
  Value zero = indexConstant(0), one = indexConstant(1);
  auto loop = scf::ForOp::create(builder, loc, zero, value(node.inputs[0]), one,
                                 initial);
  values[node.body.arguments[0]] = loop.getInductionVar();
  for (auto [id, argument] : llvm::zip_equal(
           llvm::drop_begin(node.body.arguments), loop.getRegionIterArgs()))
    values[id] = argument;
  Location loopLoc = loc;
  OpBuilder::InsertionGuard guard(builder);
  // Without carried values the loop has made its own terminator.
  if (initial.empty())
    builder.setInsertionPoint(loop.getBody()->getTerminator());
  else
    builder.setInsertionPointToEnd(loop.getBody());
  importBlock(node.body);
  SmallVector<Value> yields;
  for (ValueId id : node.body.yields)
    yields.push_back(value(id));
  if (!initial.empty())
    scf::YieldOp::create(builder, loopLoc, yields);
  for (auto [id, result] : llvm::zip_equal(node.results, loop.getResults()))
    values[id] = result;
}

OwningOpRef<ModuleOp> importProgram(const Program &program,
                                    MLIRContext &context, bool checked) {
  return Importer(program, context, checked).run();
}

} // namespace girih::compiler
