// SPDX-License-Identifier: Apache-2.0
// Emits one kernel of the tile dialect, layouts assigned, as LLVM-dialect
// operations of one thread. One file per group of operations.
#pragma once

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/analysis/emit.h"
#include "girih/compiler/conversion/nvptx/scratch.h"
#include "girih/compiler/layout/atoms.h"
#include "girih/compiler/layout/bit_swaps.h"
#include "girih/compiler/layout/moves.h"
#include "girih/compiler/tensor_map.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringMap.h"

namespace girih::compiler {

/// Elements of a tile that one thread holds, in the order of its registers.
using Registers = llvm::SmallVector<mlir::Value, 0>;

/// What the emitter is told of the device.
struct NvptxOptions {
  int warps = 4;
  int capability = 80;
  int64_t sharedLimit = 0; // bytes that a program can have; 0: any number
  bool lineInfo = false;
  bool pdl = false; // where the device has it
};

/// Of a parameter that says how an operand is copied (CUtensorMap).
inline constexpr int64_t tensorMapBytes = 128;

/// How a tile gets from one layout to another.
struct MovePlan {
  enum class Kind { rename, exchange, swap, shared } kind = Kind::rename;
  llvm::SmallVector<int64_t> registers; // rename: of the source
  Exchange exchange;
  llvm::SmallVector<BitSwap> swaps; // before registers are renamed
  /// Through shared memory: laid out so, read where `reads` plus `offset` says,
  /// or, without it, where the map does.
  Layout memory;
  std::optional<Layout> reads;
  Coords offset;
};

/// An address in shared memory as a function of constant coordinates: the part
/// that depends on the thread is computed once, in the kernel's entry block.
class SharedPlace;

/// A tile in shared memory in plain order: for one operation that addresses it
/// by coordinates that are data.
struct PlainTile {
  /// Along `fastest` neighbours are next to each other and `pitch` elements are
  /// set aside.
  PlainTile(llvm::ArrayRef<int64_t> shape, int fastest, int64_t pitch,
            mlir::Type element, int64_t base);

  Coords shape, strides; // in elements
  int fastest;
  mlir::Type element;
  int64_t base, elementBytes, elements = 1;
  int64_t bytes() const { return elements * elementBytes; }
};

class Emitter {
public:
  Emitter(mlir::func::FuncOp kernel, mlir::ModuleOp into,
          const NvptxOptions &options);

  /// Failure has been reported by a diagnostic.
  mlir::LogicalResult run();
  /// Instead of run(): whether shared memory has room for the kernel, and how
  /// much more a program can have without fewer of them on a multiprocessor.
  bool fitsShared();
  int64_t roomBeside();
  int64_t sharedBytes() const { return sharedSize; }
  /// Threads of a block, those of a tile.producer among them.
  int64_t threads() const { return (blockWarps() + producerWarps) * 32; }
  /// Those of all programs that a block does at a time.
  int64_t blockWarps() const {
    return options.warps * programGroups / spreadBlocks;
  }
  int64_t blocks() const { return clusterBlocks * besideBlocks; }
  /// Whether as many blocks as fit the device do all programs.
  bool isPersistent() const { return doesSeveral; }
  /// Bytes that each block may leave for another one in global memory, 0 for
  /// none, and how many flags, of 4 bytes, say that it has.
  int64_t streamBytes() const;
  int64_t streamFlagCount() const { return streams() ? options.warps : 0; }
  /// Parameters behind those of the operands.
  const std::vector<TensorMap> &copyMaps() const { return tensorMaps; }
  /// The PTX version that the instructions used need, as 84 for 8.4; 0 where
  /// the target's own suffices.
  int ptxVersion() const { return neededPtx; }

  static Layout layoutOf(mlir::Value value);
  static Layout layoutOf(mlir::Type type);

private:
  friend class SharedPlace;
  friend class FragmentReader;
  friend class GlobalAccess;
  friend class IndirectAccess;
  friend class ScanEmitter;
  friend class SortEmitter;
  friend class Reducer;
  friend class BulkStore;
  friend class WarpgroupDot;

