// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/bulk_box.h"
#include "girih/compiler/layout/store_parts.h"
#include "girih/compiler/transforms/program_loop.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

#define DEBUG_TYPE "tile-store-bulk"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILESTOREBULK
#include "compiler/transforms/Passes.h.inc"

namespace {

constexpr int64_t groupWarps = 4;
/// Of a row, at a time.
constexpr int64_t storedBytes = 16;
/// Bytes of a part's row: the widths of swizzles, narrower ones than which are
/// not worth a box.
constexpr int64_t rowBytes[] = {128, 64};

/// Memory that a tile goes through, and stages of it for each group.
struct Staging {
  tile::SharedType type;
  int64_t stages;
};

/// The tile as it was before threads traded elements to store it.
Value computedTile(tile::StoreOp store) {
  auto convert = store.getValue().getDefiningOp<tile::ConvertLayoutOp>();
  return convert ? Value(convert.getSource()) : Value(store.getValue());
}

Layout layoutOf(Value tile) {
  auto layout = dyn_cast_or_null<tile::LayoutAttr>(
      cast<RankedTensorType>(tile.getType()).getEncoding());
  return layout ? layout.getLayout() : Layout();
}

/// Whether all warps of a program come here, however often.
bool isForAll(Operation *op, func::FuncOp kernel) {
  Operation *parent = op->getParentOp();
  while (parent != kernel) {
    auto loop = dyn_cast<scf::ForOp>(parent);
    if (!isa<scf::IfOp>(parent) && !(loop && isProgramLoop(loop)))
      return false;
    parent = parent->getParentOp();
  }
  return true;
}

class BulkStorer {
public:
  BulkStorer(func::FuncOp kernel, int64_t warps, int64_t room)
      : kernel(kernel), groups(warps / groupWarps), room(room) {}

  void run() {
    if (kernel.getBody().front().getOps<tile::ProducerOp>().empty())
      return;
    SmallVector<tile::StoreOp> stores;
    kernel.walk([&](tile::StoreOp store) { stores.push_back(store); });
    for (tile::StoreOp store : stores) {
      if (store.getValue().getType().getRank() != 2)
        continue;
      StringRef reason = whyNot(store);
      std::optional<Staging> staging;
      if (reason.empty() && !(staging = chooseStaging(store)))
        reason = "shared memory has no room for its parts";
      if (!reason.empty())
        store.emitRemark() << DEBUG_TYPE ": threads store a tile: " << reason;
      else
        storeThrough(store, *staging);
    }
  }

private:
  StringRef whyNot(tile::StoreOp store) const {
    Value tile = computedTile(store);
    if (!isForAll(store, kernel))
      return "it is stored within a loop";
    int64_t bytes =
        cast<tile::ViewType>(store.getView().getType()).getElementBytes();
    if (bytes != 2 && bytes != 4)
      return "its elements have neither 16 nor 32 bits";
    if (!accumulatorShare(layoutOf(tile)))
      return "it is not laid out as an accumulator of warp groups";
    std::optional<BulkBox> box = operandBox(Access(store), 1);
    if (!box || !box->uniform.empty() || !box->whole.empty())
      return "it is no box of its operand";
    // The engine stores 16 bytes of a row or none of them.
    auto view = cast<tile::ViewType>(store.getView().getType());
    if (view.getSizes()[view.getUnit()] * bytes % storedBytes)
      return "rows of its operand may end within 16 bytes";
    for (Operation *user : store.getView().getUsers())
      if (user != store && !isa<tile::SizeOp>(user))
        return "its operand is accessed otherwise, too";
    return "";
  }

  /// Memory for as many parts at a time as there is room for; none where that
  /// is too few.
  std::optional<Staging> chooseStaging(tile::StoreOp store) {
    Layout layout = layoutOf(computedTile(store));
    int64_t bytes =
        cast<tile::ViewType>(store.getView().getType()).getElementBytes();
    for (int64_t row : rowBytes) {
      std::optional<StoreParts> parts = StoreParts::of(layout, row / bytes);
      if (!parts)
        continue;
      int64_t count = parts->count();
      int64_t fits = room / (StoreParts::rows * row * groups);
      if (fits < std::min<int64_t>(count, 2))
        continue;
      Coords shape{StoreParts::rows, row / bytes};
      int64_t stages = std::min(count, fits);
      Layout memory = swizzledShared(shape, 1, bytes, stages * groups);
      auto type = tile::SharedType::get(
          kernel.getContext(), shape,
          store.getValue().getType().getElementType(),
          tile::LayoutAttr::get(kernel.getContext(), memory));
      return Staging{type, stages};
    }
    return std::nullopt;
  }

  void storeThrough(tile::StoreOp store, const Staging &chosen) {
    Block &body = kernel.getBody().front();
    OpBuilder builder = OpBuilder::atBlockBegin(&body);
    Location loc = store.getLoc();
    Value staging = tile::AllocSharedOp::create(builder, loc, chosen.type);
    Layout memory = chosen.type.getLayout().getLayout();
    room -= memory.size(Axis::offset) * memory.size(Axis::stage) *
            cast<tile::ViewType>(store.getView().getType()).getElementBytes();
    BulkBox box = *operandBox(Access(store), 1);
    builder.setInsertionPoint(store);
    tile::StoreBulkOp::create(
        builder, loc, computedTile(store), store.getView(), store.getScalars(),
        store.getMapAttr(), builder.getDenseI64ArrayAttr(box.dims), staging,
        builder.getI64IntegerAttr(chosen.stages));
    Operation *convert = store.getValue().getDefiningOp();
    store.erase();
    if (isa_and_nonnull<tile::ConvertLayoutOp>(convert) && convert->use_empty())
      convert->erase();
    builder.setInsertionPoint(body.getTerminator());
    tile::StoreWaitOp::create(builder, loc, staging);
  }

  func::FuncOp kernel;
  int64_t groups; // of four warps
  int64_t room;
};

struct TileStoreBulk : impl::TileStoreBulkBase<TileStoreBulk> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      BulkStorer(getOperation(), warps, room).run();
  }
};

} // namespace
} // namespace girih::compiler
