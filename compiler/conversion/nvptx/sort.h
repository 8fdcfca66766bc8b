// SPDX-License-Identifier: Apache-2.0
// One sort, in three files: pairs of a key's order, as an unsigned integer, and
// the lane's number are made and used in sort.cpp, and put in order by digits
// (sort_digits.cpp) or by a network (sort_network.cpp).
#pragma once

#include "girih/compiler/conversion/nvptx/emitter.h"

namespace girih::compiler {

/// Lanes that a warp sorts in registers by a network, two a thread.
inline constexpr int64_t networkBlock = 64;

/// How a tile is sorted, and what is where in shared memory.
struct SortPlan {
  SortPlan(tile::SortOp sort, int64_t warps);

  int64_t extent, rows;
  unsigned keyBits, indexBits, wordBits; // of a pair; index apart from 64 bits
  bool byDigits = false;
  /// By digits: warps that share a row, and elements that each of their
  /// threads holds.
  int64_t team = 0, perThread = 0;
  int64_t padded = 0;   // elements set aside for a row
  int64_t elements = 0; // of all rows
  int64_t held = 0;     // by a network: in whole blocks
  /// Of the whole tile, one after the other.
  int64_t wordBytes = 0, indexBytes = 0, countBytes = 0;
  /// For each input where in shared memory its values are, which move once the
  /// pairs are in order; none where nothing of it is read, or its lanes are
  /// their own numbers, which the pairs know.
  llvm::SmallVector<std::optional<int64_t>> valuesAt;
  /// Values are put there at the start, so that no thread holds them. Else they
  /// take the pairs' place.
  bool aside = false;
  int64_t bytes = 0; // all of it

private:
  void chooseDigits(int64_t warps);
  void placeValues(tile::SortOp sort);
};

/// Emits one sort.
class SortEmitter {
public:
  SortEmitter(Emitter &emitter, tile::SortOp sort);
  void run();

private:
  using Values = llvm::ArrayRef<mlir::Value>;
  /// Key and index, or both in the first.
  using Pair = std::pair<mlir::Value, mlir::Value>;

  mlir::Value number(int64_t value) { return e.constant32(value); }
  mlir::Value word(uint64_t value, mlir::Type type);
  IntegerBuilder integers() { return e.words(); }
  PlainTile tileOf(mlir::Type element, int64_t base);
  void forEach(mlir::Value from, int64_t step, int64_t end,
               llvm::function_ref<void(mlir::Value)> body);

  mlir::Value orderOf(mlir::Value key, mlir::Type element);
  mlir::Value orderOfFloat(mlir::Value bits, mlir::Type element, uint64_t sign);
  Pair pairOf(mlir::Value order, mlir::Value index);
  mlir::Value wordAddress(mlir::Value element);
  mlir::Value indexAddress(mlir::Value element);
  /// Of an element plus a constant number of elements.
  Pair loadPair(mlir::Value element, int64_t further = 0);
  void storePair(mlir::Value element, Pair pair, mlir::Value mask);
  void storePadding();
  void storeKeys();
  Registers placesFor(const Layout &layout);
  Registers numbersOf(mlir::Value result);
  PlainTile valuesOf(size_t input);
  void storeValues(size_t input);
  void permute(size_t input);

  // sort_network.cpp
  void sortByNetwork();
  void mergeBlocks(mlir::Value size);
  mlir::Value goesUp(mlir::Value at, mlir::Value size);
  mlir::Value agree(mlir::Value x, mlir::Value y);
  void exchange(mlir::Value i, mlir::Value size, mlir::Value distance);
  mlir::Value less(Pair a, Pair c);
  Pair select(mlir::Value condition, Pair yes, Pair no);
  static Registers flat(Pair a, Pair c);
  static std::pair<Pair, Pair> pairs(Values state);
  void
  forBlocks(llvm::function_ref<Registers(mlir::Value, const Registers &)> body);
  Registers mergeBlock(mlir::Value at, mlir::Value size, Values state);
  Pair choose(Pair mine, mlir::Value distance, mlir::Value smaller);

  // sort_digits.cpp
  void sortByDigits();
  void sortRow(mlir::Value row);
  void sortByDigit(mlir::Value first, mlir::Value digit);
  mlir::Value digitOf(Pair pair, mlir::Value number);
  void clearCounts();
  mlir::Value peersOf(mlir::Value digit);
  mlir::Value countOf(mlir::Value digit);
  mlir::Value countDigit(mlir::Value digit);
  std::pair<mlir::Value, mlir::Value> parts(mlir::Value counted);
  void addUpCounts();
  mlir::Value sumBefore(mlir::Value sum, int64_t warps);
  void meetWarp();
  void meetTeam();

  Emitter &e;
  tile::SortOp sort;
  SortPlan plan;
  int dim;
  mlir::Type words;
  int64_t pairsAt, indicesAt, countsAt, threads;
  mlir::Value thread;
  /// By digits: this warp's counts, the thread's place in the team, lanes
  /// before its own.
  mlir::Value counts, member, lanesBefore;
  llvm::DenseMap<mlir::Attribute, Registers> places; // by layout: lanes to read
};

} // namespace girih::compiler