  // control.cpp
  void findParts();
  void makeFunction();
  void makeParameters(mlir::Block *entry);
  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitFor(mlir::scf::ForOp loop);
  mlir::Value neverWithin(mlir::scf::ForOp loop);
  void holdLoads(mlir::scf::ForOp loop);
  void holdBehind(mlir::scf::ForOp loop, llvm::StringRef never);
  mlir::LogicalResult emitIf(mlir::scf::IfOp branch);
  mlir::LogicalResult emitWhile(mlir::scf::WhileOp loop);
  // What a program is given as it starts.
  mlir::Value given(tile::ProgramIdOp op);
  mlir::Value given(tile::SizeOp op);
  mlir::Value given(tile::ValueOp op);
  mlir::Value given(tile::ClusterRankOp op);
  mlir::Value given(tile::GroupOp op);
  mlir::Value given(tile::HoldsOp op); // bulk.cpp
  void bind(mlir::Value value, llvm::ArrayRef<mlir::Value> parts);
  void flatten(mlir::ValueRange values, llvm::SmallVectorImpl<mlir::Value> &to);
  llvm::SmallVector<unsigned>
  flattenEach(mlir::ValueRange values, llvm::SmallVectorImpl<mlir::Value> &to);
  void bindParts(mlir::Value value, llvm::ArrayRef<mlir::Value> parts);
  mlir::Value computeIndex(mlir::Operation *op,
                           llvm::ArrayRef<mlir::Value> operands);

  // programs.cpp
  void emitPrograms(tile::ProgramsOp op);
  llvm::SmallVector<mlir::Value> gridSizes();
  llvm::SmallVector<mlir::Value> sharedGrid();
  mlir::Value inTurn(mlir::Value number, mlir::Value first, mlir::Value step,
                     mlir::Value end);
  mlir::Value indexOf(llvm::StringRef specialRegister);
  llvm::SmallVector<mlir::Value> coordinatesOf(mlir::Value flat);
  llvm::SmallVector<mlir::Value> sharedCoordinates(mlir::Value flat);
  llvm::SmallVector<mlir::Value> // hilbert.cpp
  hilbertCoordinates(mlir::Value flat, mlir::Value rows, mlir::Value columns);
  mlir::Value flatProgram();

  // stream.cpp
  bool streams() const { return streamRounds; }
  void emitStream(tile::ProgramsOp op);
  mlir::Value beginOfPart(mlir::Value part);
  mlir::Value streamedProgram(mlir::Value place);
  mlir::Value beginOfProgram(mlir::Value number);
  void emitPrograms(tile::StreamPartOp op);
  void emitPrograms(tile::StreamSumOp op);
  mlir::Value leftSums(mlir::Value block);
  mlir::Value leftFlag(mlir::Value block);
  mlir::Value blockOfPart(mlir::Value part);
  mlir::Value firstLane();
  void leaveForOthers(llvm::ArrayRef<mlir::Value> own);
  void awaitLeft(mlir::Value block);
  Registers withLeft(mlir::Value block, llvm::ArrayRef<mlir::Value> own);

  // dependence.cpp
  /// Waits, once, for the kernel ahead, where `next`, an operation of the
  /// kernel's own block or null for its end, must not come sooner.
  void awaitPredecessor(mlir::Operation *next);

  // elementwise.cpp, casts.cpp, math.cpp
  mlir::LogicalResult emitElementwise(mlir::Operation *op);
  mlir::LogicalResult emitConstant(mlir::Operation *op);
  /// quotient.cpp: by reciprocals; empty where that is not worth it.
  Registers quotients(mlir::arith::DivFOp op);
  Registers exactQuotients(mlir::arith::DivFOp op);
  /// halves.cpp
  Registers halfFunctions(mlir::Operation *op);
  Registers nearAngles(mlir::Operation *op);
  Registers remainders(mlir::arith::RemFOp op);
  Registers ownValues(mlir::Operation *op, Registers values);
  /// fp8.cpp: between f32 and fp8 word by word; empty where an operation does
  /// something else, or the target or the number of elements has no words.
  Registers fp8Words(mlir::Operation *op);
  mlir::Value fp8Word(llvm::ArrayRef<mlir::Value> x, mlir::Type fp8);
  Registers fromFp8Word(mlir::Value word, mlir::Type fp8);
  mlir::Value compute(mlir::Operation *op,
                      llvm::ArrayRef<mlir::Value> operands);
  mlir::Value computeInteger(mlir::Operation *op,
                             llvm::ArrayRef<mlir::Value> operands);
  mlir::Value computeFloat(mlir::Operation *op,
                           llvm::ArrayRef<mlir::Value> operands);
  mlir::Value computeCast(mlir::Operation *op, mlir::Value value);
  mlir::Value compareFloat(mlir::Operation *op, mlir::Value x, mlir::Value y);
  mlir::Value extremum(mlir::Value x, mlir::Value y, bool larger);
  mlir::Value remainder(mlir::Value x, mlir::Value y);
  mlir::Value computeMath(mlir::Operation *op,
                          llvm::ArrayRef<mlir::Value> operands);
  mlir::Value expFloat(mlir::Value x); // exponentials.cpp
  mlir::Value expFloat2(mlir::Value x, bool isNormal);
  mlir::Value mathFloat(mlir::Operation *op,
                        llvm::ArrayRef<mlir::Value> operands);
  mlir::Value floatCast(mlir::Value value, mlir::Type from, mlir::Type to);
  mlir::Value upperHalf(mlir::Value value);
  mlir::Value fp8ToFloat(mlir::Value value, mlir::Type from);
  mlir::Value floatToFp8(mlir::Value value, mlir::Type to);
  mlir::Value roundToOdd(mlir::Value value);
  mlir::Value integerToNarrow(mlir::Value value, bool isSigned, mlir::Type to);

  // memory.cpp
  void emitAccess(tile::LoadOp load);
  void emitAccess(tile::LoadWindowOp load); // window.cpp
  void emitAccess(tile::StoreOp store);
  /// With `streamed` the caches need not keep it.
  Registers loadVector(mlir::Value pointer, mlir::Value mask, int64_t count,
                       mlir::Type element, mlir::Attribute other,
                       bool streamed = false);
  void storeVector(mlir::Value pointer, mlir::Value mask,
                   llvm::ArrayRef<mlir::Value> values, mlir::Type element);
  /// Elements as what one access moves: 32-bit words, or one of 16 bits.
  Registers toPieces(llvm::ArrayRef<mlir::Value> values);
  Registers fromPieces(llvm::ArrayRef<mlir::Value> pieces, int64_t count,
                       mlir::Type element);
  mlir::Value ownerMask(const Layout &layout);

  // shared.cpp, convert.cpp
  void planShared();
  /// Where what an operation allocates begins to be counted.
  mlir::Value sharedBaseOf(mlir::Operation *allocation);
  mlir::LogicalResult checkShared();
  /// Bytes of shared memory that the operation uses by itself.
  int64_t scratchOf(mlir::Operation *op);
  void emitMove(mlir::Operation *op);
  Registers exchangeLanes(const MovePlan &plan, llvm::ArrayRef<mlir::Value>);
  Registers swapLanes(const MovePlan &plan, const Registers &values);
  void swapBit(int laneBit, size_t step, Registers &words);
  Registers moveThroughShared(mlir::Operation *op, const MovePlan &plan);
  Registers readPlaces(const MovePlan &plan, int64_t base, mlir::Type element);
  Registers readMapped(mlir::Operation *op, const MovePlan &plan, int64_t base);
  /// Address of the element at any coordinates.
  mlir::Value sharedAddress(const OffsetMap &map, mlir::Value origin,
                            llvm::ArrayRef<mlir::Value> coords, int64_t bytes);
  void emitAccess(tile::CopyAsyncOp copy);
  void emitAccess(tile::CopyBulkOp copy); // bulk.cpp
  void findTensorMaps();
  mlir::Value holds(mlir::IntegerSet set, mlir::ValueRange lanes,
                    mlir::ValueRange symbols);
  void addTensorMap(mlir::Operation *op, mlir::Value operand, int64_t rowDim,
                    int64_t width, int64_t rows);
  mlir::Value tensorMap(mlir::Operation *op);
  llvm::SmallVector<mlir::Value> boxStart(tile::CopyBulkOp copy);
  mlir::Value boxPlace(tile::CopyBulkOp copy);
  int64_t askingWarp(tile::CopyBulkOp copy) const;
  void emitBox(tile::CopyBulkOp copy, llvm::ArrayRef<mlir::Value> coords,
               int64_t column, llvm::SmallVector<mlir::Value> inputs);
  mlir::Value ofRank(int64_t each);
  void emitAccess(tile::StoreBulkOp store); // store_bulk.cpp
  void emitAccess(tile::StoreWaitOp wait);
  void awaitStores(llvm::StringRef what, int64_t pending);
  void meetWarpGroup();
  void emitAccess(tile::SharedLoadOp load);
  void emitAccess(tile::KeepOp keep); // kept.cpp
  void emitAccess(tile::KeptOp kept);
  mlir::Value keptAddress(int64_t stride, int64_t tile, mlir::Value slot);
  void barrier();
  /// A barrier.cta instruction of the threads that do the kernel's own block.
  mlir::Value meet(mlir::Type result, llvm::StringRef what,
                   mlir::ValueRange said);
  void awaitCopies(int64_t pending);
  Registers loadShared(mlir::Value address, int64_t constant, int64_t count,
                       mlir::Type element);
  void storeShared(mlir::Value address, int64_t constant,
                   llvm::ArrayRef<mlir::Value> values, mlir::Type element,
                   mlir::Value mask, llvm::StringRef space = "shared");

  // roles.cpp
  mlir::LogicalResult emitProducer(tile::ProducerOp producer);
  void leaveToOne();
  void initialiseBarriers();
  mlir::Value firstThread();
  mlir::Value electedOf(int64_t number);
  void byOneThread(int64_t number, llvm::function_ref<void()> make);
  mlir::Value sameForWarp(mlir::Value word);
  void limitRegisters(llvm::StringRef direction, int64_t registers);
  void enterRole(mlir::Block *entry, mlir::Value warp, bool copying);
  void findGroup();
  /// Registers of a thread when a program with a tile.producer begins, and
  /// afterwards in one of its roles; 0 where that stays so.
  int64_t registersAtStart() const;
  int64_t programsBeside() const;
  int64_t registersOf(bool copying) const;
  mlir::Value goesOn(llvm::StringRef ask, mlir::Value barrier,
                     mlir::Value phase);
  void emitBarrier(tile::BarrierWaitOp wait);
  mlir::Value given(tile::BarrierTestOp test);
  void emitBarrier(tile::BarrierArriveOp arrive);
  void emitBarrier(tile::BarrierExpectOp expect);
  mlir::Value barrierAddress(mlir::Value barriers, mlir::Value index);

  // cluster.cpp
  mlir::Value clusterRank();
  mlir::LogicalResult emitClusterSum(tile::ClusterSumOp sum);
  Registers sumAlone(tile::ClusterSumOp sum, mlir::Value place);
  Registers sumPart(tile::ClusterSumOp sum, mlir::Value place);
  void leaveSums(llvm::ArrayRef<mlir::Value> words, mlir::Value place);
  void addSums(mlir::Value place, int64_t block, Registers &own);
  mlir::Value clusterAddress(mlir::Value address, int64_t rank);
  void meetCluster(bool waits);
  void awaitCluster();
  void findMeetings();
  void awaitParts(tile::ReduceOp reduce);
  /// Whether warps send what they have to the blocks of their cluster, how many
  /// bytes each of these gets, and where the barrier is that counts them.
  bool sendsParts(tile::ReduceOp reduce) const;
  int64_t partBytes(tile::ReduceOp reduce) const;
  int64_t partBarrier(tile::ReduceOp reduce);

  // lanes.cpp, reduce.cpp
  /// What moves, numbers or combines lanes.
  mlir::LogicalResult emitLanes(mlir::Operation *op);
  void emitCoordinate(tile::CoordinateOp op);
  mlir::LogicalResult emitReduce(tile::ReduceOp op);
  /// What a region of lanes makes of scalars; empty where it has no lowering.
  Registers applyLanes(mlir::Region &region,
                       llvm::ArrayRef<mlir::Value> arguments);
  /// The value of another lane: `mode` is idx, bfly, up or down.
  mlir::Value shuffle(llvm::StringRef mode, mlir::Value value, mlir::Value by);

  // dot.cpp, dot_fma.cpp, dot_wgmma.cpp
  mlir::LogicalResult emitDot(tile::DotOp dot);
  mlir::LogicalResult emitFmaDot(tile::DotOp dot);
  mlir::LogicalResult emitWarpgroupDot(tile::DotOp dot);
  mlir::LogicalResult emitDotWait(tile::DotWaitOp wait);
  void emitGroup(tile::AsyncCommitOp commit);
  void emitGroup(tile::AsyncWaitOp wait);
  mlir::LogicalResult emitHold(tile::HoldOp hold);
  Registers afterDots(int64_t pending, llvm::ArrayRef<mlir::Value> values);
  Registers named(const std::string &text, llvm::ArrayRef<mlir::Value> values);
  void multiply(tile::DotOp dot, llvm::ArrayRef<mlir::Value> a,
                llvm::ArrayRef<mlir::Value> b, mlir::Value *accumulator);

  // indirect.cpp, atomic.cpp, arrive.cpp, hazards.cpp
  mlir::LogicalResult emitTile(tile::GatherOp gather);
  mlir::LogicalResult emitTile(tile::ScatterOp scatter);
  mlir::LogicalResult emitTile(tile::AtomicOp atomic);
  mlir::LogicalResult emitTile(tile::ArriveOp arrival);
  mlir::Value atomicValue(tile::AtomicOp atomic, mlir::Value pointer,
                          mlir::Value value, mlir::Value expected);
  std::pair<mlir::Value, mlir::Value> counterOf(tile::ArriveOp arrival);
  void findIndirect();
  /// Waits for the program's other threads where an access that is about to be
  /// emitted may meet an earlier one of theirs.
  void separate(mlir::Operation *access);
  void mayFollow(mlir::Region &body);

  // take.cpp, histogram.cpp, scan.cpp, sort.cpp
  mlir::LogicalResult emitTile(tile::TakeOp take);
  mlir::LogicalResult emitTile(tile::HistogramOp histogram);
  void countLanes(mlir::Value source, const PlainTile &counters);
  mlir::LogicalResult emitTile(tile::ScanOp scan);
  mlir::LogicalResult emitTile(tile::SortOp sort);

  // debug.cpp, device_assert.cpp
  mlir::LogicalResult emitTile(tile::PrintOp print);
  mlir::LogicalResult emitTile(tile::AssertOp assertion);
  mlir::LogicalResult emitTile(tile::InlinePtxOp ptx);
  mlir::Value inlinePtx(tile::InlinePtxOp ptx,
                        llvm::ArrayRef<mlir::Value> inputs);
  mlir::Value printed(mlir::Value value, mlir::Type element, bool isUnsigned,
                      std::string &format);
  void printValue(const std::string &text, mlir::Value value, bool isUnsigned);
  void printLine(mlir::Value format, llvm::ArrayRef<mlir::Value> numbers);
  /// A failed assertion: whose, and the flat number of a lane of this shape.
  struct Failure {
    std::string file, message;
    unsigned line = 0;
    mlir::Value lane;
    llvm::ArrayRef<int64_t> shape;
  };
  void fail(const Failure &failure);
  void fillRecord(const Failure &failure, mlir::Value base);
  void putText(llvm::StringRef text, mlir::Value base);
  void putLane(mlir::Value lane, llvm::ArrayRef<int64_t> shape,
               llvm::function_ref<void(mlir::Value, size_t)> put);
  /// Generic pointer to a constant that ends with a zero.
  mlir::Value textConstant(llvm::StringRef text);
  mlir::LLVM::LLVMFuncOp external(llvm::StringRef name, mlir::Type result,
                                  llvm::ArrayRef<mlir::Type> arguments);

  // plain.cpp: tiles in shared memory, addressed by data
  /// The part of an address that is a thread's own, in bytes.
  mlir::Value plainAddress(const PlainTile &tile,
                           llvm::ArrayRef<mlir::Value> thread);
  int64_t plainOffset(const PlainTile &tile, llvm::ArrayRef<int64_t> constant);
  void storePlain(const PlainTile &tile, const Layout &layout,
                  llvm::ArrayRef<mlir::Value> values);
  Registers loadPlain(const PlainTile &tile, const Layout &layout);
  /// i1: the thread's coordinates plus `constant` are within `shape`; null
  /// where that is certain.
  mlir::Value insideMask(const Layout &layout, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> constant,
                         llvm::ArrayRef<mlir::Value> thread);

  // flow.cpp: code of our own that branches
  /// Goes on with `body`, which gives the next values, while `condition` holds.
  using Values = llvm::ArrayRef<mlir::Value>;
  Registers repeatWhile(Values initial,
                        llvm::function_ref<mlir::Value(Values)> condition,
                        llvm::function_ref<Registers(Values)> body);
  /// `make` where `condition` holds (null: always), else `otherwise`.
  mlir::Value valueWhere(mlir::Value condition, mlir::Value otherwise,
                         llvm::function_ref<mlir::Value()> make);
  void doWhere(mlir::Value condition, llvm::function_ref<void()> make);
  mlir::Value unsignedLess(mlir::Value x, mlir::Value y);

  // values.cpp: building blocks
  mlir::Type llvmType(mlir::Type type) const;
  mlir::Type memoryType(mlir::Type element) const;
  mlir::IntegerType i32() { return b.getI32Type(); }
  mlir::Value constant32(int64_t value);
  mlir::Value narrowed(mlir::Value integer); // to 32 bits
  mlir::Value zeroOf(mlir::Type llvmType);
  mlir::Value constantOf(mlir::Attribute value, mlir::Type type);
  IntegerBuilder indices() {
    return {b, loc, indexBits, IntegerBuilder::Dialect::llvm};
  }
  IntegerBuilder words() { return {b, loc, 32, IntegerBuilder::Dialect::llvm}; }
  /// Inline assembly; results of more than one register are a struct, which
  /// `parts` takes apart.
  mlir::Value assembly(mlir::Type result, llvm::StringRef text,
                       llvm::StringRef constraints, mlir::ValueRange operands,
                       bool sideEffects);
  Registers parts(mlir::Value structure);
  mlir::Type structOf(mlir::Type element, int64_t count);
  mlir::Value intrinsic(mlir::Type result, llvm::StringRef name,
                        mlir::ValueRange operands);
  /// Elements as 32-bit words and back; the count fills whole words.
  Registers pack(llvm::ArrayRef<mlir::Value> values);
  Registers unpack(llvm::ArrayRef<mlir::Value> words, mlir::Type element);
  mlir::Value bitcast(mlir::Value value, mlir::Type type);
  /// Exclusive or over the set bits of `value` of `bases`.
  mlir::Value linear(mlir::Value value, llvm::ArrayRef<uint64_t> bases);
  /// Where this thread's register 0 is, 32 bits wide, made in the entry block.
  llvm::SmallVector<mlir::Value> threadCoords(const Layout &layout);
  llvm::SmallVector<mlir::Value> widened(llvm::ArrayRef<mlir::Value> coords);
  Registers &registers(mlir::Value value) { return tiles[value]; }
  mlir::Value scalar(mlir::Value value) { return scalars.lookup(value); }
  llvm::SmallVector<mlir::Value> scalarsOf(mlir::ValueRange values);
  llvm::SmallVector<mlir::Value> stridesOf(mlir::Value view);

  /// Runs `make` with the builder at the end of the entry block.
  template <typename Make> auto inEntry(Make make) {
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(entryEnd);
    return make();
  }
  /// The same of what may branch.
  template <typename Make> auto inEntryBlocks(Make make) {
    mlir::OpBuilder::InsertionGuard guard(b);
    mlir::Block *front = entryEnd->getBlock();
    mlir::Block *rest = front->splitBlock(entryEnd);
    b.setInsertionPointToEnd(front);
    auto made = make();
    mlir::LLVM::BrOp::create(b, loc, mlir::ValueRange(), rest);
    return made;
  }

  mlir::func::FuncOp kernel;
  mlir::ModuleOp into;
  NvptxOptions options;
  mlir::OpBuilder b;
  mlir::Location loc;
  unsigned indexBits;
  mlir::LLVM::LLVMFuncOp function;
  mlir::Operation *entryEnd = nullptr;
  mlir::Value lane, warp;
  mlir::Value sharedBase; // of what the program has by itself
  mlir::Value blockBase;  // of what all programs of the block have
  mlir::Value group;      // which of programGroups this is
  struct Operand {
    mlir::Value pointer;
    llvm::SmallVector<mlir::Value, 4> sizes, strides;
  };
  llvm::DenseMap<mlir::Value, Operand> operands; // by view
  /// By number of the program, null for that of the block.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> programIds;
  mlir::Value program; // its number, where blocks do several
  llvm::DenseMap<mlir::Value, mlir::Value> scalars;
  llvm::DenseMap<mlir::Value, Registers> tiles;
  llvm::DenseMap<mlir::Value, Registers> fragments; // words, of dot operands
  llvm::DenseMap<mlir::Operation *, int64_t> sharedOffset;
  std::optional<mlir::Location> largestShared; // the user's line of most bytes
  llvm::DenseMap<mlir::Operation *, MovePlan> moves;
  llvm::DenseMap<mlir::Value, tile::SharedLoadOp> lateLoads;
  int64_t sharedSize = 0, ownShared = 0; // of the block, of a group's program
  int neededPtx = 0;
  /// Accesses since the last barrier, where some are indirect.
  llvm::SmallVector<mlir::Operation *> unseparated;
  bool hasIndirect = false;
  int64_t producerWarps = 0;
  bool threadsCopy = false;  // of the producer's, not only the copy engine
  bool alone = false;        // a role's code is one thread's
  int64_t clusterBlocks = 1; // that do a program
  int64_t spreadBlocks = 1;  // of those, that its warps are spread over
  mlir::Operation *firstMeeting = nullptr; // for which all must have begun
  int64_t besideBlocks = 1;                // that do programs beside each other
  mlir::Type clusterElement;               // of what they add up
  bool doesSeveral = false;                // programs, one after the other
  int64_t programGroups = 1;               // that do programs at the same time
  std::vector<TensorMap> tensorMaps;
  llvm::DenseMap<mlir::Operation *, size_t> tensorMapOf;
  llvm::SmallVector<mlir::Value> tensorMapPointers;
  /// The rounds of streamed programs, and this block's part of them. Each of
  /// `count` parts has `each` rounds, the first `longer` ones one more.
  struct StreamPlan {
    mlir::Value rounds; // of a program
    mlir::Value block, blocks, count, each, longer;
    mlir::Value whole, turns; // programs not streamed, and this block's
    mlir::Value part, begin, end;
    mlir::Value firstProgram, places; // of the part
  };
  StreamPlan stream;
  bool streamRounds = false; // in this kernel
  mlir::Value streamSums, streamFlags;
  bool owesWait = false;        // for the kernel ahead
  bool storesForDots = false;   // of warp groups
  bool readsBesideDots = false; // what lies in a ring with operands of dots
  llvm::StringMap<mlir::LLVM::GlobalOp> textGlobals;
};

class SharedPlace {
public:
  /// `coords` are this thread's, from values whose bits are within `masks`;
  /// the tile is at byte `base` of what begins at address `origin`.
  SharedPlace(Emitter &emitter, const Layout &memory, int64_t elementBytes,
              mlir::Value origin, int64_t base,
              llvm::ArrayRef<mlir::Value> coords,
              llvm::ArrayRef<uint64_t> masks);

  /// Address (32 bits) and constant byte offset of the element at this
  /// thread's coordinates plus constant ones.
  std::pair<mlir::Value, int64_t> at(llvm::ArrayRef<int64_t> constant);
  /// From now on addresses are those of this stage; null is stage 0.
  void setStage(mlir::Value stage);

private:
  mlir::Value addressWith(uint64_t flipped);
  mlir::Value carried(llvm::ArrayRef<int64_t> constant);

  Emitter &e;
  OffsetMap map;
  int64_t elementBytes, base;
  mlir::Value origin;
  llvm::SmallVector<mlir::Value, 2> coords;
  llvm::SmallVector<uint64_t, 2> coordMasks;
  mlir::Value inAtom, beyond, stageOffset;
  uint64_t inAtomMask = 0;
  llvm::SmallDenseMap<uint64_t, mlir::Value> byFlip, byFlipStaged;
};

/// Bits that each coordinate of register 0 can have over all threads.
llvm::SmallVector<uint64_t> threadMasks(const Layout &layout);

/// Type suffix of an operand of the matrix instructions.
std::string matrixType(mlir::Type type, bool isUnsigned);

/// Reads a dot's operand, fragment by fragment, from registers or from shared
/// memory when it is asked for.
class FragmentReader {
public:
  /// `matrices`: words() is what will be asked for, which ldmatrix can give.
  FragmentReader(Emitter &emitter, mlir::Value operand, bool matrices);
  /// The 32-bit words of the atom that starts at register `reg`.
  Registers words(int64_t reg);
  /// `count` elements from register `reg` on.
  Registers elements(int64_t reg, int64_t count);
  /// How many of `count` neighbours along `dim` one access reads.
  int64_t neighbours(int dim, int64_t count) const;
  /// As many neighbours along the contiguous dimension, of which register `reg`
  /// is the first.
  Registers run(int64_t reg, int64_t count);

private:
  Registers gatherWords(int64_t reg);

  Emitter &e;
  mlir::Value operand;
  Layout layout;
  mlir::Type element;
  int64_t elementBytes, atomRegisters;
  int contiguous = 1;
  std::optional<MatrixLoad> matrix;
  std::optional<SharedPlace> place;
};

} // namespace girih::compiler
